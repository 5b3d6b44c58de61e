"""The key model's graph: pitch classes and transitions are turned to each of twelve tonics, where one network tells major from minor.

Turning the input turns the answer and changes nothing else, so a transposed recording gets the transposed key by construction: a circular
convolution over the twelve pitch classes with a kernel that spans them all.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import numpy as np
import tensorflow as tf

from datasets.key_features import CHORDS, KINDS
from keras_models.key_profiles import PROFILES, correlation_kernel

CHANNELS = 3 * KINDS
TURNED = CHANNELS * 12 + CHORDS * CHORDS  # values that a tonic sees
CORRELATIONS = 2 * len(PROFILES)
HALVES = ("first", "second")  # of the ensemble: each learned from other recordings, so that every recording at hand is new to one
_LIMIT = 8.0  # standard deviations
_LEAST = 1e-6
Named = Mapping[str, tf.Tensor]


def key_graph(weights: Named, pitch_classes: tf.Tensor, transitions: tf.Tensor) -> dict[str, tf.Tensor]:
    """Probabilities of the 24 keys, by the whole ensemble and by its halves.

    Parameters
    ----------
    pitch_classes
        [batch, 6, 12] of ``datasets.key_features.describe``.
    transitions
        [batch, 24, 24], likewise.
    """
    seen, correlations = tonic_features(weights, pitch_classes, transitions)
    logits = {half: half_logits(weights, half, seen, correlations) for half in HALVES}
    return {
        "probability": tf.nn.softmax(tf.add_n(list(logits.values())) / len(HALVES)),
        **{half: tf.nn.softmax(values) for half, values in logits.items()},
        "profiles": by_profile(correlations),
        "features": tf.concat([seen[:, 0], tf.reshape(correlations, (-1, 12 * CORRELATIONS))], axis=1),
    }


def tonic_features(weights: Named, pitch_classes: tf.Tensor, transitions: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """What the network sees at each tonic: [batch, 12, 648] in standard deviations, and correlations with profiles [batch, 12, 8]."""
    chroma, chords = pitch_classes[:, :KINDS], pitch_classes[:, KINDS:]
    level = tf.reduce_mean(chroma, axis=2, keepdims=True)
    uneven = chroma / tf.maximum(level, _LEAST) - tf.cast(level > _LEAST, tf.float32)
    channels = (tf.concat([uneven, tf.sqrt(chords)], axis=1) - weights["channels/mean"]) / weights["channels/scale"]
    changes = (tf.sqrt(transitions * (1 - np.eye(CHORDS, dtype=np.float32))) - weights["changes/mean"]) / weights["changes/scale"]
    flat = tf.concat([tf.reshape(channels, (-1, CHANNELS * 12)), tf.reshape(changes, (-1, CHORDS * CHORDS))], axis=1)
    turned = tf.reshape(tf.gather(tf.clip_by_value(flat, -_LIMIT, _LIMIT), _turns().ravel(), axis=1), (-1, 12, TURNED))
    return turned, _correlations(uneven[:, 0])


def half_logits(weights: Named, half: str, seen: tf.Tensor, correlations: tf.Tensor) -> tf.Tensor:
    """Logits [batch, 24] of one half of the ensemble: several small networks side by side, whose mean is taken."""
    rows = tf.reshape(tf.concat([seen, correlations], axis=2), (-1, TURNED + CORRELATIONS))
    hidden = tf.nn.relu(tf.matmul(rows, weights[f"{half}/hidden/kernel"]) + weights[f"{half}/hidden/bias"])
    modes = tf.matmul(hidden, weights[f"{half}/mode/kernel"]) + weights[f"{half}/mode/bias"]
    return tf.reshape(tf.transpose(tf.reshape(modes, (-1, 12, 2)), (0, 2, 1)), (-1, 24))


def _correlations(chroma: tf.Tensor) -> tf.Tensor:
    """Pearson's correlation [batch, 12, 8] of chroma [batch, 12], turned to each tonic, with each profile and mode; 0 where flat."""
    centred = chroma - tf.reduce_mean(chroma, axis=1, keepdims=True)
    unit = centred / tf.maximum(tf.sqrt(tf.reduce_sum(centred * centred, axis=1, keepdims=True)), _LEAST)
    return tf.reshape(tf.matmul(unit, correlation_kernel()), (-1, 12, CORRELATIONS))


def by_profile(correlations: tf.Tensor) -> tf.Tensor:
    """Correlations [batch, profiles, 24] with the keys, profile after profile: the answers without learning."""
    apart = tf.reshape(correlations, (-1, 12, len(PROFILES), 2))
    return tf.reshape(tf.transpose(apart, (0, 2, 3, 1)), (-1, len(PROFILES), 24))


@lru_cache(maxsize=1)
def _turns() -> np.ndarray:
    """Places [12, 648] in the flat features of what each tonic sees: everything moved down by the tonic."""
    classes = np.arange(CHANNELS * 12).reshape(CHANNELS, 12)
    changes = CHANNELS * 12 + np.arange(CHORDS * CHORDS).reshape(2, 12, 2, 12)
    rows = []
    for tonic in range(12):
        turned = (np.arange(12) + tonic) % 12
        rows.append(np.concatenate([classes[:, turned].ravel(), changes[:, turned][:, :, :, turned].ravel()]))
    return np.stack(rows).astype(np.int32)
