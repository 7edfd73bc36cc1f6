"""The facts that the recorded Binance files are said to hold, counted again by a reader of its own: what every test that
rests on them may assume. Without the recordings it says so. Ends with 'N passed, N failed'."""

import gzip
import json
import os
import pathlib
import statistics
import sys
from decimal import Decimal

ROOT = pathlib.Path(__file__).resolve().parents[2]
DATA = pathlib.Path(os.environ.get("APUS_DATA", ROOT.parent / "shared" / "data")) / "binance"
counts = {"passed": 0, "failed": 0}


def check(name, found, wanted):
    counts["passed" if found == wanted else "failed"] += 1
    print(f"{'ok  ' if found == wanted else 'FAIL'} {name}: {found}{'' if found == wanted else f', not {wanted}'}")


class Book:
    """A book rebuilt from snapshot and diffs by Binance's rule: `pu` chains futures diffs, ids chain spot diffs."""

    def __init__(self, is_futures):
        self.is_futures, self.last, self.waiting = is_futures, None, []
        self.sides = ({}, {})
        self.applied = self.gaps = self.crossed = self.compared = self.mismatches = 0
        self.first_usable, self.snapshot_id, self.tickers = None, None, {}

    def snapshot(self, message):
        self.last = self.snapshot_id = message["lastUpdateId"]
        self._set(message["bids"], message["asks"])
        for diff in self.waiting:
            self.diff(diff)

    def diff(self, diff):
        if self.last is None:
            return self.waiting.append(diff)
        if diff["u"] < self.last + (not self.is_futures):
            return None
        if self.first_usable is None:
            self.first_usable = diff
        else:
            self.gaps += diff["pu"] != self.last if self.is_futures else diff["U"] != self.last + 1
        self._set(diff["b"], diff["a"])
        self.last, self.applied = diff["u"], self.applied + 1
        bid, ask = max(self.sides[0]), min(self.sides[1])
        self.crossed += bid >= ask
        if not self.is_futures and (ticker := self.tickers.pop(diff["u"], None)):
            self.compared += 1
            self.mismatches += ticker != (bid, self.sides[0][bid], ask, self.sides[1][ask])

    def _set(self, *sides):
        for book, levels in zip(self.sides, sides):
            for price, quantity in levels:
                if Decimal(quantity):
                    book[Decimal(price)] = Decimal(quantity)
                else:
                    book.pop(Decimal(price), None)


def rebuild(names, is_futures=False):
    book, lines, lags = Book(is_futures), 0, []
    for name in names:
        for line in gzip.open(DATA / f"{name}.gz", "rt"):
            lines += 1
            received, text = line.split(" ", 1)
            message = json.loads(text)
            if "lastUpdateId" in message:
                book.snapshot(message)
                continue
            data = message["data"]
            if "E" in data and not is_futures:
                lags.append(int(received) / 1e6 - data["E"])
            if data.get("e") == "depthUpdate":
                book.diff(data)
            elif not is_futures and "u" in data:
                book.tickers[data["u"]] = tuple(Decimal(data[field]) for field in "bBaA")
    return book, lines, lags


def main():
    if not DATA.exists():
        print(f"no recordings in {DATA}: nothing to count")
        print("0 passed, 0 failed")
        return
    cases = [
        ("spot BTC", ["spot/btcusdt_20240808", "spot/btcusdt_20240809"], False, 41_249 + 58_325, 6_493, 1_072),
        ("spot ETH", ["spot/ethusdt_20240808", "spot/ethusdt_20240809"], False, 33_618 + 46_126, 6_468, 1_056),
        ("usdm BTC", ["usdm/btcusdt_20240808"], True, 93_954, 6_547, None),
        ("coinm BTC", ["coinm/btcusd_perp_20240808", "coinm/btcusd_perp_20240809"], True, 48_270 + 50_116, 44_772, None),
    ]
    for name, files, is_futures, lines, applied, compared in cases:
        book, found, lags = rebuild(files, is_futures)
        check(f"{name} lines", found, lines)
        check(f"{name} diffs applied", book.applied, applied)
        check(f"{name} gaps", book.gaps, 0)
        check(f"{name} crossed", book.crossed, 0)
        if compared:
            check(f"{name} tickers compared", book.compared, compared)
            check(f"{name} tickers unlike the book", book.mismatches, 0)
            lag = statistics.median(lags)
            check(f"{name} recorder's clock behind by about 1.27 s", -1_300 < lag < -1_240, True)
        if name == "spot ETH":
            check(f"{name} first usable diff begins right behind the snapshot", book.first_usable["U"], book.snapshot_id + 1)
    print(f"{counts['passed']} passed, {counts['failed']} failed")
    sys.exit(counts["failed"] > 0)


if __name__ == "__main__":
    main()
