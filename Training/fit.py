"""Fits the network and the linear baseline by Adam (Kingma & Ba 2015), with early stopping on the validation range."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

import network

WINDOW = 96  # points of a training sequence
BURN_IN = 32  # points at its beginning that are not scored: the state is not yet what it is in use
BATCH = 64
LARGEST_NORM = 1.0  # gradients are scaled down to this


def cross_entropy(logits, labels):
    return -jnp.take_along_axis(jax.nn.log_softmax(logits), labels[..., None], axis=-1)[..., 0]


def loss_of(weights, x, forecast, action, decay):
    """Mean log loss of forecast and policy after the burn-in, plus weight decay on the kernels."""
    logits, _, _ = network.run(weights, x)
    logits = logits[:, BURN_IN:]
    errors = cross_entropy(logits[..., :3], forecast[:, BURN_IN:]) + cross_entropy(logits[..., 3:], action[:, BURN_IN:])
    return errors.mean() + decay * sum(jnp.sum(v**2) for k, v in weights.items() if k.endswith("kernel"))


def adam(weights, gradients, moments, count, rate):
    norm = jnp.sqrt(sum(jnp.sum(g**2) for g in jax.tree.leaves(gradients)))
    gradients = jax.tree.map(lambda g: g * jnp.minimum(1, LARGEST_NORM / (norm + 1e-9)), gradients)
    first = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, moments[0], gradients)
    second = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g**2, moments[1], gradients)
    scaled = jax.tree.map(
        lambda m, v: (m / (1 - 0.9**count)) / (jnp.sqrt(v / (1 - 0.999**count)) + 1e-8), first, second
    )
    return jax.tree.map(lambda w, s: w - rate * s, weights, scaled), (first, second)


@partial(jax.jit, static_argnames=("objective",))
def update(objective, weights, moments, count, rate, *batch):
    value, gradients = jax.value_and_grad(objective)(weights, *batch)
    weights, moments = adam(weights, gradients, moments, count, rate)
    return weights, moments, value


def zero_moments(weights):
    return tuple(jax.tree.map(jnp.zeros_like, weights) for _ in range(2))


def fit_network(x, labels, validation, seed, steps=400, rate=1e-3, decay=1e-3, drop=0.2, every=10):
    """Returns the weights with the least forecast loss on the validation range.

    `x` and `labels` hold two images (the recording and its mirror) of the training range; `validation` is the
    normalised features, forecast labels and first scored point of a stateful run up to the end of that range.
    """
    rng = np.random.default_rng(seed)
    weights = jax.tree.map(jnp.asarray, network.initial(x.shape[-1], seed))
    moments = zero_moments(weights)
    features, forecast, action, begin = validation
    best, best_loss, history = weights, np.inf, []
    for count in range(1, steps + 1):
        image = rng.integers(0, 2, BATCH)
        start = rng.integers(0, x.shape[1] - WINDOW, BATCH)
        rows = start[:, None] + np.arange(WINDOW)
        kept = rng.random((BATCH, 1, x.shape[-1])) >= drop
        batch = x[image[:, None], rows] * kept / (1 - drop), labels[0][image[:, None], rows], labels[1][image[:, None], rows]
        weights, moments, _ = update(loss_of, weights, moments, count, rate, *batch, decay)
        if count % every == 0:
            logits = network.run(weights, features[None])[0][0, begin:]
            errors = cross_entropy(logits[:, :3], forecast[begin:]) + cross_entropy(logits[:, 3:], action[begin:])
            history.append((count, float(errors.mean())))
            if history[-1][1] < best_loss:
                best, best_loss = weights, history[-1][1]
    return jax.tree.map(np.asarray, best), history


def linear_loss(weights, x, labels, decay):
    return cross_entropy(x @ weights["w"] + weights["b"], labels).mean() + decay * jnp.sum(weights["w"] ** 2)


def fit_linear(x, labels, validation, steps=1000, rate=1e-2):
    """Multinomial logistic regression on the same inputs; the decay is chosen on the validation range."""
    best, best_loss = None, np.inf
    for decay in (0.0, 1e-3, 1e-2, 3e-2):
        weights = {"w": jnp.zeros((x.shape[-1], 3)), "b": jnp.zeros(3)}
        moments = zero_moments(weights)
        for count in range(1, steps + 1):
            weights, moments, _ = update(linear_loss, weights, moments, count, rate, x, labels, decay)
        loss = float(linear_loss(weights, validation[0], validation[1], 0.0))
        if loss < best_loss:
            best, best_loss = weights, loss
    return jax.tree.map(np.asarray, best)
