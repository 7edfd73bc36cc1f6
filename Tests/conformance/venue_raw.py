"""The venue against the `websockets` client and the standard library's HTTP client: streams, control messages, signed
requests, error texts, limits."""

import asyncio
import gzip
import http.client
import json
import urllib.parse

import websockets

from venue_support import *

STREAMS = ["btcusdt@depth@100ms", "btcusdt@bookTicker", "btcusdt@trade"]


def rest(venue, authority, verb, target, headers={}):
    connection = http.client.HTTPSConnection("localhost", venue.port, context=authority.context())
    connection.request(verb, target, headers=headers)
    response = connection.getresponse()
    return response.status, response.read(), response.headers


class API:
    """A WebSocket API connection: one request at a time, events set aside."""

    def __init__(self, socket):
        self.socket, self.events, self.count = socket, [], 0

    async def request(self, method, **parameters):
        self.count += 1
        await self.socket.send(json.dumps({"id": self.count, "method": method, "params": parameters}))
        while True:
            message = json.loads(await asyncio.wait_for(self.socket.recv(), 10))
            if "event" in message:
                self.events.append(message)
                continue
            equal(message["id"], self.count, f"id of the reply to {method}")
            return message

    async def signed(self, method, **parameters):
        parameters["apiKey"] = HMAC_KEY
        parameters.setdefault("timestamp", await self.now())
        parameters["signature"] = sign_hmac(payload(parameters))
        return await self.request(method, **parameters)

    async def now(self):
        return (await self.request("time"))["result"]["serverTime"]


def recorded(count):
    """The first `count` stamps and texts of the capture."""
    lines = []
    with gzip.open(BTC[0], "rt") as file:
        for line in file:
            stamp, text = line.rstrip("\n").split(" ", 1)
            lines.append((int(stamp), text))
            if len(lines) == count:
                return lines


async def streams_are_the_recorded_bytes(authority):
    lines = recorded(400)
    expected = [text for _, text in lines if text.startswith('{"stream"')]
    snapshots = [text for _, text in lines if text.startswith('{"lastUpdateId"')]
    with Venue(authority, "--capture", BTC[0], "--speed", "5", "--seconds", "20") as venue:
        base = f"wss://localhost:{venue.port}"
        frozen = json.loads(rest(venue, authority, "GET", "/api/v3/time")[1])["serverTime"]
        equal(frozen, lines[0][0] // 1_000_000, "time before the play is the first stamp")
        depth = asyncio.get_running_loop().run_in_executor(
            None, rest, venue, authority, "GET", "/api/v3/depth?symbol=BTCUSDT&limit=5000")
        async with websockets.connect(f"{base}/stream", ssl=authority.context(), max_size=None) as wrapped, \
                websockets.connect(f"{base}/ws/{STREAMS[2]}", ssl=authority.context(), max_size=None) as bare:
            await wrapped.send(json.dumps({"method": "SUBSCRIBE", "params": STREAMS, "id": 7}))
            equal(json.loads(await wrapped.recv()), {"result": None, "id": 7}, "subscription reply")
            found = [await asyncio.wait_for(wrapped.recv(), 20) for _ in expected]
            equal(found, expected, "wrapped messages are the recorded bytes, in order")
            trades = [text[text.index('"data":') + 7:-1] for text in expected if STREAMS[2] in text]
            equal([await asyncio.wait_for(bare.recv(), 20) for _ in trades], trades, "bare messages are the payloads")
            await wrapped.send(json.dumps({"method": "LIST_SUBSCRIPTIONS", "id": 8}))
            await wrapped.send(json.dumps({"method": "UNSUBSCRIBE", "params": STREAMS, "id": 9}))
            replies = []
            while len(replies) < 2:
                message = json.loads(await asyncio.wait_for(wrapped.recv(), 10))
                if "id" in message:
                    replies.append(message)
            equal(replies[0], {"result": sorted(STREAMS), "id": 8}, "list of subscriptions")
            equal(replies[1], {"result": None, "id": 9}, "reply to UNSUBSCRIBE")
            await bare.send("{")
            await bare.send(json.dumps({"method": "NOTHING", "id": 1}))
            codes = []
            while len(codes) < 2:
                message = json.loads(await asyncio.wait_for(bare.recv(), 10))
                if "error" in message:
                    codes.append(message["error"]["code"])
            equal(codes, [3, 2], "codes of a bad control message")
        status, body, _ = await depth
        equal(status, 200, "status of GET depth")
        equal(body.decode(), snapshots[0], "the held GET depth is answered with the recorded bytes")
        later = json.loads(rest(venue, authority, "GET", "/api/v3/depth?symbol=BTCUSDT&limit=10")[1])
        check(later["lastUpdateId"] > json.loads(snapshots[0])["lastUpdateId"], "a later GET depth is newer")
        equal((len(later["bids"]), len(later["asks"])), (10, 10), "levels of a limited GET depth")
        equal(venue.end()["market"], "recorded", "the venue says that its market is recorded")


async def a_diff_is_withheld(authority):
    expected = [text for _, text in recorded(60) if text.startswith('{"stream"')]
    del expected[[i for i, text in enumerate(expected) if STREAMS[0] in text][2]]
    with Venue(authority, "--capture", BTC[0], "--speed", "50", "--seconds", "1", "--drop", "3") as venue:
        target = f"wss://localhost:{venue.port}/stream?streams={'/'.join(STREAMS)}"
        async with websockets.connect(target, ssl=authority.context(), max_size=None) as socket:
            found = [await asyncio.wait_for(socket.recv(), 20) for _ in expected]
        equal(found, expected, "everything but the third diff")
        equal(venue.end()["withheldDiffs"], 1, "withheld diffs")


async def control_flood_disconnects(authority, venue):
    async with websockets.connect(f"wss://localhost:{venue.port}/ws", ssl=authority.context()) as socket:
        try:
            for i in range(20):
                await socket.send(json.dumps({"method": "LIST_SUBSCRIPTIONS", "id": i}))
            for _ in range(20):
                await asyncio.wait_for(socket.recv(), 10)
            check(False, "more than five control messages a second end the connection")
        except websockets.ConnectionClosed as closed:
            equal(closed.rcvd.code if closed.rcvd else None, 1008, "close code of a flood")


async def time_units(authority, venue):
    """Microseconds for whoever asks, milliseconds for everybody else, and an error for what is neither."""
    digits = {"": 13, "?timeUnit=millisecond": 13, "?timeUnit=MICROSECOND": 16, "?timeUnit=microsecond": 16}
    for query, count in digits.items():
        target = f"wss://localhost:{venue.port}/ws-api/v3{query}"
        async with websockets.connect(target, ssl=authority.context()) as socket:
            api = API(socket)
            now = await api.now()
            equal(len(str(now)), count, f"digits of a time with '{query}'")
            account = await api.signed("account.status")
            equal(account["status"], 200, f"a request stamped with the venue's own time, with '{query}'")
            equal(len(str(account["result"]["updateTime"])), count, f"digits of an account's time with '{query}'")
    message = "Invalid value for time unit; expected either MICROSECOND or MILLISECOND."
    for target in ("/ws-api/v3?timeUnit=NANOSECOND", "/stream?streams=synusdt@trade&timeUnit=NANOSECOND"):
        try:
            async with websockets.connect(f"wss://localhost:{venue.port}{target}", ssl=authority.context()):
                check(False, f"{target} is refused")
        except websockets.InvalidStatus as refusal:
            equal((refusal.response.status_code, json.loads(refusal.response.body)),
                  (400, {"code": -1194, "msg": message}), f"the refusal of {target}")
    for name, count in {"MILLISECOND": 13, "MICROSECOND": 16, "microsecond": 16}.items():
        told = rest(venue, authority, "GET", "/api/v3/time", {"X-MBX-TIME-UNIT": name})[1]
        equal(len(str(json.loads(told)["serverTime"])), count, f"digits of a REST time in {name}")
    status, body, _ = rest(venue, authority, "GET", "/api/v3/time", {"X-MBX-TIME-UNIT": "SECOND"})
    equal((status, json.loads(body)["code"]), (400, -1194), "a REST request in seconds")


async def orders(authority, venue):
    async with websockets.connect(f"wss://localhost:{venue.port}/ws-api/v3", ssl=authority.context()) as socket:
        api = API(socket)
        order = {"symbol": "SYNUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.00100",
                 "price": "50000.00"}

        async def refused(code, text, **changes):
            parameters = {k: v for k, v in {**order, **changes}.items() if v is not None}
            reply = await api.signed("order.place", **parameters)
            equal((reply.get("error", {}).get("code"), reply.get("error", {}).get("msg")), (code, text), f"{changes}")

        legal = "legal range is '^([0-9]{1,20})(\\.[0-9]{1,20})?$'."
        await refused(-1100, f"Illegal characters found in parameter 'price'; {legal}", price="5e4")
        await refused(-1100, f"Illegal characters found in parameter 'quantity'; {legal}", quantity=1e-05)
        await refused(-1111, "Parameter 'quantity' has too much precision.", quantity="0.001000001")
        await refused(-1013, "Filter failure: PRICE_FILTER", price="50000.001")
        await refused(-1013, "Filter failure: LOT_SIZE", quantity="0.001001")
        await refused(-1013, "Filter failure: NOTIONAL", quantity="0.00001")
        await refused(-1121, "Invalid symbol.", symbol="NOPEUSDT")
        await refused(-1102, "Mandatory parameter 'side' was not sent, was empty/null, or malformed.", side=None)
        await refused(-1102, "Mandatory parameter 'price' was not sent, was empty/null, or malformed.", price=None)
        await refused(-1117, "Invalid side.", side="LONG")
        await refused(-1116, "Invalid orderType.", type="STOP")
        await refused(-1115, "Invalid timeInForce.", timeInForce="DAY")
        await refused(-2010, "Account has insufficient balance for requested action.", quantity="100")
        await refused(-2010, "Order would immediately match and take.", type="LIMIT_MAKER", timeInForce=None,
                      price="70000")
        now = await api.now()
        await refused(-1021, "Timestamp for this request is outside of the recvWindow.", timestamp=now - 6000)
        await refused(-1021, "Timestamp for this request was 1000ms ahead of the server's time.", timestamp=now + 60000)
        reply = await api.request("order.place", **order, timestamp=now, apiKey=HMAC_KEY, signature="00")
        equal((reply["status"], reply["error"]["code"]), (401, -1022), "a wrong signature")
        reply = await api.request("order.place", **order, timestamp=now, apiKey="stranger", signature="00")
        equal(reply["error"]["code"], -2015, "an unknown key")
        reply = await api.request("order.place", **order, timestamp=now)
        equal(reply["error"]["code"], -2014, "no key")
        reply = await api.signed("session.logon")
        equal(reply["error"]["code"], -4056, "a logon with an HMAC key")
        equal((await api.request("no.such"))["error"]["code"], -1020, "an unknown method")

        logon = {"apiKey": ED25519_KEY, "timestamp": await api.now()}
        logon["signature"] = sign_ed25519(authority, payload(logon))
        reply = await api.request("session.logon", **logon)
        equal((reply["status"], reply["result"]["apiKey"]), (200, ED25519_KEY), "a logon with an Ed25519 key")
        equal((await api.request("userDataStream.subscribe"))["result"], {"subscriptionId": 0}, "user data stream")
        equal((await api.request("userDataStream.subscribe"))["error"]["code"], -2035, "a second subscription")

        placed = await api.request("order.place", **order, newClientOrderId="mine-1", timestamp=await api.now())
        equal(placed["result"]["status"], "NEW", "a resting order")
        equal([limit["rateLimitType"] for limit in placed["rateLimits"]], ["ORDERS", "ORDERS", "REQUEST_WEIGHT"],
              "rate limits of a placed order")
        again = await api.request("order.place", **order, newClientOrderId="mine-1", timestamp=await api.now())
        equal(again["error"]["msg"], "Duplicate order sent.", "the same client order id again")
        query = await api.request("order.status", symbol="SYNUSDT", origClientOrderId="mine-1", timestamp=await api.now())
        equal(query["result"]["orderId"], placed["result"]["orderId"], "status by client order id")
        missing = await api.request("order.status", symbol="SYNUSDT", orderId=999, timestamp=await api.now())
        equal(missing["error"], {"code": -2013, "msg": "Order does not exist."}, "status of no order")
        canceled = await api.request("order.cancel", symbol="SYNUSDT", origClientOrderId="mine-1",
                                     timestamp=await api.now())
        equal(canceled["result"]["status"], "CANCELED", "a cancelled order")
        gone = await api.request("order.cancel", symbol="SYNUSDT", origClientOrderId="mine-1", timestamp=await api.now())
        equal(gone["error"], {"code": -2011, "msg": "Unknown order sent."}, "a second cancel")

        taken = await api.request("order.place", symbol="SYNUSDT", side="BUY", type="MARKET", quantity="0.5",
                                  timestamp=await api.now())
        fills = taken["result"]["fills"]
        equal(taken["result"]["status"], "FILLED", "a market order")
        equal(round(sum(float(fill["qty"]) for fill in fills), 8), 0.5, "its fills add up")
        check(all(fill["commissionAsset"] == "SYN" for fill in fills), "a buyer pays in the base asset")
        await api.now()
        reports = [m["event"] for m in api.events if m["event"]["e"] == "executionReport"]
        check(all(m["subscriptionId"] == 0 for m in api.events), "events name their subscription")
        equal([r["x"] for r in reports], ["NEW", "CANCELED", "NEW"] + ["TRADE"] * len(fills), "execution reports")
        equal([r["t"] for r in reports if r["x"] == "TRADE"], [fill["tradeId"] for fill in fills],
              "reply and reports name the same trades")
        equal(reports[1]["C"], "mine-1", "a cancel's report names the original order")
        account = (await api.request("account.status", timestamp=await api.now()))["result"]
        syn = next(b for b in account["balances"] if b["asset"] == "SYN")
        position = [m["event"] for m in api.events if m["event"]["e"] == "outboundAccountPosition"][-1]
        equal(next(b for b in position["B"] if b["a"] == "SYN")["f"], syn["free"], "account and last position event")

        await api.request("order.place", **order, newClientOrderId="mine-2", timestamp=await api.now())
        mine = {"symbol": "SYNUSDT", "origClientOrderId": "mine-2"}
        amended = await api.request("order.amend.keepPriority", **mine, newQty="0.00050", newClientOrderId="mine-2",
                                    timestamp=await api.now())
        equal(amended["result"]["amendedOrder"]["qty"], "0.00050000", "an amended order")
        larger = await api.request("order.amend.keepPriority", **mine, newQty="0.00060", timestamp=await api.now())
        equal(larger["error"]["code"], -2038, "an amendment to more")
        trades = await api.request("myTrades", symbol="SYNUSDT", fromId=fills[0]["tradeId"], timestamp=await api.now())
        equal([trade["id"] for trade in trades["result"]], [fill["tradeId"] for fill in fills], "trades from an id on")
        history = await api.request("allOrders", symbol="SYNUSDT", timestamp=await api.now())
        equal([o["clientOrderId"] for o in history["result"] if o["clientOrderId"].startswith("mine")],
              ["mine-1", "mine-2"], "all orders")
        told = venue.command("orders")
        equal([o["orderId"] for o in told["orders"]], [o["orderId"] for o in history["result"]], "orders by command")
        equal(told["repeated"], ["mine-1"], "client order ids that arrived twice")
        equal([o["clientOrderId"] for o in venue.command("open")["orders"]], ["mine-2"], "open orders by command")
        venue.command("faults request.timeout once@1 method=order.cancel")
        lost = await api.request("order.cancel", **mine, timestamp=await api.now())
        equal((lost["status"], lost["error"]["code"]), (503, -1007), "an unknown outcome on command")
        equal(venue.command("faults off")["struck"], {"request.timeout": 1}, "the faults that struck")
        await api.request("order.cancel", **mine, timestamp=await api.now())

        for i in range(60):
            reply = await api.request("order.place", **order, timestamp=await api.now())
            if "error" in reply:
                break
        equal((reply["status"], reply["error"]["code"]), (429, -1015), "too many orders in ten seconds")
        check(reply["error"]["data"]["retryAfter"] > reply["error"]["data"]["serverTime"], "when to come back")
        cleared = await api.request("openOrders.cancelAll", symbol="SYNUSDT", timestamp=await api.now())
        equal(len(cleared["result"]), i, "cancel-all tells every order")
        none = await api.request("openOrders.cancelAll", symbol="SYNUSDT", timestamp=await api.now())
        equal(none["error"]["code"], -2011, "cancel-all of nothing")


def rest_orders(authority, venue):
    key = {"X-MBX-APIKEY": HMAC_KEY}

    def signed(verb, path, **parameters):
        parameters["timestamp"] = json.loads(rest(venue, authority, "GET", "/api/v3/time")[1])["serverTime"]
        query = urllib.parse.urlencode(parameters)
        status, body, headers = rest(venue, authority, verb, f"{path}?{query}&signature={sign_hmac(query)}", key)
        return status, json.loads(body), headers

    order = {"symbol": "SYNUSDT", "side": "SELL", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.001",
             "price": "90000"}
    equal(signed("POST", "/api/v3/order/test", **order)[:2], (200, {}), "REST test order")
    info = json.loads(rest(venue, authority, "GET", "/api/v3/exchangeInfo?symbol=SYNUSDT")[1])
    equal([f["filterType"] for f in info["symbols"][0]["filters"]],
          ["PRICE_FILTER", "LOT_SIZE", "NOTIONAL", "MAX_NUM_ORDERS"], "filters")
    equal(rest(venue, authority, "GET", "/api/v3/nothing")[0], 404, "an unknown path")
    equal(json.loads(rest(venue, authority, "GET", "/api/v3/account", key)[1])["code"], -1102, "no signature")
    status, account, _ = signed("GET", "/api/v3/account")
    equal((status, account["accountType"]), (200, "SPOT"), "REST account")


async def everything(authority):
    if os.path.exists(BTC[0]):
        await streams_are_the_recorded_bytes(authority)
        await a_diff_is_withheld(authority)
    else:
        print("no recorded captures: only the synthetic market is tested")
    fills = authority.path("fills.jsonl")
    with Venue(authority, "--synthetic", "7", "--start", "first", "--fills", fills, "--control") as venue:
        async with websockets.connect(f"wss://localhost:{venue.port}/stream?streams=synusdt@trade",
                                      ssl=authority.context()) as market:
            await asyncio.wait_for(market.recv(), 10)
            # Held until the synthetic market's snapshot: after it the venue takes orders.
            await asyncio.get_running_loop().run_in_executor(
                None, rest, venue, authority, "GET", "/api/v3/depth?symbol=SYNUSDT")
            await control_flood_disconnects(authority, venue)
            await time_units(authority, venue)
            await orders(authority, venue)
            await asyncio.get_running_loop().run_in_executor(None, rest_orders, authority, venue)
        state = venue.end()
        equal((state["openOrders"], state["market"]), (0, "synthetic"), "final state")
        explained = [json.loads(line) for line in open(fills)]
        equal(len(explained), state["makerFills"] + state["takerFills"], "lines of the fills log")
        check(all("trade" in fill["source"] or "level" in fill["source"] for fill in explained), "explained fills")


if __name__ == "__main__":
    run(lambda authority: asyncio.run(everything(authority)))
