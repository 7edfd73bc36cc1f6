"""The functions of apus_environment.h (Sources/CEnvironment/include), by ctypes."""

import ctypes
import os
import pathlib

VERSION = 2
BAD_PARAMETERS = 16


class Config(ctypes.Structure):
    """apus_environment_config."""

    _fields_ = (
        [(name, ctypes.c_uint32) for name in (
            "size", "task", "market", "environments", "events_per_step", "latency_events", "episode_steps", "features")]
        + [(name, ctypes.c_int32) for name in (
            "maximum_lots", "quote_lots", "quote_offsets", "maker_fee_ppm", "taker_fee_ppm")]
        + [("reserved", ctypes.c_uint32)]
        + [(name, ctypes.c_double) for name in ("inventory_penalty_bps", "signal_strength")]
        + [("parameters", ctypes.c_char_p)])


class Info(ctypes.Structure):
    """apus_environment_info."""

    _fields_ = [(name, ctypes.c_void_p) for name in ("equity", "fees", "inventory", "double_mid", "time_ns")]


class EnvironmentError(ValueError):
    """A call was refused; `code` is one of the header's."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


def default_path():
    """APUS_ENVIRONMENT, else where `swift build -c release --product ApusEnvironment` leaves the library."""
    root = pathlib.Path(__file__).resolve().parents[2]
    return os.environ.get("APUS_ENVIRONMENT") or root / ".build" / "release" / "libApusEnvironment.so"


class Library:
    """The loaded library. Every refused call raises `EnvironmentError`."""

    def __init__(self, path=None):
        self.library = ctypes.CDLL(str(path or default_path()))
        self.library.apus_environment_version.restype = ctypes.c_uint32
        self.library.apus_environment_message.restype = ctypes.c_char_p
        self.library.apus_environment_close.restype = None
        pointer = ctypes.c_void_p
        arguments = {
            "parameters_problem": [ctypes.c_uint32, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_size_t],
            "create": [ctypes.POINTER(Config), ctypes.POINTER(pointer)],
            "observation_size": [pointer, ctypes.POINTER(ctypes.c_uint32)],
            "seeds": [ctypes.c_uint64, pointer, ctypes.c_size_t],
            "reset": [pointer, pointer, pointer, pointer],
            "step": [pointer] * 7,
        }
        for name, types in arguments.items():
            self.function(name).argtypes = types
        self.function("close").argtypes = [pointer]
        if self.version != VERSION:
            raise RuntimeError(f"the library has interface {self.version}, this package needs {VERSION}")

    def function(self, name):
        return getattr(self.library, f"apus_environment_{name}")

    @property
    def version(self):
        return self.library.apus_environment_version()

    def check(self, code, detail=""):
        if code:
            raise EnvironmentError(code, self.library.apus_environment_message(code).decode() + detail)

    def create(self, config, handle):
        """Makes a batch; a refusal of its parameters tells which of them is wrong."""
        code = self.function("create")(config, handle)
        detail = ""
        if code == BAD_PARAMETERS:
            problem = ctypes.create_string_buffer(500)
            self.check(self.function("parameters_problem")(config.market, config.parameters, problem, len(problem)))
            detail = ": " + problem.value.decode()
        self.check(code, detail)
