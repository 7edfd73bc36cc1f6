"""Gymnasium environments on Apus's synthetic markets: docs/environments.md has the tasks and what is simulated."""

from .batch import Batch
from .configuration import Configuration
from .environments import MarketEnv, MarketVectorEnv
from .library import EnvironmentError, Library

__all__ = ["Batch", "Configuration", "EnvironmentError", "Library", "MarketEnv", "MarketVectorEnv"]
