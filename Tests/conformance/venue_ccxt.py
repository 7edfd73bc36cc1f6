"""ccxt's WebSocket order book follows the venue's recorded market, and equals an independent rebuild at every update."""

import asyncio
import gzip
import json

import ccxt.pro

from venue_support import *

LEVELS = 10
SPEED = 20


def rebuild(path, wanted):
    """The best levels after each update id of `wanted`, from the recording by Binance's rule and nothing of ours."""
    books, last, early, tops = ({}, {}), None, [], {}

    def apply(update, bids, asks):
        for book, side in zip(books, (bids, asks)):
            for price, quantity in side:
                if float(quantity) == 0:
                    book.pop(float(price), None)
                else:
                    book[float(price)] = float(quantity)
        if update in wanted:
            tops[update] = ([[p, books[0][p]] for p in sorted(books[0], reverse=True)[:LEVELS]],
                            [[p, books[1][p]] for p in sorted(books[1])[:LEVELS]])

    with gzip.open(path, "rt") as file:
        for line in file:
            message = json.loads(line.split(" ", 1)[1])
            data = message.get("data", message)
            if "lastUpdateId" in data:
                last = data["lastUpdateId"]
                apply(last, data["bids"], data["asks"])
                early, diffs = [], early
            elif data.get("e") == "depthUpdate":
                early, diffs = (early + [data], []) if last is None else ([], [data])
            else:
                continue
            for diff in diffs:
                if diff["u"] > last:
                    assert diff["U"] <= last + 1 <= diff["u"], "the recording has a gap"
                    last = diff["u"]
                    apply(last, diff["b"], diff["a"])
    return tops


async def everything(authority):
    if not os.path.exists(BTC[0]):
        print("no recorded captures: skipped")
        check(True, "nothing to compare")
        return
    with Venue(authority, "--capture", BTC[0], "--speed", str(SPEED), "--start", "first") as venue:
        exchange = ccxt.pro.binance({"cafile": authority.path("ca.pem"), "enableRateLimit": False})
        # Two names, as at Binance: else ccxt would upgrade a connection that it has used for REST.
        exchange.urls["api"]["public"] = f"https://127.0.0.1:{venue.port}/api/v3"
        exchange.urls["api"]["ws"]["spot"] = f"wss://localhost:{venue.port}/ws"
        exchange.options["fetchMarkets"] = {"types": ["spot"]}
        exchange.has["fetchCurrencies"] = False
        books = {}
        try:
            await exchange.load_markets()
            market = exchange.market("BTC/USDT")
            equal((market["precision"]["price"], market["precision"]["amount"]), (0.01, 0.000001), "tick and lot")
            loop = asyncio.get_running_loop()
            end = loop.time() + 12
            while loop.time() < end:
                book = await asyncio.wait_for(exchange.watch_order_book("BTC/USDT"), 20)
                books[book["nonce"]] = ([level[:2] for level in book["bids"][:LEVELS]],
                                        [level[:2] for level in book["asks"][:LEVELS]])
        finally:
            await exchange.close()
        state = venue.end()
    expected = rebuild(BTC[0], books)
    check(len(books) > 500, f"ccxt saw many books: {len(books)}")
    equal(len(expected), len(books), "every book of ccxt is at a recorded update")
    wrong = [nonce for nonce in books if books[nonce] != expected.get(nonce)]
    equal(wrong[:3], [], "books of ccxt that differ from the rebuild")
    equal(state["heldDepthRequests"], 1, "ccxt synchronised once, on the recorded snapshot")
    print(f"{len(books)} books compared, {LEVELS} levels a side")


if __name__ == "__main__":
    run(lambda authority: asyncio.run(everything(authority)))
