"""Compares the weights that lie on a browser's device with the dequantized reference and with the exported file, bit for bit."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from export.weights import read_weights
from parity_tests.harness import MODELS, exported
from parity_tests.reference import Reference


def compare_weights(reference: Reference, live: Mapping[str, np.ndarray]) -> tuple[int, list[str], dict[str, Any]]:
    """Compare a session's live weights with what Python computed with.

    A weight that kept its name in the graph must have the dequantized reference's bits; constants, and what the converter folded
    into them, must have the exported file's.

    Returns
    -------
    tuple
        Number of values that differ, a sentence for each tensor that has some, and ``n`` and ``data`` of the report's row.
    """
    paths = {file["role"]: file["path"] for file in exported(reference.name)["files"]}
    graph, weights = ((MODELS / paths[role]).read_bytes() for role in ("graph", "weights"))
    stored = {weight.name: weight.value for weight in read_weights(json.loads(graph), weights)}
    own = {name: weight for name in stored for weight in reference.weights if name == weight or name.endswith(f"/{weight}")}
    expected = {name: reference.weights[own[name]] if name in own else value for name, value in stored.items()}
    problems, total = [], 0
    for name in sorted(expected.keys() | live.keys()):
        differing = differing_bits(expected.get(name), live.get(name))
        total += differing
        if differing:
            problems.append(f"{name}: {differing} values differ in their bits")
    data = f"{len(own)} weights against the dequantized reference, {len(stored) - len(own)} constants against the exported file"
    return total, problems, {"n": sum(value.size for value in stored.values()), "data": data}


def differing_bits(expected: np.ndarray | None, got: np.ndarray | None) -> int:
    """Number of values whose bits differ; all of them where one side is missing or has another shape or type."""
    if expected is None or got is None or expected.shape != got.shape or expected.dtype != got.dtype:
        return max(0 if array is None else array.size for array in (expected, got))
    return int((np.ascontiguousarray(expected).view(np.uint32) != np.ascontiguousarray(got).view(np.uint32)).sum())
