"""The control plane of a whole running session, from outside: by `apus ctl`, and as processes of other users."""
import json
import os
import pathlib
import re
import socket
import subprocess
import tempfile
import time

VIEWER, STRANGER, RISK_A, RISK_B = 64001, 64002, 64003, 64004


class Session:
    """A demo that runs for so long, with roles for users that need not exist."""

    def __init__(self, apus, folder, seconds):
        self.apus, self.folder = apus, pathlib.Path(folder)
        self.socket, self.out = self.folder / "control", self.folder / "out.json"
        base = subprocess.run([str(apus), "demo", "--print-config"], stdout=subprocess.PIPE, text=True, check=True).stdout
        config = self.folder / "demo.yaml"
        config.write_text(f"{base}\ncontrol: {{view: [{VIEWER}], risk: [{RISK_A}, {RISK_B}]}}\n")
        self.process = subprocess.Popen(
            [str(apus), "demo", "--config", str(config), "--keep", str(folder), "--json", str(self.out),
             "--seconds", str(seconds)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def ctl(self, *arguments):
        return subprocess.run([str(self.apus), "ctl", "--socket", str(self.socket), *arguments], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120)

    def ask(self, user, **request):
        """The first reply to a request of another user, who shares the socket's group."""
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:  # No new program: the other user may not reach the interpreter.
            try:
                os.setgroups([])
                os.setuid(user)
                os.write(writing, exchange(str(self.socket), request))
            finally:
                os._exit(0)
        os.close(writing)
        with open(reading, "rb") as reply:
            line = reply.read()
        os.waitpid(child, 0)
        return json.loads(line)

    def status(self):
        shown = self.ctl("status", "--json")
        return json.loads(shown.stdout) if shown.returncode == 0 else {"limits": []}

    def end(self):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait()


def exchange(path, request):
    """The first reply. Who asks too often is turned away for a moment, and asks again."""
    for _ in range(100):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(30)
            connection.connect(path)
            try:
                connection.sendall(json.dumps(request).encode() + b"\n")
                line = connection.makefile("rb").readline()
            except (BrokenPipeError, ConnectionResetError):
                line = b""
        if line and b"too many connections" not in line:
            return line
        time.sleep(0.05)
    return b"null"


def control_plane(apus, check, skip, counters, until):
    name = "control"
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        session = Session(apus, folder, 40)
        try:
            until(lambda: counters(apus, folder).get("execution.orders.sent", 0) > 0)
            statuses(session, check, name)
            if os.getuid() == 0:
                others(session, check, counters, name)
            else:
                skip(f"{name}: other users", "only root can start processes of other users")
            commands(session, check, counters, until, name)
            session.process.communicate(timeout=180)
        finally:
            session.end()
        report = json.loads(session.out.read_text())
        check(f"{name}: the session's replay is equal", report["replay"]["equal"] is True, report["replay"])
        journal(session, check, counters(apus, folder), name)


def statuses(session, check, name):
    """Exit statuses, and what status shows."""
    limits = session.status()["limits"]
    check(f"{name}: status has limits", any(limit["name"] == "maximumPosition" for limit in limits), limits)
    check(f"{name}: status for people, without colours off a terminal",
          "maximumPosition" in session.ctl("status").stdout and "\x1b" not in session.ctl("status").stdout)
    check(f"{name}: a missing reason is wrong usage", session.ctl("halt").returncode == 2)
    nowhere = subprocess.run([str(session.apus), "ctl", "--socket", f"{session.folder}/none", "status"],
                             stderr=subprocess.PIPE)
    check(f"{name}: no bot is told apart", nowhere.returncode == 3, nowhere.stderr)
    refused = session.ctl("limits", "set", "ordersPerSecond", "9999", "--reason", "test")
    check(f"{name}: the owner cannot loosen", refused.returncode == 1 and "role risk" in refused.stdout, refused.stdout)


def others(session, check, counters, name):
    """Wrong users move nothing; two right ones together loosen a limit."""
    for user in (VIEWER, STRANGER):
        for command in ("halt", "flatten", "arm", "stop", "pause", "cancel"):
            reply = session.ask(user, command=command, reason="test")
            check(f"{name}: {command} of user {user} is refused", reply["result"] == "refused", reply)
    check(f"{name}: no command came of them", counters(session.apus, session.folder)["control.commands"] == 0)
    change = {"command": "set-limit", "limit": "ordersPerSecond", "value": "9999", "reason": "test"}
    pending = session.ask(RISK_A, **change)
    check(f"{name}: a looser limit waits", pending["result"] == "pending", pending)
    confirm = {"command": "confirm", "number": str(pending.get("number")), "reason": "test"}
    check(f"{name}: nobody confirms their own", session.ask(RISK_A, **confirm)["result"] == "refused")
    check(f"{name}: another user does", session.ask(RISK_B, **confirm)["result"] == "sent")


def commands(session, check, counters, until, name):
    """What a trader does on a bad day."""
    tighter = session.ctl("limits", "set", "ordersPerSecond", "5", "--reason", "too fast")
    check(f"{name}: a tighter limit is in force at once", tighter.returncode == 0, tighter.stdout)
    check(f"{name}: and is shown", re.search(r"ordersPerSecond 5\b", session.ctl("limits").stdout) is not None)
    traded = next(limit["instrument"] for limit in session.status()["limits"] if "instrument" in limit)
    halt = session.ctl("halt", "--instrument", traded, "--reason", "fills look wrong")
    took = re.search(r"done in ([0-9.]+) ms", halt.stdout)
    check(f"{name}: a halt is confirmed with its time", halt.returncode == 0 and took is not None, halt.stdout)
    open_orders = counters(session.apus, session.folder)["execution.orders.open"]
    check(f"{name}: then nothing is open", open_orders == 0, open_orders)
    halts = session.status()["bot"]["halts"]
    check(f"{name}: status names what is halted", halts == [f"instrument {traded}"], halts)
    shown = re.search(r"^halted +instrument (\S+)$", session.ctl("status").stdout, re.MULTILINE)
    check(f"{name}: and so does its text", shown is not None and shown[1] == traded, session.ctl("status").stdout)
    check(f"{name}: a halt twice ended is refused",
          [session.ctl("resume", "--instrument", traded, "--reason", "explained").returncode for _ in range(2)] == [0, 1])
    sent = counters(session.apus, session.folder)["execution.orders.sent"]
    until(lambda: counters(session.apus, session.folder)["execution.orders.sent"] > sent)
    check(f"{name}: it trades on after resume", True)
    stop = session.ctl("stop", "--reason", "end of the test")
    check(f"{name}: stop is taken", stop.returncode == 0, stop.stdout)


def journal(session, check, counted, name):
    """Every command on record leads to the request that it came from, with who and why."""
    text = subprocess.run([str(session.apus), "replay", "--json", str(session.folder / "journal")], text=True,
                          stdout=subprocess.PIPE, check=True).stdout
    records = [json.loads(line) for line in text.splitlines()]
    given = [r for r in records if r["type"] == "command" and r["stage"] == "control"]
    requests = {f"control#{r['sequence']}": r["raw"] for r in records if r["type"] == "frame" and r["stage"] == "control"}
    check(f"{name}: {len(given)} commands on record, as many as were counted",
          given and len(given) == counted["control.commands"], counted["control.commands"])
    reasons = [requests.get(command["cause"], "") for command in given]
    check(f"{name}: each with user and reason",
          all(request.split(" ")[1] == str(command["user"]) and '"reason"' in request
              for command, request in zip(given, reasons)), reasons)
    check(f"{name}: no secret in the journal's text", "PRIVATE KEY" not in text)
