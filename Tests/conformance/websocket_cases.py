"""Cases of framing, control frames, reserved bits, opcodes, fragmentation, closing and limits.

The chapters are those of the public Autobahn test suite; the cases are written after RFC 6455.
"""

from websocket_case import (
    BINARY,
    CLOSE,
    CLOSE_PLEASE,
    CONTINUATION,
    ECHO_LIMIT,
    PING,
    PONG,
    TEXT,
    Case,
    answer_to,
    close_frame,
    exchange,
    expect,
    fragments,
    frame,
    frames_case,
    pieces,
    violation_case,
)

LIBRARIES = ("websockets", "aiohttp", "wsproto")
KIB, MIB = 1 << 10, 1 << 20


def text_of(count):
    return ("abcdefghijklmnopqrstuvwxyz0123456789 {}" * (count // 39 + 1))[:count]


def bytes_of(count):
    return bytes(range(256)) * (count // 256) + bytes(range(count % 256))


def framing():
    """1: lengths at the edges of the header's three forms, by each library, and chopped."""
    for kind, of in (("text", text_of), ("binary", bytes_of)):
        chapter = 1 if kind == "text" else 2
        for i, count in enumerate((0, 125, 126, 127, 128, 65535, 65536)):
            for library in LIBRARIES:
                name = f"{kind} of {count} bytes from {library}"
                yield Case(f"1.{chapter}.{i + 1}.{library}", name, library, exchange(of(count)))
        message = of(65536)
        payload = message.encode() if kind == "text" else message
        stream = frame(TEXT if kind == "text" else BINARY, payload)
        yield frames_case(
            f"1.{chapter}.8", f"{kind} of 65536 bytes in records of 997", pieces(stream, 997), answer_to(message)
        )
    for i, size in enumerate((1, 2, 3, 5)):
        stream = frame(TEXT, "Hello") + frame(TEXT, "") + frame(TEXT, text_of(200))
        yield frames_case(
            f"1.3.{i + 1}", f"three texts in records of {size}", pieces(stream, size), "Hello", "", text_of(200)
        )
    lengths = {
        "125 in two bytes": b"\x81\x7e\x00\x7d",
        "65535 in eight bytes": b"\x81\x7f" + (65535).to_bytes(8),
        "0 in eight bytes": b"\x82\x7f" + bytes(8),
        "a length with its highest bit set": b"\x82\x7f\x80" + bytes(7),
    }
    for i, (name, head) in enumerate(lengths.items()):
        yield violation_case(f"1.4.{i + 1}", name, head + b"A" * 125)
    yield violation_case("1.5.1", "a masked text", b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58")
    yield violation_case("1.5.2", "a masked ping", b"\x89\x80\x37\xfa\x21\x3d")


def pings():
    """2: pings are answered with their payload, pongs are not answered."""
    payloads = {
        "without payload": b"",
        "with text": b"Hello, world!",
        "with bytes": bytes.fromhex("00fffefdfcfb00ff"),
        "of 125 bytes": b"\xfe" * 125,
    }
    for i, (name, payload) in enumerate(payloads.items()):
        yield frames_case(f"2.{i + 1}", f"a ping {name}", frame(PING, payload), ("pong", payload))
    yield violation_case("2.5", "a ping of 126 bytes", frame(PING, b"\xfe" * 126))
    yield frames_case("2.6", "a ping byte by byte", pieces(frame(PING, b"\xfe" * 125), 1), ("pong", b"\xfe" * 125))
    yield frames_case("2.7", "a pong that nobody asked for", frame(PONG) + frame(TEXT, "then"), "then")
    yield frames_case("2.8", "a pong with payload", frame(PONG, b"unsolicited") + frame(TEXT, "then"), "then")
    yield frames_case("2.9", "a pong, then a ping", frame(PONG, b"a") + frame(PING, b"b"), ("pong", b"b"))
    ten = [b"payload-%d" % i for i in range(10)]
    stream = b"".join(frame(PING, payload) for payload in ten)
    yield frames_case("2.10", "ten pings", stream, *[("pong", payload) for payload in ten])
    yield frames_case("2.11", "ten pings byte by byte", pieces(stream, 1), *[("pong", payload) for payload in ten])
    yield violation_case("2.12", "a pong of 126 bytes", frame(PONG, b"a" * 126))

    async def library_pings(peer):
        for payload in (b"", b"1700000000000", b"\x00" * 125):
            await peer.ping(payload)
        await peer.close(1000)

    for i, library in enumerate(LIBRARIES):
        yield Case(f"2.13.{i + 1}", f"pings from {library}", library, library_pings)


def reserved_bits():
    """3: a reserved bit without an extension fails the connection."""
    names = {CONTINUATION: "continuation", TEXT: "text", BINARY: "binary", CLOSE: "close", PING: "ping", PONG: "pong"}
    for bits in range(1, 8):
        for i, (opcode, name) in enumerate(names.items()):
            before = frame(TEXT, "a", final=False) if opcode == CONTINUATION else b""
            sent = before + frame(opcode, b"", reserved=bits)
            yield violation_case(f"3.{bits}.{i + 1}", f"reserved bits {bits:03b} on a {name}", sent)
    sent = frame(TEXT, "good") + frame(TEXT, "bad", reserved=4)
    yield violation_case("3.8.1", "after a good text", sent, 1002, "good")
    yield violation_case(
        "3.8.2",
        "after a good text and a ping",
        frame(TEXT, "good") + frame(PING, b"p") + frame(TEXT, "bad", reserved=2),
        1002,
        "good",
        ("pong", b"p"),
    )


def opcodes():
    """4: reserved opcodes fail the connection."""
    for i, opcode in enumerate((3, 4, 5, 6, 7, 11, 12, 13, 14, 15)):
        yield violation_case(f"4.1.{i + 1}", f"opcode {opcode} without payload", frame(opcode))
        yield violation_case(f"4.2.{i + 1}", f"opcode {opcode} with payload", frame(opcode, "payload"))
        yield violation_case(
            f"4.3.{i + 1}", f"opcode {opcode} after a good text", frame(TEXT, "a") + frame(opcode), 1002, "a"
        )


def fragmentation():
    """5: messages in fragments, with control frames between them, and fragments out of order."""
    a, b = frame(TEXT, "frag", final=False), frame(CONTINUATION, "ment")
    middle = frame(CONTINUATION, "", final=False)
    ping, pong = frame(PING, b"p"), ("pong", b"p")
    yield violation_case("5.1", "a ping in fragments", frame(PING, b"a", final=False) + frame(CONTINUATION, b"b"))
    yield violation_case("5.2", "a pong in fragments", frame(PONG, b"a", final=False) + frame(CONTINUATION, b"b"))
    yield violation_case(
        "5.3", "a close in fragments", frame(CLOSE, b"\x03", final=False) + frame(CONTINUATION, b"\xe8")
    )
    yield frames_case("5.4", "a text in two fragments", a + b, "fragment")
    yield frames_case("5.5", "two fragments byte by byte", pieces(a + b, 1), "fragment")
    yield frames_case("5.6", "a ping between two fragments", a + ping + b, pong, "fragment")
    yield frames_case("5.7", "a ping between two fragments byte by byte", pieces(a + ping + b, 1), pong, "fragment")
    yield frames_case("5.8", "a pong between two fragments", a + frame(PONG, b"x") + b, "fragment")
    yield frames_case("5.9", "a fragment without payload", a + middle + b, "fragment")
    yield frames_case(
        "5.10", "fragments without any payload", frame(TEXT, "", final=False) + middle + frame(CONTINUATION, ""), ""
    )
    yield frames_case(
        "5.11",
        "only the middle one has payload",
        frame(TEXT, "", final=False) + frame(CONTINUATION, "all", final=False) + frame(CONTINUATION, ""),
        "all",
    )
    wrong = {
        "a continuation of nothing": frame(CONTINUATION, "a"),
        "an unfinished continuation of nothing": frame(CONTINUATION, "a", final=False),
        "a text within a text": a + frame(TEXT, "new"),
        "an unfinished text within a text": a + frame(TEXT, "n", final=False),
        "a binary within a text": a + frame(BINARY, b"new"),
        "a text within a binary": frame(BINARY, b"a", final=False) + frame(TEXT, "new"),
    }
    for i, (name, sent) in enumerate(wrong.items()):
        yield violation_case(f"5.{12 + i}", name, sent)
    yield violation_case("5.18", "a continuation after a whole text", frame(TEXT, "whole") + b, 1002, "whole")
    yield violation_case("5.19", "a continuation after a text in fragments", a + b + b, 1002, "fragment")
    many = fragments(TEXT, text_of(200).encode(), 20)
    yield frames_case("5.20", "ten fragments", many, text_of(200))
    stream = b"".join(frame(CONTINUATION if i else TEXT, "x", final=i == 9) + frame(PING, b"%d" % i) for i in range(10))
    pongs = [("pong", b"%d" % i) for i in range(10)]
    yield frames_case("5.21", "a ping behind each of ten fragments", stream, *pongs[:9], "x" * 10, pongs[9])
    yield frames_case("5.22", "a hundred fragments of one byte", fragments(TEXT, b"y" * 100, 1), "y" * 100)
    payload = bytes_of(3000)
    yield frames_case("5.23", "a binary in fragments of 7", fragments(BINARY, payload, 7), answer_to(payload))
    yield violation_case("5.24", "a close between fragments with a code of half its bytes", a + frame(CLOSE, b"\x03"))

    async def between(peer):
        await peer.send(a + close_frame(1000))
        await peer.wants(("close", 1000))
        await peer.wants_end()

    yield Case("5.25", "a close between fragments", "frames", between)

    def library_fragments(parts):
        async def script(peer):
            await peer.send_fragments(parts)
            message = type(parts[0])().join(parts)
            expect(await peer.receive_message() == answer_to(message), "another message")
            await peer.close(1000)

        return script

    for i, library in enumerate(("websockets", "wsproto")):
        yield Case(
            f"5.26.{i + 1}", f"fragments of text from {library}", library, library_fragments(["ab", "", "cdé", "f"])
        )
        yield Case(
            f"5.27.{i + 1}", f"fragments of bytes from {library}", library, library_fragments([b"ab", b"", b"\xff"])
        )


def closing():
    """7: close frames, their codes and reasons, and who begins."""

    async def asked(peer):
        await peer.send_message(CLOSE_PLEASE)
        await peer.wants_close(1000)

    for i, library in enumerate(LIBRARIES):
        yield Case(f"7.1.{i + 1}", f"the client closes on {library}", library, asked, reason="requested")
        yield Case(f"7.2.{i + 1}", f"{library} closes after an echo", library, exchange("last"))

    def answered(sent, code):
        async def script(peer):
            await peer.send(sent)
            await peer.wants(("close", code))
            await peer.wants_end()

        return script

    ignored = {"a text": frame(TEXT, "late"), "a ping": frame(PING, b"late"), "another close": close_frame(1001)}
    for i, (name, late) in enumerate(ignored.items()):
        yield Case(
            f"7.3.{i + 1}", f"{name} behind a close is not answered", "frames", answered(close_frame(1000) + late, 1000)
        )

    async def late_message(peer):
        await peer.send(frame(TEXT, CLOSE_PLEASE))
        await peer.wants(("close", 1000))
        await peer.send(frame(TEXT, "late") + frame(PING, b"late") + close_frame(1000))
        await peer.wants_end()

    yield Case(
        "7.3.4", "what comes before the answer to our close is not answered", "frames", late_message, reason="requested"
    )

    async def empty(peer):
        await peer.send(close_frame())
        found = await peer.frame()
        expect(found is not None and found.opcode == CLOSE and len(found.data) == 0, f"{found} for an empty close")
        await peer.wants_end()

    yield Case("7.4.1", "a close without a code", "frames", empty, code=1005)
    yield violation_case("7.4.2", "a close of one byte", frame(CLOSE, b"\x03"))
    yield Case("7.4.3", "a close with a reason", "frames", answered(close_frame(1000, b"done \xc3\xa9"), 1000))
    yield Case("7.4.4", "a close with a reason of 123 bytes", "frames", answered(close_frame(1000, b"r" * 123), 1000))
    yield violation_case("7.4.5", "a close with a reason of 124 bytes", close_frame(1000, b"r" * 124))
    yield violation_case("7.4.6", "a reason that is no UTF-8", close_frame(1000, b"\xce\xba\xed\xa0\x80"), 1007)
    yield violation_case("7.4.7", "a reason that ends within a character", close_frame(1000, b"\xf0\x9f\x98"), 1007)
    for i, code in enumerate((*range(1000, 1004), *range(1007, 1015), 3000, 3999, 4000, 4999)):
        yield Case(f"7.5.{i + 1}", f"code {code}", "frames", answered(close_frame(code), code), code=code)
    for i, code in enumerate((0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535)):
        yield violation_case(f"7.6.{i + 1}", f"code {code}, which may not be sent", close_frame(code))

    async def leaves(peer):
        await peer.send(frame(TEXT, "cut of")[:-2])
        peer.writer.close()

    yield Case("7.7.1", "the server leaves within a frame", "frames", leaves, code=0)


def limits():
    """9: large messages whole, in fragments and in small records; one byte above the limit."""
    for i, count in enumerate((64 * KIB, 256 * KIB, MIB, 4 * MIB, 8 * MIB, 16 * MIB)):
        yield Case(f"9.1.{i + 1}", f"a text of {count} bytes", "websockets", exchange(text_of(count)))
        yield Case(f"9.2.{i + 1}", f"a binary of {count} bytes", LIBRARIES[i % 3], exchange(bytes_of(count)))
    message = text_of(4 * MIB)
    for i, size in enumerate((64, 256, KIB, 4 * KIB, 16 * KIB, 64 * KIB, 256 * KIB, MIB, 4 * MIB)):
        stream = fragments(TEXT, message.encode(), size)
        yield frames_case(f"9.3.{i + 1}", f"a text of 4 MiB in fragments of {size}", stream, answer_to(message))
    message = bytes_of(MIB)
    for i, size in enumerate((64, 128, 256, 512, 1024, 2048)):
        stream = pieces(frame(BINARY, message), size)
        yield frames_case(f"9.4.{i + 1}", f"a binary of 1 MiB in records of {size}", stream, answer_to(message))
    for i, count in enumerate((0, 16, 64, 256, 1024)):
        yield Case(
            f"9.5.{i + 1}", f"a hundred texts of {count} bytes", LIBRARIES[i % 3], exchange(text_of(count), times=100)
        )
    limit = 1000
    yield frames_case(
        "9.6.1", "a message of the limit", frame(BINARY, b"a" * limit), answer_to(b"a" * limit), limit=limit
    )
    too_much = {
        "a frame of a byte more": frame(BINARY, b"a" * (limit + 1))[:4],
        "fragments of a byte more": frame(TEXT, b"a" * limit, final=False) + frame(CONTINUATION, b"a"),
        "a frame of 2^62 bytes": b"\x82\x7f" + (1 << 62).to_bytes(8),
        "a fragment of 2^62 bytes": frame(TEXT, b"a", final=False) + b"\x80\x7f" + (1 << 62).to_bytes(8),
    }
    for i, (name, sent) in enumerate(too_much.items()):
        yield violation_case(
            f"9.6.{i + 2}", f"{name} than the limit" if "more" in name else name, sent, 1009, limit=limit
        )
    yield violation_case(
        "9.6.6", "a frame of 16 MiB and a byte", frame(BINARY, b"")[:1] + b"\x7f" + (16 * MIB + 1).to_bytes(8), 1009
    )
    echo = text_of(ECHO_LIMIT)
    yield frames_case("10.1", "the longest text that the client sends", fragments(TEXT, echo.encode(), 1300), echo)


def cases():
    for chapter in (framing, pings, reserved_bits, opcodes, fragmentation, closing, limits):
        yield from chapter()
