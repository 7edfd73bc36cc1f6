#!/usr/bin/env python3
"""The environments through their C interface: Gymnasium's own checker, and what a learner relies on.

Needs numpy and gymnasium, and the library: `make environment` builds it and runs this.
"""

import json
import pathlib
import sys
import unittest
import warnings

import gymnasium
import numpy as np
from gymnasium.utils.env_checker import check_env

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from apus_environment import Batch, Configuration, EnvironmentError, MarketEnv, MarketVectorEnv  # noqa: E402

TASKS = ("trade", "execute", "quote")
MARKETS = ("hawkes", "signal", "queue_reactive")


class Checker(unittest.TestCase):
    def test_gymnasium_accepts_each_task(self):
        for task in TASKS:
            for features in (True, False):
                with self.subTest(task=task, features=features), warnings.catch_warnings(record=True) as told:
                    warnings.simplefilter("always")
                    market = "hawkes" if features else "queue_reactive"
                    environment = MarketEnv(task=task, market=market, features=features, episode_steps=50)
                    check_env(environment, skip_render_check=True)
                    # Unbounded observations are meant; the checker recommends bounds and a registered name.
                    expected = ("infinity", "without a Gym.spec", "spec")
                    unexpected = [str(w.message) for w in told if not any(e in str(w.message) for e in expected)]
                    self.assertEqual(unexpected, [])
                    environment.close()

    def test_vector_spaces_hold(self):
        for task in TASKS:
            environments = MarketVectorEnv(5, task=task, episode_steps=20)
            observations, infos = environments.reset(seed=3)
            self.assertEqual(infos, {})
            environments.action_space.seed(3)
            for _ in range(50):
                self.assertIn(observations, environments.observation_space)
                observations, rewards, terminated, truncated, infos = environments.step(
                    environments.action_space.sample())
                self.assertTrue(np.isfinite(observations).all() and np.isfinite(rewards).all())
                self.assertEqual((terminated.dtype, truncated.dtype), (np.bool_, np.bool_))
                self.assertEqual(infos["equity"].shape, (5,))
            environments.close()

    def test_gymnasium_wrappers_work(self):
        environments = gymnasium.wrappers.vector.RecordEpisodeStatistics(
            MarketVectorEnv(3, task="trade", episode_steps=10))
        environments.reset(seed=1)
        lengths = []
        for _ in range(35):
            *_, infos = environments.step(environments.action_space.sample())
            if "episode" in infos:
                lengths += list(infos["episode"]["l"][infos["_episode"]])
        self.assertEqual(lengths, [10] * 9)
        environments.close()


class Episodes(unittest.TestCase):
    def test_batch_size_changes_nothing(self):
        for task in TASKS:
            together = MarketVectorEnv(4, task=task, episode_steps=30)
            seeds = together.batch.seeds(11)
            alone = [MarketVectorEnv(1, task=task, episode_steps=30) for _ in seeds]
            observations = [together.reset(seed=seeds)[0], [e.reset(seed=[s])[0][0] for e, s in zip(alone, seeds)]]
            np.testing.assert_array_equal(*observations)
            together.action_space.seed(5)
            for _ in range(80):
                actions = together.action_space.sample()
                a = together.step(actions)
                b = [e.step(actions[i:i + 1]) for i, e in enumerate(alone)]
                for k in range(4):
                    self.assertEqual(a[k].tobytes(), np.concatenate([x[k] for x in b]).tobytes())

    def test_next_step_autoreset(self):
        environments = MarketVectorEnv(2, task="quote", episode_steps=3)
        environments.reset(seed=1)
        actions = np.full((2, 2), 1, np.int32)
        ends = []
        for _ in range(8):
            observations, rewards, _, truncated, infos = environments.step(actions)
            ends.append(bool(truncated.all()))
            if len(ends) in (4, 8):  # the step after an end begins an episode and rewards nothing
                self.assertTrue((rewards == 0).all() and (infos["inventory"] == 0).all())
                self.assertTrue((observations[:, -7] == 1).all())
        self.assertEqual(ends, [False, False, True, False, False, False, True, False])

    def test_execute_ends_when_all_is_done(self):
        environment = MarketEnv(task="execute", episode_steps=100, maximum_lots=40)
        environment.reset(seed=4)
        _, reward, terminated, truncated, info = environment.step(np.ones(1, np.float32))
        if not terminated:  # the book was thinner than the order
            self.assertLess(abs(info["inventory"]), 40)
        else:
            self.assertEqual(abs(info["inventory"]), 40)
        self.assertLess(reward, 0)
        self.assertFalse(truncated)

    def test_views_are_not_copies(self):
        environments = MarketVectorEnv(2, copy=False)
        first, _ = environments.reset(seed=1)
        self.assertIs(environments.step(np.ones(2, np.int32))[0], first)

    def test_reset_of_some_leaves_the_others(self):
        batch = Batch(Configuration(environments=3, episode_steps=10))
        batch.reset(batch.seeds(1))
        for _ in range(4):
            batch.step()
        batch.reset(mask=np.array([True, False, True]))
        np.testing.assert_allclose(batch.observations[:, -7], [1, 0.6, 1], rtol=1e-6)


class Markets(unittest.TestCase):
    def trajectory(self, **options):
        environments = MarketVectorEnv(2, task="trade", episode_steps=30, **options)
        observations = [environments.reset(seed=5)[0]]
        environments.action_space.seed(5)
        for _ in range(100):
            observations.append(environments.step(environments.action_space.sample())[0])
        environments.close()
        return np.array(observations)

    def test_each_market_is_another(self):
        seen = [self.trajectory(market=market) for market in MARKETS]
        for first, second in ((0, 1), (0, 2), (1, 2)):
            self.assertFalse(np.array_equal(seen[first], seen[second]))

    def test_parameters_make_the_market(self):
        """What `apus import --calibrate` writes, here made up: other parameters are another market, the same ones are not."""
        rates = {"limit": [3.0] * 9 + [0.0], "cancel": [0.0] + [0.5] * 9, "market": [0.0] + [1.0] * 9}

        def parameters(unit_lots):
            return json.dumps({
                "model": "queue-reactive", "source": "made up", "start_ticks": 600000, "feed_latency_ns": 1000000,
                "unit_lots": unit_lots, "limit_per_second": [rates["limit"]] * 3,
                "cancel_per_second": [rates["cancel"]] * 3, "market_per_second": rates["market"], "follows": 0.5,
                "redraws": 0.1})

        first, again, other = (
            self.trajectory(market="queue_reactive", parameters=parameters(lots)) for lots in (4, 4, 9))
        np.testing.assert_array_equal(first, again)
        self.assertFalse(np.array_equal(first, other))


class Refusals(unittest.TestCase):
    def refused(self, text, **options):
        with self.assertRaises(EnvironmentError) as caught:
            Batch(Configuration(**options))
        self.assertIn(text, str(caught.exception))

    def test_configurations(self):
        self.refused("environments", environments=0)
        self.refused("events_per_step", events_per_step=0)
        self.refused("latency_events", events_per_step=2, latency_events=3)
        self.refused("episode_steps", episode_steps=0)
        self.refused("maximum_lots", maximum_lots=10_001)
        self.refused("quote_lots", task="quote", quote_lots=11)
        self.refused("quote_offsets", task="quote", quote_offsets=101)
        self.refused("fees", maker_fee_ppm=-300, taker_fee_ppm=200)
        self.refused("inventory_penalty_bps", inventory_penalty_bps=float("nan"))
        self.refused("signal_strength", market="signal", signal_strength=1.0)
        self.refused("signal_strength", signal_strength=0.1)
        self.refused("signal_strength", market="queue_reactive", signal_strength=0.1)
        self.refused("model: must be a text", market="queue_reactive", parameters="{}")
        self.refused("parameters: is no JSON", parameters="none")
        with self.assertRaises(ValueError):
            Batch(Configuration(task="guess"))

    def test_calls(self):
        batch = Batch(Configuration(task="execute"))
        with self.assertRaisesRegex(EnvironmentError, "seed"):
            batch.step()
        with self.assertRaisesRegex(EnvironmentError, "seed"):
            batch.reset()
        batch.reset(batch.seeds(1))
        before = batch.observations.copy()
        for bad in (np.nan, -0.1, 1.1):
            batch.actions[...] = bad
            with self.assertRaisesRegex(EnvironmentError, "action"):
                batch.step()
        np.testing.assert_array_equal(batch.observations, before)
        batch.close()
        batch.close()
        with self.assertRaisesRegex(EnvironmentError, "pointer"):
            batch.step()


if __name__ == "__main__":
    unittest.main()
