#!/usr/bin/env python3
"""Writes the LSTM models that the suite measures: for onnxruntime as NAME.onnx, for everybody else their numbers as NAME.bin.

    models.py FOLDER

NAME.bin holds 32-bit floats: for each layer the input kernel (inputs rows of 4 * units, gates i, f, g, o), the recurrent
kernel (units rows) and the bias; then, where the model ends in a dense unit, its weights and its bias. The numbers are drawn
from a seeded generator: the models predict nothing.
"""
import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

# STAC-ML's shapes, as its published model cards state them: time steps, features, layers, units.
WINDOWS = {"lstm_a": (50, 100, 2, 100), "lstm_b": (100, 250, 3, 200), "lstm_c": (100, 500, 4, 1000)}
STEPS = {"lstm_32": (32, 32), "lstm_64": (64, 64)}


def draw(random, inputs, units):
    bound = 1 / np.sqrt(units)
    shapes = ((inputs, 4 * units), (units, 4 * units), (4 * units,))
    return [random.uniform(-bound, bound, shape).astype(np.float32) for shape in shapes]


def gates_of_onnx(kernel):
    """From columns i, f, g, o to ONNX's rows i, o, f, c (LSTM, operator set 14)."""
    i, f, g, o = np.split(kernel, 4, axis=-1)
    return np.concatenate([i, o, f, g], axis=-1).T.copy()


def lstm_node(name, layer, inputs, outputs, initializers, units):
    w, r, b = layer
    values = {
        f"{name}_w": gates_of_onnx(w)[None],
        f"{name}_r": gates_of_onnx(r)[None],
        f"{name}_b": np.concatenate([gates_of_onnx(b), np.zeros(4 * units, np.float32)])[None],
    }
    initializers += [numpy_helper.from_array(np.ascontiguousarray(v), k) for k, v in values.items()]
    x, *state = inputs
    return helper.make_node("LSTM", [x, *values, *([""] + state if state else [])], outputs, hidden_size=units, name=name)


def tensor(name, *shape):
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)


def write(folder, name, graph, numbers):
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 14)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, folder / f"{name}.onnx")
    np.concatenate([n.ravel() for n in numbers]).astype("<f4").tofile(folder / f"{name}.bin")


def step_model(folder, name, inputs, units):
    """One step: state in, state out."""
    layer = draw(np.random.default_rng(units), inputs, units)
    initializers = []
    node = lstm_node("lstm", layer, ["x", "h", "c"], ["", "h_next", "c_next"], initializers, units)
    state = [(1, 1, units)] * 2
    graph = helper.make_graph(
        [node], name, [tensor("x", 1, 1, inputs), tensor("h", *state[0]), tensor("c", *state[1])],
        [tensor("h_next", *state[0]), tensor("c_next", *state[1])], initializers)
    write(folder, name, graph, layer)


def window_model(folder, name, steps, features, layers, units):
    """A whole window to one number: the layers over all steps, a dense unit on the last output."""
    random = np.random.default_rng(units)
    initializers, nodes, numbers = [], [], []
    value, width = "x", features
    for i in range(layers):
        layer = draw(random, width, units)
        numbers += layer
        nodes.append(lstm_node(f"lstm{i}", layer, [value], [f"y{i}", f"h{i}"], initializers, units))
        initializers.append(numpy_helper.from_array(np.array([1], np.int64), f"axis{i}"))
        nodes.append(helper.make_node("Squeeze", [f"y{i}", f"axis{i}"], [f"s{i}"]))
        value, width = f"s{i}", units
    dense = [random.uniform(-1, 1, (units, 1)).astype(np.float32), random.uniform(-1, 1, 1).astype(np.float32)]
    initializers += [numpy_helper.from_array(dense[0], "dense_w"), numpy_helper.from_array(dense[1], "dense_b"),
                     numpy_helper.from_array(np.array([0], np.int64), "axis")]
    nodes.append(helper.make_node("Squeeze", [f"h{layers - 1}", "axis"], ["last"]))
    nodes.append(helper.make_node("Gemm", ["last", "dense_w", "dense_b"], ["y"]))
    graph = helper.make_graph(nodes, name, [tensor("x", steps, 1, features)], [tensor("y", 1, 1)], initializers)
    write(folder, name, graph, numbers + dense)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, shape in STEPS.items():
        step_model(folder, name, *shape)
    for name, shape in WINDOWS.items():
        window_model(folder, name, *shape)


if __name__ == "__main__":
    main()
