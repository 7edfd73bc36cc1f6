"""`apus record` against the venue that plays a recording: what was sent is in the file, byte for byte and in its order.

Without the recordings the venue plays a synthetic market, of which there is nothing to compare with but its form.
"""

import gzip
import json
import signal
import subprocess
import sys
import time
from pathlib import Path

from venue_support import BTC, Venue, check, equal, run

SPEED = "30"


def lines_of(paths):
    return [line.rstrip("\n").split(" ", 1) for path in paths for line in gzip.open(path, "rt")]


class Recorder:
    def __init__(self, authority, venue, folder, *options):
        address = f"127.0.0.1:{venue.port}"
        self.process = subprocess.Popen(
            [sys.argv[1], "record", "--into", folder, "--streams-at", address, "--snapshots-at", address,
             "--trust", authority.path("ca.pem"), "--json", *options], stdout=subprocess.PIPE, text=True)

    def end(self):
        self.process.send_signal(signal.SIGINT)
        output, _ = self.process.communicate(timeout=30)
        equal(self.process.returncode, 0, "exit status of the recorder")
        return json.loads(output.splitlines()[-1])


def recording(authority):
    folder = authority.path("captures")
    with Venue(authority, "--capture", BTC[0], "--speed", SPEED) as venue:
        recorder = Recorder(authority, venue, folder, "--symbol", "BTCUSDT")
        equal(json.loads(venue.process.stdout.readline())["event"], "played", "the venue played to the end")
        # The last messages may still be on their way: the recorder has them when its files stop growing on flushes.
        wanted = [text for _, text in lines_of([BTC[0]]) if text.startswith('{"stream"')]
        deadline, found = time.monotonic() + 60, []
        while len(found) < len(wanted) and time.monotonic() < deadline:
            time.sleep(0.2)  # paces the polling of a file; the deadline ends it
            found = flushed(folder)
        report = recorder.end()
    equal(len(report["files"]), 1, "one file of one symbol and day")
    equal(report["losses"], 0, "no connection was lost")
    rows = lines_of(report["files"])
    stamps = [int(stamp) for stamp, _ in rows]
    check(stamps == sorted(stamps), "receive times go up")
    messages = [text for _, text in rows if text.startswith('{"stream"')]
    equal(messages == wanted, True, f"{len(wanted)} messages, each byte for byte ({len(messages)} found)")
    snapshots = [json.loads(text) for _, text in rows if text.startswith('{"lastUpdateId"')]
    equal(len(snapshots), 1, "one snapshot of one connection")
    depth = [json.loads(text)["data"] for text in messages if "@depth" in text[:40]]
    # On a machine so busy that the snapshot came after the last diff, it is the book after that diff.
    last = snapshots[0]["lastUpdateId"]
    check(last == depth[-1]["u"] or any(diff["U"] <= last + 1 <= diff["u"] for diff in depth),
          "a recorded diff continues the snapshot")
    equal(report["messages"] + report["snapshots"], len(rows), "the report counts every line")


def flushed(folder):
    """The stream messages that can be read of a file that is being written."""
    found = []
    for path in sorted(Path(folder).glob("*.gz")):
        try:
            for line in gzip.open(path, "rt"):
                if '{"stream"' in line:
                    found.append(line)
        except EOFError:
            pass  # its end is still in the recorder's hands
    return found


def refused(authority):
    """A market that is not there and a folder that cannot be made are said, and end the recorder."""
    with Venue(authority, "--synthetic", "7") as venue:
        address = f"127.0.0.1:{venue.port}"
        for options, text in ((["--symbol", "SYNUSDT", "--symbol", "SYNUSDT"], "given twice"),
                              (["--symbol", "a b"], "letters, digits and _"), ([], "--symbol is needed")):
            result = subprocess.run(
                [sys.argv[1], "record", "--into", authority.path("none"), "--streams-at", address,
                 "--snapshots-at", address, *options], capture_output=True, text=True)
            check(result.returncode != 0 and text in result.stderr, f"{options} is refused: {result.stderr[-300:]}")
        # Nothing trusts the throw-away authority without being told.
        result = subprocess.run(
            [sys.argv[1], "record", "--into", authority.path("none"), "--symbol", "SYNUSDT", "--streams-at", address,
             "--snapshots-at", address], capture_output=True, text=True)
        check(result.returncode != 0 and "certificate was refused" in result.stderr, result.stderr[-300:])


def test(authority):
    refused(authority)
    if Path(BTC[0]).exists():
        recording(authority)
    else:
        print(f"skip: there is no {BTC[0]}")


if __name__ == "__main__":
    run(test)
