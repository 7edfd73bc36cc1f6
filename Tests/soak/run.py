#!/usr/bin/env python3
"""The soak: a session under load for ten minutes, in which its hot workers may allocate nothing, fault on no page, call the
kernel for nothing but receive and send, and the process may not grow.

    run.py --apus .build/release/apus                                ten minutes at 50,000 messages a second
    run.py --apus .build/release/apus --seconds 60 --rate 10000

Runs `apus load` with Tests/soak/allocations.c before malloc, which counts for each thread, and `perf trace` on the hot workers
for as long as it is asked to; without perf, system calls are not counted, and that is said. The load's venue lives in the same
process: what its own thread keeps is told apart, and it keeps every order. Status 0: nothing that must be 0 was more, and the
session's memory is flat.
"""
import argparse
import json
import mmap
import os
import pathlib
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import time

SHIM = pathlib.Path(__file__).parent / "allocations.c"
SLOTS, SLOT = 1024, struct.Struct("<4q")
VENUE = "apus-w99"
# Loose ends at a session's beginning (a TLS session that is grown once) are none of the soak's.
SETTLE_SECONDS = 5.0
# What a session may gain: single pages of its cold threads' stacks and of the C library's own heap.
GROWTH_BYTES = 2 << 20
# What its threads may keep of what they allocated: a journal that rotates has a longer name.
KEPT_BYTES = 64 << 10
# Receive and send, by either transport.
PLANNED = {"uring": {"io_uring_enter"}, "poll": {"recvfrom", "recvmsg", "sendto", "sendmsg"}}

failures = []


def check(name, holds, detail=""):
    print(f"{'ok  ' if holds else 'FAIL'} {name}{': ' + str(detail) if detail != '' else ''}", flush=True)
    if not holds:
        failures.append(name)


def threads(pid):
    """The names of a process's threads, by their numbers."""
    names = {}
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        try:
            names[int(task.name)] = (task / "comm").read_text().strip()
        except FileNotFoundError:
            pass  # it ended between the two looks
    return names


def allocations(table):
    """Allocations and bytes kept, by thread."""
    rows = (SLOT.unpack_from(table, number * SLOT.size) for number in range(SLOTS))
    return {thread: (count, kept) for thread, count, _, kept in rows if thread}


def resident(pid):
    return int(pathlib.Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def slope(samples):
    """Least squares, in units a second."""
    count = len(samples)
    mean_x, mean_y = sum(x for x, _ in samples) / count, sum(y for _, y in samples) / count
    spread = sum((x - mean_x) ** 2 for x, _ in samples)
    return sum((x - mean_x) * (y - mean_y) for x, y in samples) / spread if spread else 0.0


def system_calls(text):
    """The rows of `perf trace -s`: name and count."""
    return {name: int(count) for name, count in re.findall(r"^   (\w+) +(\d+) +\d+ ", text, re.MULTILINE)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--apus", type=pathlib.Path, required=True)
    parser.add_argument("--config", help="the configuration whose workers, memory, TLS and transport are soaked")
    parser.add_argument("--rate", type=int, default=50_000, help="messages a second")
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--trace", type=float, default=10, help="seconds in which system calls are counted; 0: none")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        soak(arguments, pathlib.Path(folder))
    print(f"soak: {len(failures)} failed" if failures else "soak: nothing that must be 0 was more, memory is flat")
    return 1 if failures else 0


def soak(arguments, folder):
    shim, file = folder / "allocations.so", folder / "allocations"
    subprocess.run([shutil.which("cc") or "clang", "-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror",
                    "-o", str(shim), str(SHIM)], check=True)
    file.write_bytes(bytes(SLOTS * SLOT.size))
    command = [str(arguments.apus.resolve()), "load", "--rate", str(arguments.rate), "--warm-up", str(SETTLE_SECONDS),
               "--seconds", str(arguments.seconds + SETTLE_SECONDS), "--json"]
    command += ["--config", arguments.config] if arguments.config else []
    environment = os.environ | {"LD_PRELOAD": str(shim), "APUS_ALLOCATIONS": str(file)}
    with open(file, "r+b") as handle, mmap.mmap(handle.fileno(), 0) as table, open(folder / "err", "w+") as err, \
            subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=err, text=True) as load:
        try:
            measured = watch(arguments, load, table)
            output = load.communicate(timeout=120)[0]
        except BaseException:
            load.kill()
            raise
        if load.returncode != 0:
            err.seek(0)
            sys.exit(f"apus load ended with status {load.returncode}: {err.read()}")
    verdict(arguments, json.loads(output)[0], *measured)


def is_busy(pid):
    """Whether the load's venue serves the session that is measured: the rehearsals before it are over."""
    try:
        return VENUE in threads(pid).values()
    except FileNotFoundError:
        return False


def steady(load):
    """Waits until the same threads have worked for as long as the load warms up."""
    seen, since = None, time.monotonic()
    while time.monotonic() - since < 2 * SETTLE_SECONDS:
        if load.poll() is not None:
            return
        now = {thread: name for thread, name in threads(load.pid).items() if name.startswith("apus-w")}
        if now != seen or not is_busy(load.pid):
            seen, since = now, time.monotonic()
        time.sleep(0.1)


def watch(arguments, load, table):
    """Allocations at the beginning and the end, resident memory each second, system calls for a while in the middle."""
    steady(load)
    begin, names = allocations(table), threads(load.pid)
    started, samples, kept, tracers = time.monotonic(), [], [], {}
    length = arguments.seconds - 2 * SETTLE_SECONDS
    venue = next((thread for thread, name in names.items() if name == VENUE), None)
    if arguments.trace > 0 and shutil.which("perf"):
        for thread, name in names.items():
            if name.startswith("apus-w") and name != VENUE:
                tracers[name] = subprocess.Popen(
                    ["perf", "trace", "-s", "-t", str(thread), "--", "sleep", str(min(arguments.trace, length))],
                    stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    while (passed := time.monotonic() - started) < length and load.poll() is None:
        samples.append((passed, resident(load.pid)))
        kept.append((passed, allocations(table).get(venue, (0, 0))[1]))
        time.sleep(1)
    end = allocations(table)
    calls = {name: tracer.communicate()[1] for name, tracer in tracers.items()}
    workers = {}
    for thread, name in names.items():
        before, after = begin.get(thread, (0, 0)), end.get(thread, (0, 0))
        workers[name] = (after[0] - before[0], after[1] - before[1])
    return workers, samples, kept, calls


def verdict(arguments, report, workers, samples, kept, calls):
    latency = report["tick_to_trade"]
    print(f"     {report['messages']} messages in {report['seconds']:.0f} s, {report['answers']} of {report['ticks']} ticks "
          f"answered; tick to trade p50 {latency['p50_ns'] / 1e3:.1f} us, p99 {latency['p99_ns'] / 1e3:.1f} us, "
          f"p99.9 {latency['p999_ns'] / 1e3:.1f} us, max {latency['maximum_ns'] / 1e3:.1f} us")
    check("the session kept up", report["unanswered"] == 0 and report["broken_streams"] == 0 and report["answers"] > 0)
    hot = report["workers"][0]
    for worker in report["workers"]:
        print(f"     worker {worker['number']}: {worker['minor_faults']} minor and {worker['major_faults']} major page faults, "
              f"{worker['voluntary_switches']} voluntary and {worker['involuntary_switches']} forced switches")
    check("the hot worker faulted on no page", hot["minor_faults"] + hot["major_faults"] == 0,
          hot["minor_faults"] + hot["major_faults"])
    for name, (count, growth) in sorted(workers.items()):
        print(f"     {name}{' (the load)' if name == VENUE else ''}: {count} allocations, {growth:+} bytes kept")
    check("the counter of allocations counts", workers.get(VENUE, (0, 0))[0] > 0)
    check("the hot worker allocated nothing", workers.get("apus-w0", (1, 0))[0] == 0, workers.get("apus-w0", "no such thread"))
    own = sum(growth for name, (_, growth) in workers.items() if name != VENUE)
    check("the session's threads kept nothing", own <= KEPT_BYTES, f"{own:+} bytes")
    planned = set().union(*PLANNED.values())
    for name, text in sorted(calls.items()):
        counted = system_calls(text)
        print(f"     {name}: system calls in {arguments.trace:g} s: "
              + (", ".join(f"{call} {count}" for call, count in counted.items()) or "none"))
        if name == "apus-w0":
            check("the hot worker called the kernel to receive and send only", counted and set(counted) <= planned, text
                  if not counted else set(counted) - planned or "")
    if not calls:
        print("     system calls were not counted: perf is not installed, or --trace 0")
    growth = slope(samples) * (samples[-1][0] - samples[0][0])
    venue = slope(kept) * (kept[-1][0] - kept[0][0])
    print(f"     resident memory {samples[0][1] / 2**20:.1f} MiB, then {samples[-1][1] / 2**20:.1f} MiB: "
          f"{slope(samples) * 60 / 1024:+.1f} KiB a minute, of which the load's own orders {slope(kept) * 60 / 1024:+.1f}")
    check("the session's memory is flat", growth - max(venue, 0) <= GROWTH_BYTES, f"{(growth - venue) / 1024:+.0f} KiB")


if __name__ == "__main__":
    sys.exit(main())
