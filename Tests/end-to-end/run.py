#!/usr/bin/env python3
"""End to end: whole sessions of the built `apus`, on recorded and on synthetic markets, checked from outside.

The recorded facts are counted here from the capture files themselves, by code that shares nothing with the bot.
Ends with a line 'N passed, N failed, N skipped'.
"""
import argparse
import gzip
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time
from decimal import Decimal

from control import control_plane
from paper import paper

ROOT = pathlib.Path(__file__).resolve().parents[2]
DATA = pathlib.Path(os.environ.get("APUS_DATA", ROOT.parent / "shared" / "data"))
SPOT = DATA / "binance" / "spot"

results = {"passed": 0, "failed": 0, "skipped": 0}


def check(name, holds, detail=""):
    results["passed" if holds else "failed"] += 1
    print(f"{'ok  ' if holds else 'FAIL'} {name}{'' if holds or not detail else ': ' + str(detail)}", flush=True)


def skip(name, why):
    results["skipped"] += 1
    print(f"skip {name}: {why}", flush=True)


class Recording:
    """What a pair of capture files says, read line by line."""

    def __init__(self, paths, symbol):
        self.symbol = symbol
        self.trades = {}
        self.displayed = {"bids": {}, "asks": {}}  # price -> quantities ever displayed
        snapshot, self.diffs, self.applied, self.gaps, expected = None, 0, 0, 0, None
        diff_ids, tickers = set(), []
        waiting = []
        for path in paths:
            for line in gzip.open(path, "rt"):
                message = json.loads(line.split(" ", 1)[1])
                if "lastUpdateId" in message:
                    snapshot, expected = message["lastUpdateId"], message["lastUpdateId"] + 1
                    self._levels(message["bids"], message["asks"])
                    for diff in waiting:
                        expected = self._diff(diff, expected, diff_ids)
                    waiting = []
                    continue
                data = message["data"]
                kind = data.get("e", "bookTicker")
                if kind == "depthUpdate":
                    self._levels(data["b"], data["a"])
                    if snapshot is None:
                        waiting.append(data)
                    else:
                        expected = self._diff(data, expected, diff_ids)
                elif kind == "trade":
                    self.trades[data["t"]] = data
                else:
                    self._levels([[data["b"], data["B"]]], [[data["a"], data["A"]]])
                    if snapshot is not None or data["u"] > 0:
                        tickers.append(data["u"])
        self.tickers_on_diffs = len(set(tickers) & diff_ids)

    def _diff(self, diff, expected, ids):
        self.diffs += 1
        if diff["u"] < expected:
            return expected
        self.gaps += diff["U"] > expected
        self.applied += 1
        ids.add(diff["u"])
        return diff["u"] + 1

    def _levels(self, bids, asks):
        for side, levels in (("bids", bids), ("asks", asks)):
            for price, quantity in levels:
                self.displayed[side].setdefault(Decimal(price), set()).add(Decimal(quantity))


def demo(apus, folder, *arguments, timeout=600):
    out = pathlib.Path(folder) / "out.json"
    command = [str(apus), "demo", "--json", str(out), "--keep", str(folder), *map(str, arguments)]
    run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=timeout, cwd=ROOT)
    report = json.loads(out.read_text()) if out.exists() else {}
    if run.returncode != 0:
        print(run.stdout[-4000:])
    return run.returncode, report, run.stdout


def sound(name, code, report, printed):
    """What holds of every session, whatever its market."""
    check(f"{name}: exit 0", code == 0, code)
    if not report:
        check(f"{name}: a report was written", False)
        return False
    orders, replay = report["orders"], report["replay"]
    check(f"{name}: no order left open", orders["open_at_end"] == 0 and report["venue"]["open_orders"] == 0, orders)
    check(f"{name}: verified replay equal", replay["equal"] is True and replay["records"] > 0, replay)
    for key in ("position", "balances", "fees"):
        check(f"{name}: bot and venue agree on {key}", report["bot"][key] == report["venue_account"][key],
              (report["bot"][key], report["venue_account"][key]))
    check(f"{name}: no secret in what was printed", "PRIVATE KEY" not in printed)
    return True


def explained(name, folder, recording):
    """Every fill the venue made is a recorded trade at or through the price, or a displayed level."""
    fills = [json.loads(line) for line in (pathlib.Path(folder) / "fills.jsonl").read_text().splitlines()]
    unexplained = [fill for fill in fills if not holds(fill, recording)]
    check(f"{name}: {len(fills)} fills, each explained by the recording", fills and not unexplained, unexplained[:3])


def holds(fill, recording):
    """Whether what the venue names as a fill's source is in the recording, and can have filled it."""
    price, quantity, buy = Decimal(fill["price"]), Decimal(fill["quantity"]), fill["side"] == "BUY"
    source = fill["source"]
    if "trade" in source:
        trade = recording.trades.get(source["trade"])
        if not (fill["maker"] and trade):
            return False
        traded = Decimal(trade["p"])
        return (traded <= price if buy else traded >= price) and quantity <= Decimal(trade["q"])
    # A displayed level of the other side: what a taker ate, or what was displayed at or through a resting order.
    level = Decimal(source["level"])
    reachable = level == price if not fill["maker"] else (level <= price if buy else level >= price)
    return reachable and any(quantity <= shown for shown in recording.displayed["asks" if buy else "bids"].get(level, ()))


def recorded(apus, symbol, facts, speed, encoding="json"):
    name = f"recorded {symbol}" + ("" if encoding == "json" else f" in {encoding}")
    paths = [SPOT / f"{symbol}_20240808.gz", SPOT / f"{symbol}_20240809.gz"]
    if not all(path.exists() for path in paths):
        return skip(name, f"no recordings in {SPOT}")
    recording = Recording(paths, symbol)
    with tempfile.TemporaryDirectory() as folder:
        captures = [argument for path in paths for argument in ("--capture", path)]
        if encoding != "json":
            captures += ["--config", encoded(apus, folder, paths[0], encoding)]
        code, report, printed = demo(apus, folder, *captures, "--speed", speed)
        if not sound(name, code, report, printed):
            return
        applied, compared = facts
        market, book, orders, fills = report["market"], report["book"], report["orders"], report["fills"]
        check(f"{name}: the recording has {applied} diffs behind its snapshot", recording.applied == applied)
        # A bot that asks after the recorded snapshot was played gets a later one, and needs fewer of them.
        old = counters(apus, folder)["feed.binance.stale_diffs"]
        late = applied - market["depth_applied"]
        check(f"{name}: each diff is applied, or older than the snapshot",
              0 <= late < 100 and market["depth_applied"] + old == recording.diffs, (market, old, recording.diffs))
        check(f"{name}: gaps 0", market["gaps"] == 0 == recording.gaps, market)
        check(f"{name}: crossed 0", book["crossed"] == 0, book)
        check(f"{name}: ticker_compared {compared}", 0 <= compared - book["ticker_compared"] <= late, book)
        check(f"{name}: ticker_mismatches 0", book["ticker_mismatches"] == 0, book)
        check(f"{name}: at least 100 orders", orders["sent"] >= 100, orders)
        check(f"{name}: at least 20 maker fills", fills["maker"] >= 20, fills)
        check(f"{name}: at least 20 taker fills", fills["taker"] >= 20, fills)
        check(f"{name}: cancels among them", orders["canceled"] > 0, orders)
        explained(name, folder, recording)
        reproduced(apus, name, folder, symbol, paths)
        received(apus, name, folder)
        print(f"     {name}: orders {orders['sent']}, maker {fills['maker']}, taker {fills['taker']}, "
              f"profit {report['profit']}, latency {report['latency']}", flush=True)


def encoded(apus, folder, capture, encoding):
    """The demo's own configuration for a capture, with the feed in another encoding."""
    base = subprocess.run([str(apus), "demo", "--print-config", "--capture", str(capture)], stdout=subprocess.PIPE,
                          text=True, check=True).stdout
    path = pathlib.Path(folder) / "encoded.yaml"
    path.write_text(base.replace("feed: {", f"feed: {{encoding: {encoding}, "))
    return path


def reproduced(apus, name, folder, symbol, paths):
    """The session's requests through the simulated venue, on the same recording: every order fills as it did, when it did."""
    base = subprocess.run([str(apus), "demo", "--print-config", "--capture", str(paths[0])], stdout=subprocess.PIPE,
                          text=True, check=True).stdout
    config = pathlib.Path(folder) / "against.yaml"
    config.write_text(base + f"""
backtest:
  captures: [{", ".join(map(str, paths))}]
  balances: {{USDT: 100000, {symbol[:3].upper()}: 2}}
  latency: {{feedUs: 0, orderUs: 0, responseUs: 0, decisionUs: 0}}
  fees: {{makerBasisPoints: 10, takerBasisPoints: 10}}
""")
    run = subprocess.run([str(apus), "backtest", "--config", str(config),
                          "--against", str(pathlib.Path(folder) / "journal")],
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    lines = run.stdout.splitlines()
    wrong = [line for line in lines if "DIFFERENT" in line][:5] + lines[-1:]
    check(f"{name}: the simulated venue reproduces every fill", run.returncode == 0, wrong)
    check(f"{name}: at the same microsecond", "times apart by at most 0 us" in lines[-1], wrong)
    print(f"     {name}: {lines[-1]}", flush=True)


def received(apus, name, folder):
    """The same on the market as the feed's frames in the journal tell it, on the bot's clock: that is not exact."""
    run = subprocess.run([str(apus), "backtest", "--against", str(pathlib.Path(folder) / "journal"), "--threshold", "0.1"],
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    check(f"{name}: the journal's frames reproduce nearly every fill", run.returncode == 0, run.stdout[-300:])
    print(f"     {name}: {run.stdout.splitlines()[-1]}", flush=True)


def on_paper(apus):
    captures = [SPOT / "btcusdt_20240808.gz", SPOT / "btcusdt_20240809.gz"]
    recording = Recording(captures, "btcusdt") if all(path.exists() for path in captures) else None
    paper(apus, check, skip, counters, until, recording, holds, captures)


def withheld(apus, speed):
    name = "one diff withheld"
    paths = [SPOT / "btcusdt_20240808.gz"]
    if not paths[0].exists():
        return skip(name, f"no recordings in {SPOT}")
    with tempfile.TemporaryDirectory() as folder:
        code, report, printed = demo(apus, folder, "--capture", paths[0], "--speed", speed, "--drop", 1500)
        if not sound(name, code, report, printed):
            return
        market = report["market"]
        check(f"{name}: one gap", market["gaps"] == 1, market)
        check(f"{name}: one resynchronisation", market["resynchronised"] == 1, market)
        check(f"{name}: no order between", market["orders_while_broken"] == 0, market)


def placements(apus):
    base = subprocess.run([str(apus), "demo", "--print-config"], stdout=subprocess.PIPE, text=True, check=True).stdout
    cpus = sorted(os.sched_getaffinity(0))
    workers = {
        "fused": [("feed.binance, strategy, execution, gateway.binance", cpus[-1], "yield"), ("control, journal, counters", cpus[0], "park(200us)")],
        "split": [("feed.binance, strategy", cpus[-1], "yield"),
                  ("execution, gateway.binance, control, journal, counters", cpus[0], "park(50us)")],
    }
    for transport in ("uring", "poll"):
        for placement, threads in workers.items():
            name = f"{placement} on {transport}"
            text = "".join(f"  - {{cpu: {cpu}, wait: {wait}, stages: [{stages}]}}\n" for stages, cpu, wait in threads)
            config = re.sub(r"^workers:\n(?:[ #].*\n)+", "workers:\n" + text, base, flags=re.M)
            config = re.sub(r"^transport: .*$", f"transport: {transport}", config, flags=re.M)
            with tempfile.TemporaryDirectory() as folder:
                path = pathlib.Path(folder) / "demo.yaml"
                path.write_text(config)
                code, report, printed = demo(apus, folder, "--config", path, "--seconds", 15)
                if sound(name, code, report, printed):
                    check(f"{name}: orders sent and filled",
                          report["orders"]["sent"] > 0 and report["fills"]["maker"] + report["fills"]["taker"] > 0,
                          (report["orders"], report["fills"]))
                    check(f"{name}: 0 gaps", report["market"]["gaps"] == 0, report["market"])
                    check(f"{name}: the transport asked for", report["transport"] == transport, report["transport"])


def authentications(apus):
    """Each request signed, in the place of one logon (which every other part uses)."""
    base = subprocess.run([str(apus), "demo", "--print-config"], stdout=subprocess.PIPE, text=True, check=True).stdout
    for kind in ("hmac", "ed25519"):
        name = f"signed by {kind}"
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "demo.yaml"
            path.write_text(base.replace("authentication: logon", f"authentication: {kind}"))
            code, report, printed = demo(apus, folder, "--config", path, "--seconds", 8)
            if sound(name, code, report, printed):
                check(f"{name}: orders sent, none refused for its signature",
                      report["orders"]["sent"] > 0 and "badSignature" not in report["orders"]["rejected_by"],
                      report["orders"])


def refusals(apus):
    """Bad input: named, with the line, before anything starts."""
    base = subprocess.run([str(apus), "demo", "--print-config"], stdout=subprocess.PIPE, text=True, check=True).stdout
    cases = {
        "misspelt field": (base.replace("maximumPosition:", "maximumPositon:"), "maximumPosit"),
        "no limits": (re.sub(r"^risk:\n(?:  .*\n)+", "", base, flags=re.M), "risk"),
        "unknown cpu": (re.sub(r"cpu: \d+", "cpu: 999", base, count=1), "999"),
        "stage twice": (base.replace("stages: [control,", "stages: [strategy, control,"), "strategy"),
        "stage missing": (base.replace("gateway.binance]", "execution]"), "gateway"),
    }
    for name, (config, named) in cases.items():
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "demo.yaml"
            path.write_text(config)
            run = subprocess.run([str(apus), "demo", "--config", str(path), "--seconds", "2"], text=True,
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
            check(f"refused: {name}", run.returncode != 0 and named in run.stdout, run.stdout[-300:])


def stopped_venue(apus):
    """A venue that stays connected and stops answering, then goes on: SIGSTOP and SIGCONT to its process."""
    name = "venue stops answering"
    base = subprocess.run([str(apus), "demo", "--print-config"], stdout=subprocess.PIPE, text=True, check=True).stdout
    with tempfile.TemporaryDirectory() as folder:
        path, out = pathlib.Path(folder) / "demo.yaml", pathlib.Path(folder) / "out.json"
        # Half a second of real time at the demo's speed of 10.
        path.write_text(base.replace("silenceMs: 60000", "silenceMs: 5000"))
        run = subprocess.Popen([str(apus), "demo", "--config", str(path), "--keep", folder, "--json", str(out),
                                "--seconds", "20"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        try:
            until(lambda: counters(apus, folder).get("execution.orders.sent", 0) > 0)
            venue = int(pathlib.Path(f"/proc/{run.pid}/task/{run.pid}/children").read_text().split()[0])
            os.kill(venue, signal.SIGSTOP)
            try:
                until(lambda: counters(apus, folder).get("feed.binance.silences", 0) > 0)
            finally:
                os.kill(venue, signal.SIGCONT)
            until(lambda: counters(apus, folder).get("feed.binance.resyncs", 0) > 0)
            printed, _ = run.communicate(timeout=120)
        finally:
            if run.poll() is None:
                run.terminate()
                run.wait()
        report = json.loads(out.read_text()) if out.exists() else {}
        if sound(name, run.returncode, report, printed):
            check(f"{name}: silence is counted", counters(apus, folder)["feed.binance.silences"] > 0)
            check(f"{name}: the book was rebuilt", report["market"]["resynchronised"] > 0, report["market"])
            check(f"{name}: no order on a void book", report["market"]["orders_while_broken"] == 0, report["market"])


def counters(apus, folder):
    """The counters of a running or ended session, as `apus stat` reads them from outside; none before it has any."""
    stat = subprocess.run([str(apus), "stat", "--json", "--file", f"{folder}/counters"], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, text=True)
    return json.loads(stat.stdout)["counters"] if stat.returncode == 0 else {}


def until(holds, seconds=60):
    """Waits for a condition; the bound only ends a run that hangs."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError("the awaited condition did not come about")
        time.sleep(0.05)


def own_strategy(apus):
    """A user's own package of one small file, against the library product."""
    name = "own strategy"
    package, scratch = ROOT / "Examples" / "OwnStrategy", ROOT / ".build-example"
    lines = sum(len(path.read_text().splitlines()) for path in package.glob("Sources/**/*.swift"))
    check(f"{name}: {lines} lines of code", lines <= 40, lines)
    build = subprocess.run(["swift", "build", "--package-path", str(package), "--scratch-path", str(scratch)],
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    check(f"{name}: it builds", build.returncode == 0, build.stdout[-2000:])
    if build.returncode != 0:
        return
    executable = scratch / "debug" / "OwnStrategy"
    base = subprocess.run([str(executable), "demo", "--print-config"], stdout=subprocess.PIPE, text=True, check=True).stdout
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "demo.yaml"
        path.write_text(base.replace("name: combined", "name: round-trip"))
        code, report, printed = demo(executable, folder, "--config", path, "--seconds", 10)
        if sound(name, code, report, printed):
            check(f"{name}: it sent orders", report["orders"]["sent"] > 0, report["orders"])


def crashes(apus):
    """One of each kind of crash, with a guard; `make crashes` does hundreds."""
    script = ROOT / "Tests" / "end-to-end" / "crashes.py"
    run = subprocess.run([sys.executable, str(script), "--apus", str(apus), "--failing", str(apus.parent / "apus-failing")],
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    print("\n".join(run.stdout.splitlines()[:-1]))
    counts = re.fullmatch(r"(\d+) passed, (\d+) failed, (\d+) skipped", run.stdout.splitlines()[-1])
    if not counts:
        return check("crashes: they ran to their end", False, run.stdout[-2000:])
    for name, count in zip(("passed", "failed", "skipped"), counts.groups()):
        results[name] += int(count)


def doctor(apus):
    """`apus doctor` as a script calls it."""
    def run(*arguments):
        return subprocess.run([str(apus), "doctor", "--no-noise", *arguments], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, timeout=60)
    ended = run("--json")
    report = json.loads(ended.stdout)
    fields = {"id", "severity", "what", "why", "needs_reboot"}
    check("doctor: every finding has its fields", report["findings"] and all(fields <= f.keys() for f in report["findings"]))
    severities = [f["severity"] for f in report["findings"]]
    order = ["wrong", "hurts", "unknown", "note", "good"]
    check("doctor: the weightiest come first", severities == sorted(severities, key=order.index), severities)
    check("doctor: the exit status says whether the plan is wrong",
          ended.returncode == report["exit_status"] == (3 if "wrong" in severities else 0), ended.returncode)
    strict = run("--strict").returncode
    check("doctor: --strict", strict == (3 if "wrong" in severities else 1 if "hurts" in severities else 0), strict)
    check("doctor: a file that is not there is status 2", run("--config", "/nonexistent/apus.yaml").returncode == 2)


def load(apus):
    """`apus load` on the synthetic market: how fast is not asked here, only that ticks are answered and told of."""
    def run(*arguments):
        return subprocess.run([str(apus), "load", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              timeout=120)
    ended = run("--rate", "500", "--burst", "5", "--seconds", "1", "--warm-up", "0.1", "--json")
    report = (json.loads(ended.stdout) or [{}])[0] if ended.returncode == 0 else {}
    check("load: ends well", ended.returncode == 0, ended.stderr)
    check("load: ticks were answered", 0 < report.get("answers", 0), report)
    names = ["p50_ns", "p90_ns", "p99_ns", "p999_ns", "p9999_ns", "maximum_ns"]
    for latency in ("tick_to_trade", "answer_time", "lateness"):
        figures = [report.get(latency, {}).get(name, 0) for name in names]
        check(f"load: {latency} rises with its percentile", 0 < figures[-1] and figures == sorted(figures), figures)
    check("load: it was rehearsed", "not rehearsed" not in ended.stderr, ended.stderr)
    check("load: memory and the first ticks are told of",
          0 < report.get("first_ticks", {}).get("first_ns", 0) and "resident_bytes_per_minute" in report, report)
    # Nothing depends on time here: what a hot worker touches is all there before it begins, or some of it is not.
    if "lie on the disk" in ended.stderr or "not brought in" in ended.stderr:
        skip("load: the hot worker faults on no page", ended.stderr)
    else:
        hot = report.get("workers", [{}])[0]
        check("load: the hot worker faults on no page", hot.get("minor_faults") == hot.get("major_faults") == 0, hot)
    check("load: the kernel's share is told of its own stamps only", "kernel_to_process" not in report, report)
    printed = subprocess.run([str(apus), "demo", "--print-config"], stdout=subprocess.PIPE, text=True, check=True).stdout
    for transport in ("uring", "poll"):
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            file.write(printed.replace("transport: uring", f"transport: {transport}\nreceiveStamps: kernel"))
            file.flush()
            ended = run("--config", file.name, "--rate", "500", "--seconds", "1", "--warm-up", "0.1", "--json")
        stamped = (json.loads(ended.stdout) or [{}])[0] if ended.returncode == 0 else {}
        shares = stamped.get("kernel_to_process", {})
        check(f"load: {transport} answers ticks that the kernel stamps", 0 < stamped.get("answers", 0), ended.stderr)
        check(f"load: {transport} tells the kernel's share", 0 < shares.get("count", 0) and 0 < shares["maximum_ns"], stamped)
    check("load: no rate is status 2", run("--rate", "0").returncode == 2)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--apus", type=pathlib.Path, required=True, help="the built executable")
    parser.add_argument("--speed", type=float, default=20, help="how much faster than real recorded markets play")
    parser.add_argument("--only", help="run only the parts whose name holds this text")
    arguments = parser.parse_args()
    apus = arguments.apus.resolve()
    parts = {
        "doctor": lambda: doctor(apus),
        "load": lambda: load(apus),
        "refusals": lambda: refusals(apus),
        "placements": lambda: placements(apus),
        "authentications": lambda: authentications(apus),
        "crashes": lambda: crashes(apus),
        "stopped venue": lambda: stopped_venue(apus),
        "control": lambda: control_plane(apus, check, skip, counters, until),
        "own strategy": lambda: own_strategy(apus),
        "btcusdt": lambda: recorded(apus, "btcusdt", (6493, 1072), arguments.speed),
        "ethusdt": lambda: recorded(apus, "ethusdt", (6468, 1056), arguments.speed),
        "sbe": lambda: recorded(apus, "btcusdt", (6493, 1072), arguments.speed, "sbe"),
        "paper": lambda: on_paper(apus),
        "withheld": lambda: withheld(apus, arguments.speed),
    }
    for name, part in parts.items():
        if not arguments.only or arguments.only in name:
            part()
    print(f"{results['passed']} passed, {results['failed']} failed, {results['skipped']} skipped")
    sys.exit(results["failed"] > 0)


if __name__ == "__main__":
    main()
