#!/usr/bin/env python3
"""Counts the instructions of rows of the suite, and fails when one of them takes more than instructions.json says.

    instructions.py [--accept]

Times of a shared machine scatter by more than most regressions are; the instructions of a fixed piece of work repeat exactly.
callgrind counts them on our side alone, between the entry and the exit of `countedWork` (Sources/apus-bench/Instructions.swift).
--accept writes the counts of now into the table, for a commit that says why a row may take more.
"""
import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import report
import run

TABLE = run.FOLDER / "instructions.json"
ROWS = ("features", "risk_gate", "router", "book_update", "json_depth", "frame_to_order")
# A count repeats to the instruction, but a change elsewhere can move what is inlined, or how a copy is aligned.
TOLERANCE = 0.02


def stripped(folder):
    """The suite without the debugging information of Swift, which valgrind 3.19 takes for damaged."""
    binary = folder / "apus-bench"
    subprocess.run(["strip", "--strip-debug", "-o", binary, run.BENCH], check=True)
    return binary


def count(binary, row, capture):
    """Instructions per operation."""
    output = binary.with_name(row)
    done = subprocess.run(
        ["valgrind", "--tool=callgrind", f"--callgrind-out-file={output}", "--toggle-collect=*countedWork*",
         binary, "instructions", "--capture", capture, row], capture_output=True, text=True)
    total = re.search(r"^summary: (\d+)", output.read_text(), re.M) if output.exists() else None
    if done.returncode != 0 or not total or total[1] == "0":
        sys.exit(f"instructions.py: {row} could not be counted:\n{done.stdout}{done.stderr}")
    return round(int(total[1]) / int(done.stdout), 2)


def compare(counts, accepted):
    """Prints both side by side; the rows that grew, in words."""
    grown = []
    print(f"{'row':<16}{'instructions/op':>16}{'accepted':>12}{'change':>9}")
    for row, now in counts.items():
        before = accepted.get(row)
        if before is None:
            grown.append(f"{row} has no accepted count")
            print(f"{row:<16}{now:>16,.1f}{'none':>12}")
            continue
        change = now / before - 1
        print(f"{row:<16}{now:>16,.1f}{before:>12,.1f}{change:>+9.2%}")
        if change > TOLERANCE:
            grown.append(f"{row} takes {now:,.1f} instructions, {change:.1%} more than the {before:,.1f} accepted")
        elif change < -TOLERANCE:
            print(f"  {row} takes fewer: accept that with --accept, so that it stays")
    return grown


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--accept", action="store_true")
    arguments = parser.parse_args()
    capture = run.recorded_capture()
    if not capture.exists():
        print(f"benchmarks: the count of instructions was SKIPPED, there is no {capture}")
        return
    for tool in ("valgrind", "strip"):
        if not shutil.which(tool):
            sys.exit(f"instructions.py: there is no {tool}: run scripts/setup benchmarks")
    with tempfile.TemporaryDirectory() as folder:
        binary = stripped(Path(folder))
        counts = {row: count(binary, row, capture) for row in ROWS}
    compiler = report.command("swift", "--version")
    table = json.loads(TABLE.read_text()) if TABLE.exists() else {"compiler": "nothing", "rows": {}}
    grown = compare(counts, table["rows"])
    if arguments.accept:
        TABLE.write_text(json.dumps({"compiler": compiler, "rows": counts}, indent=2) + "\n")
        print(f"accepted: {TABLE.name}")
    elif grown:
        if compiler != table["compiler"]:
            grown.append(f"the accepted counts are of another compiler: {table['compiler']}")
        sys.exit(
            "instructions.py: " + "; ".join(grown) + f"\nMore than {TOLERANCE:.0%} counts as a regression. If it buys "
            "something, run Benchmarks/instructions.py --accept and say in the commit what.")
    else:
        print(f"benchmarks: none of {len(counts)} rows takes more instructions than accepted")


if __name__ == "__main__":
    main()
