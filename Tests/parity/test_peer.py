#!/usr/bin/env python3
"""What is true of hftbacktest 2.4.4's partial-fill exchange: the fills of partial_cases.json, which our replay must give too
(Tests/ReplayTests/PartialFillTests.swift), and its two defects, which ours must not have."""

import json
import pathlib
import unittest

import numpy as np
from hftbacktest import (
    BUY_EVENT, DEPTH_EVENT, EXCH_EVENT, FILLED, GTC, LIMIT, LOCAL_EVENT, SELL_EVENT, TRADE_EVENT, BacktestAsset,
    HashMapMarketDepthBacktest)
from hftbacktest.order import PARTIALLY_FILLED
from hftbacktest.types import event_dtype

MS = 1_000_000
KINDS = {
    "bid": DEPTH_EVENT | BUY_EVENT, "ask": DEPTH_EVENT | SELL_EVENT,
    "buy": TRADE_EVENT | BUY_EVENT, "sell": TRADE_EVENT | SELL_EVENT,
}


def backtest(rows):
    data = np.zeros(len(rows), event_dtype)
    for place, (at, kind, price, quantity) in enumerate(rows):
        data[place] = (KINDS[kind] | EXCH_EVENT | LOCAL_EVENT, at * MS, at * MS, price, quantity, 0, 0, 0)
    asset = BacktestAsset().data(data).linear_asset(1.0).constant_order_latency(0, 0).risk_adverse_queue_model()
    asset = asset.partial_fill_exchange().trading_value_fee_model(0.0, 0.0).tick_size(1.0).lot_size(1.0)
    return HashMapMarketDepthBacktest([asset.last_trades_capacity(0)]), data


def play(case, rows):
    """Returns the exchange's fills as its answers tell of them, the local position at the end, and how it ended."""
    engine, data = backtest(rows + [[99, "bid", 1, 1]])
    at, side, price, quantity = case["order"]
    engine.elapse(at * MS - data[0]["exch_ts"])
    submit = engine.submit_buy_order if side == "buy" else engine.submit_sell_order
    submit(0, 1, price, quantity, GTC, LIMIT, False)
    fills, outcome = [], 0
    while outcome == 0:
        outcome = engine.elapse(MS)
        order = engine.orders(0).get(1)
        if order is not None and order.status in (FILLED, PARTIALLY_FILLED):
            fill = [order.exch_timestamp // MS, order.exec_price_tick, round(order.exec_qty)]
            if fill not in fills:
                fills.append(fill)
    position = round(engine.position(0))
    engine.close()
    return fills, position, outcome


class PartialFills(unittest.TestCase):
    cases = json.loads(pathlib.Path(__file__).with_name("partial_cases.json").read_text())

    def test_fills_of_the_exchange(self):
        for case in self.cases:
            with self.subTest(case["name"]):
                self.assertEqual(play(case, case["rows"])[0], case["fills"])

    def test_local_position_knows_the_last_fill_only(self):
        """Defect: `Local` applies a fill when the order's status is Filled, so the earlier parts are lost."""
        for case in self.cases:
            _, position, _ = play(case, case["rows"])
            sign = 1 if case["order"][1] == "buy" else -1
            self.assertEqual(position, sign * case["fills"][-1][2], case["name"])

    def test_error_after_a_fill_to_exactly_nothing(self):
        """Defect: an order that trades have reached for exactly what is left stays among the open ones; the next trade at
        its price fills it again: error 14, invalid order status."""
        case = self.cases[0]
        self.assertEqual(play(case, case["rows"])[2], 1)  # The end of the data.
        self.assertEqual(play(case, case["rows"] + [[50, "sell", 99, 1]])[2], 14)


if __name__ == "__main__":
    unittest.main()
