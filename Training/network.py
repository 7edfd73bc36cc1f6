"""The network in JAX, equation for equation what Sources/Brain/LSTM.swift and OutputHead.swift compute."""

import jax
import jax.numpy as jnp
import numpy as np

UNITS = 32
OUTPUTS = 8  # three logits of the forecast, five of the policy


def initial(inputs, seed):
    """Small random weights; forget gates begin open (Gers et al. 2000, Jozefowicz et al. 2015)."""
    rng = np.random.default_rng(seed)

    def uniform(rows, columns):
        bound = np.sqrt(6 / (rows + columns))
        return rng.uniform(-bound, bound, (rows, columns)).astype(np.float32)

    bias = np.zeros(4 * UNITS, np.float32)
    bias[UNITS : 2 * UNITS] = 1
    return {
        "lstm.input_kernel": uniform(inputs, 4 * UNITS),
        "lstm.recurrent_kernel": uniform(UNITS, 4 * UNITS),
        "lstm.bias": bias,
        "head.kernel": 0.1 * uniform(UNITS, OUTPUTS),
        "head.bias": np.zeros(OUTPUTS, np.float32),
    }


def zero_state(batch):
    return jnp.zeros((batch, UNITS)), jnp.zeros((batch, UNITS))


def step(weights, state, x):
    """One step of the recurrence; gates in the order input, forget, cell, output."""
    hidden, cell = state
    gates = x @ weights["lstm.input_kernel"] + hidden @ weights["lstm.recurrent_kernel"] + weights["lstm.bias"]
    i, f, g, o = jnp.split(gates, 4, axis=-1)
    cell = jax.nn.sigmoid(f) * cell + jax.nn.sigmoid(i) * jnp.tanh(g)
    hidden = jax.nn.sigmoid(o) * jnp.tanh(cell)
    logits = hidden @ weights["head.kernel"] + weights["head.bias"]
    return (hidden, cell), (logits, hidden, cell)


@jax.jit
def run(weights, x):
    """Logits, outputs and cells for sequences `x` of shape (batch, time, inputs), each from the zero state."""
    _, outputs = jax.lax.scan(lambda s, v: step(weights, s, v), zero_state(x.shape[0]), jnp.swapaxes(x, 0, 1))
    return tuple(jnp.swapaxes(values, 0, 1) for values in outputs)
