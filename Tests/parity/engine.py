"""Our side of the comparison with hftbacktest, which it can do without: the cases, and the process that replays them."""

import hashlib
import json
import subprocess

STRATEGIES = ["grid:100000000:10:0:3:10:100", "aggressive:100000000:10:200"]
QUEUES = ["risk", "power:3"]
CONSTANT_LATENCY = "constant:10000000:12000000"
TIMED = (STRATEGIES[0], "power:3", CONSTANT_LATENCY)


class Engine:
    """Our process: a command a line, an answer a line."""

    def __init__(self, binary, capture):
        self.process = subprocess.Popen(
            [binary, capture], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        first = self.process.stdout.readline()
        if not first:
            raise SystemExit(f"parity: {self.process.stderr.read().strip()}")
        self.facts = json.loads(first)

    def ask(self, *words):
        self.process.stdin.write(" ".join(map(str, words)) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def summary(answer):
    """What is kept of a case: counts, and a digest of every fill and position."""
    text = json.dumps([sorted(answer["fills"]), answer["positions"]])
    return {"orders": answer["orders"], "fills": len(answer["fills"]),
            "sha256": hashlib.sha256(text.encode()).hexdigest()}
