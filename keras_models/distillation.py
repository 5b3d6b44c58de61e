"""Distils a teacher that is too large for a browser into a small network: what to ask the teacher, and a network that can follow it.

Trees answer in steps along single features, which a plain network smooths away. So the student sees each feature twice: standardised,
and cut into bins of which each fills from 0 to 1 while the feature crosses it (piecewise linear encoding: Gorishniy et al., "On
Embeddings for Numerical Features in Tabular Deep Learning", 2022). Beyond the training rows' range trees are constant; so is the
student, which clips its inputs to that range, and no input overflows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from sklearn.neighbors import NearestNeighbors

from keras_models.training import History, fit, seed_everything
from keras_models.trees import standard_scaler

JITTER = 0.15  # standard deviations
TOUCHED = 0.5  # share of a jittered row's features that move
SWAPPED = 0.2  # share of a resampled row's features that come from other rows


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How large the student is and how long it learns.

    Attributes
    ----------
    augmented
        Made-up rows that the teacher labels, beside the real training rows.
    bins
        Bins per feature, at most.
    widths
        Units of the hidden layers.
    """

    augmented: int = 40_000
    neighbours: int = 8
    bins: int = 16
    widths: tuple[int, ...] = (128, 64)
    epochs: int = 60
    batch_size: int = 512
    learning_rate: float = 4e-3

    def __post_init__(self) -> None:
        for name in ("augmented", "neighbours", "bins", "epochs", "batch_size"):
            if getattr(self, name) < 1:
                raise ValueError(f"recipe: {name} expects a positive integer, got {getattr(self, name)}")


def augmented_rows(features: np.ndarray, *, rows: int, neighbours: int, seed: int) -> np.ndarray:
    """Make up rows near real ones: half interpolated between neighbours, a quarter jittered, a quarter with resampled marginals.

    Parameters
    ----------
    features
        Real training rows, float64 [n, k].
    rows
        How many to make.

    Returns
    -------
    np.ndarray
        float64 [rows, k], inside the range of the real rows; columns that hold whole numbers keep holding them.
    """
    random = np.random.default_rng(seed)
    made = np.concatenate(
        [
            _interpolated(features, rows // 2, neighbours, random),
            _jittered(features, rows // 4, random),
            _resampled(features, rows - rows // 2 - rows // 4, random),
        ]
    )
    whole = (features == np.round(features)).all(axis=0)
    made[:, whole] = np.round(made[:, whole])
    return made.clip(features.min(axis=0), features.max(axis=0))


def _interpolated(features: np.ndarray, rows: int, neighbours: int, random: np.random.Generator) -> np.ndarray:
    scaled = features / standard_scaler(features)[1]
    count = min(neighbours, len(features) - 1)
    near = NearestNeighbors(n_neighbors=count + 1).fit(scaled).kneighbors(scaled, return_distance=False)
    start = random.integers(len(features), size=rows)
    end = near[start, random.integers(1, count + 1, size=rows)]
    return features[start] + random.random((rows, 1)) * (features[end] - features[start])


def _jittered(features: np.ndarray, rows: int, random: np.random.Generator) -> np.ndarray:
    shape = (rows, features.shape[1])
    noise = JITTER * features.std(axis=0) * random.normal(size=shape)
    return features[random.integers(len(features), size=rows)] + np.where(random.random(shape) < TOUCHED, noise, 0)


def _resampled(features: np.ndarray, rows: int, random: np.random.Generator) -> np.ndarray:
    shape = (rows, features.shape[1])
    others = np.take_along_axis(features, random.integers(len(features), size=shape), axis=0)
    return np.where(random.random(shape) < SWAPPED, others, features[random.integers(len(features), size=rows)])


def encoder_weights(features: np.ndarray, *, bins: int) -> dict[str, np.ndarray]:
    """Learn range, scaler and bins from training rows [n, k]: float32 ``scaler/*`` [k] and ``bins/*`` [k, bins].

    Bins end at quantiles, or at the values themselves where a feature has few. A bin that is not needed has slope 0.
    """
    mean, scale = standard_scaler(features)
    lower = np.zeros((features.shape[1], bins), np.float32)
    slope = np.zeros_like(lower)
    for row, column in enumerate(features.T):
        values = np.unique(column)
        edges = values if len(values) <= bins + 1 else np.unique(np.quantile(column, np.linspace(0, 1, bins + 1)))
        edges = np.unique(edges.astype(np.float32))
        lower[row, : len(edges) - 1] = edges[:-1]
        slope[row, : len(edges) - 1] = 1 / np.diff(edges)
    return {
        "scaler/minimum": features.min(axis=0).astype(np.float32),
        "scaler/maximum": features.max(axis=0).astype(np.float32),
        "scaler/mean": mean,
        "scaler/scale": scale,
        "bins/lower": lower,
        "bins/slope": slope,
    }


def encode(weights: Mapping[str, Any], raw: tf.Tensor) -> tf.Tensor:
    """What the first trained layer sees: raw features [batch, k] -> [batch, k + k * bins], standardised, then bins from 0 to 1."""
    inside = tf.minimum(tf.maximum(raw, weights["scaler/minimum"]), weights["scaler/maximum"])
    standardised = (inside - weights["scaler/mean"]) / weights["scaler/scale"]
    filled = (tf.expand_dims(inside, 2) - weights["bins/lower"]) * weights["bins/slope"]
    filled = tf.minimum(tf.maximum(filled, 0.0), 1.0)
    return tf.concat([standardised, tf.reshape(filled, [-1, filled.shape[1] * filled.shape[2]])], axis=1)


def student_graph(weights: Mapping[str, Any], raw: tf.Tensor) -> dict[str, tf.Tensor]:
    """The student as plain operations: raw features float32 [batch, k] -> ``features`` and ``probability`` [batch, 1]."""
    features = values = encode(weights, raw)
    layers = sum(name.endswith("/kernel") for name in weights)
    for layer in range(1, layers + 1):
        values = tf.matmul(values, weights[f"dense_{layer}/kernel"]) + weights[f"dense_{layer}/bias"]
        values = tf.nn.relu(values) if layer < layers else tf.sigmoid(values)
    return {"features": features, "probability": values}


class Encoder(keras.layers.Layer):
    """``encode`` as a layer, so that the float network takes raw features like the graph."""

    def __init__(self, weights: Mapping[str, np.ndarray], **options: Any) -> None:
        super().__init__(**options)
        self._learned = {name: np.asarray(value) for name, value in weights.items()}

    def call(self, raw: tf.Tensor) -> tf.Tensor:
        """Raw features [batch, k] -> [batch, k + k * bins]."""
        return encode(self._learned, raw)


def student_network(weights: Mapping[str, np.ndarray]) -> keras.Model:
    """The student as a Keras model with its weights loaded: raw features [batch, k] -> probability [batch, 1]."""
    biases = [weights[f"dense_{layer}/bias"] for layer in range(1, 1 + sum(name.endswith("/kernel") for name in weights))]
    logits = _logits_network(len(weights["dense_1/kernel"]), tuple(len(bias) for bias in biases[:-1]))
    logits.set_weights([weights[f"dense_{layer}/{part}"] for layer in range(1, len(biases) + 1) for part in ("kernel", "bias")])
    raw = keras.Input((len(weights["scaler/mean"]),), name="features_raw")
    encoder = Encoder({name: value for name, value in weights.items() if name.startswith(("scaler/", "bins/"))})
    return keras.Model(raw, keras.layers.Activation("sigmoid", name="probability")(logits(encoder(raw))))


def _logits_network(inputs: int, widths: tuple[int, ...]) -> keras.Sequential:
    hidden = [keras.layers.Dense(width, activation="relu", name=f"dense_{layer}") for layer, width in enumerate(widths, start=1)]
    return keras.Sequential([keras.Input((inputs,)), *hidden, keras.layers.Dense(1, name=f"dense_{len(widths) + 1}")])


def distil(
    teacher: Callable[[np.ndarray], np.ndarray],
    features: np.ndarray,
    validation: np.ndarray,
    *,
    recipe: Recipe,
    seed: int,
    title: str,
    plot: Path | None = None,
) -> tuple[dict[str, np.ndarray], History]:
    """Train a student on the teacher's probabilities of real and made-up rows; stop by those of the validation rows.

    Parameters
    ----------
    teacher
        Raw features [n, k] -> probabilities [n].
    features, validation
        Training and validation rows, float64 [n, k]; no labels are needed.

    Returns
    -------
    weights, history
        Named float32 weights of ``student_graph``, and the losses: cross-entropy against the teacher's probabilities.
    """
    seed_everything(seed)
    made = augmented_rows(features, rows=recipe.augmented, neighbours=recipe.neighbours, seed=seed)
    rows = np.concatenate([features, made])
    encoder = encoder_weights(features, bins=recipe.bins)

    def examples(raw: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return encode(encoder, tf.constant(raw, tf.float32)).numpy(), teacher(raw).astype(np.float32)[:, None]

    x, y = examples(rows)
    logits = _logits_network(x.shape[1], recipe.widths)
    steps = recipe.epochs * -(-len(x) // recipe.batch_size)
    schedule = keras.optimizers.schedules.CosineDecay(recipe.learning_rate, steps, alpha=0.01)
    logits.compile(keras.optimizers.Adam(schedule), loss=keras.losses.BinaryCrossentropy(from_logits=True))
    history = fit(logits, (x, y), examples(validation), title=title, plot=plot, epochs=recipe.epochs, batch_size=recipe.batch_size)
    learned = {}
    for layer in logits.layers:
        learned[f"{layer.name}/kernel"], learned[f"{layer.name}/bias"] = layer.get_weights()
    return encoder | learned, history
