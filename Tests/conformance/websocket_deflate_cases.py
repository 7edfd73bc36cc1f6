"""Cases of permessage-deflate (RFC 7692): libraries that compress, the RFC's examples, bounds, and violations."""

import random
import zlib

from websocket_case import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PING,
    TEXT,
    Case,
    answer_to,
    exchange,
    expect,
    frame,
    frames_case,
    violation_case,
)
from websocket_cases import LIBRARIES, text_of

OFFERS = [(True, 15), (False, 15), (True, 9), (False, 10)]
AGREED = {"context": True, "bits": 15, "answer": "permessage-deflate"}
ALONE = {"context": False, "bits": 15, "answer": "permessage-deflate; server_no_context_takeover"}
HELLO = bytes.fromhex("f2 48 cd c9 c9 07 00")
AGAIN = bytes.fromhex("f2 00 11 00 00")


def deflated(payload, compressor=None):
    compressor = compressor or zlib.compressobj(wbits=-15)
    return (compressor.compress(payload) + compressor.flush(zlib.Z_SYNC_FLUSH))[:-4]


def market_text(count, seed):
    """Text like a market's: numbers that compress by about half."""
    numbers = random.Random(seed)
    text = ""
    while len(text) < count:
        text += f'["{numbers.randrange(10**7) / 100:.2f}","{numbers.randrange(10**6) / 1e5:.5f}"],'
    return text[:count]


def libraries():
    """12.1: messages of many sizes from libraries that compress, with and without context."""
    for library in LIBRARIES:
        for context, bits in OFFERS:
            for count in (16, 256, 4096, 32768, 131072):
                messages = [market_text(count, seed) for seed in range(10)]
                kept = "context" if context else "no context"
                yield Case(
                    f"12.1.{library}.{bits}{'k' if context else 'f'}.{count}",
                    f"ten texts of {count} bytes from {library}, {kept}, window of {bits} bits",
                    library,
                    exchange(*messages),
                    offer={"context": context, "bits": bits},
                    compresses=True,
                )
        yield Case(
            f"12.2.{library}.1",
            f"empty, short and long in turn from {library}",
            library,
            exchange("", "a", text_of(100_000), b"", b"\xff" * 5000, times=3),
            offer={"context": True, "bits": 15},
            compresses=True,
        )
        yield Case(
            f"12.2.{library}.2",
            f"random bytes from {library}",
            library,
            exchange(random.Random(7).randbytes(200_000)),
            offer={"context": True, "bits": 15},
            compresses=True,
        )

    def in_fragments(parts):
        async def script(peer):
            for _ in range(3):
                await peer.send_fragments(parts)
                expect(await peer.receive_message() == answer_to(type(parts[0])().join(parts)), "another message")
            await peer.close(1000)

        return script

    for i, library in enumerate(("websockets", "wsproto")):
        yield Case(
            f"12.3.{i + 1}",
            f"compressed fragments from {library}",
            library,
            in_fragments([text_of(500), "é" * 100, market_text(3000, 1)]),
            offer={"context": True, "bits": 15},
            compresses=True,
        )


def examples():
    """13.1: the examples of section 7.2.3 and what zlib makes."""

    def agreed(number, name, sent, *answers, offer=AGREED):
        return frames_case(f"13.{number}", name, sent, *answers, offer=offer, compresses=True)

    yield agreed("1.1", "one block", frame(TEXT, HELLO, reserved=4), "Hello")
    yield agreed(
        "1.2",
        "two fragments",
        frame(TEXT, HELLO[:3], final=False, reserved=4) + frame(CONTINUATION, HELLO[3:]),
        "Hello",
    )
    yield agreed(
        "1.3",
        "a window that is shared",
        frame(TEXT, HELLO, reserved=4) + frame(TEXT, AGAIN, reserved=4),
        "Hello",
        "Hello",
    )
    yield agreed(
        "1.4",
        "a block without compression",
        frame(TEXT, bytes.fromhex("00 05 00 fa ff 48 65 6c 6c 6f 00"), reserved=4),
        "Hello",
    )
    yield agreed("1.5", "a final block", frame(TEXT, bytes.fromhex("f3 48 cd c9 c9 07 00 00"), reserved=4), "Hello")
    yield agreed(
        "1.6", "two blocks", frame(TEXT, bytes.fromhex("f2 48 05 00 00 00 ff ff ca c9 c9 07 00"), reserved=4), "Hello"
    )
    yield agreed("1.7", "an empty message", frame(TEXT, b"\x00", reserved=4), "")
    yield agreed(
        "1.8",
        "an uncompressed message between two",
        frame(TEXT, HELLO, reserved=4) + frame(TEXT, "plain") + frame(TEXT, AGAIN, reserved=4),
        "Hello",
        "plain",
        "Hello",
    )
    yield agreed(
        "1.9",
        "a ping between compressed fragments",
        frame(TEXT, HELLO[:2], final=False, reserved=4) + frame(PING, b"p") + frame(CONTINUATION, HELLO[2:]),
        ("pong", b"p"),
        "Hello",
    )
    yield agreed(
        "1.10", "each message alone", frame(TEXT, HELLO, reserved=4) * 3, "Hello", "Hello", "Hello", offer=ALONE
    )
    for i, (level, strategy) in enumerate(
        (level, strategy)
        for level in (1, 6, 9)
        for strategy in (zlib.Z_DEFAULT_STRATEGY, zlib.Z_FILTERED, zlib.Z_HUFFMAN_ONLY, zlib.Z_RLE, zlib.Z_FIXED)
    ):
        compressor = zlib.compressobj(level, zlib.DEFLATED, -15, 8, strategy)
        messages = [market_text(20_000, seed) for seed in (1, 2, 1)]
        sent = b"".join(frame(TEXT, deflated(text.encode(), compressor), reserved=4) for text in messages)
        yield agreed(f"2.{i + 1}", f"zlib at level {level}, strategy {strategy}", sent, *messages)
    payload = deflated(market_text(5000, 3).encode())
    stream = frame(TEXT, payload, reserved=4)
    yield agreed("3.1", "byte by byte", [stream[i : i + 1] for i in range(len(stream))], market_text(5000, 3))
    many = b"".join(
        frame(CONTINUATION if i else TEXT, payload[i : i + 1], final=i + 1 == len(payload), reserved=0 if i else 4)
        for i in range(len(payload))
    )
    yield agreed("3.2", "fragments of one byte", many, market_text(5000, 3))
    yield agreed(
        "3.3",
        "sixteen MiB out of sixteen KiB",
        frame(BINARY, deflated(bytes(16 << 20)), reserved=4),
        answer_to(bytes(16 << 20)),
    )


def violations():
    """13.4: what no server may send."""

    def wrong(number, name, sent, code=1002, *answers, offer=AGREED, **options):
        return violation_case(f"13.{number}", name, sent, code, *answers, offer=offer, compresses=True, **options)

    yield wrong("4.1", "a compressed ping", frame(PING, b"", reserved=4))
    yield wrong("4.2", "a compressed close", frame(CLOSE, b"", reserved=4))
    yield wrong(
        "4.3",
        "the bit on a continuation",
        frame(TEXT, HELLO[:2], final=False, reserved=4) + frame(CONTINUATION, HELLO[2:], reserved=4),
    )
    yield wrong(
        "4.4",
        "the bit on the continuation of a plain text",
        frame(TEXT, "a", final=False) + frame(CONTINUATION, HELLO, reserved=4),
    )
    for bits in (1, 2, 3, 5, 6, 7):
        yield wrong(f"4.5.{bits}", f"reserved bits {bits:03b}", frame(TEXT, HELLO, reserved=bits))
    corrupt = {
        "a block of the reserved type": "07",
        "a stored length without its complement": "00 05 00 fa fe 48 65 6c 6c 6f 00",
        "a distance before the beginning": "f2 00 11 00 00",
        "a block without its end": "f2 48 cd c9",
        "too many length codes": "fd ff ff ff",
        "random bytes": random.Random(3).randbytes(40).hex(),
        "the tail that is to be left out": HELLO.hex() + "00 00 ff ff",
        "text": b"Hello".hex(),
    }
    for i, (name, payload) in enumerate(corrupt.items()):
        yield wrong(f"5.{i + 1}", name, frame(BINARY, bytes.fromhex(payload), reserved=4))
    yield wrong(
        "5.9",
        "a reference to a forgotten message",
        frame(TEXT, HELLO, reserved=4) + frame(TEXT, AGAIN, reserved=4),
        1002,
        "Hello",
        offer=ALONE,
    )
    yield wrong("6.1", "compressed text that is no UTF-8", frame(TEXT, deflated(b"Hello \xff"), reserved=4), 1007)
    yield wrong(
        "6.2", "compressed text that ends within a character", frame(TEXT, deflated(b"Hello \xc3"), reserved=4), 1007
    )
    yield wrong(
        "6.3",
        "bad text in an unfinished message",
        frame(TEXT, deflated(b"\xff" + b"a" * 500), final=False, reserved=4),
        1007,
    )
    for i, count in enumerate((1001, 1 << 20, 64 << 20)):
        sent = frame(BINARY, deflated(bytes(count)), reserved=4)[:16000]
        yield wrong(f"7.{i + 1}", f"{count} bytes where 1000 are the limit", sent, 1009, limit=1000)
    yield frames_case(
        "13.7.4",
        "1000 bytes where 1000 are the limit",
        frame(BINARY, deflated(bytes(1000)), reserved=4),
        answer_to(bytes(1000)),
        limit=1000,
        offer=AGREED,
        compresses=True,
    )


def negotiation():
    """13.8: answers to the offer."""

    async def ends(peer):
        await peer.wants_end()

    offer = {"context": True, "bits": 15}
    good = [
        "permessage-deflate; server_no_context_takeover",
        "permessage-deflate; client_no_context_takeover",
        "permessage-deflate; server_max_window_bits=9",
        'permessage-deflate; client_max_window_bits="10"',
        "permessage-deflate;client_no_context_takeover;server_no_context_takeover;server_max_window_bits=15",
    ]
    for i, answer in enumerate(good):
        yield frames_case(
            f"13.8.{i + 1}",
            answer,
            frame(TEXT, HELLO, reserved=4),
            "Hello",
            offer={**offer, "answer": answer},
            compresses=True,
        )
    bad = [
        "permessage-deflate; server_max_window_bits",
        "permessage-deflate; server_max_window_bits=7",
        "permessage-deflate; server_max_window_bits=16",
        "permessage-deflate; client_max_window_bits",
        "permessage-deflate; server_no_context_takeover=1",
        "permessage-deflate; unknown=1",
        "permessage-deflate; server_no_context_takeover; server_no_context_takeover",
        "permessage-deflate, permessage-deflate",
        "permessage-bzip2",
        "x-webkit-deflate-frame",
        "permessage-deflate extra",
        "permessage-deflate; =9",
        "permessage-deflate; server_max_window_bits=08",
    ]
    for i, answer in enumerate(bad):
        yield Case(
            f"13.9.{i + 1}", answer, "frames", ends, reason="upgradeRefused", code=0, offer={**offer, "answer": answer}
        )
    asked = {"context": False, "bits": 10}
    for i, answer in enumerate(
        (
            "permessage-deflate",
            "permessage-deflate; server_no_context_takeover",
            "permessage-deflate; server_no_context_takeover; server_max_window_bits=11",
        )
    ):
        yield Case(
            f"13.10.{i + 1}",
            f"asked for no context and 10 bits: {answer}",
            "frames",
            ends,
            reason="upgradeRefused",
            code=0,
            offer={**asked, "answer": answer},
        )


def cases():
    for chapter in (libraries, examples, violations, negotiation):
        yield from chapter()
