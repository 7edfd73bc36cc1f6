#!/usr/bin/env python3
"""Holds the suite to its table, and runs every row with as little work as shows that it still computes the right thing."""
import re
import sys
import tempfile
from pathlib import Path

import backtest
import report
import run


def documented():
    """The aims as README.md states them: `| row | against | aim |`."""
    lines = (run.FOLDER / "README.md").read_text().splitlines()
    cells = [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in lines if line.startswith("| `")]
    return [(row[0].strip("`"), *row[1:]) for row in cells if len(row) == 3]


def main():
    known, written = run.aims(), documented()
    if known != written:
        for line in sorted(set(known) ^ set(written)):
            print("only in the suite:" if line in known else "only in README.md:", *line, sep="  ", file=sys.stderr)
        sys.exit("check.py: README.md and Sources/Suite/Aim.swift state different aims, or the same in another order")
    print(f"benchmarks: {len(known)} comparisons stand in README.md as they stand in the suite")
    capture = run.recorded_capture()
    if not capture.exists():
        print(f"benchmarks: the tiny run was SKIPPED, there is no {capture}")
        return
    with tempfile.TemporaryDirectory() as folder:
        rows = run.measure(capture, Path(folder) / "tiny.jsonl", "--tiny", "--apus", run.APUS)
    strangers = {(row["row"], row["peer_name"]) for row in rows} - {line[:2] for line in known}
    if strangers:
        sys.exit(f"check.py: measured, but not in the table: {sorted(strangers)}")
    page = report.page(rows, known, report.machine())
    plots = 1 + len(report.curves(rows))
    if len(re.findall(r"<svg.*?</svg>", page, re.S)) != plots or re.search(r'(src|href)="(?!#)', page):
        sys.exit("check.py: the page lacks a plot, or leans on other files")
    print(f"benchmarks: {len(rows)} comparisons ran and computed the right thing")
    capture = backtest.recorded_capture()
    if not capture.exists():
        print(f"benchmarks: the check of backtest was SKIPPED, there is no {capture}")
        return
    cases, fills = backtest.check(capture)
    print(f"benchmarks: our {fills} fills of {cases} backtests are those that hftbacktest agreed with; it did not run")


if __name__ == "__main__":
    main()
