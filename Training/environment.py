"""The Swift environments as Gymnasium's: SYNTHETIC markets with the bot's own book and features as observation.

    from environment import ApusVectorEnvironment
    environments = ApusVectorEnvironment({"task": "trade", "count": 64, "events_per_step": 10})
    observations, _ = environments.reset(seed=1)
    observations, rewards, terminated, truncated, _ = environments.step(environments.action_space.sample())

docs/environments.md has the configuration. `make environment` builds the library; APUS_ENVIRONMENT names another one.
"""
import ctypes
import json
import os
import pathlib

import gymnasium
import numpy
from gymnasium import spaces
from gymnasium.vector.utils import batch_space

LIBRARY = pathlib.Path(__file__).resolve().parents[1] / ".build" / "release" / "libApusEnvironment.so"
VERSION = 1


def _load():
    library = ctypes.CDLL(os.environ.get("APUS_ENVIRONMENT", str(LIBRARY)))
    handle, numbers = ctypes.c_void_p, ctypes.c_void_p
    signatures = {
        "version": (ctypes.c_uint32, []),
        "create": (handle, [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_char_p, ctypes.c_size_t]),
        "destroy": (None, [handle]),
        "count": (ctypes.c_int32, [handle]),
        "observation_size": (ctypes.c_int32, [handle]),
        "actions": (ctypes.c_int32, [handle]),
        "observation_names": (None, [ctypes.c_char_p, ctypes.c_size_t]),
        "reset": (None, [handle, numbers, numbers, numbers]),
        "step": (ctypes.c_int32, [handle, numbers, numbers, numbers, numbers, numbers]),
        "times": (None, [handle, numbers]),
    }
    for name, (result, arguments) in signatures.items():
        function = getattr(library, f"apus_environment_{name}")
        function.restype, function.argtypes = result, arguments
    if library.apus_environment_version() != VERSION:
        raise RuntimeError(f"the library's interface is not version {VERSION}")
    return library


def observation_names():
    """What the numbers of an observation are, in their order."""
    text = ctypes.create_string_buffer(4096)
    _load().apus_environment_observation_names(text, len(text))
    return text.value.decode().split(",")


class ApusVectorEnvironment(gymnasium.vector.VectorEnv):
    """Environments side by side; the step after an episode's end begins the next one (Gymnasium's NEXT_STEP).

    Nothing is copied: `reset` and `step` return the same arrays each time, overwritten by the next call.
    """

    metadata = {"render_modes": [], "autoreset_mode": gymnasium.vector.AutoresetMode.NEXT_STEP}

    def __init__(self, config):
        self._handle = None
        self._library = _load()
        text = json.dumps(config).encode()
        reason = ctypes.create_string_buffer(512)
        self._handle = self._library.apus_environment_create(text, len(text), reason, len(reason))
        if not self._handle:
            raise ValueError(reason.value.decode())
        self.num_envs = self._library.apus_environment_count(self._handle)
        size = self._library.apus_environment_observation_size(self._handle)
        self.single_observation_space = spaces.Box(-numpy.inf, numpy.inf, (size,), numpy.float32)
        self.single_action_space = spaces.Discrete(
            self._library.apus_environment_actions(self._handle), dtype=numpy.int32)
        self.observation_space = batch_space(self.single_observation_space, self.num_envs)
        self.action_space = batch_space(self.single_action_space, self.num_envs)
        self.observations = numpy.zeros((self.num_envs, size), numpy.float32)
        self.rewards = numpy.zeros(self.num_envs, numpy.float32)
        self.terminated = numpy.zeros(self.num_envs, numpy.bool_)
        self.truncated = numpy.zeros(self.num_envs, numpy.bool_)
        self._results = [
            array.ctypes.data for array in (self.observations, self.rewards, self.terminated, self.truncated)]

    def reset(self, *, seed=None, options=None):
        """`seed`: one for each environment, or one that environment i adds i to; without one the markets go on.

        `options["reset_mask"]`: which environments begin anew (all of them).
        """
        super().reset(seed=seed if isinstance(seed, int) else None)
        seeds = mask = None
        if seed is not None:
            given = [seed + i for i in range(self.num_envs)] if isinstance(seed, int) else seed
            seeds = numpy.array([-1 if one is None else one for one in given], numpy.int64)
            if seeds.shape != (self.num_envs,):
                raise ValueError(f"{self.num_envs} environments need as many seeds")
        if options and options.get("reset_mask") is not None:
            mask = numpy.ascontiguousarray(options["reset_mask"], numpy.bool_)
            if mask.shape != (self.num_envs,):
                raise ValueError(f"{self.num_envs} environments need as many truth values in reset_mask")
        self._library.apus_environment_reset(
            self._handle, seeds.ctypes.data if seeds is not None else None,
            mask.ctypes.data if mask is not None else None, self._results[0])
        return self.observations, {}

    def step(self, actions):
        actions = numpy.ascontiguousarray(actions, numpy.int32)
        if actions.shape != (self.num_envs,):
            raise ValueError(f"{self.num_envs} environments need as many actions")
        if self._library.apus_environment_step(self._handle, actions.ctypes.data, *self._results):
            raise ValueError("an action is out of range")
        return self.observations, self.rewards, self.terminated, self.truncated, {}

    def times_ns(self):
        """The market time of each environment, in nanoseconds since 1970."""
        times = numpy.zeros(self.num_envs, numpy.int64)
        self._library.apus_environment_times(self._handle, times.ctypes.data)
        return times

    def close_extras(self, **_):
        if self._handle:
            self._library.apus_environment_destroy(self._handle)
            self._handle = None


class ApusEnvironment(gymnasium.Env):
    """One environment. Its observations are copies: who keeps one keeps it."""

    metadata = {"render_modes": []}

    def __init__(self, config, render_mode=None):
        self.render_mode = render_mode
        self._vector = ApusVectorEnvironment({**config, "count": 1})
        self.observation_space = self._vector.single_observation_space
        self.action_space = self._vector.single_action_space

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        observations, _ = self._vector.reset(seed=seed)
        return observations[0].copy(), {}

    def step(self, action):
        observations, rewards, terminated, truncated, _ = self._vector.step(numpy.array([action], numpy.int32))
        return observations[0].copy(), float(rewards[0]), bool(terminated[0]), bool(truncated[0]), {}

    def close(self):
        self._vector.close()
