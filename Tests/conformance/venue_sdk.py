"""Binance's own SDK (binance-sdk-spot) against the venue: streams, and orders through the WebSocket API with an HMAC and
an Ed25519 key."""

import asyncio
import http.client
import time

import binance_common.utils
from binance_common.configuration import (
    ConfigurationRestAPI, ConfigurationWebSocketAPI, ConfigurationWebSocketStreams)
from binance_sdk_spot.spot import Spot

from venue_support import *

SYMBOL = "SYNUSDT"


def venue_time(venue, authority):
    connection = http.client.HTTPSConnection("localhost", venue.port, context=authority.context())
    connection.request("GET", "/api/v3/time")
    return json.loads(connection.getresponse().read())["serverTime"]


async def until(condition, what, seconds=15):
    """Lets the SDK's receive loop run until the condition holds."""
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        await asyncio.sleep(0.01)
    check(condition(), what)


async def streams(authority, venue):
    client = Spot(config_ws_streams=ConfigurationWebSocketStreams(
        stream_url=f"wss://localhost:{venue.port}", https_agent=authority.context()))
    connection = await client.websocket_streams.create_connection()
    seen = {"depth": [], "trade": [], "ticker": []}
    for name, subscribe in (("depth", lambda: connection.diff_book_depth(SYMBOL.lower(), update_speed="100ms")),
                            ("trade", lambda: connection.trade(SYMBOL.lower())),
                            ("ticker", lambda: connection.book_ticker(SYMBOL.lower()))):
        stream = await subscribe()
        stream.on("message", seen[name].append)
    await until(lambda: all(len(messages) >= 20 for messages in seen.values()), "the SDK receives all three streams")
    diffs = seen["depth"]
    check(all(b.U == a.u + 1 for a, b in zip(diffs, diffs[1:])), "the SDK's diffs continue each other")
    check(all(float(t.b) < float(t.a) for t in seen["ticker"]), "the SDK's tickers are not crossed")
    check(all(t.s == SYMBOL for t in seen["trade"]), "the SDK's trades are of the symbol")
    return client, connection


async def orders(authority, venue, key, logs_on):
    what = "Ed25519" if logs_on else "HMAC"
    client = Spot(config_ws_api=ConfigurationWebSocketAPI(
        stream_url=f"wss://localhost:{venue.port}/ws-api/v3", https_agent=authority.context(), **key))
    api = await client.websocket_api.create_connection()
    if logs_on:
        reply = (await api.session_logon()).data()
        equal(reply.result.api_key, ED25519_KEY, "session.logon")
        stream = (await api.user_data_stream_subscribe()).stream
    else:
        stream = (await api.user_data_stream_subscribe_signature()).stream
    events = []
    stream.on("message", events.append)
    name = f"sdk-{what}"
    placed = (await api.order_place(symbol=SYMBOL, side="BUY", type="LIMIT", time_in_force="GTC", price=50000.5,
                                    quantity=0.002, new_client_order_id=name)).data().result
    equal((placed.status, placed.client_order_id, placed.price), ("NEW", name, "50000.50000000"), f"{what}: placed")
    status = (await api.order_status(symbol=SYMBOL, orig_client_order_id=name)).data().result
    equal(status.order_id, placed.order_id, f"{what}: status")
    canceled = (await api.order_cancel(symbol=SYMBOL, orig_client_order_id=name)).data().result
    equal(canceled.status, "CANCELED", f"{what}: cancelled")
    taken = (await api.order_place(symbol=SYMBOL, side="SELL", type="MARKET", quantity=0.01)).data().result
    equal((taken.status, taken.executed_qty), ("FILLED", "0.01000000"), f"{what}: market order")
    equal({fill.commission_asset for fill in taken.fills}, {"USDT"}, f"{what}: a seller pays in the quote asset")
    refused = (await api.order_place(symbol=SYMBOL, side="BUY", type="LIMIT", time_in_force="GTC", price=50000,
                                     quantity=1e-05)).data()
    check("Illegal characters" in str(refused), f"{what}: the SDK's exponents are refused: {refused}")
    account = (await api.account_status()).data().result
    check(any(balance.asset == "USDT" for balance in account.balances), f"{what}: account")
    await until(lambda: len(events) >= 6, f"{what}: user events arrive")
    await api.close_connection()


async def everything(authority):
    with Venue(authority, "--synthetic", "11", "--start", "first") as venue:
        client, connection = await streams(authority, venue)
        # The SDK stamps with the wall clock; the venue lives on the clock of its market.
        offset = venue_time(venue, authority) - int(time.time() * 1000)
        binance_common.utils.get_timestamp = lambda: int(time.time() * 1000) + offset
        await orders(authority, venue, {"api_key": HMAC_KEY, "api_secret": HMAC_SECRET}, logs_on=False)
        key = {"api_key": ED25519_KEY, "private_key": authority.path("ed25519.key")}
        await orders(authority, venue, key, logs_on=True)
        await connection.close_connection(close_session=True)
        state = venue.end()
        equal((state["orders"], state["openOrders"]), (4, 0), "orders that the venue knows")
        check(state["takerFills"] >= 2, "taker fills")


if __name__ == "__main__":
    run(lambda authority: asyncio.run(everything(authority)))
