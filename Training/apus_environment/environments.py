"""The environments as Gymnasium knows them."""

import dataclasses

import gymnasium
import numpy as np
from gymnasium import spaces
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

from .batch import Batch
from .configuration import Configuration


def action_space(configuration):
    if configuration.task == "trade":
        return spaces.Discrete(3, dtype=np.int32)
    if configuration.task == "execute":
        return spaces.Box(0.0, 1.0, (1,), np.float32)
    return spaces.MultiDiscrete([configuration.quote_offsets + 1] * 2, dtype=np.int32)


def observation_space(configuration):
    return spaces.Box(-np.inf, np.inf, (len(configuration.observation_names),), np.float32)


class MarketVectorEnv(VectorEnv):
    """Many environments in one call. An environment that ended begins anew in the next step (NEXT_STEP).

    `copy=False` returns the arrays that the next step overwrites. Options are the fields of `Configuration`.
    """

    metadata = {"autoreset_mode": AutoresetMode.NEXT_STEP, "render_modes": []}

    def __init__(self, num_envs=64, copy=True, **options):
        self.configuration = Configuration(environments=num_envs, **options)
        self.batch = Batch(self.configuration)
        self.num_envs = num_envs
        self.copy = copy
        self.is_seeded = False
        self.single_action_space = action_space(self.configuration)
        self.single_observation_space = observation_space(self.configuration)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self.observation_space = batch_space(self.single_observation_space, num_envs)

    def reset(self, *, seed=None, options=None):
        """`seed`: one number, from which each environment's is derived, or one for each."""
        super().reset(seed=seed if isinstance(seed, int) else None)
        if seed is None and not self.is_seeded:
            seed = int(self.np_random.integers(2**63))
        if seed is not None and np.ndim(seed) == 0:
            seed = self.batch.seeds(int(seed))
        self.batch.reset(seed, (options or {}).get("reset_mask"))
        self.is_seeded = True
        return self._out(self.batch.observations), {}

    def step(self, actions):
        self.batch.actions[...] = np.reshape(actions, self.batch.actions.shape)
        self.batch.step()
        batch = self.batch
        infos = {}
        for name, values in batch.info.items():
            infos[name] = self._out(values)
            infos[f"_{name}"] = np.ones(self.num_envs, np.bool_)
        return (*map(self._out, (batch.observations, batch.rewards, batch.terminated, batch.truncated)), infos)

    def close_extras(self, **kwargs):
        self.batch.close()

    def _out(self, array):
        return array.copy() if self.copy else array


class MarketEnv(gymnasium.Env):
    """One environment. Options are the fields of `Configuration`, `environments` excepted."""

    metadata = {"render_modes": []}

    def __init__(self, **options):
        self.configuration = dataclasses.replace(Configuration(**options), environments=1)
        self.batch = Batch(self.configuration)
        self.is_seeded = False
        self.action_space = action_space(self.configuration)
        self.observation_space = observation_space(self.configuration)

    def reset(self, *, seed=None, options=None):
        """With a seed the market begins anew; without, it goes on."""
        super().reset(seed=seed)
        if seed is None and not self.is_seeded:
            seed = int(self.np_random.integers(2**63))
        self.batch.reset(None if seed is None else self.batch.seeds(seed))
        self.is_seeded = True
        return self.batch.observations[0].copy(), {}

    def step(self, action):
        batch = self.batch
        batch.actions[0] = action
        batch.step()
        info = {name: int(values[0]) for name, values in batch.info.items()}
        return (
            batch.observations[0].copy(), float(batch.rewards[0]), bool(batch.terminated[0]), bool(batch.truncated[0]),
            info)

    def close(self):
        self.batch.close()
