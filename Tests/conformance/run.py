"""Runs every conformance test: python run.py --apus <path> [name part …]. Ends with the sum of their counts."""

import argparse
import re
import subprocess
import sys
from pathlib import Path

HELPERS = {"run.py", "venue_support.py"}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--apus", required=True, help="the built executable")
    parser.add_argument("names", nargs="*", help="run only tests whose name contains one of these")
    options = parser.parse_args()
    executable = str(Path(options.apus).resolve())
    passed = failed = 0
    for test in sorted(Path(__file__).parent.glob("venue_*.py")):
        if test.name in HELPERS or (options.names and not any(name in test.name for name in options.names)):
            continue
        result = subprocess.run([sys.executable, str(test), executable], stdout=subprocess.PIPE, text=True)
        print(result.stdout, end="", flush=True)
        counts = re.search(r"(\d+) passed, (\d+) failed\s*$", result.stdout)
        if counts:
            passed += int(counts[1])
            failed += int(counts[2])
        if not counts or (result.returncode != 0) != (int(counts[2]) != 0):
            print(f"FAILED: {test.name} ended with status {result.returncode}")
            failed += 1
    print(f"conformance: {passed} passed, {failed} failed")
    sys.exit(1 if failed or not passed else 0)


if __name__ == "__main__":
    main()
