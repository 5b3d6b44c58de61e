"""The network that says what the boosted trees say: its bins end where the trees split, which evenly filled bins would smooth away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from datasets.post_features import FEATURES
from datasets.posts import TARGETS
from keras_models.boosting import BoostedTrees
from keras_models.distillation import Encoder, encode, encoder_weights
from keras_models.engagement_data import Examples
from keras_models.training import History, fit, seed_everything

SWAPPED = 0.15  # share of a made-up row's features that come from another row
NARROWEST = 1e-3  # bin, in standard deviations: in narrower ones the rounding of inputs would show


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How many ensembles teach, how large the student is, and how long it learns.

    Attributes
    ----------
    teachers
        Ensembles whose mean is the teacher.
    bins
        Bins per feature, at most.
    made_up
        Made-up rows that the teacher labels, for each real one.
    """

    teachers: int = 3
    bins: int = 16
    widths: tuple[int, ...] = (128, 64)
    epochs: int = 30
    batch_size: int = 512
    learning_rate: float = 4e-3
    made_up: float = 2.5

    def __post_init__(self) -> None:
        for name in ("teachers", "bins", "epochs", "batch_size"):
            if getattr(self, name) < 1:
                raise ValueError(f"recipe: {name} expects a positive integer, got {getattr(self, name)}")


def distil(
    teacher: BoostedTrees,
    examples: Examples,
    validation: np.ndarray,
    *,
    recipe: Recipe,
    seed: int,
    title: str,
    plot: Path | None = None,
) -> tuple[dict[str, np.ndarray], History]:
    """Train one network of three outputs on what the teacher says of real and made-up rows; stop by what it says of the validation rows.

    Made-up rows are real ones, drawn by weight, of which some features come from other rows: they show the teacher's steps where real
    rows are rare.
    """
    seed_everything(seed)
    made = _made_up(examples, rows=int(recipe.made_up * len(examples)), seed=seed)
    rows = np.concatenate([examples.features, made])
    weight = np.concatenate([np.sqrt(examples.weight), np.ones(len(made))])
    encoder = teacher_encoder(teacher, examples.features, bins=recipe.bins)
    answers = teacher.predict(rows)
    centre, scale = answers.mean(axis=0), answers.std(axis=0)
    network = _network(encoder, recipe.widths)
    steps = recipe.epochs * -(-len(rows) // recipe.batch_size)
    schedule = keras.optimizers.schedules.CosineDecay(recipe.learning_rate, steps, alpha=0.01)
    network.compile(keras.optimizers.Adam(schedule), loss="mse")
    shown = (rows.astype(np.float32), ((answers - centre) / scale).astype(np.float32), (weight / weight.mean()).astype(np.float32))
    held = (validation.astype(np.float32), ((teacher.predict(validation) - centre) / scale).astype(np.float32))
    history = fit(network, shown, held, title=title, plot=plot, epochs=recipe.epochs, batch_size=recipe.batch_size)
    learned = {}
    for layer in network.layers[1:]:
        learned[f"{layer.name}/kernel"], learned[f"{layer.name}/bias"] = layer.get_weights()
    last = f"dense_{len(recipe.widths) + 1}"
    learned[f"{last}/kernel"] = (learned[f"{last}/kernel"] * scale).astype(np.float32)
    learned[f"{last}/bias"] = (learned[f"{last}/bias"] * scale + centre).astype(np.float32)
    return encoder | learned, history


def teacher_encoder(teacher: BoostedTrees, features: np.ndarray, *, bins: int) -> dict[str, np.ndarray]:
    """``encoder_weights`` of training rows [n, k], but with bins that end at the teacher's own thresholds.

    Where there are more of them than bins, bins hold equal sums of the root of what the splits gained: narrow ones where the teacher
    makes many or large steps. A feature that the teacher never asks for keeps no bin.
    """
    weights = encoder_weights(features, bins=bins)
    lower, slope = np.zeros_like(weights["bins/lower"]), np.zeros_like(weights["bins/slope"])
    for feature, column in enumerate(features.T):
        thresholds, gain = teacher.thresholds(feature)
        if len(thresholds):
            inner = np.unique(thresholds)
            if len(inner) > bins - 1:
                share = np.sqrt(gain)
                inner = np.interp(np.linspace(0, 1, bins - 1), (np.cumsum(share) - share / 2) / share.sum(), thresholds)
            edges = np.unique(np.concatenate([[column.min()], inner, [column.max()]]).astype(np.float32))
            edges = edges[np.diff(edges, prepend=-np.inf) > NARROWEST * column.std()]
            lower[feature, : len(edges) - 1], slope[feature, : len(edges) - 1] = edges[:-1], 1 / np.diff(edges)
    return weights | {"bins/lower": lower, "bins/slope": slope}


def _made_up(examples: Examples, *, rows: int, seed: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    features = examples.features
    start = random.choice(len(features), size=rows, p=examples.weight / examples.weight.sum())
    others = features[random.integers(len(features), size=rows)]
    return np.where(random.random((rows, features.shape[1])) < SWAPPED, others, features[start])


def _network(encoder: Mapping[str, np.ndarray], widths: tuple[int, ...]) -> keras.Sequential:
    """Raw features [batch, k] -> log1p of likes, comments and shares [batch, 3]."""
    hidden = [keras.layers.Dense(width, activation="relu", name=f"dense_{layer}") for layer, width in enumerate(widths, start=1)]
    outputs = keras.layers.Dense(len(TARGETS), name=f"dense_{len(widths) + 1}")
    return keras.Sequential([keras.Input((len(FEATURES),)), Encoder(encoder, name="encoder"), *hidden, outputs])


def student_network(weights: Mapping[str, np.ndarray]) -> keras.Model:
    """The student as a Keras model with its weights loaded: raw features [batch, k] -> log1p of the counts [batch, 3]."""
    layers = range(1, 1 + _layers(weights))
    widths = tuple(len(weights[f"dense_{layer}/bias"]) for layer in layers[:-1])
    network = _network({name: weights[name] for name in weights if name.startswith(("scaler/", "bins/"))}, widths)
    network.set_weights([weights[f"dense_{layer}/{part}"] for layer in layers for part in ("kernel", "bias")])
    return network


def student_graph(weights: Mapping[str, Any], raw: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """The student as plain operations: raw features [batch, k] -> encoded features and log1p of the counts [batch, 3], not below 0."""
    features = values = encode(weights, raw)
    for layer in range(1, 1 + _layers(weights)):
        values = tf.matmul(values, weights[f"dense_{layer}/kernel"]) + weights[f"dense_{layer}/bias"]
        values = tf.nn.relu(values)  # of the last layer too: there are no negative counts
    return features, values


def student_logs(weights: Mapping[str, np.ndarray], features: np.ndarray) -> np.ndarray:
    """Raw features [n, k] -> log1p of the counts, float64 [n, 3]."""
    return student_graph(weights, tf.constant(features, tf.float32))[1].numpy().astype(np.float64)


def _layers(weights: Mapping[str, Any]) -> int:
    return sum(name.endswith("/kernel") for name in weights)
