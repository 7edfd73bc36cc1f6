#!/usr/bin/env python3
"""Writes market data in other people's formats with other people's writers (csv, gzip, zipfile, numpy), and beside each
file the rows that an import has to find in it: `KIND SIDE EXCHANGE_NS LOCAL_NS TICKS LOTS NUMBER ENDS`."""

import csv
import gzip
import io
import random
import sys
import zipfile
from decimal import Decimal
from pathlib import Path

import numpy

LEVEL, CLEAR, SNAPSHOT, TRADE, TOUCH, ADDED, CHANGED, REMOVED, EXECUTED = range(9)
BUY, SELL = "buy", "sell"
TICK, LOT = Decimal("0.1"), Decimal("0.001")
START_US = 1_722_470_400_000_000


def write_expected(path, rows):
    with open(f"{path}.expected", "w") as file:
        for row in rows:
            file.write(" ".join(str(field) for field in row) + "\n")


def steps(price, quantity):
    return int(price / TICK), int(quantity / LOT)


def random_level(source):
    price = TICK * source.randint(599_000, 601_000)
    return price, LOT * source.choice([0, source.randint(1, 50_000)])


def tardis_book(folder, source):
    path, rows = folder / "book.csv.gz", []
    with gzip.open(path, "wt", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow("exchange,symbol,timestamp,local_timestamp,is_snapshot,side,price,amount".split(","))
        now = START_US
        for message in range(400):
            now += source.randint(1, 90_000)
            local = now + 2_500 + message
            snapshot = message % 150 == 0
            found = []
            if snapshot:
                found += [(CLEAR, BUY, 0, 0), (CLEAR, SELL, 0, 0)]
            for _ in range(source.randint(1, 12)):
                side = source.choice([BUY, SELL])
                price, quantity = random_level(source)
                writer.writerow(
                    ["binance-futures", "BTCUSDT", now, local, "true" if snapshot else "false",
                     "bid" if side == BUY else "ask", price, quantity.normalize()])
                found.append((SNAPSHOT if snapshot else LEVEL, side, *steps(price, quantity)))
            for i, (kind, side, ticks, lots) in enumerate(found):
                rows.append((kind, side, now * 1000, local * 1000, ticks, lots, 0, int(i == len(found) - 1)))
    write_expected(path, rows)


def tardis_trades(folder, source):
    path, rows = folder / "trades.csv", []
    with open(path, "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow("exchange,symbol,timestamp,local_timestamp,id,side,price,amount".split(","))
        now = START_US
        for number in range(500):
            now += source.randint(0, 70_000)
            price, quantity = random_level(source)
            quantity += LOT
            side = source.choice([BUY, SELL, "unknown"])
            writer.writerow(["binance-futures", "BTCUSDT", now, now + 1_000, number + 1, side, price, quantity])
            if side != "unknown":
                rows.append(
                    (TRADE, side, now * 1000, (now + 1_000) * 1000, *steps(price, quantity), number + 1, 1))
    write_expected(path, rows)


def binance_trades(folder, source, method, name):
    text, rows, now = io.StringIO(), [], 1_700_000_000_000
    for number in range(1_000):
        now += source.randint(0, 400)
        price, quantity = random_level(source)
        quantity += LOT
        maker = source.choice([True, False])
        text.write(f"{number},{price:.8f},{quantity:.8f},{number},{number},{now},{maker},True\n")
        rows.append(
            (TRADE, SELL if maker else BUY, now * 10**6, now * 10**6, *steps(price, quantity), number, 1))
    path = folder / name
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr(name.replace(".zip", ".csv"), text.getvalue())
    write_expected(path, rows)


def events(folder, source, save, name):
    kinds = {LEVEL: 1, TRADE: 2, CLEAR: 3, SNAPSHOT: 4, ADDED: 10, REMOVED: 11, CHANGED: 12, EXECUTED: 13}
    exchange_flag, local_flag, flags = 1 << 31, 1 << 30, {BUY: 1 << 29, SELL: 1 << 28}
    dtype = numpy.dtype(
        [("ev", "u8"), ("exch_ts", "i8"), ("local_ts", "i8"), ("px", "f8"), ("qty", "f8"), ("order_id", "u8"),
         ("ival", "i8"), ("fval", "f8")], align=True)
    found, rows, now = [], [], START_US * 1000
    for number in range(3_000):
        now += source.randint(0, 5_000_000)
        kind, side = source.choice(list(kinds)), source.choice([BUY, SELL])
        price, quantity = random_level(source)
        event = kinds[kind] | flags[side]
        values = (now, now + 750, float(price), float(quantity), number, 0, 0.0)
        if number % 50 == 7:  # a pair, as hftbacktest's converter makes of events that are late
            found += [(event | exchange_flag, *values), (event | local_flag, *values)]
        else:
            found.append((event | exchange_flag | local_flag, *values))
        rows.append((kind, side, now, now + 750, *steps(price, quantity), number, 1))
        if number % 97 == 3:
            found.append((100 | exchange_flag | local_flag, now, now + 750, 1.5, 0.0, 0, 0, 0.0))
    save(folder / name, numpy.array(found, dtype))
    write_expected(folder / name, rows)


def main():
    folder, source = Path(sys.argv[1]), random.Random(20240808)
    tardis_book(folder, source)
    tardis_trades(folder, source)
    binance_trades(folder, source, zipfile.ZIP_DEFLATED, "BTCUSDT-aggTrades-2023-11-14.zip")
    binance_trades(folder, source, zipfile.ZIP_STORED, "ETHUSDT-aggTrades-2023-11-14.zip")
    events(folder, source, lambda path, array: numpy.savez_compressed(path, data=array), "compressed.npz")
    events(folder, source, lambda path, array: numpy.savez(path, data=array), "stored.npz")
    events(folder, source, lambda path, array: numpy.save(path, array), "plain.npy")


if __name__ == "__main__":
    main()
