"""Turns exported features into labelled sequences: horizon, classes, time-ordered split, mirror image, normalisation."""

from dataclasses import dataclass

import numpy as np

import tensors

INPUT_BOUND = 5.0  # BrainModel.inputBound: normalised inputs are held within plus and minus this
CLASSES = ("down", "flat", "up")
ACTIONS = ("sell aggressively", "sell passively", "flat", "buy passively", "buy aggressively")


@dataclass
class Recording:
    """One exported capture: a row for every point of the sampling grid."""

    features: np.ndarray
    mid_ticks: np.ndarray
    spread_ticks: np.ndarray
    segment: np.ndarray
    names: list
    symbol: str
    interval_ns: int

    @classmethod
    def load(cls, path):
        arrays, metadata = tensors.load(path)
        return cls(
            features=arrays["features"],
            mid_ticks=arrays["mid_ticks"].astype(np.float64) + float(metadata["origin_ticks"]),
            spread_ticks=arrays["spread_ticks"].astype(np.float64),
            segment=arrays["segment"],
            names=metadata["features"].split(","),
            symbol=metadata["symbol"],
            interval_ns=int(metadata["clock_interval_ns"]),
        )


@dataclass
class Labels:
    """What followed each point: the move in basis points, its class, the best action in hindsight, and if it is known."""

    move: np.ndarray
    forecast: np.ndarray
    action: np.ndarray
    known: np.ndarray


def label(recording, horizon, threshold):
    """Labels every point by the mid price `horizon` points later.

    Forecast: up or down when the move exceeds `threshold` basis points, flat otherwise. Policy, by hindsight and
    without fees: cross the spread when more than `threshold` of the move is left after half the spread; join the
    touch for any smaller move; stay flat when there was none.
    """
    mid = recording.mid_ticks
    count = len(mid)
    known = np.zeros(count, bool)
    known[: count - horizon] = recording.segment[horizon:] == recording.segment[:-horizon]
    move = np.zeros(count)
    move[: count - horizon] = 1e4 * (mid[horizon:] - mid[:-horizon]) / mid[:-horizon]
    half_spread = 0.5e4 * recording.spread_ticks / mid
    side = np.sign(move)
    aggressive = np.abs(move) - half_spread > threshold
    forecast = 1 + np.where(np.abs(move) > threshold, side, 0)
    action = 2 + np.where(aggressive, 2 * side, side)
    return Labels(move, forecast.astype(np.int32), action.astype(np.int32), known)


def split(count, purge, train_share=0.6, validation_share=0.15):
    """Three ranges in the order of time, with `purge` points left out between them: what a point is labelled with,
    and what the recurrence remembers, must not reach across."""
    train_end = int(count * train_share)
    validation_end = int(count * (train_share + validation_share))
    return (
        range(0, train_end),
        range(train_end + purge, validation_end),
        range(validation_end + purge, count),
    )


def mirror(features, names):
    """The features of the same market with bids and asks exchanged and prices upside down.

    A market has no preferred direction; ten minutes of one have. Training on both images takes the trend away.
    """
    odd = ("imbalance", "microprice", "ofi", "trade_flow", "return", "vwap_distance", "last_trade")
    position = {name: i for i, name in enumerate(names)}
    result = features.copy()
    for name, i in position.items():
        if name.startswith(odd):
            result[..., i] = -features[..., i]
        elif name.startswith("bid_"):
            other = position["ask_" + name.removeprefix("bid_")]
            result[..., i], result[..., other] = features[..., other], features[..., i]
    return result


def mirror_labels(labels):
    return Labels(-labels.move, 2 - labels.forecast, 4 - labels.action, labels.known)


def normalisation(features, names):
    """Mean and 1/deviation of each feature over the training range and its mirror image."""
    both = np.concatenate([features, mirror(features, names)]).astype(np.float64)
    return both.mean(0).astype(np.float32), (1 / np.maximum(both.std(0), 1e-3)).astype(np.float32)


def normalise(features, mean, scale):
    return np.clip((features - mean) * scale, -INPUT_BOUND, INPUT_BOUND).astype(np.float32)
