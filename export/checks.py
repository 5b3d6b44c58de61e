"""What a graph model must be before it is shipped: each check names what it expected, what came and the remedy."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import tensorflowjs

from datasets.formats import content_sha256
from datasets.registry import DataMissingError, find
from export.converter import GraphModel
from export.weights import StoredWeight, read_weights
from keras_models.checkpoint import Checkpoint
from keras_models.report import Row

DRIFT = 1e-3  # relative; beyond it a recorded figure no longer describes this checkpoint
LARGEST_MODEL = 5_000_000  # bytes of graph and weights together
RUNTIME_OPS = frozenset({"BlockLSTMV2"})  # ops that web_runtime adds to TF.js
CONTROL_FLOW = frozenset(
    [
        "Switch",
        "Merge",
        "Enter",
        "Exit",
        "NextIteration",
        "LoopCond",
        "If",
        "While",
        "StatelessIf",
        "StatelessWhile",
        "PartitionedCall",
        "StatefulPartitionedCall",
        "TensorListReserve",
        "TensorListFromTensor",
        "TensorListGetItem",
        "TensorListSetItem",
        "TensorListStack",
        "TensorArrayV3",
    ]
)


class ExportError(Exception):
    """A graph model is not fit to ship."""


def check_graph(model: str, document: Mapping[str, Any]) -> None:
    """Only ops that ``GraphModel.execute`` runs: none of control flow, none that TF.js lacks."""
    ops = {node["op"] for node in _all_nodes(document)}
    if flow := sorted(ops & CONTROL_FLOW):
        raise ExportError(f"{model}: control flow in the graph: {', '.join(flow)}; write the loop as one op or unroll it")
    if unknown := sorted(ops - _supported_ops() - RUNTIME_OPS):
        raise ExportError(f"{model}: ops that TF.js lacks: {', '.join(unknown)}; express them by others or add a kernel to web_runtime")


def check_format(model: str, document: Mapping[str, Any]) -> None:
    """The standard layout of a TF.js graph model, by which viewers such as Netron recognise it."""
    if document.get("format") != "graph-model":
        raise ExportError(f"{model}: expected format 'graph-model', got {document.get('format')!r}")
    for key in ("modelTopology", "weightsManifest", "signature"):
        if not document.get(key):
            raise ExportError(f"{model}: graph file without {key}; convert it again")


def check_weights(model: str, graph: GraphModel, expected: Mapping[str, np.ndarray], precisions: Mapping[str, str]) -> list[StoredWeight]:
    """Every quantized weight arrived in its precision, and every weight that kept its name has the reference's bits."""
    stored = list(read_weights(graph.document, graph.weights))
    by_name = {_own_name(weight.name, expected): weight for weight in stored}
    for name, precision in precisions.items():
        weight = by_name.get(name)
        if weight is None:
            if precision != "float32":
                raise ExportError(f"{model}: weight {name} is not in the graph under its name; quantization pattern lost it")
        elif weight.stored != precision:
            raise ExportError(f"{model}: expected {name} as {precision}, got {weight.stored}")
        elif weight.value.tobytes() != expected[name].tobytes():
            raise ExportError(f"{model}: the bits of {name} differ from the dequantized reference")
    if stray := [
        weight.name for weight in stored if weight.stored not in ("float32", "int32") and _own_name(weight.name, expected) is None
    ]:
        raise ExportError(f"{model}: quantized though not planned: {', '.join(stray)}")
    return stored


def check_size(model: str, size: int, *, largest: int = LARGEST_MODEL) -> None:
    """All files together within the limit."""
    if size > largest:
        raise ExportError(f"{model}: {size:,} bytes, expected at most {largest:,}; quantize further or make it smaller")


def data_at_hand(checkpoint: Checkpoint) -> bool:
    """Whether the very files that the checkpoint was trained on are here: only then are its splits what they were."""
    try:
        return all(content_sha256(find(item["name"])) == item["sha256"] for item in checkpoint.provenance["data"])
    except (DataMissingError, KeyError):
        return False


def check_recorded(model: str, fresh: Iterable[Row], recorded: Iterable[Row], *, remedy: str) -> None:
    """Every recorded figure is what is measured now."""
    measured = {(row.backend, row.metric, row.data): row.value for row in fresh}
    for row in recorded:
        value = measured.get((row.backend, row.metric, row.data))
        if value is None or abs(value - row.value) > DRIFT * max(abs(row.value), 1e-9):
            raise ExportError(
                f"{model}: recorded {row.metric} of {row.backend} on {row.data} is {row.value:.6g}, measured now {value}; run `{remedy}`"
            )


def _own_name(graph_name: str, names: Mapping[str, Any]) -> str | None:
    return next((name for name in names if graph_name == name or graph_name.endswith(f"/{name}")), None)


def _all_nodes(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    topology = document["modelTopology"]
    functions = topology.get("library", {}).get("function", [])
    return [*topology["node"], *(node for function in functions for node in function.get("nodeDef", []))]


@cache
def _supported_ops() -> frozenset[str]:
    """The ops that this version of TF.js executes, from the converter's own lists."""
    lists = Path(tensorflowjs.__file__).parent / "op_list"
    return frozenset(op["tfOpName"] for path in lists.glob("*.json") for op in json.loads(path.read_text(encoding="utf-8")))
