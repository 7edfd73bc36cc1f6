"""Trains a model on features that `apus model features` exported, and writes model, test cases and model card.

    python train.py --features btc.safetensors --name btcusdt-2s --models ../Models --cases ../Tests/BrainTests/Cases

Seeded: the same features and versions give the same files on the same kind of CPU.
"""

import argparse
import pathlib

import numpy as np

import card
import data
import fit
import network
import scores
import tensors

HORIZON = 20  # points: two seconds on the grid of 100 ms
THRESHOLD = 0.5  # basis points


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--features", type=pathlib.Path, required=True)
    arguments.add_argument("--name", required=True)
    arguments.add_argument("--models", type=pathlib.Path, required=True)
    arguments.add_argument("--cases", type=pathlib.Path, required=True)
    arguments.add_argument("--seed", type=int, default=1)
    options = arguments.parse_args()

    recording = data.Recording.load(options.features)
    if len(set(recording.segment)) != 1:
        raise SystemExit("the recording is broken: sequences would span its gaps")
    labels = data.label(recording, HORIZON, THRESHOLD)
    train, validation, test = data.split(len(recording.features), purge=HORIZON + fit.WINDOW)
    test = range(test.start, int(labels.known.sum()))
    mean, scale = data.normalisation(recording.features[train], recording.names)

    x = data.normalise(recording.features, mean, scale)
    mirrored = data.normalise(data.mirror(recording.features, recording.names), mean, scale)
    opposite = data.mirror_labels(labels)
    images = np.stack([x[train], mirrored[train]])
    forecasts = np.stack([labels.forecast[train], opposite.forecast[train]])
    actions = np.stack([labels.action[train], opposite.action[train]])

    held = slice(0, validation.stop)
    weights, history = fit.fit_network(
        images, (forecasts, actions), (x[held], labels.forecast[held], labels.action[held], validation.start),
        options.seed)
    linear = fit.fit_linear(
        images.reshape(-1, x.shape[1]), forecasts.reshape(-1), (x[validation], labels.forecast[validation]))

    logits = np.asarray(network.run(weights, x[None])[0][0])
    figures = measure(logits[test], linear, x[test], forecasts, labels.forecast[test], options.seed)
    figures["actions"] = np.bincount(logits[test, 3:].argmax(-1), minlength=5) / len(test)
    figures["hindsight"] = np.bincount(labels.action[test], minlength=5) / len(test)
    figures["history"] = history

    manifest = {
        "format": "apus.brain.1", "clock": "grid", "name": options.name, "features": ",".join(recording.names),
        "clock_interval_ns": str(recording.interval_ns), "horizon_ns": str(HORIZON * recording.interval_ns),
        "threshold_basis_points": str(THRESHOLD),
        "training": f"{recording.symbol}, {len(train)} points, seed {options.seed}; policy by hindsight, no fees",
    }
    model = {"input.mean": mean, "input.scale": scale, **weights}
    digest = tensors.save_model(options.models / f"{options.name}.safetensors", model, manifest)
    write_cases(options.cases / f"{options.name}.safetensors", weights, mean, scale)
    card.write(
        options.models / f"{options.name}.md", manifest, digest, figures, recording, (train, validation, test),
        options.seed)


def measure(logits, linear, x, training_forecasts, truth, seed):
    """Log loss and hit rate of network, linear baseline and the training range's class shares, and differences."""
    shares = np.bincount(training_forecasts.reshape(-1), minlength=3) / training_forecasts.size
    candidates = {
        "LSTM": logits[:, :3],
        "linear": x @ linear["w"] + linear["b"],
        "class shares": np.tile(np.log(shares), (len(truth), 1)),
    }
    losses = {name: scores.log_loss(values, truth) for name, values in candidates.items()}
    hits = {name: scores.is_right(values, truth) for name, values in candidates.items()}
    return {
        "loss": {name: scores.interval(values, seed) for name, values in losses.items()},
        "hits": {name: scores.interval(values, seed) for name, values in hits.items()},
        "against linear": scores.interval(losses["LSTM"] - losses["linear"], seed),
        "against shares": scores.interval(losses["LSTM"] - losses["class shares"], seed),
        "linear against shares": scores.interval(losses["linear"] - losses["class shares"], seed),
        "classes": np.bincount(truth, minlength=3) / len(truth),
    }


def write_cases(path, weights, mean, scale):
    """Sequences for the Swift tests: random features wide enough to reach the bound, and what JAX makes of them."""
    rng = np.random.default_rng(20240808)
    spread = rng.choice([0.5, 2, 8], (4, 1, 1))
    normal = rng.standard_normal((4, 64, len(mean))) * spread
    features = (mean + normal / scale).astype(np.float32)
    logits, hidden, cell = network.run(weights, data.normalise(features, mean, scale))
    tensors.save(path, {"features": features, "logits": logits, "hidden": hidden, "cell": cell}, {})


if __name__ == "__main__":
    main()
