"""The forecaster's Keras networks: an LSTM and a perceptron, trained apart and joined by the mean of what they say.

Both read the same window. The LSTM follows the days one after another, the perceptron sees them at once; they err differently, so that
their mean errs less than either. A linear map past each, from the window's logarithms to the outputs, follows the autoregressive
component of LSTNet (Lai et al. 2018).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import keras
import numpy as np

from keras_models.forecaster_graph import DAY_FEATURES, HORIZON, STEP_FEATURES, UNITS, WINDOW

DENSE_UNITS, PERCEPTRON_UNITS = 16, 256
DROPOUT = 0.1
LSTM_LAYERS, DENSE_LAYERS = ("lstm_1", "lstm_2"), ("dense_1", "mlp_1", "mlp_2", "output")

Branch = Callable[[keras.KerasTensor, keras.KerasTensor], keras.KerasTensor]


def lstm(features: keras.KerasTensor, logs: keras.KerasTensor) -> keras.KerasTensor:
    """LSTM(64)-Dropout-LSTM(32)-Dropout-Dense(16) over the days, features [batch, 30, 11]."""
    hidden = keras.layers.LSTM(UNITS[0], return_sequences=True, name="lstm_1")(features)
    hidden = keras.layers.Dropout(DROPOUT)(hidden)
    hidden = keras.layers.LSTM(UNITS[1], name="lstm_2")(hidden)
    hidden = keras.layers.Dropout(DROPOUT)(hidden)
    return keras.layers.Dense(DENSE_UNITS, activation="relu", name="dense_1")(hidden)


def perceptron(features: keras.KerasTensor, logs: keras.KerasTensor) -> keras.KerasTensor:
    """Two hidden layers over the window's logarithms and its last weekday, [batch, 37]."""
    hidden = keras.layers.Concatenate()([logs, features[:, -1, DAY_FEATURES:]])
    for name in ("mlp_1", "mlp_2"):
        hidden = keras.layers.Dense(PERCEPTRON_UNITS, activation="silu", name=name)(hidden)
        hidden = keras.layers.Dropout(DROPOUT)(hidden)
    return hidden


def network(*branches: Branch) -> keras.Model:
    """Features [30, 11] and logs [30] to the raw outputs [21] that ``forecaster_graph.assemble`` reads.

    At first the median does not change from last week, the interval is narrow, and the linear map from the logarithms is zero.
    """
    features, logs = keras.Input((WINDOW, STEP_FEATURES), name="features"), keras.Input((WINDOW,), name="logs")
    hidden = keras.layers.Concatenate()([*(branch(features, logs) for branch in branches), logs])
    model = keras.Model([features, logs], keras.layers.Dense(3 * HORIZON, name="output")(hidden), name="forecaster")
    kernel, _ = model.get_layer("output").get_weights()
    kernel[-WINDOW:] = 0
    model.get_layer("output").set_weights([kernel, np.repeat(np.float32([0.0, -3.0, -3.0]), HORIZON)])
    return model


def weights_of(model: keras.Model) -> dict[str, np.ndarray]:
    """The trained weights, named as in the graph."""
    weights = {}
    for layer in model.layers:
        if layer.name in (*LSTM_LAYERS, *DENSE_LAYERS):
            *kernels, bias = layer.get_weights()
            weights |= {f"{layer.name}/kernel": np.concatenate(kernels), f"{layer.name}/bias": bias}
    return weights


def joined(members: Sequence[Mapping[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """The mean of the members as one network: each one's share is a part of the output layer's kernel."""
    weights = {name: value for member in members for name, value in member.items()}
    kernels = [member["output/kernel"] / np.float32(len(members)) for member in members]
    linear = sum(kernel[-WINDOW:] for kernel in kernels)
    weights["output/kernel"] = np.concatenate([*(kernel[:-WINDOW] for kernel in kernels), linear])
    weights["output/bias"] = np.mean([member["output/bias"] for member in members], axis=0, dtype=np.float32)
    return weights


def with_weights(weights: Mapping[str, np.ndarray]) -> keras.Model:
    """The joined network with the given weights."""
    model = network(lstm, perceptron)
    for name, units in zip(LSTM_LAYERS, UNITS, strict=True):
        kernel = weights[f"{name}/kernel"]
        model.get_layer(name).set_weights([kernel[:-units], kernel[-units:], weights[f"{name}/bias"]])
    for name in DENSE_LAYERS:
        model.get_layer(name).set_weights([weights[f"{name}/kernel"], weights[f"{name}/bias"]])
    return model
