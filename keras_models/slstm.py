"""P-sLSTM: a series cut into patches, read by LSTMs with exponential gates; trained to be compared with the forecaster's LSTM.

The cell is the sLSTM of Beck et al. 2024, "xLSTM: Extended Long Short-Term Memory", section 2.2 and appendix A.1; patches and blocks are
those of Kong et al. 2024, "Unlocking the Power of LSTM for Long Term Time Series Forecasting". For pre-activations i, f, z, o of a step

    m = max(log sigmoid(f) + m', i)                     the stabiliser: a logarithm taken out of both gates
    c = exp(log sigmoid(f) + m' - m) c' + exp(i - m) tanh(z)
    n = exp(log sigmoid(f) + m' - m) n' + exp(i - m)    the normaliser
    h = sigmoid(o) c / n

with primes for the step before, and recurrent weights within each head alone.
"""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf

from keras_models.forecaster_graph import DAY_FEATURES, WEEK, WINDOW
from keras_models.forecaster_network import DENSE_UNITS, DROPOUT

UNITS, HEADS, BLOCKS = 52, 4, 2  # of a size with LSTM(64)-LSTM(32)


@keras.saving.register_keras_serializable("tunesmith")
class SLSTM(keras.layers.Layer):
    """Sequence [batch, time, inputs] to hidden states [batch, time, units], unrolled: for few steps."""

    def __init__(self, units: int, heads: int, **options) -> None:
        super().__init__(**options)
        if units % heads:
            raise ValueError(f"sLSTM: expected units that {heads} heads share evenly, got {units}")
        self.units, self.heads = units, heads

    def build(self, shape: tuple[int | None, ...]) -> None:
        """Make kernel [inputs, 4 units], recurrent kernels [heads, units a head, 4, units a head] and bias; gates in order i, f, z, o."""
        size = self.units // self.heads
        remember = np.repeat(np.float32([0, 1, 0, 0]), self.units)
        self.kernel = self.add_weight(name="kernel", shape=(shape[-1], 4 * self.units), initializer="glorot_uniform")
        narrow = keras.initializers.RandomNormal(stddev=0.5 / size**0.5)
        self.recurrent = self.add_weight(name="recurrent", shape=(self.heads, size, 4, size), initializer=narrow)
        self.bias = self.add_weight(name="bias", shape=(4 * self.units,), initializer=keras.initializers.Constant(remember))

    def call(self, sequence: tf.Tensor) -> tf.Tensor:
        """Run over the steps."""
        driven = tf.tensordot(sequence, self.kernel, 1) + self.bias
        hidden = cell = normaliser = stabiliser = None
        states = []
        for step in range(sequence.shape[1]):
            gates = driven[:, step] if hidden is None else driven[:, step] + self._recur(hidden)
            entered, kept, content, shown = tf.split(gates, 4, axis=1)
            if hidden is None:
                stabiliser, cell, normaliser = entered, tf.tanh(content), tf.ones_like(entered)
            else:
                kept = tf.math.log_sigmoid(kept) + stabiliser
                stabiliser = tf.maximum(kept, entered)
                kept, entered = tf.exp(kept - stabiliser), tf.exp(entered - stabiliser)
                cell, normaliser = kept * cell + entered * tf.tanh(content), kept * normaliser + entered
            hidden = tf.sigmoid(shown) * cell / normaliser
            states.append(hidden)
        return tf.stack(states, axis=1)

    def _recur(self, hidden: tf.Tensor) -> tf.Tensor:
        """What the hidden state adds to the pre-activations, head by head: [batch, 4 units]."""
        heads = tf.reshape(hidden, (-1, self.heads, self.units // self.heads))
        return tf.reshape(tf.einsum("bhd,hdge->bghe", heads, self.recurrent), (-1, 4 * self.units))


def patched_slstm(features: keras.KerasTensor, logs: keras.KerasTensor) -> keras.KerasTensor:
    """Four weeks as patches, two residual sLSTM blocks, Dense(16): a branch as ``forecaster_network.lstm`` is one."""
    weeks = WINDOW // WEEK
    patches = keras.layers.Reshape((weeks, WEEK))(logs[:, WINDOW - weeks * WEEK :])
    calendar = keras.layers.RepeatVector(weeks)(features[:, -1, DAY_FEATURES:])
    hidden = keras.layers.Dense(UNITS, name="patches")(keras.layers.Concatenate()([patches, calendar]))
    for block in range(BLOCKS):
        inner = SLSTM(UNITS, HEADS, name=f"slstm_{block + 1}")(keras.layers.LayerNormalization()(hidden))
        hidden = keras.layers.Add()([hidden, keras.layers.Dropout(DROPOUT)(inner)])
    return keras.layers.Dense(DENSE_UNITS, activation="relu", name="dense_1")(keras.layers.Flatten()(hidden))
