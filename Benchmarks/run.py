#!/usr/bin/env python3
"""Runs the whole suite: models, measurements, the page and the table.

    run.py [--capture FILE] [--futures FILE] [--runs N] [--rows ROW,ROW]

The capture is a recorded Binance spot session of BTCUSDT; without one, the recorded one in ../shared/data beside the checkout
(or in the folder named by APUS_DATA). The row `backtest` takes a futures capture, found in the same way. Lines of JSON and the page go to Benchmarks/results, the table to Benchmarks/RESULTS.md
when all rows were asked for.
"""
import argparse
import datetime
import json
import os
import subprocess
import sys
from pathlib import Path

import backtest
import report

FOLDER = Path(__file__).resolve().parent
BENCH = FOLDER / ".build/release/apus-bench"
APUS = FOLDER.parent / ".build/release/apus"
CAPTURE = "binance/spot/btcusdt_20240808.gz"


def recorded_capture():
    data = Path(os.environ.get("APUS_DATA", FOLDER.parent.parent / "shared/data"))
    return data / CAPTURE


def onnxruntime_library():
    """The shared library inside the package, whose interface in C the suite calls."""
    import onnxruntime

    found = sorted((Path(onnxruntime.__file__).parent / "capi").glob("libonnxruntime.so.*"))
    if not found:
        sys.exit("run.py: the onnxruntime package has no libonnxruntime.so: install the version that scripts/setup names")
    return found[0]


def models():
    """The models' folder, written once."""
    folder = FOLDER / "results/models"
    source = FOLDER / "models.py"
    stamp = folder / "written"
    if not stamp.exists() or stamp.stat().st_mtime < source.stat().st_mtime:
        print("writing the models", file=sys.stderr)
        subprocess.run([sys.executable, source, folder], check=True)
        stamp.touch()
    return folder


def measure(capture, output, *more):
    subprocess.run(
        [BENCH, "measure", "--capture", capture, "--models", models(), "--onnxruntime", onnxruntime_library(),
         "--output", output, *more], check=True)
    return [json.loads(line) for line in output.read_text().splitlines()]


def measure_backtest(capture, lines):
    if not capture.exists():
        print(f"backtest is NOT MEASURED: there is no {capture}", file=sys.stderr)
        return []
    print("backtest", file=sys.stderr)
    row = backtest.measure(capture, next(aim for *name, aim in aims() if tuple(name) == backtest.NAME))
    with lines.open("a") as file:
        file.write(json.dumps(row) + "\n")
    return [row]


def aims():
    text = subprocess.run([BENCH, "aims"], check=True, capture_output=True, text=True).stdout
    return [tuple(line.split("\t")) for line in text.splitlines()]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--capture", type=Path, default=recorded_capture())
    parser.add_argument("--futures", type=Path, default=backtest.recorded_capture())
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--rows")
    arguments = parser.parse_args()
    if not arguments.capture.exists():
        sys.exit(f"run.py: there is no {arguments.capture}: give a recorded spot session of BTCUSDT with --capture")
    results = FOLDER / "results"
    results.mkdir(exist_ok=True)
    stamp = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    more = ["--runs", str(arguments.runs), "--apus", APUS] + (["--rows", arguments.rows] if arguments.rows else [])
    lines = results / f"{stamp}.jsonl"
    rows = measure(arguments.capture, lines, *more)
    if not arguments.rows or "backtest" in arguments.rows.split(","):
        rows += measure_backtest(arguments.futures, lines)
    machine = report.machine()
    page = results / f"{stamp}.html"
    page.write_text(report.page(rows, aims(), machine))
    print(report.table(rows, aims()))
    print(f"\n{page}")
    if not arguments.rows:
        (FOLDER / "RESULTS.md").write_text(report.markdown(rows, aims(), machine))


if __name__ == "__main__":
    main()
