"""Cases of UTF-8 in text messages: what is well-formed by table 3-7 of the Unicode Standard, what is not, and where
that is known first."""

from websocket_case import (
    CONTINUATION,
    TEXT,
    Case,
    answer_to,
    exchange,
    fragments,
    frame,
    frames_case,
    pieces,
    violation_case,
)

GOOD = {
    "Greek": "κόσμε",
    "umlauts and the euro": "Hello-µ@ßöäüàá-UTF-8!! €",
    "Japanese": "暗号資産の板情報",
    "emoji of four bytes": "🚀📈🤖",
    "a combining mark": "e\u0301",
    "the byte order mark": "\ufeffx",
    "NUL": "a\0b",
    "one of each length": "a\u00e9\u20ac\U0001f600",
    "the first of two bytes": "\u0080",
    "the last of two bytes": "\u07ff",
    "the first of three bytes": "\u0800",
    "the last of three bytes": "\uffff",
    "the first of four bytes": "\U00010000",
    "the last code point": "\U0010ffff",
    "below the surrogates": "\ud7ff",
    "above the surrogates": "\ue000",
    "the replacement character": "\ufffd",
    "noncharacters": "\ufdd0\ufffe\U0001fffe\U0002ffff",
    "every ASCII character": "".join(map(chr, range(128))),
    "a long text of two bytes": "é" * 5000,
}

# Each with the number of bytes after which nothing can make it well-formed any more.
BAD = {
    "a continuation byte alone": ("80", 1),
    "the last continuation byte alone": ("bf", 1),
    "two continuation bytes": ("80 bf", 1),
    "all continuation bytes": (bytes(range(0x80, 0xC0)).hex(" "), 1),
    "a lead of two and a blank": ("c3 20", 2),
    "a lead of three and a blank": ("e2 20", 2),
    "a lead of four and a blank": ("f0 20", 2),
    "three bytes with a blank for the last": ("e2 82 20", 3),
    "four bytes with a blank for the third": ("f0 9f 20", 3),
    "four bytes with a blank for the last": ("f0 9f 98 20", 4),
    "a lead behind a lead": ("c3 c3", 2),
    "byte fe": ("fe", 1),
    "byte ff": ("ff", 1),
    "fe fe ff ff": ("fe fe ff ff", 1),
    "a solidus in two bytes": ("c0 af", 1),
    "a solidus in three bytes": ("e0 80 af", 2),
    "a solidus in four bytes": ("f0 80 80 af", 2),
    "a solidus in five bytes": ("f8 80 80 80 af", 1),
    "a solidus in six bytes": ("fc 80 80 80 80 af", 1),
    "the longest overlong two bytes": ("c1 bf", 1),
    "the longest overlong three bytes": ("e0 9f bf", 2),
    "the longest overlong four bytes": ("f0 8f bf bf", 2),
    "NUL in two bytes": ("c0 80", 1),
    "NUL in three bytes": ("e0 80 80", 2),
    "NUL in four bytes": ("f0 80 80 80", 2),
    "the first surrogate": ("ed a0 80", 2),
    "the last high surrogate": ("ed af bf", 2),
    "the first low surrogate": ("ed b0 80", 2),
    "the last surrogate": ("ed bf bf", 2),
    "a pair of surrogates": ("ed a0 81 ed b0 80", 2),
    "the first beyond Unicode": ("f4 90 80 80", 2),
    "a lead of f5": ("f5 80 80 80", 1),
    "a lead of f7": ("f7 bf bf bf", 1),
    "five bytes": ("f8 88 80 80 80", 1),
    "six bytes": ("fc 84 80 80 80 80", 1),
    "Latin-1": ("6d fc 6e 7a 65", 2),
    "bad behind Greek": ("ce ba e1 bd b9 cf 83 ed a0 80 65", 9),
    "bad behind 40 letters": ((b"a" * 40 + b"\xff").hex(), 41),
}

# They become wrong only because the message ends.
CUT = {
    "two bytes without the last": "c3",
    "three bytes without the last two": "e2",
    "three bytes without the last": "e2 82",
    "four bytes without the last three": "f0",
    "four bytes without the last two": "f0 9f",
    "four bytes without the last": "f0 9f 98",
    "Greek without its last byte": "ce ba e1 bd b9 cf 83 ce bc ce",
    "letters and a lead": "61 62 63 c3",
}


def cases():
    for i, (name, text) in enumerate(GOOD.items()):
        payload = text.encode()
        library = ("websockets", "aiohttp", "wsproto")[i % 3]
        yield Case(f"6.1.{i + 1}", f"{name}, from {library}", library, exchange(text))
        size = max(1, len(payload) // 40)
        yield frames_case(f"6.2.{i + 1}", f"{name}, in fragments of {size}", fragments(TEXT, payload, size), text)
        yield frames_case(f"6.3.{i + 1}", f"{name}, in records of {size}", pieces(frame(TEXT, payload), size), text)
    for i, (name, (text, known)) in enumerate(BAD.items()):
        payload = bytes.fromhex(text)
        yield violation_case(f"6.4.{i + 1}", name, frame(TEXT, payload), 1007)
        yield violation_case(f"6.5.{i + 1}", f"{name}, in fragments of a byte", fragments(TEXT, payload, 1), 1007)
        # Nothing comes behind the first byte that is wrong: the frame stays incomplete, and the client knows already.
        begun = frame(TEXT, payload + b"not sent", final=False)[: 2 + known]
        yield violation_case(f"6.6.{i + 1}", f"{name}, known after {known} bytes", begun, 1007)
    for i, (name, text) in enumerate(CUT.items()):
        payload = bytes.fromhex(text)
        yield violation_case(f"6.7.{i + 1}", name, frame(TEXT, payload), 1007)
        sent = frame(TEXT, payload, final=False) + frame(CONTINUATION, b"")
        yield violation_case(f"6.8.{i + 1}", f"{name}, and an empty fragment", sent, 1007)
    split = frame(TEXT, b"\xf0\x9f", final=False) + frame(9, b"\xff") + frame(CONTINUATION, b"\x98\x80")
    yield frames_case("6.9.1", "a ping within a character", split, ("pong", b"\xff"), "😀")
    yield frames_case("6.9.2", "binary is not checked", frame(2, b"\xff\xfe"), answer_to(b"\xff\xfe"))
