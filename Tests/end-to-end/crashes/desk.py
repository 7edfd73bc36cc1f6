"""A desk to crash: a local venue, a guard, and one bot after the other on one state directory, all real processes."""

import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "Tests" / "conformance"))
import venue_support as support  # noqa: E402  (throw-away certificates, keys and signatures)

SYMBOL = "BTCUSDT"
CAPTURES = [pathlib.Path(path) for path in support.BTC]
GUARD_KEY = "guard-test-key"
# How long anything may take that needs milliseconds: only a desk that never gets there waits so long.
PATIENCE = 60


def until(what, holds, seconds=PATIENCE):
    """Waits for a condition and returns what it gave; the bound only ends a run that hangs."""
    deadline = time.monotonic() + seconds
    while True:
        value = holds()
        if value:
            return value
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {seconds} s for {what}")
        time.sleep(0.005)


class Lines:
    """The JSON lines that a process prints, read as they come."""

    def __init__(self, stream):
        self.lines = []
        self.thread = threading.Thread(target=self._read, args=(stream,), daemon=True)
        self.thread.start()

    def _read(self, stream):
        for line in stream:
            try:
                self.lines.append(json.loads(line))
            except json.JSONDecodeError:
                pass  # a remark for people

    def since(self, index, holds):
        return next((line for line in self.lines[index:] if holds(line)), None)


class Desk:
    """Everything that outlives a crash. A context manager that ends every process by its id."""

    def __init__(self, apus, folder, log):
        self.apus, self.folder, self.log = apus, pathlib.Path(folder), log
        self.authority = support.Authority(folder)
        self._add_guard_key()
        self.processes = []
        self.state = self.folder / "runs"

    def __enter__(self):
        try:
            self._start_venue()
            self.configure()
            self._start_guard()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for process in reversed(self.processes):
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.terminate()
                try:
                    process.wait(timeout=20)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()

    def _add_guard_key(self):
        support.openssl("genpkey", "-algorithm", "ed25519", "-out", self.path("guard.key"))
        support.openssl("pkey", "-in", self.path("guard.key"), "-pubout", "-out", self.path("guard.pem"))
        keys = json.loads(pathlib.Path(self.path("keys.json")).read_text())
        keys["keys"].append({"apiKey": GUARD_KEY, "publicKey": pathlib.Path(self.path("guard.pem")).read_text()})
        pathlib.Path(self.path("keys.json")).write_text(json.dumps(keys))
        pathlib.Path(self.path("bot.name")).write_text(support.ED25519_KEY + "\n")
        pathlib.Path(self.path("guard.name")).write_text(GUARD_KEY + "\n")

    def path(self, name):
        return str(self.folder / name)

    def spawn(self, arguments, **options):
        process = subprocess.Popen([str(argument) for argument in arguments], text=True, **options)
        self.processes.append(process)
        return process

    def _start_venue(self):
        arguments = [self.apus, "venue", "--listen", "127.0.0.1:0", "--certificate", self.path("server.pem"),
                     "--key", self.path("server.key"), "--keys", self.path("keys.json"),
                     "--balance", "USDT=100000", "--balance", "BTC=2", "--start", "first",
                     # A restart a second is no venue's ordinary customer.
                     "--orders-per-ten-seconds", 1000, "--weight-per-minute", 1000000,
                     # So that a bot can be watched while it waits; the guard's answers are not delayed.
                     "--faults", f"reply.late always 100ms method=openOrders.status key={support.ED25519_KEY}"]
        for capture in CAPTURES:
            arguments += ["--capture", capture]
        self.venue = self.spawn(arguments, stdout=subprocess.PIPE, stderr=self.log)
        self.venue_lines = Lines(self.venue.stdout)
        said = until("the venue to listen", lambda: self.venue_lines.since(0, lambda l: l.get("event") == "listening"))
        self.port = said["port"]

    def has_played(self):
        """Whether the recording is over: the market stands still from now on."""
        return self.venue_lines.since(0, lambda line: line.get("event") == "played") is not None

    def _start_guard(self):
        self.guard = self.spawn([self.apus, "guard", "--json", "--config", self.path("apus.yaml")],
                                stdout=subprocess.PIPE, stderr=self.log)
        self.guard_lines = Lines(self.guard.stdout)
        until("the guard's session", lambda: self.guard_lines.since(0, lambda l: l["cause"] == "venueUp"))

    # Configuration ------------------------------------------------------------------------------------------------

    def configure(self, **parameters):
        """Writes the bot's configuration; `parameters` are the failing strategy's."""
        cpus = sorted(os.sched_getaffinity(0))
        address = f"127.0.0.1:{self.port}"
        chosen = ", ".join(f"{name}: {value}" for name, value in parameters.items())
        self.folder.joinpath("apus.yaml").write_text(f"""\
mode: testnet
instruments: [{SYMBOL}]
strategy: {{name: failing, parameters: {{{chosen}}}}}
risk:
  maximumOrderQuantity: 0.05
  maximumOrderNotional: 5000
  maximumPosition: 0.2
  maximumOpenOrders: 16
  maximumDailyLoss: 50000
  priceCollarBasisPoints: 100
  ordersPerSecond: 100
  ordersPer10Seconds: 1000
  maximumMarketAgeMs: 10000
  maximumOrderAgeMs: 10000
workers:
  - {{cpu: {cpus[-1]}, wait: park(100us), stages: [feed.binance, strategy, execution, gateway.binance]}}
  - {{cpu: {cpus[0]}, wait: park(200us), stages: [control, journal, counters]}}
transport: poll
rehearsal: false
feed: {{silenceMs: 30000}}
orders: {{authentication: logon, receiveWindowMs: 3000, replyTimeoutMs: 3000}}
journal: {{directory: {self.state}, feedRingMiB: 4, stageRingMiB: 4}}
venue: {{streams: "{address}", rest: "{address}", orders: "{address}", trustFile: {self.path("ca.pem")}, clock: venue}}
account: {{apiKeyFile: {self.path("bot.name")}, secretFile: {self.path("ed25519.key")}}}
guard:
  apiKeyFile: {self.path("guard.name")}
  secretFile: {self.path("guard.key")}
  directory: {self.path("guard")}
  silenceMs: 1000
  diskSilenceMs: 2000
""")

    # The venue's own word ------------------------------------------------------------------------------------------

    def ask(self, path, **parameters):
        """A signed request to the venue, with a key that neither bot nor guard uses."""
        now = json.loads(self._get("/api/v3/time", None))["serverTime"]
        parameters |= {"timestamp": now, "recvWindow": 60000}
        text = support.payload(parameters)
        return json.loads(self._get(f"{path}?{text}&signature={support.sign_hmac(text)}", support.HMAC_KEY))

    def _get(self, target, key):
        request = urllib.request.Request(f"https://127.0.0.1:{self.port}{target}",
                                         headers={"X-MBX-APIKEY": key} if key else {})
        with urllib.request.urlopen(request, context=self.authority.context(), timeout=PATIENCE) as answer:
            return answer.read()

    def open_orders(self):
        return self.ask("/api/v3/openOrders", symbol=SYMBOL)

    def balances(self):
        return {line["asset"]: (line["free"], line["locked"]) for line in self.ask("/api/v3/account")["balances"]}

    def pages(self, path, first, name):
        """All pages of a history."""
        found, start = [], 0
        while True:
            page = self.ask(path, symbol=SYMBOL, limit=1000, **{first: start})
            found += page
            if len(page) < 1000:
                return found
            start = page[-1][name] + 1

    def all_orders(self):
        return self.pages("/api/v3/allOrders", "orderId", "orderId")

    def all_trades(self):
        return self.pages("/api/v3/myTrades", "fromId", "id")


class Bot:
    """One incarnation."""

    def __init__(self, desk, executable, environment=None):
        self.desk = desk
        self.guard_index = len(desk.guard_lines.lines)
        self.process = desk.spawn([executable, "run", "--config", desk.path("apus.yaml")],
                                  stdout=desk.log, stderr=desk.log, env=os.environ | (environment or {}),
                                  restore_signals=False)  # a write past a file size limit is an error, no signal
        self.pid = self.process.pid
        self.line = None

    # Its own word --------------------------------------------------------------------------------------------------

    def control(self, command, **fields):
        """One request on the control socket, all on one connection; the line of the reply that ends it."""
        if self.line is None:
            line = socket.socket(socket.AF_UNIX)
            line.settimeout(PATIENCE)
            line.connect(str(self.desk.state / "control"))
            self.line = line.makefile("rw")
            line.close()  # the file keeps it
        self.line.write(json.dumps({"command": command, **fields}) + "\n")
        self.line.flush()
        for text in self.line:
            reply = json.loads(text)
            if reply.get("result") != "sent":
                return reply
        raise ConnectionError("the bot closed the control socket")

    def status(self):
        """The bot's state; None before it listens or when it is gone."""
        try:
            return self.control("status")["bot"]
        except (OSError, KeyError, json.JSONDecodeError):
            return None

    def counters(self):
        stat = subprocess.run([str(self.desk.apus), "stat", "--json", "--file", str(self.desk.state / "counters")],
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        read = json.loads(stat.stdout) if stat.returncode == 0 else {}
        return read["counters"] if read.get("process") == self.pid else {}

    def has_ended(self):
        return self.process.poll() is not None

    # The guard's word on it ----------------------------------------------------------------------------------------

    def guard_said(self, cause, after=0):
        lines = self.desk.guard_lines.lines
        return next((line for line in lines[max(after, self.guard_index):]
                     if line["cause"] == cause and line.get("process") == self.pid), None)

    def trigger(self):
        """The guard's line that gave this process up."""
        lines = self.desk.guard_lines.lines[self.guard_index:]
        return next((line for line in lines if line["state"] == "cancelling" and line.get("process") == self.pid
                     and line["from"] != "cancelling"), None)
