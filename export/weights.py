"""Reads the weights of a TF.js graph model back, so that what was written can be compared with what was meant, bit for bit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class StoredWeight:
    """One tensor of a weights file.

    Attributes
    ----------
    name
        As the graph calls it.
    stored
        Precision on the wire.
    bytes
        Bytes on the wire.
    value
        As TF.js hands it to its backends: float32 or int32.
    """

    name: str
    stored: str
    bytes: int
    value: np.ndarray


def read_weights(document: Mapping[str, Any], data: bytes) -> Iterator[StoredWeight]:
    """Yield the tensors of a graph model in file order.

    Raises
    ------
    ValueError
        If the file is shorter or longer than its manifest says.
    """
    offset = 0
    for entry in (entry for group in document["weightsManifest"] for entry in group["weights"]):
        quantization = entry.get("quantization", {})
        stored = np.dtype(quantization.get("dtype", entry["dtype"]))
        size = int(np.prod(entry["shape"])) * stored.itemsize
        if offset + size > len(data):
            raise ValueError(f"weights end at byte {len(data)}, but {entry['name']} needs {offset + size}")
        raw = np.frombuffer(data, stored, count=size // stored.itemsize, offset=offset).reshape(entry["shape"])
        yield StoredWeight(entry["name"], stored.name, size, _widened(raw, quantization, entry["dtype"]))
        offset += size
    if offset != len(data):
        raise ValueError(f"weights file has {len(data)} bytes, but its manifest describes {offset}")


def _widened(raw: np.ndarray, quantization: Mapping[str, Any], dtype: str) -> np.ndarray:
    if "scale" in quantization:
        return (raw * np.float64(quantization["scale"]) + np.float64(quantization["min"])).astype(dtype)
    return raw.astype(dtype)
