"""The genre model's arithmetic: three members, each with calibrated probabilities, and their soft vote. All of it runs in the graph."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import tensorflow as tf

from keras_models.genre_data import PATCHES
from keras_models.genre_patterns import levels, patterns
from keras_models.genre_statistics import statistics

TAGS = 50
QUANTILES = (0.1, 0.5, 0.9)
LIMIT = 5.0  # standard deviations at which a statistic is cut: beyond, a track is unlike all of training
MEMBERS = ("transfer", "streams", "joint")
ENSEMBLE = "probability"  # the output of their vote
Named = Mapping[str, tf.Tensor]


def genre_graph(weights: Named, tags: tf.Tensor, mel: tf.Tensor) -> dict[str, tf.Tensor]:
    """Probabilities of genres.

    Parameters
    ----------
    tags
        Logits of MusiCNN's tags of ten patches, [batch, 10, 50].
    mel
        Log-mel spectrogram in dB, frames first, [batch, 387, 128].
    """
    described = scaled(weights, "statistics", statistics(mel))
    streams = tf.concat([described, scaled(weights, "patterns", patterns(weights, levels(mel)))], axis=1)
    quantiles = scaled(weights, "quantiles", tag_quantiles(tags))
    features = tf.concat([quantiles, described], axis=1)
    patches = transfer_logits(weights, tags)
    logits = {
        "transfer": 0.5 * tf.reduce_mean(patches, axis=1) + dense(weights, "recording", quantiles),
        "streams": streams_logits(weights, streams),
        "joint": dense(weights, "joint", features),
    }
    votes = [tf.nn.log_softmax(logits[name]) * weights[f"ensemble/{name}"] for name in MEMBERS]
    return {
        ENSEMBLE: tf.nn.softmax(tf.add_n(votes)),
        **{name: tf.nn.softmax(logits[name]) for name in MEMBERS},
        "over_time": tf.nn.softmax(patches),
        "features": features,
    }


def transfer_logits(weights: Named, tags: tf.Tensor) -> tf.Tensor:
    """Logits of genres for each patch, [batch, 10, genres]: a small network over the tags, several seeds side by side."""
    rows = tf.reshape((tags - weights["tags/mean"]) / weights["tags/scale"], (-1, TAGS))
    hidden = tf.nn.relu(dense(weights, "hidden", rows))
    logits = dense(weights, "transfer", hidden)
    return tf.reshape(logits, (-1, PATCHES, logits.shape[1]))


def streams_logits(weights: Named, streams: tf.Tensor) -> tf.Tensor:
    """Logits of genres [batch, genres] of scaled statistics and patterns: a layer over them and over several networks' units."""
    hidden = tf.nn.relu(dense(weights, "units", streams))
    return dense(weights, "streams", tf.concat([streams, hidden], axis=1))


def tag_quantiles(tags: tf.Tensor) -> tf.Tensor:
    """How low, usual and high each tag is over the patches, [batch, 2 * 3 * 50]: its logits, then the roots of its probabilities.

    Logits tell apart what is unlikely, roots what is likely.
    """
    ordered = tf.reshape(tf.math.top_k(tf.transpose(tags, (0, 2, 1)), PATCHES).values, (-1, PATCHES))
    both = [tf.matmul(values, _between()) for values in (ordered, tf.sqrt(tf.sigmoid(ordered)))]
    parts = [tf.transpose(tf.reshape(quantiles, (-1, TAGS, len(QUANTILES))), (0, 2, 1)) for quantiles in both]
    return tf.concat([tf.reshape(part, (-1, TAGS * len(QUANTILES))) for part in parts], axis=1)


def _between() -> np.ndarray:
    """[10, 3]: quantiles of ten values in falling order, by linear interpolation."""
    basis = np.zeros((PATCHES, len(QUANTILES)), np.float32)
    for column, quantile in enumerate(QUANTILES):
        place = (1 - quantile) * (PATCHES - 1)
        low = int(place)
        basis[low, column] += 1 - (place - low)
        if place > low:
            basis[low + 1, column] += place - low
    return basis


def scaled(weights: Named, name: str, values: tf.Tensor) -> tf.Tensor:
    """Values in standard deviations of training, cut far outside."""
    return tf.clip_by_value((values - weights[f"{name}/mean"]) / weights[f"{name}/scale"], -LIMIT, LIMIT)


def dense(weights: Named, name: str, values: tf.Tensor) -> tf.Tensor:
    """A linear layer."""
    return tf.matmul(values, weights[f"{name}/kernel"]) + weights[f"{name}/bias"]
