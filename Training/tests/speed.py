#!/usr/bin/env python3
"""Prints how many steps a second of processor time each task makes, always with the same action, on one thread."""

import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from apus_environment import Batch, Configuration  # noqa: E402

POLICIES = (("trade", "flat", 1), ("execute", "1 % of the rest", 0.01), ("quote", "at the touch", 1))
REPETITIONS = 5
MESSAGES = 400_000


def rates(configuration, action):
    """Millions of steps a second, in ascending order."""
    batch = Batch(configuration)
    batch.reset(batch.seeds(1))
    batch.actions[...] = action
    steps = max(5, MESSAGES // (configuration.environments * configuration.events_per_step))
    measured = []
    for _ in range(REPETITIONS + 1):  # the first warms up
        begin = time.process_time()
        for _ in range(steps):
            batch.step()
        measured.append(steps * configuration.environments / (time.process_time() - begin) / 1e6)
    return sorted(measured[1:])


def main():
    for market in ("hawkes", "queue_reactive"):
        for task, policy, action in POLICIES:
            for features in (True, False):
                for environments, events in ((64, 1), (64, 10), (1024, 1)):
                    measured = rates(Configuration(
                        task=task, market=market, features=features, environments=environments,
                        events_per_step=events), action)
                    print(
                        f"{market}, {task} ({policy}), features {'on' if features else 'off'}, {environments} "
                        f"environments, {events} events a step: {measured[REPETITIONS // 2]:.2f} million "
                        f"({measured[0]:.2f} to {measured[-1]:.2f})", flush=True)


if __name__ == "__main__":
    main()
