"""Runs a model's inference graph in TensorFlow with any set of weights: float, dequantized, or one that the search tries."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import tensorflow as tf

from keras_models.checkpoint import Checkpoint
from keras_models.spec import Arrays, ModelSpec

BATCH = 4096


def runner(spec: ModelSpec, checkpoint: Checkpoint) -> Callable[[Mapping[str, np.ndarray], Arrays], dict[str, np.ndarray]]:
    """Trace the graph once, with the weights as arguments.

    Returns
    -------
    Callable
        ``run(weights, inputs) -> outputs``: named arrays, batch axis first, computed in float32.
    """
    weight_signature = {name: tf.TensorSpec(value.shape, tf.float32) for name, value in checkpoint.weights.items()}
    input_signature = {tensor.name: tf.TensorSpec((None, *tensor.shape), tensor.dtype) for tensor in spec.inputs(checkpoint)}

    @tf.function(input_signature=(weight_signature, input_signature))
    def graph(weights, inputs):
        return spec.graph(checkpoint, weights, inputs)

    def run(weights: Mapping[str, np.ndarray], inputs: Arrays) -> dict[str, np.ndarray]:
        held = {name: tf.constant(weights[name]) for name in weight_signature}
        rows = len(next(iter(inputs.values())))
        parts = [
            {name: value.numpy() for name, value in graph(held, _rows(inputs, input_signature, start)).items()}
            for start in range(0, max(rows, 1), BATCH)
        ]
        return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}

    return run


def _rows(inputs: Arrays, signature: Mapping[str, tf.TensorSpec], start: int) -> dict[str, tf.Tensor]:
    return {name: tf.constant(inputs[name][start : start + BATCH], spec.dtype) for name, spec in signature.items()}
