"""Scores of forecasts on held-out time, with intervals that respect the dependence of neighbouring points."""

import numpy as np

BLOCK = 100  # points in a block of the bootstrap: ten seconds, five times the horizon
REPLICATES = 2000


def log_probabilities(logits):
    shifted = logits - logits.max(-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))


def log_loss(logits, labels):
    """Log loss of each point, in nats."""
    return -log_probabilities(logits)[np.arange(len(labels)), labels]


def is_right(logits, labels):
    return (logits.argmax(-1) == labels).astype(float)


def interval(values, seed):
    """Mean and 95 % interval by the moving-block bootstrap (Kuensch 1989)."""
    rng = np.random.default_rng(seed)
    count = len(values)
    blocks = -(-count // BLOCK)
    starts = rng.integers(0, count - BLOCK + 1, (REPLICATES, blocks))
    rows = (starts[..., None] + np.arange(BLOCK)).reshape(REPLICATES, -1)[:, :count]
    means = values[rows].mean(1)
    low, high = np.quantile(means, [0.025, 0.975])
    return values.mean(), low, high
