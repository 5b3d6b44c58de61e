"""Turns a checkpoint into a TF.js graph model: inference graph -> SavedModel -> tensorflowjs, in this process."""

from __future__ import annotations

import contextlib
import io
import json
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tensorflow as tf
from tensorflowjs.converters import convert_tf_saved_model

from keras_models import native_stderr_silenced
from keras_models.checkpoint import Checkpoint
from keras_models.spec import ModelSpec
from quantization.affine import Precision

ONE_SHARD = 1 << 40


@dataclass(frozen=True)
class GraphModel:
    """A converted model in memory.

    Attributes
    ----------
    document
        The content of a TF.js ``model.json``; the weights manifest's path is filled in when it is written.
    weights
        All weights, in the order of the weights manifest.
    nodes
        Tensor name of the spec -> tensor name in the graph, for inputs and outputs.
    """

    document: dict[str, Any]
    weights: bytes
    nodes: Mapping[str, str]


def convert(spec: ModelSpec, checkpoint: Checkpoint, precisions: Mapping[str, Precision]) -> GraphModel:
    """Convert a checkpoint with one precision per weight."""
    with tempfile.TemporaryDirectory(prefix="export-") as folder:
        saved, converted = Path(folder, "saved"), Path(folder, "converted")
        module, signature = _inference_module(spec, checkpoint)
        with contextlib.redirect_stdout(io.StringIO()), native_stderr_silenced():
            tf.saved_model.save(module, str(saved), signatures=signature)
            convert_tf_saved_model(
                str(saved),
                str(converted),
                quantization_dtype_map=_patterns(precisions),
                skip_op_check=True,  # BlockLSTMV2 is not on the converter's list; export/checks.py judges instead
                control_flow_v2=True,
                weight_shard_size_bytes=ONE_SHARD,
            )
        document = json.loads((converted / "model.json").read_text(encoding="utf-8"))
        _name_outputs(document, sorted(tensor.name for tensor in spec.outputs(checkpoint)))
        (group,) = document["weightsManifest"]
        (shard,) = group["paths"]
        return GraphModel(document, (converted / shard).read_bytes(), _nodes(document))


def _inference_module(spec: ModelSpec, checkpoint: Checkpoint) -> tuple[tf.Module, Any]:
    """The graph with the weights as constants of their own names, which is what the converter's patterns see."""
    module = tf.Module()
    inputs = [tf.TensorSpec((None, *tensor.shape), tensor.dtype, name=tensor.name) for tensor in spec.inputs(checkpoint)]

    @tf.function(input_signature=inputs)
    def serve(*tensors):
        weights = {name: tf.constant(value, name=name) for name, value in checkpoint.weights.items()}
        named = {tensor.name: value for tensor, value in zip(spec.inputs(checkpoint), tensors, strict=True)}
        outputs = spec.graph(checkpoint, weights, named)
        return {tensor.name: outputs[tensor.name] for tensor in spec.outputs(checkpoint)}

    module.serve = serve
    return module, serve.get_concrete_function()


def _patterns(precisions: Mapping[str, Precision]) -> dict[str, list[str]]:
    """The converter's name patterns; functions may be inlined under a prefix, hence the leading wildcard."""
    patterns: dict[str, list[str]] = {}
    for name, precision in precisions.items():
        if precision != "float32":
            patterns.setdefault(precision, []).extend([name, f"*/{name}"])
    return patterns


def _name_outputs(document: dict[str, Any], names: Sequence[str]) -> None:
    """Give the signature's outputs their names back: the converter mixes up outputs of equal shape, but keeps their (sorted) order."""
    outputs = document["signature"]["outputs"]
    ordered = sorted(outputs.values(), key=lambda info: int(re.fullmatch(r"Identity(?:_(\d+))?:0", info["name"])[1] or 0))
    document["signature"]["outputs"] = dict(zip(names, ordered, strict=True))


def _nodes(document: Mapping[str, Any]) -> dict[str, str]:
    signature = document["signature"]
    return {name: info["name"] for side in ("inputs", "outputs") for name, info in signature[side].items()}
