"""The tempo model's arithmetic: each candidate's features give it a logit, and all of a recording's logits one softmax."""

from __future__ import annotations

from collections.abc import Mapping

import tensorflow as tf

LIMIT = 5.0  # standard deviations at which a feature is cut: beyond, a recording is unlike all of training
ABSENT = 30.0  # taken off the logit of a place without a candidate


def tempo_graph(weights: Mapping[str, tf.Tensor], features: tf.Tensor, present: tf.Tensor) -> dict[str, tf.Tensor]:
    """Probabilities of candidates.

    Parameters
    ----------
    features
        [batch, 16, width].
    present
        1 where a place holds a candidate, else 0, [batch, 16].
    """
    places, width = features.shape[1:]
    scaled = tf.clip_by_value((features - weights["features/mean"]) / weights["features/scale"], -LIMIT, LIMIT)
    hidden = tf.nn.relu(tf.matmul(tf.reshape(scaled, (-1, width)), weights["hidden/kernel"]) + weights["hidden/bias"])
    logits = tf.reshape(tf.matmul(hidden, weights["choice/kernel"]) + weights["choice/bias"], (-1, places))
    return {"probability": tf.nn.softmax(logits + (present - 1.0) * ABSENT), "features": scaled}
