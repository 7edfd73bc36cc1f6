#!/usr/bin/env python3
"""Crashes: a bot that is killed, stopped, hung or starved of its disk, over and over, on one account of a local venue.

After each injection: the guard has cancelled everything (its time is printed), the venue holds no open order, and the
next incarnation, on the same state directory, sends nothing until its reconciliation is green and it is armed; its
position is then the venue's. At the end: no client order identifier was accepted or sent twice, and the venue's balances
follow from its trades.

    crashes.py --apus .build/release/apus --failing .build/release/apus-failing            short
    crashes.py --apus … --failing … --injections 300                                        all of them by processes

Ends with a line 'N passed, N failed, N skipped'.
"""
import argparse
import collections
import json
import os
import pathlib
import re
import resource
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from decimal import Decimal

sys.path.insert(0, str(pathlib.Path(__file__).parent / "crashes"))
from desk import CAPTURES, PATIENCE, SYMBOL, Bot, Desk, until  # noqa: E402

SHIM = pathlib.Path(__file__).parent / "crashes" / "faults.c"
results = {"passed": 0, "failed": 0, "skipped": 0}


def check(name, holds, detail=""):
    results["passed" if holds else "failed"] += 1
    if not holds:
        print(f"FAIL {name}{': ' + str(detail) if detail else ''}", flush=True)
    return holds


# The injections: each takes a bot that has open orders (or dies on its way there) and returns when it has struck. ----


class Injection:
    """How a bot is brought to its end; `environment` and `parameters` are what it is started with."""

    def __init__(self, name, strike=None, environment=None, parameters=None, dies=True, forgets_rings=False,
                 revive=None):
        self.name, self.strike = name, strike or (lambda desk, bot: None)
        self.environment, self.parameters = environment or {}, parameters or {}
        self.dies, self.forgets_rings, self.revive = dies, forgets_rings, revive
        self.is_at_order = "APUS_CRASH_ORDER" in self.environment


def kill(desk, bot):
    os.kill(bot.pid, signal.SIGKILL)


def stop(desk, bot):
    os.kill(bot.pid, signal.SIGSTOP)


def go_on(desk, bot):
    """Continues a stopped bot after the guard has acted: it must not trade, and then it is killed."""
    os.kill(bot.pid, signal.SIGCONT)
    until("the guard to see it come back", lambda: bot.guard_said("resumed"))
    status = until("the bot to answer", bot.status)
    check("stopped and continued: it is halted", not status["isArmed"] or status["halts"], status)


def fill_disk(desk, bot):
    """No file of the bot may grow any more: what a full disk, an exhausted quota and this limit have in common."""
    resource.prlimit(bot.pid, resource.RLIMIT_FSIZE, (0, 0))
    until("the journal to miss its disk", lambda: bot.counters().get("journal.no_space_errors", 0) > 0)
    check("disk full: the bot says so", bot.counters().get("journal.behind") == 1)
    os.kill(bot.pid, signal.SIGKILL)


def stall_disk(desk, bot):
    pathlib.Path(desk.path("stall")).touch()


def release_disk(desk, bot):
    pathlib.Path(desk.path("stall")).unlink()


def signal_guard(desk, bot):
    desk.guard.send_signal(signal.SIGUSR1)


def press_panic_button(desk, bot):
    """A guard of one command, beside the one that watches; the bot lives on, halted, until it is killed."""
    pressed = subprocess.run([str(desk.apus), "guard", "cancel", "--json", "--config", desk.path("apus.yaml")],
                             stdout=subprocess.PIPE, stderr=desk.log, text=True, timeout=PATIENCE)
    said = [json.loads(line) for line in pressed.stdout.splitlines()]
    check("panic button: status 0", pressed.returncode == 0, pressed.returncode)
    check("panic button: it raised the halt word", any(line["halt_raised"] for line in said), said)
    check("panic button: it was confirmed", any(line["cause"] == "nothingOpen" for line in said), said)
    check("panic button: no order is open", desk.open_orders() == [])
    os.kill(bot.pid, signal.SIGKILL)


def at_order(number, when, forgets_rings=False):
    kept = "" if when == "before" else ", ring files " + ("lost" if forgets_rings else "kept")
    return Injection(f"killed {when} the send of order {number}{kept}",
                     environment={"APUS_CRASH_ORDER": str(number), "APUS_CRASH_WHEN": when},
                     forgets_rings=forgets_rings)


def fixed():
    """The kinds that are not bound to an order."""
    return [
        Injection("SIGKILL", kill),
        Injection("SIGSTOP", stop, dies=False),
        Injection("SIGSTOP, continued", stop, dies=False, revive=go_on),
        Injection("trap in the strategy", parameters={"trapAfterBooks": 20}),
        Injection("endless loop in the strategy", parameters={"hangAfterBooks": 20}, dies=False),
        Injection("guard told by SIGUSR1", signal_guard, dies=False),
        Injection("apus guard cancel, then SIGKILL", press_panic_button),
        Injection("disk full", fill_disk),
        Injection("fsync stalled", stall_disk, dies=False, revive=release_disk),
    ]


def schedule(count):
    """All fixed kinds, and around them every order number in turn: before, after with its records lost, after with them."""
    chosen, number = [], 1
    while len(chosen) < count:
        chosen += [at_order(number, "before"), at_order(number, "after", True), at_order(number, "after", False)]
        if number % 10 == 1:
            chosen += fixed()
        number = number % 30 + 1
    return chosen


# One incarnation after the other ------------------------------------------------------------------------------------


class Chain:
    """The incarnations of one desk."""

    def __init__(self, desk, failing, shim):
        self.desk, self.failing, self.shim = desk, failing, shim
        self.reactions = collections.defaultdict(list)
        self.waited_for = collections.Counter()
        self.done = collections.Counter()
        self.refusals = collections.Counter()
        self.starts = 0

    def run(self, injection):
        """Whether it was done; not when the recording ended under it."""
        desk, name = self.desk, injection.name
        desk.configure(**injection.parameters)
        bot = Bot(desk, self.failing, {"LD_PRELOAD": self.shim, "APUS_STALL_FILE": desk.path("stall"),
                                       "SWIFT_BACKTRACE": "enable=no"} | injection.environment)
        failed = results["failed"]
        try:
            self.arm(bot, injection)
            if not injection.is_at_order and not injection.parameters:
                until("an open order", lambda: bot.has_ended() or bot.counters().get("execution.orders.open", 0) > 0)
            injection.strike(desk, bot)
            self.guarded(bot, injection)
        except (TimeoutError, OSError) as problem:
            if desk.has_played():
                results["failed"] = failed
                return False
            check(f"{name}: it ran to its end", False, f"{problem}; guard: {desk.guard_lines.lines[bot.guard_index:]}")
        finally:
            if not bot.has_ended():
                os.kill(bot.pid, signal.SIGKILL)
            bot.process.wait()
        if injection.forgets_rings:
            for ring in desk.state.glob("session-*/records-*"):
                ring.resolve().unlink(missing_ok=True)  # it lies in memory, and a link leads there
                ring.unlink(missing_ok=True)
        if results["failed"] == failed:
            self.done[name] += 1
        return True

    def arm(self, bot, injection=None):
        """Waits for green, notes what was waited for, compares with the venue, and arms. A bot may reduce its position
        before it is armed, and so come to the order that kills it."""
        name = injection.name if injection else "last start"
        try:
            self.reconciled(bot, name)
            until("arming", lambda: self.is_armed(bot))
        except OSError:
            if not (injection and injection.is_at_order):
                raise
            until("its end", bot.has_ended)

    def reconciled(self, bot, name):
        until("the bot to listen", lambda: bot.has_ended() or bot.status())
        status = until("reconciliation", lambda: self.green(bot, name))
        if self.starts > 0:
            check(f"{name}: reduce-only or halted after a crash",
                  "all" in status["reduceOnly"] or status["halts"] or not status["isArmed"], status)
            self.compare(bot, name)
        self.starts += 1

    def green(self, bot, name):
        """The bot's status once it is reconciled; before, that it sends nothing, and what it waits for."""
        if bot.has_ended():
            raise OSError("the bot ended before it was reconciled")
        sent = bot.counters().get("execution.orders.sent", 0)
        status = bot.status()
        if not status or not status["waitsFor"]:
            return status
        self.waited_for.update(re.sub(r"^\d+ ", "", what) for what in status["waitsFor"])
        # It was not green when the orders were counted.
        if not check(f"{name}: no order before reconciliation is green", sent == 0, (sent, status)):
            raise OSError("the bot trades before it is reconciled")
        if not self.refusals[name]:
            refused = bot.control("arm", reason="too early")
            still = bot.status()
            check(f"{name}: not armed before it is green",
                  refused["result"] == "refused" or not still["waitsFor"], refused)
            self.refusals[name] += refused["result"] == "refused"
        return None

    def is_armed(self, bot):
        """Arms it, unless it may trade already: the first session of a test network arms itself."""
        status = bot.status()
        if status and status["isArmed"] and not status["reduceOnly"] and not status["halts"]:
            return True
        return bot.control("arm", reason="the test goes on")["result"] == "accepted"

    def compare(self, bot, name):
        """The restarted bot's position is the venue's; looked at again while an order that reduces it is filled."""
        def look():
            status = bot.status()
            if bot.has_ended() or not status:
                raise OSError("the bot ended before it was armed")
            found.append(({line["instrument"]: Decimal(line["quantity"]) for line in status["positions"]}[SYMBOL],
                          sum(Decimal(trade["qty"]) * (1 if trade["isBuyer"] else -1)
                              for trade in self.desk.all_trades())))
            return found[-1][0] == found[-1][1]
        found = []
        try:
            until("equal positions", look, seconds=10)
        except TimeoutError:
            check(f"{name}: position equals the venue's", False, found[-1])
        else:
            check(f"{name}: position equals the venue's", True)

    def guarded(self, bot, injection):
        name, desk = injection.name, self.desk
        trigger = until(f"the guard to act on {name}", bot.trigger)
        confirmed = until("the guard's confirmation", lambda: bot.guard_said("nothingOpen"))
        self.reactions[trigger["cause"]].append((trigger["silence_ns"] / 1e6, confirmed["reaction_ns"] / 1e6))
        check(f"{name}: no order is open", desk.open_orders() == [], desk.open_orders())
        if injection.dies:
            try:
                until("the process's end", bot.has_ended)  # a loaded machine takes its time to free what it held
            except TimeoutError:
                check(f"{name}: the process is gone", False, trigger)
            else:
                check(f"{name}: the process is gone", True)
        else:
            check(f"{name}: its halt word was raised", trigger["halt_raised"], trigger)
        if injection.revive:
            injection.revive(desk, bot)
            check(f"{name}: still no order is open", desk.open_orders() == [], desk.open_orders())

    def finish(self):
        """A last incarnation that is only compared; then the books of the venue and the bots' own."""
        self.desk.configure()
        bot = Bot(self.desk, self.failing)
        try:
            self.arm(bot)
        finally:
            bot.process.send_signal(signal.SIGTERM)
            bot.process.wait(timeout=60)
        check("last start: it ends in order", bot.process.returncode == 0, bot.process.returncode)
        until("the guard to confirm the end", lambda: bot.guard_said("nothingOpen"))
        accepted = collections.Counter(order["clientOrderId"] for order in self.desk.all_orders())
        twice = [name for name, count in accepted.items() if count > 1]
        check(f"no identifier of {len(accepted)} accepted twice", accepted and not twice, twice)
        sent = collections.Counter()
        for journal in sorted(self.desk.state.glob("session-*/journal")):
            printed = subprocess.run([str(self.desk.apus), "replay", "--json", str(journal)], stdout=subprocess.PIPE,
                                     stderr=subprocess.DEVNULL, text=True).stdout
            for line in printed.splitlines():
                record = json.loads(line)
                if record["type"] == "order":
                    sent[record["clientOrder"]] += 1
        twice = [name for name, count in sent.items() if count > 1]
        check(f"no identifier of {len(sent)} sent twice", sent and not twice, twice)
        self.balances()

    def balances(self):
        """The venue's balances are what the account began with and its trades."""
        expected = {"BTC": Decimal(2), "USDT": Decimal(100000)}
        for trade in self.desk.all_trades():
            side = 1 if trade["isBuyer"] else -1
            expected["BTC"] += side * Decimal(trade["qty"])
            expected["USDT"] -= side * Decimal(trade["quoteQty"])
            expected[trade["commissionAsset"]] -= Decimal(trade["commission"])
        found = self.desk.balances()
        for asset, amount in expected.items():
            check(f"{asset} at the venue follows from its trades", Decimal(found[asset][0]) == amount, (found, amount))
            check(f"{asset}: nothing is locked", Decimal(found[asset][1]) == 0, found)


def summary(chains):
    done, waited, refusals = collections.Counter(), collections.Counter(), collections.Counter()
    reactions = collections.defaultdict(list)
    for chain in chains:
        done.update(chain.done)
        waited.update(chain.waited_for)
        refusals.update(chain.refusals)
        for cause, times in chain.reactions.items():
            reactions[cause] += times
    for name, count in done.items():
        print(f"     {count:3} x {name}")
    for cause, times in sorted(reactions.items()):
        silences, reaction = [t[0] for t in times], [t[1] for t in times]
        print(f"     guard, {cause} ({len(times)}): last beat to trigger median {statistics.median(silences):.0f} ms, "
              f"at most {max(silences):.0f} ms; trigger to confirmation median {statistics.median(reaction):.1f} ms, "
              f"at most {max(reaction):.1f} ms")
    print(f"     before green it waited for: {'; '.join(sorted(waited)) or 'nothing that was seen'}; "
          f"{sum(refusals.values())} attempts to arm were refused")
    return sum(done.values())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--apus", type=pathlib.Path, required=True, help="the built executable")
    parser.add_argument("--failing", type=pathlib.Path, required=True, help="the one with failing strategies")
    parser.add_argument("--injections", type=int, default=12, help="how many at least")
    parser.add_argument("--only", help="only injections whose name holds this text")
    parser.add_argument("--keep", type=pathlib.Path, help="keep the folders here")
    arguments = parser.parse_args()
    if not all(path.exists() for path in CAPTURES):
        print("skip crashes: no recordings")
        print("0 passed, 0 failed, 1 skipped")
        return 0
    chains, begun = [], time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(arguments.keep or folder)
        folder.mkdir(parents=True, exist_ok=True)
        shim = folder / "faults.so"
        subprocess.run([shutil.which("cc") or "clang", "-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror",
                        "-o", str(shim), str(SHIM)], check=True)
        waiting = schedule(arguments.injections)
        waiting = [injection for injection in waiting if not arguments.only or arguments.only in injection.name]
        while waiting:
            place = folder / f"desk-{len(chains) + 1}"
            place.mkdir()
            with open(place / "log", "w") as log, Desk(arguments.apus.resolve(), place, log) as desk:
                chain = Chain(desk, arguments.failing.resolve(), str(shim))
                chains.append(chain)
                chain.run(Injection("SIGKILL of a first session", kill))
                # A desk takes as many incarnations as its recording has market for.
                while waiting and not desk.has_played():
                    if chain.run(waiting[0]):
                        waiting.pop(0)
                chain.finish()
        for link in folder.glob("desk-*/**/*"):  # those that were killed last left files of memory
            if link.is_symlink():
                link.resolve().unlink(missing_ok=True)
    count = summary(chains)
    print(f"     {count} crashes on {len(chains)} desks in {time.monotonic() - begun:.0f} s")
    print(f"{results['passed']} passed, {results['failed']} failed, {results['skipped']} skipped")
    return results["failed"] > 0


if __name__ == "__main__":
    sys.exit(main())
