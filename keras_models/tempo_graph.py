"""The tempo model's arithmetic: each candidate's features give it a logit, and all of a recording's logits one softmax.

The ensemble has parts: each learned without one of GTZAN's artist-disjoint splits, so that every recording at hand is new to one of them.
"""

from __future__ import annotations

from collections.abc import Mapping

import tensorflow as tf

LIMIT = 5.0  # standard deviations at which a feature is cut: beyond, a recording is unlike all of training
ABSENT = 30.0  # taken off the logit of a place without a candidate
PARTS = {"train": "without_train", "valid": "without_valid", "dev": "without_dev"}  # by the split that each never heard


def tempo_graph(weights: Mapping[str, tf.Tensor], features: tf.Tensor, present: tf.Tensor) -> dict[str, tf.Tensor]:
    """Probabilities of candidates, by the whole ensemble and by its parts.

    Parameters
    ----------
    features
        [batch, 16, width].
    present
        1 where a place holds a candidate, else 0, [batch, 16].
    """
    places, width = features.shape[1:]
    scaled = tf.clip_by_value((features - weights["features/mean"]) / weights["features/scale"], -LIMIT, LIMIT)
    absent = (present - 1.0) * ABSENT
    logits = {part: tf.reshape(_logits(weights, part, tf.reshape(scaled, (-1, width))), (-1, places)) + absent for part in PARTS.values()}
    return {
        "probability": tf.nn.softmax(tf.add_n(list(logits.values())) / len(logits)),
        **{part: tf.nn.softmax(values) for part, values in logits.items()},
        "features": scaled,
    }


def _logits(weights: Mapping[str, tf.Tensor], part: str, rows: tf.Tensor) -> tf.Tensor:
    """Of rows [n, width], by one part: several small networks side by side, whose mean is taken."""
    hidden = tf.nn.relu(tf.matmul(rows, weights[f"{part}/hidden/kernel"]) + weights[f"{part}/hidden/bias"])
    return tf.matmul(hidden, weights[f"{part}/choice/kernel"]) + weights[f"{part}/choice/bias"]
