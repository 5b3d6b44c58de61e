"""The anomaly model's graph: a student of the isolation forest and an autoencoder, side by side over the same ten features."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from keras_models.distillation import student_graph

WIDTHS = (8, 4, 2, 4, 8)  # hidden layers of the autoencoder, between 10 inputs and 10 outputs
ORDINARY = 1.0  # squared error of an ordinary row: contributions to less than that are shares of it, too small to be rounding's business
QUIET = 0.25  # an ordinary row's squared error is about 1; what lies below this is rounding's business
CLIP = 8.0  # standard deviations that the autoencoder is shown at most


def part(weights: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    """The weights under ``prefix/``, without it."""
    return {name.removeprefix(f"{prefix}/"): value for name, value in weights.items() if name.startswith(f"{prefix}/")}


def anomaly_graph(weights: Mapping[str, Any], raw: tf.Tensor) -> dict[str, tf.Tensor]:
    """Ten raw features float32 [batch, 10] -> all named outputs of the model.

    ``score`` is the student's score; ``reconstruction`` the root of the mean over features of the autoencoder's squared error,
    each in units of that feature's mean squared error in training, 0.5 at least; ``contributions`` each feature's share of the squared
    error, or of an ordinary row's where that is larger; ``z`` the largest deviation of a feature from the ordinary; ``confidence`` the
    calibrated weighting of the three.
    """
    forest, autoencoder, calibration = (part(weights, name) for name in ("forest", "autoencoder", "calibration"))
    student = student_graph(forest, raw)
    shown = standardised(autoencoder, raw)
    errors = tf.square(reconstructed(autoencoder, shown) - shown) * autoencoder["scaler/error"]
    total = tf.maximum(tf.reduce_sum(errors, axis=1, keepdims=True), QUIET)
    reconstruction = tf.sqrt(total)
    z_score = tf.reduce_max(tf.abs(raw - weights["z/center"]) * weights["z/weight"], axis=1, keepdims=True)
    evidence = tf.concat([student["probability"], tf.math.log1p(reconstruction), tf.math.log1p(z_score)], axis=1)
    return {
        "score": student["probability"],
        "reconstruction": reconstruction,
        "z": z_score,
        "confidence": tf.sigmoid(tf.matmul(evidence, calibration["weights"]) + calibration["bias"]),
        "contributions": errors / tf.maximum(total, ORDINARY),
        "features": tf.concat([student["features"], shown], axis=1),
    }


def standardised(autoencoder: Mapping[str, Any], raw: tf.Tensor) -> tf.Tensor:
    """Raw features [batch, 10] -> standard deviations from the training mean, within -8..8."""
    return tf.minimum(tf.maximum((raw - autoencoder["scaler/mean"]) / autoencoder["scaler/scale"], -CLIP), CLIP)


def reconstructed(autoencoder: Mapping[str, Any], shown: tf.Tensor) -> tf.Tensor:
    """Standardised features [batch, 10] -> what the autoencoder makes of them [batch, 10]."""
    values = shown
    for layer in range(1, len(WIDTHS) + 2):
        values = tf.matmul(values, autoencoder[f"dense_{layer}/kernel"]) + autoencoder[f"dense_{layer}/bias"]
        values = 2 * tf.sigmoid(2 * values) - 1 if layer <= len(WIDTHS) else values  # tanh: fused, tfjs's cpu lacks it
    return values


def autoencoder_network(columns: int) -> keras.Sequential:
    """10-8-4-2-4-8-10: tanh inside, linear out."""
    hidden = [keras.layers.Dense(width, activation="tanh", name=f"dense_{layer}") for layer, width in enumerate(WIDTHS, start=1)]
    return keras.Sequential([keras.Input((columns,)), *hidden, keras.layers.Dense(columns, name=f"dense_{len(WIDTHS) + 1}")])


def anomaly_network(weights: Mapping[str, np.ndarray]) -> keras.Model:
    """The whole model as a Keras model with its weights: raw features [batch, 10] -> the named outputs."""
    raw = keras.Input((len(weights["z/weight"]),), name="features_raw")
    return keras.Model(raw, _Graph(weights)(raw))


class _Graph(keras.layers.Layer):
    """The graph as a layer, so that the float network takes raw features as the exported one does."""

    def __init__(self, weights: Mapping[str, np.ndarray], **options: Any) -> None:
        super().__init__(**options)
        self._learned = {name: np.asarray(value) for name, value in weights.items()}

    def call(self, raw: tf.Tensor) -> dict[str, tf.Tensor]:
        """Raw features [batch, 10] -> named outputs."""
        return anomaly_graph(self._learned, raw)


def run_graph(weights: Mapping[str, np.ndarray], rows: np.ndarray) -> dict[str, np.ndarray]:
    """Named outputs of raw rows [n, 10], in float32 as the graph computes them; ``features`` left out."""
    outputs = anomaly_graph(weights, tf.constant(rows, tf.float32))
    return {name: value.numpy() for name, value in outputs.items() if name != "features"}
