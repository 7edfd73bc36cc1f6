#!/usr/bin/env python3
"""Runs hftbacktest 2.4.4 and our replay over the same captures and compares what happened, then how fast.

    make parity [CAPTURE="FILE ..."]

The peer reads the output of its own converter, we read the raw capture. Equal means: the same multiset of (order, exchange
time, price tick, lots, maker), the same position in lots at each wake and after each exchange time, and fee and balance
within 1e-9 of the larger of 1 and the traded value. Ends in one JSON line for each capture.

--accept keeps what both agreed on, with constant latency, in agreed.json: `make check` holds our side to it without the peer."""

import argparse
import collections
import contextlib
import io
import itertools
import json
import pathlib
import statistics
import sys
import tempfile
import time

import hftbacktest
import numpy as np
from hftbacktest import BacktestAsset, ROIVectorMarketDepthBacktest
from hftbacktest.data.utils.binancefutures import convert

import strategies
from engine import CONSTANT_LATENCY, QUEUES, STRATEGIES, TIMED, Engine, summary

FEES = (0.0002, 0.0007)  # as in Case.swift
LOTS = 10  # of every order
TIMING_SECONDS, ALTERNATIONS = 2.0, 5
AGREED = pathlib.Path(__file__).with_name("agreed.json")
TOLERANCE = 1e-9


class Peer:
    def __init__(self, capture, facts, folder):
        with contextlib.redirect_stdout(io.StringIO()):  # The converter's progress.
            self.data = convert(capture, buffer_size=facts["rows"] + 1)
        self.tick = float(f"1e{facts['tick_exponent']}")
        self.lot = float(f"1e{facts['lot_exponent']}")
        self.facts = facts
        trades = self.data["px"][self.data["ev"] & 0xFF == 2]
        self.range = (round(trades.min() * 0.97), round(trades.max() * 1.03))
        self.latency = latency(self.data)
        self.latency_file = pathlib.Path(folder) / "latency"
        rows = np.column_stack([self.latency[name] for name in ("req_ts", "exch_ts", "resp_ts")])
        rows.astype("<i8").tofile(self.latency_file)

    def build(self, queue, latency_word):
        """On its fastest book, an array over the prices that trades came near."""
        asset = BacktestAsset().data(self.data).no_partial_fill_exchange().trading_value_fee_model(*FEES)
        asset = asset.tick_size(self.tick).lot_size(self.lot).roi_lb(self.range[0]).roi_ub(self.range[1])
        asset = asset.last_trades_capacity(0)
        inverse, worth = self.facts["kind"] == "inverse", float(self.facts["multiplier"])
        asset = asset.inverse_asset(worth) if inverse else asset.linear_asset(worth)
        asset = asset.risk_adverse_queue_model() if queue == "risk" else asset.power_prob_queue_model(
            float(queue.split(":")[1]))
        if latency_word.startswith("constant"):
            asset = asset.constant_order_latency(*map(int, latency_word.split(":")[1:]))
        else:
            asset = asset.intp_order_latency(self.latency, 0)
        return ROIVectorMarketDepthBacktest([asset])

    def run(self, strategy, queue, latency_word, record):
        """Returns the backtest and what was recorded, and the seconds that the strategy's loop took."""
        name, *numbers = strategy.split(":")
        room = len(self.data) if record else 1
        fills, positions = np.zeros((room, 5), np.int64), np.zeros((room, 2), np.int64)
        backtest = self.build(queue, latency_word)
        start = time.perf_counter()
        filled, moved, sent = getattr(strategies, name)(
            backtest, *map(int, numbers), self.lot, record, fills, positions)
        seconds = time.perf_counter() - start
        return backtest, fills[:filled], positions[:moved], sent, seconds


def latency(data):
    """Order latencies made up from the feed's: one row a second, times strictly increasing both ways."""
    local = data[data["ev"] & hftbacktest.LOCAL_EVENT != 0]
    seconds = local["local_ts"] // 1_000_000_000
    rows = local[np.flatnonzero(np.diff(seconds, prepend=seconds[0] - 1))]
    feed = rows["local_ts"] - rows["exch_ts"]
    result = np.zeros(len(rows), [("req_ts", "i8"), ("exch_ts", "i8"), ("resp_ts", "i8"), ("_padding", "i8")])
    result["req_ts"] = rows["local_ts"]
    exchange = rows["local_ts"] + 5_000_000 + feed // 3
    result["exch_ts"] = np.maximum.accumulate(exchange - np.arange(len(rows))) + np.arange(len(rows))
    result["resp_ts"] = result["exch_ts"] + 4_000_000 + feed // 2
    return result


def compare(ours, peer, result):
    """How many fills and positions differ, and the difference of fee and balance as shares of what they may be."""
    backtest, fills, positions, sent, _ = result
    theirs = collections.Counter(
        (row[0], row[1], row[2], row[3] * LOTS, row[4]) for row in fills.tolist())
    mine = collections.Counter(tuple(fill) for fill in ours["fills"])
    mismatches = sum(((mine - theirs) + (theirs - mine)).values())
    mismatches += int(positions_after(mine) != positions_after(theirs))
    mismatches += int(ours["positions"] != positions.tolist()) + int(ours["orders"] != sent)
    state = backtest.state_values(0)
    mismatches += int(ours["position"] != round(state.position / peer.lot))
    unit = max(1.0, abs(state.trading_value))
    difference = max(abs(ours["balance"] - state.balance), abs(ours["fee"] - state.fee))
    return mismatches + int(difference > TOLERANCE * unit), difference / unit


def positions_after(fills):
    """The position after each distinct exchange time."""
    changes = collections.Counter()
    for (_, when, _, lots, _), count in fills.items():
        changes[when] += lots * count
    return list(itertools.accumulate(sorted(changes.items()), lambda a, b: (b[0], a[1] + b[1])))


def agreement(engine, peer):
    orders = fills = mismatches = 0
    worst, agreed = 0.0, {}
    latencies = [CONSTANT_LATENCY, f"file:{peer.latency_file}"]
    for case in itertools.product(STRATEGIES, QUEUES, latencies):
        ours = engine.ask("fills", *case)
        result = peer.run(*case, True)
        wrong, difference = compare(ours, peer, result)
        result[0].close()
        print(f"  {' '.join(case).replace(str(peer.latency_file), 'interpolated')}: {ours['orders']} orders, "
              f"{len(ours['fills'])} fills, {wrong} mismatches, difference {difference:.2g}", flush=True)
        orders, fills, mismatches = orders + ours["orders"], fills + len(ours["fills"]), mismatches + wrong
        worst = max(worst, difference)
        if case[2] == CONSTANT_LATENCY and not wrong:
            agreed[" ".join(case)] = summary(ours)
    return orders, fills, mismatches, worst, agreed


def speed(engine, peer):
    """Events a second of ours and of the peer, alternation by alternation."""
    events = len(peer.data)
    engine.ask("time", 0.5, *TIMED)  # Both warm: caches, pages, and the peer's compiler.
    peer.run(*TIMED, False)[0].close()
    timings = []
    for _ in range(ALTERNATIONS):
        mine = engine.ask("time", TIMING_SECONDS, *TIMED)
        replays, spent = 0, 0.0
        while spent < TIMING_SECONDS:
            result = peer.run(*TIMED, False)
            result[0].close()
            replays, spent = replays + 1, spent + result[4]
        timings.append((events * mine["replays"] / mine["seconds"], events * replays / spent))
    ratios = [ours / theirs for ours, theirs in timings]
    print(f"  speed: ratio {min(ratios):.2f} to {max(ratios):.2f} in {ALTERNATIONS} alternations")
    return timings


def parity(binary, capture, accepts):
    print(f"{capture}:", flush=True)
    engine = Engine(binary, capture)
    with tempfile.TemporaryDirectory() as folder:
        peer = Peer(capture, engine.facts, folder)
        orders, fills, mismatches, worst, agreed = agreement(engine, peer)
        timings = speed(engine, peer)
    engine.close()
    ours, theirs = ([round(rate) for rate in column] for column in zip(*timings))
    if accepts:
        table = json.loads(AGREED.read_text()) if AGREED.exists() else {}
        table[pathlib.Path(capture).name] = agreed
        AGREED.write_text(json.dumps(table, indent=2, sort_keys=True) + "\n")
    print(json.dumps({
        "capture": pathlib.Path(capture).name, "events": len(peer.data), "orders": orders, "fills": fills,
        "mismatches": mismatches, "balance_difference": worst, "ours_events_per_s": round(statistics.median(ours)),
        "peer_events_per_s": round(statistics.median(theirs)),
        "speed_ratio": round(statistics.median(a / b for a, b in zip(ours, theirs)), 2),
        "ours_runs": ours, "peer_runs": theirs}), flush=True)
    return mismatches


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engine", required=True, help="the apus-parity of the release build")
    parser.add_argument("--accept", action="store_true")
    parser.add_argument("captures", nargs="+")
    options = parser.parse_args()
    sys.exit(1 if sum([parity(options.engine, capture, options.accept) for capture in options.captures]) else 0)
