"""The arrays that the library writes into, and one call for each step: no copy between Swift and numpy."""

import ctypes

import numpy as np

from .library import Info, Library


class Batch:
    """`environments` environments stepped together. One thread at a time."""

    def __init__(self, configuration, library=None):
        self.configuration = configuration
        self.library = library or Library()
        self.handle = ctypes.c_void_p()
        self.library.create(configuration.native(), self.handle)
        floats = ctypes.c_uint32()
        self.library.check(self.library.function("observation_size")(self.handle, floats))
        count = configuration.environments
        is_execute = configuration.task == "execute"
        shape = (count, 2) if configuration.task == "quote" else (count, 1) if is_execute else (count,)
        self.actions = np.zeros(shape, np.float32 if is_execute else np.int32)
        self.observations = np.zeros((count, floats.value), np.float32)
        self.rewards = np.zeros(count, np.float32)
        self.terminated = np.zeros(count, np.bool_)
        self.truncated = np.zeros(count, np.bool_)
        self.info = {name: np.zeros(count, np.int64) for name, _ in Info._fields_}
        # A pointer is looked up once: the arrays live as long as this object and are never moved.
        self.info_pointers = Info(**{name: array.ctypes.data for name, array in self.info.items()})
        self.step_arguments = [
            self.handle, *(array.ctypes.data for array in (
                self.actions, self.observations, self.rewards, self.terminated, self.truncated)),
            ctypes.addressof(self.info_pointers)]
        self.native_step = self.library.function("step")

    def seeds(self, seed):
        """The seeds of all environments from one."""
        seeds = np.zeros(self.configuration.environments, np.uint64)
        self.library.check(self.library.function("seeds")(seed & (2**64 - 1), seeds.ctypes.data, len(seeds)))
        return seeds

    def reset(self, seeds=None, mask=None):
        """Begins episodes; `seeds` make new markets, `mask` says of which environments. Fills `observations`."""
        seeds = None if seeds is None else np.ascontiguousarray(seeds, np.uint64)
        mask = None if mask is None else np.ascontiguousarray(mask, np.bool_)
        for array in (seeds, mask):
            if array is not None and array.shape != (self.configuration.environments,):
                raise ValueError("seeds and mask have one element for each environment")
        self.library.check(self.library.function("reset")(
            self.handle, None if seeds is None else seeds.ctypes.data, None if mask is None else mask.ctypes.data,
            self.observations.ctypes.data))

    def step(self):
        """Does `actions`; fills all other arrays."""
        self.library.check(self.native_step(*self.step_arguments))

    def close(self):
        self.library.function("close")(self.handle)
        self.handle = ctypes.c_void_p()
        self.step_arguments[0] = self.handle

    def __del__(self):
        if getattr(self, "handle", None):
            self.close()
