"""Plays WebSocket conformance cases to a client, on servers that others wrote, and judges what the client does.

usage: websocket_servers.py CERTIFICATE KEY

Prints one JSON line with the cases and the port of each server, then one line with the verdict of every connection,
whose path is the index of its case. Serves until its standard input ends.
"""

import asyncio
import json
import logging
import ssl
import sys

import aiohttp
import websockets
from aiohttp import web
from websockets.frames import Frame
from websockets.streams import StreamReader
from websockets.utils import accept_key
from wsproto import ConnectionType, WSConnection, events
from wsproto.extensions import PerMessageDeflate

import websocket_cases
import websocket_deflate_cases
import websocket_handshake_cases
import websocket_text_cases
from websocket_case import Failed, expect

CASES = [
    *websocket_cases.cases(),
    *websocket_text_cases.cases(),
    *websocket_handshake_cases.cases(),
    *websocket_deflate_cases.cases(),
]
# Only a client that hangs needs it.
PATIENCE_SECONDS = 30
LARGEST = 32 << 20


async def judge(path, peer):
    """Plays the case that the path names, and prints the verdict."""
    case = CASES[int(path.strip("/"))]
    detail = ""
    try:
        await asyncio.wait_for(case.script(peer), PATIENCE_SECONDS)
    except Failed as failure:
        detail = str(failure)
    except Exception as error:  # of a library: the client did something unexpected
        detail = f"{type(error).__name__}: {error}"
    print(json.dumps({"number": case.number, "passed": not detail, "detail": detail}), flush=True)


class WebsocketsPeer:
    """A connection of `websockets`."""

    def __init__(self, connection):
        self.connection = connection

    async def send_message(self, message):
        await self.connection.send(message)

    async def send_fragments(self, parts):
        await self.connection.send(parts)

    async def receive_message(self):
        return await self.connection.recv()

    async def ping(self, payload):
        await (await self.connection.ping(payload))

    async def close(self, code):
        await self.connection.close(code)
        received = self.connection.protocol.close_rcvd
        expect(received is not None and received.code == code, f"the client answered {code} with {received}")

    async def wants_close(self, code):
        await self.connection.wait_closed()
        received = self.connection.protocol.close_rcvd
        expect(received is not None and received.code == code, f"the client closed with {received}")


class AiohttpPeer:
    """A connection of `aiohttp`."""

    def __init__(self, socket):
        self.socket = socket

    async def send_message(self, message):
        await (self.socket.send_str if isinstance(message, str) else self.socket.send_bytes)(message)

    async def receive_message(self):
        message = await self.socket.receive()
        expect(message.type == aiohttp.WSMsgType.TEXT, f"{message.type.name} instead of text")
        return message.data

    async def ping(self, payload):
        await self.socket.ping(payload)
        message = await self.socket.receive()
        expect(message.type == aiohttp.WSMsgType.PONG and bytes(message.data) == payload, f"{message} for a pong")

    async def close(self, code):
        await self.socket.close(code=code)
        expect(self.socket.close_code == code, f"the client answered {code} with {self.socket.close_code}")

    async def wants_close(self, code):
        message = await self.socket.receive()
        expect(message.type == aiohttp.WSMsgType.CLOSE and message.data == code, f"{message} for a close")
        await self.socket.close()


class StreamPeer:
    """The bytes of one connection."""

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer

    async def read(self):
        try:
            return await self.reader.read(65536)
        except (ConnectionError, ssl.SSLError):
            return b""

    async def send(self, records):
        """Bytes, or a list of them: each goes out in a TLS record of its own, if it fits into one."""
        for record in [records] if isinstance(records, bytes) else records:
            self.writer.write(record)
            await self.writer.drain()

    async def wants_end(self):
        rest = await self.read()
        expect(rest == b"", f"{rest[:20].hex()} after the end")


class FramesPeer(StreamPeer):
    """Hand-made frames out; what comes in is read by `websockets`, without its server."""

    def __init__(self, reader, writer):
        super().__init__(reader, writer)
        self.stream = StreamReader()

    async def request(self):
        """The head of the upgrade request: its path and its fields by lower-case name."""
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode()
        line, *fields = head.rstrip().split("\r\n")
        return line.split(" ")[1], {name.lower(): value for name, value in (field.split(": ", 1) for field in fields)}

    async def frame(self):
        """The next frame; None at the end. `websockets` refuses one that is not masked."""
        parser = Frame.parse(self.stream.read_exact, mask=True, max_size=LARGEST)
        while True:
            try:
                next(parser)
            except StopIteration as done:
                return done.value
            data = await self.read()
            if not data:
                return None
            self.stream.feed_data(data)

    async def wants(self, answer):
        """The next frame is that: text, or ("pong", bytes), or ("close", code)."""
        found = await self.frame()
        expect(found is not None, f"the connection ended instead of {str(answer)[:60]}")
        expect(found.fin and not (found.rsv1 or found.rsv2 or found.rsv3), "a fragment or a reserved bit")
        payload = bytes(found.data)
        told = {1: payload.decode, 10: lambda: ("pong", payload), 8: lambda: ("close", int.from_bytes(payload[:2]))}
        what = told.get(found.opcode, lambda: found)()
        expect(what == answer, f"{str(what)[:80]} instead of {str(answer)[:80]}")


class WsprotoPeer(StreamPeer):
    """`wsproto`, which does no I/O itself."""

    def __init__(self, reader, writer):
        super().__init__(reader, writer)
        self.connection = WSConnection(ConnectionType.SERVER)
        self.pending = []

    async def event(self):
        while not self.pending:
            data = await self.read()
            self.connection.receive_data(data or None)
            self.pending += list(self.connection.events())
        return self.pending.pop(0)

    async def accept(self):
        request = await self.event()
        extensions = [PerMessageDeflate()] if "permessage-deflate" in str(request.extensions) else []
        await self.send(self.connection.send(events.AcceptConnection(extensions=extensions)))
        return request.target

    async def send_message(self, message):
        kind = events.TextMessage if isinstance(message, str) else events.BytesMessage
        await self.send(self.connection.send(kind(data=message)))

    async def send_fragments(self, parts):
        for i, part in enumerate(parts):
            kind = events.TextMessage if isinstance(part, str) else events.BytesMessage
            await self.send(self.connection.send(kind(data=part, message_finished=i == len(parts) - 1)))

    async def receive_message(self):
        text = ""
        while True:
            event = await self.event()
            expect(isinstance(event, events.TextMessage), f"{event} instead of text")
            text += event.data
            if event.message_finished:
                return text

    async def ping(self, payload):
        await self.send(self.connection.send(events.Ping(payload=payload)))
        event = await self.event()
        expect(isinstance(event, events.Pong) and bytes(event.payload) == payload, f"{event} for a pong")

    async def close(self, code):
        await self.send(self.connection.send(events.CloseConnection(code=code)))
        event = await self.event()
        expect(isinstance(event, events.CloseConnection) and event.code == code, f"{event} for a close")

    async def wants_close(self, code):
        event = await self.event()
        expect(isinstance(event, events.CloseConnection) and event.code == code, f"{event} for a close")
        await self.send(self.connection.send(event.response()))


async def frames_connection(reader, writer):
    peer = FramesPeer(reader, writer)
    path, fields = await peer.request()
    case = CASES[int(path.strip("/"))]
    peer.accept = accept_key(fields["sec-websocket-key"])
    peer.fields = fields
    if not case.number.startswith("8."):  # the handshake's own chapter answers by itself
        agreement = f"Sec-WebSocket-Extensions: {case.offer['answer']}\r\n" if case.offer else ""
        await peer.send(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + f"Sec-WebSocket-Accept: {peer.accept}\r\n{agreement}\r\n".encode()
        )
    await judge(path, peer)
    writer.close()


async def wsproto_connection(reader, writer):
    peer = WsprotoPeer(reader, writer)
    await judge(await peer.accept(), peer)
    writer.close()


async def websockets_connection(connection):
    await judge(connection.request.path, WebsocketsPeer(connection))


async def aiohttp_connection(request):
    socket = web.WebSocketResponse(autoping=False, autoclose=False, max_msg_size=LARGEST)
    await socket.prepare(request)
    await judge(request.path, AiohttpPeer(socket))
    return socket


async def main(certificate, key):
    logging.disable(logging.CRITICAL)  # clients that leave in the middle are what many cases are about
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    ours = {
        "frames": await asyncio.start_server(frames_connection, "127.0.0.1", 0, ssl=context),
        "wsproto": await asyncio.start_server(wsproto_connection, "127.0.0.1", 0, ssl=context),
        "websockets": await websockets.serve(
            websockets_connection, "127.0.0.1", 0, ssl=context, ping_interval=None, max_size=LARGEST
        ),
    }
    ports = {name: server.sockets[0].getsockname()[1] for name, server in ours.items()}
    application = web.Application()
    application.router.add_get("/{case}", aiohttp_connection)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
    await site.start()
    ports["aiohttp"] = runner.addresses[0][1]
    print(json.dumps({"ports": ports, "cases": [case.description() for case in CASES]}), flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
