"""Starts `apus venue` for the conformance tests: throw-away certificates and keys, and a count of checks.

Usage of every test: python <test>.py <path to apus>; recorded captures are looked for in APUS_DATA or ../shared/data.
"""

import base64
import hashlib
import hmac
import json
import os
import signal
import ssl
import subprocess
import sys
import tempfile
import threading
import traceback
from pathlib import Path

HMAC_KEY, HMAC_SECRET = "hmac-test-key", "a-secret-of-this-run"
ED25519_KEY = "ed25519-test-key"

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("APUS_DATA", ROOT.parent / "shared" / "data"))
BTC = [str(DATA / "binance/spot" / name) for name in ("btcusdt_20240808.gz", "btcusdt_20240809.gz")]

passed, failed = 0, 0


def check(condition, what):
    """Counts one check; a failed one is printed and the test goes on."""
    global passed, failed
    if condition:
        passed += 1
    else:
        failed += 1
        print(f"FAILED: {what}", flush=True)


def equal(found, expected, what):
    check(found == expected, f"{what}: found {found!r}, expected {expected!r}")


def finish():
    print(f"{Path(sys.argv[0]).name}: {passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


def openssl(*arguments):
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)


class Authority:
    """A folder with a throw-away CA, a server certificate for localhost and 127.0.0.1, and an Ed25519 key."""

    def __init__(self, folder):
        self.folder = Path(folder)
        names = self.folder / "names"
        names.write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
        curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        openssl("req", "-x509", *curve, "-days", "1", "-subj", "/CN=throw-away CA",
                "-keyout", self.path("ca.key"), "-out", self.path("ca.pem"))
        openssl("req", *curve, "-subj", "/CN=localhost", "-keyout", self.path("server.key"), "-out", self.path("csr"))
        openssl("x509", "-req", "-days", "1", "-in", self.path("csr"), "-CA", self.path("ca.pem"),
                "-CAkey", self.path("ca.key"), "-extfile", str(names), "-out", self.path("server.pem"))
        openssl("genpkey", "-algorithm", "ed25519", "-out", self.path("ed25519.key"))
        openssl("pkey", "-in", self.path("ed25519.key"), "-pubout", "-out", self.path("ed25519.pem"))
        keys = [{"apiKey": HMAC_KEY, "secret": HMAC_SECRET},
                {"apiKey": ED25519_KEY, "publicKey": Path(self.path("ed25519.pem")).read_text()}]
        Path(self.path("keys.json")).write_text(json.dumps({"keys": keys}))

    def path(self, name):
        return str(self.folder / name)

    def context(self):
        return ssl.create_default_context(cafile=self.path("ca.pem"))


class Venue:
    """A running venue; a context manager that ends it by its id."""

    def __init__(self, authority, *options, balances=("USDT=100000", "BTC=5", "SYN=5")):
        arguments = [sys.argv[1], "venue", "--listen", "127.0.0.1:0",
                     "--certificate", authority.path("server.pem"), "--key", authority.path("server.key"),
                     "--keys", authority.path("keys.json"), *options]
        for balance in balances:
            arguments += ["--balance", balance]
        self.process = subprocess.Popen(
            arguments, stdout=subprocess.PIPE, stdin=subprocess.PIPE if "--control" in options else None, text=True)
        line = self.process.stdout.readline()
        check('"event":"listening"' in line, f"the venue says where it listens: {line!r}")
        self.port = json.loads(line)["port"]
        self.state = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    def command(self, line):
        """Gives a command to a venue that was started with --control, and returns its answer."""
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def end(self):
        """Ends the venue and returns its final state."""
        if self.state is None:
            self.process.send_signal(signal.SIGTERM)
            output, _ = self.process.communicate(timeout=30)
            self.state = json.loads(output.splitlines()[-1])
            equal(self.process.returncode, 0, "exit status of the venue")
        return self.state


def payload(parameters):
    return "&".join(f"{key}={parameters[key]}" for key in sorted(parameters))


def sign_hmac(text):
    return hmac.new(HMAC_SECRET.encode(), text.encode(), hashlib.sha256).hexdigest()


def sign_ed25519(authority, text):
    with tempfile.NamedTemporaryFile() as message:
        message.write(text.encode())
        message.flush()
        signature = subprocess.run(
            ["openssl", "pkeyutl", "-sign", "-rawin", "-inkey", authority.path("ed25519.key"), "-in", message.name],
            check=True, capture_output=True).stdout
    return base64.b64encode(signature).decode()


def run(test, seconds=240):
    """Runs `test(authority)` in a fresh folder; a test that hangs is a failure, not a hung check."""
    timer = threading.Timer(seconds, lambda: (print(f"FAILED: not done in {seconds} s", flush=True), os._exit(1)))
    timer.daemon = True
    timer.start()
    with tempfile.TemporaryDirectory() as folder:
        try:
            test(Authority(folder))
        except Exception:
            traceback.print_exc()
            check(False, "the test ran to its end")
    finish()
