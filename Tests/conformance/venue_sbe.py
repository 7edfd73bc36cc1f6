"""The venue's SBE streams against the `websockets` client and a reader of binance-spot-api-docs,
sbe/schemas/stream_1_0.xml that shares nothing with the bot or the venue: each event says what was recorded in JSON."""

import asyncio
import gzip
import json
import os
import struct
from decimal import Decimal

import websockets

from venue_support import *

KEY = {"X-MBX-APIKEY": ED25519_KEY}
STREAMS = {"depthUpdate": "btcusdt@depth", "bookTicker": "btcusdt@bestBidAsk", "trade": "btcusdt@trade"}


class Reader:
    """Fields of a message in their order, little endian."""

    def __init__(self, data):
        self.data, self.place = data, 0

    def take(self, form):
        values = struct.unpack_from("<" + form, self.data, self.place)
        self.place += struct.calcsize("<" + form)
        return values if len(values) > 1 else values[0]

    def text(self):
        count = self.take("B")
        self.place += count
        return self.data[self.place - count:self.place].decode()


def decode(data):
    """An event as a dictionary with the names of JSON; prices and quantities are decimals."""
    reader = Reader(data)
    root, template, schema, version = reader.take("HHHH")
    equal((schema, version), (1, 0), "schema and version")
    event = {}
    if template == 10003:
        equal(root, 26, "block length of a diff")
        event["E"], event["U"], event["u"], price, quantity = reader.take("qqqbb")
        for side in "ba":
            block, count = reader.take("HH")
            equal(block, 16, "block length of a level")
            event[side] = [scaled(reader.take("qq"), price, quantity) for _ in range(count)]
    elif template == 10001:
        equal(root, 50, "block length of a best bid and ask")
        event["E"], event["u"], price, quantity = reader.take("qqbb")
        event["b"], event["B"] = scaled(reader.take("qq"), price, quantity)
        event["a"], event["A"] = scaled(reader.take("qq"), price, quantity)
    else:
        equal((template, root), (10000, 18), "template and block length of trades")
        event["E"], event["T"], price, quantity = reader.take("qqbb")
        equal(reader.take("HI"), (25, 1), "block length and number of trades")
        event["t"] = reader.take("q")
        event["p"], event["q"] = scaled(reader.take("qq"), price, quantity)
        event["m"] = bool(reader.take("B"))
    event["s"] = reader.text()
    equal(reader.place, len(data), "nothing behind the symbol")
    return event


def scaled(level, price, quantity):
    return [Decimal(level[0]).scaleb(price), Decimal(level[1]).scaleb(quantity)]


def expected(stamp, payload):
    """A recorded payload in the same form: times in microseconds, numbers as decimals."""
    levels = lambda side: [[Decimal(number) for number in level] for level in side]
    event = {"s": payload["s"]}
    kind = payload.get("e", "bookTicker")
    if kind == "depthUpdate":
        return event | {"E": payload["E"] * 1000, "U": payload["U"], "u": payload["u"], "b": levels(payload["b"]),
                        "a": levels(payload["a"])}
    if kind == "trade":
        return event | {"E": payload["E"] * 1000, "T": payload["T"] * 1000, "t": payload["t"], "m": payload["m"],
                        "p": Decimal(payload["p"]), "q": Decimal(payload["q"])}
    return event | {"E": stamp // 1000, "u": payload["u"]} | {key: Decimal(payload[key]) for key in "bBaA"}


async def events_are_what_was_recorded(authority):
    wanted = []
    with gzip.open(BTC[0], "rt") as file:
        for line in file:
            stamp, text = line.split(" ", 1)
            if text.startswith('{"stream"'):
                wanted.append(expected(int(stamp), json.loads(text)["data"]))
            if len(wanted) == 2000:
                break
    with Venue(authority, "--capture", BTC[0], "--speed", "20", "--seconds", "30") as venue:
        async with websockets.connect(f"wss://localhost:{venue.port}/stream", ssl=authority.context(), max_size=None,
                                      additional_headers=KEY) as socket:
            await socket.send(json.dumps({"method": "SUBSCRIBE", "params": list(STREAMS.values()), "id": 7}))
            equal(json.loads(await socket.recv()), {"result": None, "id": 7}, "the reply is JSON")
            found = [await asyncio.wait_for(socket.recv(), 20) for _ in wanted]
            check(all(isinstance(message, bytes) for message in found), "events are binary")
            equal([decode(message) for message in found], wanted, "events in SBE are the recorded ones")
            await socket.send(json.dumps({"method": "LIST_SUBSCRIPTIONS", "id": 8}))
            message = b""
            while isinstance(message, bytes):
                message = await asyncio.wait_for(socket.recv(), 10)
            equal(json.loads(message)["result"], sorted(STREAMS.values()), "subscriptions have the names of SBE")


async def keys_are_checked(authority):
    with Venue(authority, "--synthetic", "7", "--start", "first") as venue:
        address = f"wss://localhost:{venue.port}/ws/synusdt@"
        for key in (HMAC_KEY, "nobody"):
            try:
                async with websockets.connect(address + "trade", ssl=authority.context(),
                                              additional_headers={"X-MBX-APIKEY": key}):
                    check(False, f"the key {key} gets no SBE")
            except websockets.InvalidStatus as refused:
                check(refused.response.status_code in (400, 401), f"the key {key} gets no SBE")
        async with websockets.connect(address + "bestBidAsk", ssl=authority.context(), additional_headers=KEY) as socket, \
                websockets.connect(address + "bookTicker", ssl=authority.context()) as text:
            binary, plain = await asyncio.wait_for(socket.recv(), 10), await asyncio.wait_for(text.recv(), 10)
            equal(decode(binary)["s"], json.loads(plain)["s"], "one market in both encodings at once")


async def everything(authority):
    if os.path.exists(BTC[0]):
        await events_are_what_was_recorded(authority)
    else:
        print("no recorded captures: only the synthetic market is tested")
    await keys_are_checked(authority)


if __name__ == "__main__":
    run(lambda authority: asyncio.run(everything(authority)))
