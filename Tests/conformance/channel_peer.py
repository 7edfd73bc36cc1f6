"""A server that others wrote, for the channel tests: `websockets` and http.server behind Python's ssl.

usage: channel_peer.py CERTIFICATE KEY (1.2 | 1.3)

Prints one JSON line with its two ports, and serves until its standard input ends.
"""

import asyncio
import http.server
import json
import logging
import ssl
import sys
import threading

from websockets.asyncio.server import serve


def make_context(certificate, key, version):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    exact = ssl.TLSVersion.TLSv1_2 if version == "1.2" else ssl.TLSVersion.TLSv1_3
    context.minimum_version = context.maximum_version = exact
    return context


async def handle(connection):
    """What the server does is named by the path."""
    _, what, *rest = connection.request.path.split("/")
    if what == "echo":
        async for message in connection:
            await connection.send(message, text=isinstance(message, str))
    elif what == "fragments":
        async for message in connection:
            await connection.send(message[i : i + 1000] for i in range(0, len(message), 1000))
    elif what == "ping":
        pong = await connection.ping(b"are you there")
        await pong
        await connection.send("pong came")
        await connection.wait_closed()
    elif what == "big":
        await connection.send("x" * int(rest[0]))
        await connection.wait_closed()
    elif what == "close":
        await connection.close(int(rest[0]), "as asked")


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def do_GET(self):
        body = json.dumps({"path": self.path, "key": self.headers.get("X-MBX-APIKEY")}).encode()
        if self.path.startswith("/limited"):
            self.send_response(429)
            self.send_header("Retry-After", "7")
        else:
            self.send_response(200)
        if self.path.startswith("/chunked"):
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for byte in body:
                self.wfile.write(b"1\r\n%c\r\n" % byte)
            self.wfile.write(b"0\r\n\r\n")
        else:
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    do_POST = do_DELETE = do_GET


async def main(certificate, key, version):
    # Clients that leave in the middle are what some tests are about.
    logging.getLogger("websockets").setLevel(logging.CRITICAL)
    context = make_context(certificate, key, version)
    web = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    web.daemon_threads = True
    web.socket = context.wrap_socket(web.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=web.serve_forever, daemon=True).start()
    async with serve(handle, "127.0.0.1", 0, ssl=context, ping_interval=None) as server:
        port = server.sockets[0].getsockname()[1]
        print(json.dumps({"websocket": port, "http": web.server_address[1]}), flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


asyncio.run(main(*sys.argv[1:]))
