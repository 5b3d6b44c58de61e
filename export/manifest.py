"""Writes what the runtime may know of a model: files with hashes, tensors, constants, quality, golden pair."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np

from export import SUITE_VERSION
from export.converter import GraphModel
from export.weights import StoredWeight
from keras_models.checkpoint import Checkpoint
from keras_models.evaluation import recorded_quality
from keras_models.inference import runner
from keras_models.pack import PackSpec
from keras_models.report import Row
from keras_models.spec import ModelSpec, TensorSpec
from quantization.plan import Plan

SCHEMA_VERSION = 1
SCHEMA = Path(__file__).parent / "manifest.schema.json"


@dataclass(frozen=True)
class ModelFile:
    """A file of dist/models/, its name carrying a hash of its content."""

    path: str
    role: str
    content: bytes

    @property
    def record(self) -> dict[str, Any]:
        """Its entry in the manifest."""
        return {"path": self.path, "role": self.role, "bytes": len(self.content), "sha256": hashlib.sha256(self.content).hexdigest()}


def model_files(model: str, graph: GraphModel, data: bytes | None = None) -> list[ModelFile]:
    """Graph, weights and what preprocessing reads under content-hashed names, the graph naming its weights file."""
    weights = _hashed(model, "bin", "weights", graph.weights)
    document = json.loads(json.dumps(graph.document))
    document["weightsManifest"][0]["paths"] = [weights.path]
    content = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    beside = [] if data is None else [_hashed(f"{model}-data", "json", "data", data)]
    return [_hashed(model, "json", "graph", content), weights, *beside]


def model_manifest(
    spec: ModelSpec, checkpoint: Checkpoint, plan: Plan, *, graph: GraphModel, files: Sequence[ModelFile], stored: Sequence[StoredWeight]
) -> dict[str, Any]:
    """The manifest's entry of one model."""
    extra = {"preprocessing": {}, "labels": [], "thresholds": {}, "features": []} | spec.manifest(checkpoint)
    return {
        "version": spec.version,
        "title": spec.title,
        "summary": spec.summary,
        "method": spec.method,
        "files": [file.record for file in files],
        "inputs": [_tensor(tensor, graph.nodes) for tensor in spec.inputs(checkpoint)],
        "outputs": [_tensor(tensor, graph.nodes) for tensor in spec.outputs(checkpoint)],
        **extra,
        "parameters": checkpoint.parameters,
        "quantization": {
            "floatBytes": 4 * sum(weight.value.size for weight in stored),
            "bytes": sum(weight.bytes for weight in stored),
            "tensors": [
                {"name": weight.name, "dtype": weight.stored, "shape": list(weight.value.shape), "bytes": weight.bytes} for weight in stored
            ],
        },
        "quality": [asdict(row) for row in plan.rows],
        "tolerance": dict(spec.tolerance),
        "provenance": {**checkpoint.provenance, "checkpoint": checkpoint.sha256},
        "licence": spec.licence,
        "golden": golden_pair(spec, checkpoint, plan),
    }


def golden_pair(spec: ModelSpec, checkpoint: Checkpoint, plan: Plan) -> dict[str, Any]:
    """An input and the dequantized model's answer to it, rounded far below any tolerance so that machines agree on the bytes."""
    inputs = spec.encode(checkpoint, spec.golden(checkpoint).args)
    outputs = runner(spec, checkpoint)(plan.apply(checkpoint.weights), inputs)
    wanted = [tensor.name for tensor in spec.outputs(checkpoint)]
    return {
        "inputs": {name: {"shape": list(value.shape), "data": _cycle(value.ravel())} for name, value in inputs.items()},
        "outputs": {name: {"shape": list(outputs[name].shape), "data": _rounded(outputs[name])} for name in wanted},
    }


def pack_files(pack: str, data: bytes) -> list[ModelFile]:
    """The one file of a pack under its content-hashed name."""
    return [_hashed(pack, "json" if data[:1] in (b"{", b"[") else "bin", "data", data)]


def pack_manifest(spec: PackSpec, checkpoint: Checkpoint, *, files: Sequence[ModelFile]) -> dict[str, Any]:
    """The manifest's entry of one pack."""
    return {
        "version": spec.version,
        "title": spec.title,
        "summary": spec.summary,
        "files": [file.record for file in files],
        "constants": spec.constants(checkpoint),
        "quality": [asdict(row) for row in recorded_quality(checkpoint)],
        "provenance": {**checkpoint.provenance, "checkpoint": checkpoint.sha256},
        "licence": spec.licence,
    }


def _cycle(values: np.ndarray) -> list[float]:
    """The shortest run of values that fills the tensor when it is repeated: a large input that repeats costs the manifest little."""
    length = next((period for period in range(1, len(values)) if np.array_equal(values[period:], values[:-period])), len(values))
    return values[:length].tolist()


def suite_manifest(models: Mapping[str, Mapping[str, Any]], packs: Mapping[str, Mapping[str, Any]]) -> bytes:
    """The whole manifest, checked against its schema.

    Raises
    ------
    jsonschema.ValidationError
        If an entry breaks the schema.
    """
    entries = {"models": dict(sorted(models.items())), "packs": dict(sorted(packs.items()))}
    manifest = {"schemaVersion": SCHEMA_VERSION, "suiteVersion": SUITE_VERSION, **entries}
    content = json.dumps(manifest, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    jsonschema.validate(json.loads(content), json.loads(SCHEMA.read_text(encoding="utf-8")))
    return content.encode()


def quality_of(rows: Sequence[Row], *, variant: str, metric: str) -> dict[str, float]:
    """Data label -> value of one metric of one variant."""
    return {row.data: row.value for row in rows if (row.backend, row.metric) == (variant, metric)}


def _hashed(model: str, suffix: str, role: str, content: bytes) -> ModelFile:
    return ModelFile(f"{model}-{hashlib.sha256(content).hexdigest()[:12]}.{suffix}", role, content)


def _tensor(tensor: TensorSpec, nodes: Mapping[str, str]) -> dict[str, Any]:
    return {**asdict(tensor), "shape": list(tensor.shape), "node": nodes[tensor.name]}


def _rounded(values: np.ndarray) -> list[float]:
    return [float(f"{value:.7g}") for value in values.ravel().tolist()]
