"""The forecaster's arithmetic: from 30 daily values to logarithms, features, LSTMs and perceptron, and seven days with an interval.

Everything here runs inside the exported graph. What is linear is one matrix product with a constant, because in a browser the
number of operations costs more than their size.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import tensorflow as tf

WINDOW, HORIZON, WEEK = 30, 7, 7
UNITS = (64, 32)
DAY_FEATURES = 4  # per day, before its weekday
STEP_FEATURES = DAY_FEATURES + WEEK
QUANTILES = (0.5, 0.1, 0.9)  # median, lower, upper: an 80 % interval
FLOOR = 0.01  # of the window's scale: keeps logarithms of zeros finite, and errors of tiny values from ruling the loss
TINY = 1e-30
LARGEST_LOG = 8.0  # a forecast is at most 3,000 times the window's scale
# The range of training: less than a ten-thousandth of its days, and of the interval's steps, lies beyond.
LARGEST_INPUT, LARGEST_STEP = 3.0, 0.0


def _scale_basis() -> np.ndarray:
    """[30, 2]: mean of the last week, and a tenth of the window's mean for weeks of zeros."""
    basis = np.zeros((WINDOW, 2), np.float32)
    basis[-WEEK:, 0] = 1 / WEEK
    basis[:, 1] = 0.1 / WINDOW
    return basis


def _step_basis() -> np.ndarray:
    """[30, 30 * 4]: per day its logarithm, change since a week ago, change since yesterday, trailing seven-day mean."""
    basis = np.zeros((WINDOW, WINDOW, DAY_FEATURES), np.float32)
    for day in range(WINDOW):
        basis[day, day, 0] = 1
        for feature, back in ((1, WEEK), (2, 1)):
            if day >= back:
                basis[day, day, feature], basis[day - back, day, feature] = 1, -1
        first = max(0, day - WEEK + 1)
        basis[first : day + 1, day, 3] = 1 / (day - first + 1)
    return basis.reshape(WINDOW, -1)


def _calendar() -> np.ndarray:
    """[7, 30 * 7]: weekday of the first forecast day, one-hot, to the weekday of each day of the window, one-hot."""
    calendar = np.zeros((WEEK, WINDOW, WEEK), np.float32)
    for weekday in range(WEEK):
        for day in range(WINDOW):
            calendar[weekday, day, (weekday - WINDOW + day) % WEEK] = 1
    return calendar.reshape(WEEK, -1)


def prepare(values: tf.Tensor, weekday: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Scale a window and describe each of its days.

    Parameters
    ----------
    values
        [batch, 30] daily values; below zero they count as zero.
    weekday
        [batch, 1] of the first forecast day, 0 = Monday .. 6 = Sunday, -1 = unknown.

    Returns
    -------
    features [batch, 30, 11], logs [batch, 30], scale [batch, 1]
    """
    scale = tf.maximum(tf.reduce_max(tf.matmul(tf.abs(values), _scale_basis()), axis=1, keepdims=True), TINY)
    logs = tf.minimum(tf.math.log(tf.nn.relu(values / scale) + FLOOR), LARGEST_INPUT)
    steps = tf.reshape(tf.matmul(logs, _step_basis()), (-1, WINDOW, DAY_FEATURES))
    one_hot = tf.nn.relu(1.0 - tf.abs(weekday - np.arange(WEEK, dtype=np.float32)))
    days = tf.reshape(tf.matmul(one_hot, _calendar()), (-1, WINDOW, WEEK))
    return tf.concat([steps, days], axis=2), logs, scale


def assemble(raw: tf.Tensor, last_week: tf.Tensor, interval: tf.Tensor) -> tf.Tensor:
    """Logarithms of median, lower and upper, [batch, 21], from the network's raw outputs [batch, 21] and last week's logarithms.

    The median is last week's logarithm plus a change; the bounds lie below and above it by sums of positive steps over the days, so
    that the interval widens with the distance. ``interval`` [21, 21] copies the median, sums the steps and carries the conformal
    factors: one product, since a sum of two would be fused into a form that the wasm backend refuses.
    """
    median = last_week + raw[:, :HORIZON]
    steps = tf.exp(tf.minimum(raw[:, HORIZON:], LARGEST_STEP))
    return tf.matmul(tf.concat([median, steps], axis=1), interval)


def interval_matrix(lower: float, upper: float) -> np.ndarray:
    """The constant [21, 21] of ``assemble`` for factors on the lower and the upper half of the interval."""
    cumulative = np.triu(np.ones((HORIZON, HORIZON), np.float32))
    matrix = np.zeros((3 * HORIZON, 3 * HORIZON), np.float32)
    matrix[:HORIZON] = np.tile(np.eye(HORIZON, dtype=np.float32), (1, 3))
    matrix[HORIZON : 2 * HORIZON, HORIZON : 2 * HORIZON] = -lower * cumulative
    matrix[2 * HORIZON :, 2 * HORIZON :] = upper * cumulative
    return matrix


def to_values(logs: tf.Tensor, scale: tf.Tensor) -> tf.Tensor:
    """Logarithms back to the unit of the input, never below zero."""
    return scale * tf.nn.relu(tf.exp(tf.minimum(logs, LARGEST_LOG)) - FLOOR)


def to_logs(values: tf.Tensor, scale: tf.Tensor) -> tf.Tensor:
    """Values to the logarithms that the loss compares."""
    return tf.math.log(tf.nn.relu(values / scale) + FLOOR)


def forecast(weights: Mapping[str, tf.Tensor], inputs: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
    """The inference graph: named inputs to named outputs."""
    features, logs, scale = prepare(inputs["values"], inputs["weekday"])
    sequence = tf.transpose(features, (1, 0, 2))
    for name in ("lstm_1", "lstm_2"):
        kernel, bias = weights[f"{name}/kernel"], weights[f"{name}/bias"]
        # A product with zeros gives the batch's zero state in one operation, where shape arithmetic takes four.
        zeros = tf.matmul(inputs["weekday"], tf.zeros((1, bias.shape[0] // 4)))
        sequence = _lstm(sequence, kernel, bias, zeros)
    state = sequence[WINDOW - 1]
    hidden = tf.nn.relu(tf.matmul(state, weights["dense_1/kernel"]) + weights["dense_1/bias"])
    wide = tf.concat([logs, features[:, WINDOW - 1, DAY_FEATURES:]], axis=1)
    for name in ("mlp_1", "mlp_2"):
        wide = tf.matmul(wide, weights[f"{name}/kernel"]) + weights[f"{name}/bias"]
        wide *= tf.sigmoid(wide)
    hidden = tf.concat([hidden, wide, logs], axis=1)
    raw = tf.matmul(hidden, weights["output/kernel"]) + weights["output/bias"]
    values = to_values(assemble(raw, logs[:, -WEEK:], weights["interval/matrix"]), scale)
    return {
        "median": values[:, :HORIZON],
        "lower": values[:, HORIZON : 2 * HORIZON],
        "upper": values[:, 2 * HORIZON :],
        "baseline": inputs["values"][:, -WEEK:],
        "features": features,
    }


def _lstm(sequence: tf.Tensor, kernel: tf.Tensor, bias: tf.Tensor, zeros: tf.Tensor) -> tf.Tensor:
    """Hidden states [time, batch, units]; the kernel stacks input and recurrent weights, gates in the order i, f, c, o."""
    no_peephole = tf.zeros(bias.shape[0] // 4)
    return tf.raw_ops.BlockLSTMV2(
        seq_len_max=tf.constant(WINDOW, tf.int64),
        x=sequence,
        cs_prev=zeros,
        h_prev=zeros,
        w=kernel,
        wci=no_peephole,
        wcf=no_peephole,
        wco=no_peephole,
        b=bias,
        cell_clip=0.0,
        use_peephole=False,
    ).h
