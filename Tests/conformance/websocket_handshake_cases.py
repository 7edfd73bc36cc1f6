"""Cases of the opening handshake: answers that open a connection, and answers that may not (RFC 6455 section 4.1)."""

from websocket_case import TEXT, Case, close_frame, expect, frame

STATUS = "HTTP/1.1 101 Switching Protocols"


def answers(*lines):
    """Answers with the lines, in which VALUE stands for the right value, and goes on with an echo."""

    async def script(peer):
        head = "\r\n".join(lines).replace("VALUE", peer.accept) + "\r\n\r\n"
        await peer.send(head.encode() + frame(TEXT, "in the same record"))
        await peer.wants("in the same record")
        await peer.send(close_frame(1000))
        await peer.wants(("close", 1000))
        await peer.wants_end()

    return script


def refused(head):
    """Answers with these bytes, and wants the client to leave without a frame."""

    async def script(peer):
        await peer.send(head.replace(b"VALUE", peer.accept.encode()))
        await peer.wants_end()

    return script


async def asks_well(peer):
    """The request itself."""
    fields = peer.fields
    expect(fields["upgrade"] == "websocket" and fields["connection"] == "Upgrade", "Upgrade or Connection")
    expect(fields["sec-websocket-version"] == "13", "the version is 13")
    expect(len(fields["sec-websocket-key"]) == 24 and fields["sec-websocket-key"].endswith("=="), "a key of 16 bytes")
    expect("sec-websocket-extensions" not in fields and "sec-websocket-protocol" not in fields, "offers nothing")
    expect(fields["host"].startswith("localhost:"), "the host with its port")
    await peer.send(b"HTTP/1.1 503 Busy\r\n\r\n")
    await peer.wants_end()


UPGRADE, CONNECTION, ACCEPT = "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Accept: VALUE"


def cases():
    good = {
        "as the RFC writes it": (STATUS, UPGRADE, CONNECTION, ACCEPT),
        "fields in another order": (STATUS, ACCEPT, "Server: x", CONNECTION, UPGRADE),
        "names in upper case": (
            STATUS,
            *(line.split(":")[0].upper() + ":" + line.split(":")[1] for line in (UPGRADE, CONNECTION, ACCEPT)),
        ),
        "values in another case": (STATUS, "Upgrade: WebSocket", "Connection: upgrade", ACCEPT),
        "a list of connection options": (STATUS, UPGRADE, "Connection: keep-alive, Upgrade", ACCEPT),
        "no blank behind the colon": (STATUS, "Upgrade:websocket", "Connection:Upgrade", "Sec-WebSocket-Accept:VALUE"),
        "blanks round the values": (STATUS, "Upgrade: \t websocket \t", "Connection:  Upgrade ", ACCEPT + "  "),
        "another reason phrase": ("HTTP/1.1 101 WebSocket Protocol Handshake", UPGRADE, CONNECTION, ACCEPT),
        "no reason phrase": ("HTTP/1.1 101 ", UPGRADE, CONNECTION, ACCEPT),
        "unknown fields": (STATUS, "X-Long: " + "x" * 4000, UPGRADE, CONNECTION, ACCEPT),
    }
    for i, (name, lines) in enumerate(good.items()):
        yield Case(f"8.1.{i + 1}", name, "frames", answers(*lines))

    def head(*lines):
        return ("\r\n".join(lines) + "\r\n\r\n").encode()

    bad = {
        "status 200": head("HTTP/1.1 200 OK", UPGRADE, CONNECTION, ACCEPT),
        "status 302": head("HTTP/1.1 302 Found", "Location: https://localhost/"),
        "status 401": head("HTTP/1.1 401 Unauthorized", "WWW-Authenticate: Basic"),
        "status 429": head("HTTP/1.1 429 Too Many Requests", "Retry-After: 9"),
        "no Upgrade": head(STATUS, CONNECTION, ACCEPT),
        "no Connection": head(STATUS, UPGRADE, ACCEPT),
        "no Accept": head(STATUS, UPGRADE, CONNECTION),
        "another Upgrade": head(STATUS, "Upgrade: h2c", CONNECTION, ACCEPT),
        "another Connection": head(STATUS, UPGRADE, "Connection: close", ACCEPT),
        "an empty Accept": head(STATUS, UPGRADE, CONNECTION, "Sec-WebSocket-Accept:"),
        "an Accept of another key": head(
            STATUS, UPGRADE, CONNECTION, "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
        ),
        "an Accept in quotes": head(STATUS, UPGRADE, CONNECTION, 'Sec-WebSocket-Accept: "VALUE"'),
        "two Accepts": head(STATUS, UPGRADE, CONNECTION, ACCEPT, ACCEPT),
        "a subprotocol that was not asked for": head(
            STATUS, UPGRADE, CONNECTION, ACCEPT, "Sec-WebSocket-Protocol: chat"
        ),
        "an extension that was not offered": head(
            STATUS, UPGRADE, CONNECTION, ACCEPT, "Sec-WebSocket-Extensions: permessage-deflate"
        ),
        "a folded field": head(STATUS, "X-A: b\r\n c", UPGRADE, CONNECTION, ACCEPT),
        "a field without a colon": head(STATUS, "nonsense", UPGRADE, CONNECTION, ACCEPT),
        "a blank before the colon": head(STATUS, "Upgrade : websocket", CONNECTION, ACCEPT),
        "another protocol": b"SSH-2.0-OpenSSH_9.2p1\r\n\r\n",
        "HTTP/1.0": head("HTTP/1.0 101 Switching Protocols", UPGRADE, CONNECTION, ACCEPT),
        "HTTP/2": head("HTTP/2 101", UPGRADE, CONNECTION, ACCEPT),
        "a head of 20 KB": head(STATUS, *["X-Padding: " + "x" * 1000] * 20, UPGRADE, CONNECTION, ACCEPT)[:16384],
    }
    for i, (name, sent) in enumerate(bad.items()):
        reason = "rateLimited" if name == "status 429" else "upgradeRefused"
        yield Case(f"8.2.{i + 1}", name, "frames", refused(sent), reason=reason, code=0)
    yield Case("8.3.1", "the request is complete", "frames", asks_well, reason="upgradeRefused", code=0)
