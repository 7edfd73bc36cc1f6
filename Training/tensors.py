"""Reads and writes safetensors files, and seals a model file with the checksum that the bot verifies."""

import hashlib
import json
import struct

import numpy as np


def load(path):
    """Returns the tensors (name to float32 array) and the metadata (text to text) of a file."""
    with open(path, "rb") as file:
        raw = file.read()
    (length,) = struct.unpack("<Q", raw[:8])
    header = json.loads(raw[8 : 8 + length])
    metadata = header.pop("__metadata__", {})
    tensors = {}
    for name, entry in header.items():
        if entry["dtype"] != "F32":
            raise ValueError(f"{path}: {name} is {entry['dtype']}, expected F32")
        start, end = (8 + length + offset for offset in entry["data_offsets"])
        tensors[name] = np.frombuffer(raw[start:end], "<f4").reshape(entry["shape"])
    return tensors, metadata


def serialize(tensors, metadata):
    """The bytes of a file; tensors in the order of their names, so that equal content gives equal bytes."""
    header = {"__metadata__": dict(sorted(metadata.items()))}
    data = b""
    for name in sorted(tensors):
        values = np.ascontiguousarray(tensors[name], "<f4")
        end = len(data) + values.nbytes
        header[name] = {"dtype": "F32", "shape": list(values.shape), "data_offsets": [len(data), end]}
        data += values.tobytes()
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + data


def save(path, tensors, metadata):
    with open(path, "wb") as file:
        file.write(serialize(tensors, metadata))


def save_model(path, tensors, manifest):
    """Writes a model file: its SHA-256 is that of the file with the checksum's own digits as zeros.

    Returns the checksum.
    """
    zeros = b"0" * 64
    raw = serialize(tensors, {**manifest, "sha256": zeros.decode()})
    key = b'"sha256":"'
    place = raw.index(key + zeros) + len(key)
    digest = hashlib.sha256(raw).hexdigest()
    with open(path, "wb") as file:
        file.write(raw[:place] + digest.encode() + raw[place + 64 :])
    return digest
