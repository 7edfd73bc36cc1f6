"""What a WebSocket conformance case is, and how the cases of hand-made frames are written."""

import dataclasses
import hashlib
import struct
import typing

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
# The client echoes text up to this length, and answers everything else with a digest of it.
ECHO_LIMIT = 65536
# The message that makes the client close.
CLOSE_PLEASE = "please close"


class Failed(Exception):
    """The client did something else than the case expects."""


def expect(condition, what):
    if not condition:
        raise Failed(what)


@dataclasses.dataclass
class Case:
    number: str
    name: str
    # Which server plays it: websockets, aiohttp, wsproto, or frames (hand-made bytes).
    server: str
    # A coroutine function of that server's peer.
    script: typing.Callable
    # Why, and with which code, the client has to tell that the connection ended.
    reason: str = "peerClosed"
    code: int = 1000
    # What the client offers of permessage-deflate (`context`, `bits`), and whether the server agrees.
    offer: dict | None = None
    compresses: bool = False
    # The client's limit of a message.
    limit: int = 16 << 20

    def description(self):
        fields = ("number", "name", "server", "reason", "code", "offer", "compresses", "limit")
        return {field: getattr(self, field) for field in fields}


def answer_to(message):
    """What the client answers to a message."""
    kind = "text" if isinstance(message, str) else "binary"
    payload = message.encode() if isinstance(message, str) else message
    if kind == "text" and len(payload) <= ECHO_LIMIT:
        return message
    return f"{kind} {len(payload)} {hashlib.sha1(payload).hexdigest()}"


def frame(opcode, payload=b"", final=True, reserved=0):
    """An unmasked frame (RFC 6455 section 5.2)."""
    payload = payload.encode() if isinstance(payload, str) else payload
    head = bytes([final << 7 | reserved << 4 | opcode])
    if len(payload) < 126:
        return head + bytes([len(payload)]) + payload
    if len(payload) < 65536:
        return head + struct.pack(">BH", 126, len(payload)) + payload
    return head + struct.pack(">BQ", 127, len(payload)) + payload


def close_frame(code=None, reason=b""):
    return frame(CLOSE, b"" if code is None else struct.pack(">H", code) + reason)


def fragments(opcode, payload, size):
    """A message in fragments of that many bytes."""
    pieces = [payload[i : i + size] for i in range(0, len(payload), size)] or [b""]
    return b"".join(
        frame(CONTINUATION if i else opcode, piece, final=i == len(pieces) - 1) for i, piece in enumerate(pieces)
    )


def pieces(stream, size):
    """The stream in TLS records of that many bytes."""
    return [stream[i : i + size] for i in range(0, len(stream), size)]


def plays(sent, *answers):
    """Sends the frames (bytes, or a list of records), wants these answers, and then closes in order."""

    async def script(peer):
        await peer.send(sent)
        for answer in answers:
            await peer.wants(answer)
        await peer.send(close_frame(1000))
        await peer.wants(("close", 1000))
        await peer.wants_end()

    return script


def violates(sent, code, *answers):
    """Sends the frames, wants these answers, and then to be closed with the code."""

    async def script(peer):
        await peer.send(sent)
        for answer in answers:
            await peer.wants(answer)
        await peer.wants(("close", code))
        await peer.wants_end()

    return script


def frames_case(number, name, sent, *answers, **options):
    return Case(number, name, "frames", plays(sent, *answers), **options)


def violation_case(number, name, sent, code=1002, *answers, **options):
    reason = "messageTooLarge" if code == 1009 else "protocolError"
    return Case(number, name, "frames", violates(sent, code, *answers), reason=reason, code=code, **options)


def exchange(*messages, times=1):
    """Sends messages by a library's own means and wants their answers, then closes in order."""

    async def script(peer):
        for _ in range(times):
            for message in messages:
                await peer.send_message(message)
                answer = await peer.receive_message()
                expect(answer == answer_to(message), f"{str(answer)[:80]!r} instead of {answer_to(message)[:80]!r}")
        await peer.close(1000)

    return script
