#!/usr/bin/env python3
"""Holds libApusEnvironment and its Gymnasium classes to Gymnasium's own checker, to each other and to their header.

    Tests/environment/run.py --library .build/release/libApusEnvironment.so

Prints steps per second too; no test depends on them.
"""
import argparse
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
TASKS = ("trade", "execute", "quote")


class Checker(unittest.TestCase):
    def test_gymnasium_accepts_every_task(self):
        for task in TASKS:
            with self.subTest(task=task):
                environment = ApusEnvironment({"task": task, "episode_steps": 50})
                check_env(environment, skip_render_check=True)
                environment.close()

    def test_the_checker_refuses_a_broken_environment(self):
        class Broken(ApusEnvironment):
            def reset(self, **arguments):
                observation, information = super().reset(**arguments)
                return observation[:-1], information

        with self.assertRaises(AssertionError):
            check_env(Broken({"task": "trade"}), skip_render_check=True)


class Vector(unittest.TestCase):
    def test_side_by_side_is_one_by_one(self):
        for task in TASKS:
            with self.subTest(task=task):
                config = {"task": task, "episode_steps": 40, "events_per_step": 3, "inventory_penalty_bps": 0.01}
                vector = ApusVectorEnvironment({**config, "count": 5})
                singles = [ApusVectorEnvironment({**config, "count": 1}) for _ in range(5)]
                observations, _ = vector.reset(seed=70)
                for i, single in enumerate(singles):
                    numpy.testing.assert_array_equal(single.reset(seed=70 + i)[0][0], observations[i])
                vector.action_space.seed(3)
                ended = 0
                for _ in range(200):
                    actions = vector.action_space.sample()
                    _, rewards, terminated, truncated, _ = vector.step(actions)
                    for i, single in enumerate(singles):
                        theirs = single.step(actions[i : i + 1])
                        numpy.testing.assert_array_equal(theirs[0][0], vector.observations[i])
                        self.assertEqual(theirs[1][0], rewards[i])
                        self.assertEqual((theirs[2][0], theirs[3][0]), (terminated[i], truncated[i]))
                    ended += int((terminated | truncated).sum())
                self.assertGreater(ended, 10)
                self.assertTrue(numpy.isfinite(vector.observations).all())
                for each in [vector, *singles]:
                    each.close()

    def test_the_caller_owns_the_memory(self):
        vector = ApusVectorEnvironment({"task": "trade", "count": 3})
        first, _ = vector.reset(seed=1)
        second, rewards, *_ = vector.step(numpy.zeros(3, numpy.int32))
        self.assertIs(first, second)
        self.assertIs(rewards, vector.rewards)
        self.assertEqual(first.dtype, numpy.float32)
        vector.close()

    def test_the_step_after_the_end_begins_anew(self):
        vector = ApusVectorEnvironment({"task": "trade", "count": 2, "episode_steps": 5})
        vector.reset(seed=1)
        actions = numpy.full(2, 2, numpy.int32)
        for step in range(1, 13):
            observations, rewards, terminated, truncated, _ = vector.step(actions)
            self.assertFalse(terminated.any())
            self.assertEqual(truncated.all(), step in (5, 11))
            if step in (6, 12):
                self.assertTrue((rewards == 0).all() and (observations[:, 48] == 0).all())
                self.assertTrue((observations[:, 49] == 1).all())
        vector.close()

    def test_a_mask_resets_only_its_own(self):
        vector = ApusVectorEnvironment({"task": "trade", "count": 2})
        vector.reset(seed=1)
        vector.step(numpy.full(2, 2, numpy.int32))
        vector.reset(options={"reset_mask": numpy.array([True, False])})
        self.assertEqual(vector.observations[0, 48], 0)
        self.assertEqual(vector.observations[1, 48], 1)
        vector.close()

    def test_wrong_use_is_an_error(self):
        for config, key in [
            ({}, "task"), ({"task": "gamble"}, "task"), ({"task": "trade", "lot": 1}, "lot"),
            ({"task": "trade", "count": 0}, "count"), ({"task": "trade", "market": {"model": "x"}}, "model"),
            ({"task": "trade", "signal": {"moves_per_second": 1, "strength": 1, "flips_per_second": 1}}, "strength"),
        ]:
            with self.subTest(config=config), self.assertRaisesRegex(ValueError, f"^{key}: "):
                ApusVectorEnvironment(config)
        vector = ApusVectorEnvironment({"task": "trade", "count": 2})
        vector.reset(seed=1)
        for actions in ([0, 3], [-1, 0], [0]):
            with self.subTest(actions=actions), self.assertRaises(ValueError):
                vector.step(numpy.array(actions, numpy.int32))
        vector.close()

    def test_who_follows_the_planted_signal_earns(self):
        """The live features tell of a planted signal: following the trade flow pays, going against it costs."""
        config = {
            "task": "trade", "count": 32, "episode_steps": 4000, "events_per_step": 20, "lots": 1,
            "signal": {"moves_per_second": 5, "strength": 0.8, "flips_per_second": 0.02}}
        flow = observation_names().index("trade_flow_10s")
        totals = []
        for direction in (1, -1):
            vector = ApusVectorEnvironment(config)
            observations, _ = vector.reset(seed=5)
            total = 0.0
            for _ in range(1000):
                actions = 1 + direction * numpy.sign(observations[:, flow]).astype(numpy.int32)
                total += float(vector.step(actions)[1].sum())
            totals.append(total)
            vector.close()
        self.assertGreater(totals[0], 0)
        self.assertLess(totals[1], 0)


class Header(unittest.TestCase):
    PROGRAM = r"""
    #include "apus_environment.h"
    #include <stdio.h>
    #include <string.h>
    int main(void) {
      const char *config = "{\"task\":\"quote\",\"count\":2}";
      char reason[64];
      if (apus_environment_create("{", 1, reason, sizeof reason) || !strlen(reason)) return 1;
      apus_environment *vector = apus_environment_create(config, strlen(config), reason, sizeof reason);
      if (!vector || apus_environment_version() != 1 || apus_environment_count(vector) != 2) return 2;
      if (apus_environment_actions(vector) != 9 || apus_environment_observation_size(vector) != 52) return 3;
      float observations[2 * 52], rewards[2];
      uint8_t terminated[2], truncated[2];
      int64_t seeds[2] = {7, -1}, times[2], later[2];
      int32_t actions[2] = {4, 0}, wrong[2] = {9, 0};
      apus_environment_reset(vector, seeds, NULL, observations);
      apus_environment_times(vector, times);
      if (apus_environment_step(vector, wrong, observations, rewards, terminated, truncated) != -1) return 4;
      if (apus_environment_step(vector, actions, observations, rewards, terminated, truncated) != 0) return 5;
      apus_environment_times(vector, later);
      if (later[0] <= times[0] || terminated[0] || truncated[1]) return 6;
      apus_environment_destroy(vector);
      puts("done");
      return 0;
    }
    """

    def test_a_c_program_can_use_it(self):
        with tempfile.TemporaryDirectory() as folder:
            source, program = pathlib.Path(folder, "use.c"), pathlib.Path(folder, "use")
            source.write_text(self.PROGRAM)
            library = pathlib.Path(os.environ["APUS_ENVIRONMENT"])
            subprocess.run(
                ["cc", "-std=c11", "-Wall", "-Wextra", "-Werror", "-I", str(ROOT / "Sources" / "Environment"), str(source),
                 str(library), f"-Wl,-rpath,{library.parent}", "-o", str(program)], check=True)
            told = subprocess.run([str(program)], capture_output=True, text=True, timeout=60)
            self.assertEqual((told.returncode, told.stdout), (0, "done\n"), told.stderr)


def speed():
    for task in TASKS:
        vector = ApusVectorEnvironment({"task": task, "count": 64, "episode_steps": 1000})
        vector.reset(seed=1)
        actions = numpy.ones(64, numpy.int32)
        steps, start, processor, before = 0, time.perf_counter(), time.process_time(), vector.times_ns()
        while time.perf_counter() - start < 2:
            for _ in range(100):
                vector.step(actions)
            steps += 100 * 64
        elapsed, used = time.perf_counter() - start, time.process_time() - processor
        interval = float((vector.times_ns() - before).mean()) * 64 / steps * 1e-6
        print(f"{task}: {steps / elapsed / 1e6:.2f} million steps/s ({steps / used / 1e6:.2f} per second of processor"
              f" time), 1 event a step, {interval:.1f} ms of market time each")
        vector.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--library", type=pathlib.Path, required=True)
    os.environ["APUS_ENVIRONMENT"] = str(parser.parse_args().library.resolve())
    sys.path.insert(0, str(ROOT / "Training"))
    import numpy
    from gymnasium.utils.env_checker import check_env

    from environment import ApusEnvironment, ApusVectorEnvironment, observation_names
    result = unittest.main(argv=[sys.argv[0]], exit=False, verbosity=1).result
    speed()
    sys.exit(not result.wasSuccessful())
