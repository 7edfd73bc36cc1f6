"""The row `backtest`, which `make parity` measures: our replay against hftbacktest on a recorded futures capture."""
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
ROOT = FOLDER.parent
PARITY = ROOT / "Tests/parity"
ENGINE = ROOT / ".build/release/apus-parity"
CAPTURE = "binance/usdm/btcusdt_20240808.gz"
NAME = ("backtest", "hftbacktest")
CPU = "1"  # where all rows of one thread run

sys.path.append(str(PARITY))  # behind this folder, which has a run.py, too
import engine  # noqa: E402


def recorded_capture():
    return Path(os.environ.get("APUS_DATA", ROOT.parent / "shared/data")) / CAPTURE


def measure(capture, aim):
    """The row: fills and positions of all cases compared, then the speed of one. Installs the peer's 900 MB once."""
    subprocess.run([ROOT / "scripts/setup", "parity"], check=True)
    subprocess.run(["swift", "build", "-c", "release", "--package-path", ROOT, "--product", "apus-parity"], check=True)
    done = subprocess.run(
        ["taskset", "-c", CPU, ROOT / ".venv-parity/bin/python", PARITY / "run.py", "--engine", ENGINE, capture],
        stdout=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(f"backtest: the two engines differ on {capture}:\n{done.stdout}")
    found = json.loads(done.stdout.splitlines()[-1])
    ours, peer = ([1e9 / rate for rate in found[side]] for side in ("ours_runs", "peer_runs"))
    ratios = sorted(theirs / mine for mine, theirs in zip(ours, peer))
    ratio, bound = statistics.median(ratios), float(aim.removeprefix(">= "))
    return {
        "row": NAME[0], "unit": "ns/event", "ours": statistics.median(ours), "peer": statistics.median(peer),
        "peer_name": NAME[1], "ratio": ratio, "aim": aim, "holds": ratio >= bound, "runs": len(ours),
        "spread": [ratios[0], ratios[-1]], "ours_runs": ours, "peer_runs": peer,
        "topology": f"{found['events']} rows of the peer's array, {found['capture']}, in memory --> book, quoting grid, queue "
                    f"model, fills; warmed up, one CPU; {found['orders']} orders and {found['fills']} fills of 8 cases "
                    "compared before, all equal",
    }


def check(capture):
    """Our side alone, held to what both engines agreed on (`Tests/parity/run.py --accept`): no peer, no time."""
    agreed = json.loads((PARITY / "agreed.json").read_text())[capture.name]
    ours = engine.Engine(ENGINE, capture)
    for case, summary in agreed.items():
        found = engine.summary(ours.ask("fills", *case.split()))
        if found != summary:
            sys.exit(f"backtest: {case}: {found}, where we and hftbacktest agreed on {summary}")
    ours.close()
    return len(agreed), sum(summary["fills"] for summary in agreed.values())
