"""A paper session from outside: the market of another venue, orders matched on this machine, and nothing sent to it."""
import json
import pathlib
import re
import signal
import subprocess
import tempfile

SPEED = 10


class RealVenue:
    """A local venue that plays a recording, in the place of the exchange; its account would take orders."""

    def __init__(self, apus, identities, captures):
        command = [str(apus), "venue", "--listen", "127.0.0.1:0", "--certificate", identities / "venue.pem", "--key",
                   identities / "venue.key", "--keys", identities / "venue-keys.json", "--balance", "USDT=100000",
                   "--balance", "BTC=2", "--speed", SPEED, "--control"]
        for capture in captures:
            command += ["--capture", capture]
        self.process = subprocess.Popen(list(map(str, command)), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.port = json.loads(self.process.stdout.readline())["port"]

    def ask(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def end(self):
        self.process.terminate()
        self.process.wait(timeout=60)
        self.process.stdin.close()
        self.process.stdout.close()


def configuration(apus, folder, port, captures, latency):
    base = subprocess.run([str(apus), "demo", "--print-config", "--capture", str(captures[0])],
                          stdout=subprocess.PIPE, text=True, check=True).stdout
    base = re.sub(r"directory: \w+", f"directory: {folder}/state", base)
    place = f"127.0.0.1:{port}"
    return f"""{base}
mode: paper
venue: {{streams: "{place}", rest: "{place}", orders: "{place}", trustFile: {folder}/demo/authority.pem, clock: venue, speed: {SPEED}}}
paper:
  balances: {{USDT: 100000, BTC: 2}}
  fees: {{makerBasisPoints: 10, takerBasisPoints: 10}}
  seed: 5
  latency: {latency}
"""


def run(apus, config, out, until, enough):
    """A session until `enough` of its counters, ended by SIGTERM."""
    session = subprocess.Popen([str(apus), "run", "--config", str(config), "--json", str(out)], text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        until(enough, 300)
        session.send_signal(signal.SIGTERM)
        printed, _ = session.communicate(timeout=120)
    finally:
        if session.poll() is None:
            session.kill()
            session.wait()
    return session.returncode, printed


def records(apus, journal):
    """What a journal has of orders, of messages that left, and of reports."""
    text = subprocess.run([str(apus), "replay", "--json", str(journal)], text=True, stdout=subprocess.PIPE,
                          check=True).stdout
    wanted = ('"type":"order"', '"type":"sent"', '"type":"report"')
    return [json.loads(line) for line in text.splitlines() if any(kind in line for kind in wanted)]


def round_trips(journal):
    """Nanoseconds from the departure of each new order to its acknowledgement, in the session's clock.

    A message that left names the gate's decision as its cause, as the order does.
    """
    orders = {r["cause"]: r["clientOrder"] for r in journal
              if r["type"] == "order" and r["stage"] == "execution" and r["action"] == "place"}
    sent, trips = {}, []
    for record in journal:
        if record["type"] == "sent" and record["stage"] == "gateway.binance" and record["cause"] in orders:
            sent[orders[record["cause"]]] = record["timeNs"]
        elif record["type"] == "report" and record["kind"] == "acknowledged" and record["clientOrder"] in sent:
            trips.append(record["receiveTimeNs"] - sent.pop(record["clientOrder"]))
    return trips


def paper(apus, check, skip, counters, until, recording, holds, captures):
    name = "paper"
    if not all(path.exists() for path in captures):
        return skip(name, "no recordings")
    with tempfile.TemporaryDirectory() as text:
        folder = pathlib.Path(text)
        demo = [str(apus), "demo", "--keep", folder / "demo", "--speed", 20]
        for capture in captures:
            demo += ["--capture", capture]
        subprocess.run(list(map(str, demo)), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=600)
        measured = round_trips(records(apus, folder / "demo" / "journal"))
        check(f"{name}: the demo has acknowledgements to draw from", len(measured) >= 100, len(measured))
        real = RealVenue(apus, folder / "demo", captures)
        try:
            config, out = folder / "paper.yaml", folder / "out.json"
            config.write_text(configuration(apus, folder, real.port, captures, f"{{journal: {folder}/demo/journal}}"))

            def filled():
                counted = counters(apus, folder / "state")
                return counted.get("execution.fills.maker", 0) >= 2 and counted.get("execution.fills.taker", 0) >= 2

            code, printed = run(apus, config, out, until, filled)
            check(f"{name}: it ends in order", code == 0, printed[-3000:])
            session(apus, check, name, folder, json.loads(out.read_text()), printed, recording, holds, measured)
            orders, state = real.ask("orders"), real.ask("state")
            check(f"{name}: no order ever reached the real venue",
                  orders["orders"] == [] and orders["repeated"] == [] and state["orders"] == 0, (orders, state))
            check(f"{name}: and its account is as it was",
                  [balance["free"] for balance in state["balances"] if balance["asset"] == "USDT"] == ["100000.00000000"])
            refusals(apus, check, name, folder, config)
        finally:
            real.end()


def session(apus, check, name, folder, report, printed, recording, holds, measured):
    paper, journal = report["paper"], folder / "state" / "session-00000001" / "journal"
    check(f"{name}: called PAPER where it is seen", "PAPER session" in printed and "PAPER profit" in printed, printed[-2000:])
    check(f"{name}: orders sent, none left open",
          report["orders"]["sent"] > 0 and report["orders"]["open_at_end"] == 0 == paper["open_orders"], report["orders"])
    check(f"{name}: its market is whole", paper["market"]["gaps"] == 0 and paper["market"]["messages"] > 0, paper["market"])
    for key in ("balances", "fees"):
        check(f"{name}: bot and paper venue agree on {key}", paper["bot"][key] == paper["venue_account"][key], paper)
    lines = (folder / "state" / "session-00000001" / "fills.jsonl").read_text().splitlines()
    fills = [json.loads(line) for line in lines]
    check(f"{name}: as many fills at the venue as reported",
          len(fills) == paper["fills"]["maker"] + paper["fills"]["taker"]
          == report["fills"]["maker"] + report["fills"]["taker"] > 0, (len(fills), paper["fills"], report["fills"]))
    unexplained = [fill for fill in fills if not holds(fill, recording)]
    check(f"{name}: {len(fills)} fills, each explained by the recording", not unexplained, unexplained[:3])
    verify = subprocess.run([str(apus), "replay", "--verify", str(journal)], text=True, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT)
    check(f"{name}: verified replay equal", verify.returncode == 0, verify.stdout[-1000:])
    trips = round_trips(records(apus, journal))
    # Loopback and the machine's load come on top of what is drawn. What is drawn passes on the machine's clock, to which the
    # session's is bent by a thousandth at most.
    check(f"{name}: {len(trips)} acknowledgements, none faster than the fastest measured",
          trips and min(trips) >= 0.999 * min(measured), (sorted(trips)[:3], min(measured)))


def refusals(apus, check, name, folder, config):
    """What cannot be had is named, before anything starts."""
    text = config.read_text()

    def refused(what, changed, named, command=("run",)):
        path = folder / "refused.yaml"
        path.write_text(changed)
        run = subprocess.run([str(apus), *command, "--config", str(path)], text=True, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, timeout=120)
        check(f"{name}: refused: {what}", run.returncode not in (0, -signal.SIGTERM) and named in run.stdout,
              run.stdout[-500:])

    refused("without its section", text[:text.index("paper:\n")], "paper: is missing")
    refused("a guard", text + "guard: {apiKeyFile: a, secretFile: b}\n", "nothing to guard", ("guard",))
    own = f"{folder}/state/session-00000001/journal"
    refused("latency drawn from a paper session", text.replace(f"{folder}/demo/journal", own), "were drawn, not measured")
    account = f"account: {{apiKeyFile: {config}, secretFile: {folder}/demo/account-ed25519.key}}\n"
    refused("another mode on its state directory", text.replace("mode: paper", "mode: testnet") + account,
            "of mode paper, this one is of mode testnet")
