"""Trains the forecaster: the Keras network, its quantile loss, evenly drawn windows, and the conformal step that sets the interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Literal

import keras
import numpy as np
import tensorflow as tf

from datasets.streams import Windows
from keras_models import forecaster_graph as graph
from keras_models.checkpoint import Checkpoint
from keras_models.forecaster_data import load_series, provenance, split_days, split_windows
from keras_models.forecaster_graph import HORIZON, QUANTILES, STEP_FEATURES, WEEK, WINDOW
from keras_models.report import revision
from keras_models.spec import TrainRequest
from keras_models.training import fit, seed_everything

EPOCHS, STEPS, BATCH = 50, 1000, 32
RATE = 1e-3
WEEKDAY_UNKNOWN = 0.2  # share of training windows that do not know their weekday, as callers may not
TAIL = 0.1  # on either side of the 80 % interval
LARGEST_VALIDATION = 4_000  # windows a label: they are scored after each epoch, and for each assignment of precisions


def train(request: TrainRequest) -> Checkpoint:
    """Data to checkpoint: train on the oldest days, choose the epoch and the interval on those that follow."""
    seed_everything(request.seed)
    series = load_series(request.data)
    days = split_days(request.data, series)
    training = [split_windows(runs, days[label], "train") for label, runs in series.items()]
    validation = [thinned(split_windows(runs, days[label], "validation")) for label, runs in series.items()]
    weights = _label_weights(training)
    model = network()
    schedule = keras.optimizers.schedules.CosineDecay(RATE, EPOCHS * STEPS, alpha=0.01)
    model.compile(keras.optimizers.Adam(schedule), _pinball, jit_compile=True)
    features, logs, change = (np.concatenate(arrays) for arrays in zip(*map(_training_arrays, validation), strict=True))
    history = fit(
        model,
        _Sampler(training, weights, seed=request.seed),
        ((features, logs), change, _row_weights(validation, weights)),
        title="forecaster: quantile loss",
        plot=request.folder / "learning_curve.png",
        epochs=EPOCHS,
        batch_size=None,
    )
    lower, upper = (_calibrate(model, validation, weights, side) for side in ("lower", "upper"))
    return Checkpoint(
        model="forecaster",
        weights=_weights(model, graph.interval_matrix(lower.factor, upper.factor)),
        config={
            "splits": {label: list(bounds) for label, bounds in days.items()},
            "calibration": {"lower": asdict(lower), "upper": asdict(upper)},
        },
        provenance={"data": provenance(request.data), "revision": revision(), "seed": request.seed},
        training={"loss": history.loss, "val_loss": history.val_loss, "best_epoch": history.best_epoch},
    )


def network() -> keras.Model:
    """The Keras network: features [30, 11] and logs [30] to the raw outputs [21] that ``forecaster_graph.assemble`` reads.

    The highway, a linear map past the LSTMs, follows the autoregressive component of LSTNet (Lai et al. 2018).
    """
    features, logs = keras.Input((WINDOW, STEP_FEATURES), name="features"), keras.Input((WINDOW,), name="logs")
    hidden = keras.layers.LSTM(graph.UNITS[0], return_sequences=True, name="lstm_1")(features)
    hidden = keras.layers.Dropout(0.2)(hidden)
    hidden = keras.layers.LSTM(graph.UNITS[1], name="lstm_2")(hidden)
    hidden = keras.layers.Dropout(0.2)(hidden)
    hidden = keras.layers.Dense(16, activation="relu", name="dense_1")(hidden)
    narrow = keras.initializers.Constant(np.repeat([0.0, -3.0, -3.0], HORIZON))
    raw = keras.layers.Dense(3 * HORIZON, bias_initializer=narrow, name="dense_2")(hidden)
    highway = keras.layers.Dense(3 * HORIZON, use_bias=False, kernel_initializer="zeros", name="highway")(logs)
    return keras.Model([features, logs], keras.layers.Add()([raw, highway]), name="forecaster")


def loaded_network(checkpoint: Checkpoint) -> keras.Model:
    """The Keras network with a checkpoint's weights."""
    model, weights = network(), checkpoint.weights
    for name, units in zip(("lstm_1", "lstm_2"), graph.UNITS, strict=True):
        kernel = weights[f"{name}/kernel"]
        model.get_layer(name).set_weights([kernel[:-units], kernel[-units:], weights[f"{name}/bias"]])
    for name in ("dense_1", "dense_2"):
        model.get_layer(name).set_weights([weights[f"{name}/kernel"], weights[f"{name}/bias"]])
    model.get_layer("highway").set_weights([weights["highway/kernel"]])
    return model


def _weights(model: keras.Model, interval: np.ndarray) -> dict[str, np.ndarray]:
    weights = {"highway/kernel": model.get_layer("highway").get_weights()[0], "interval/matrix": interval}
    for name in ("lstm_1", "lstm_2"):
        kernel, recurrent, bias = model.get_layer(name).get_weights()
        weights |= {f"{name}/kernel": np.concatenate([kernel, recurrent]), f"{name}/bias": bias}
    for name in ("dense_1", "dense_2"):
        weights |= dict(zip((f"{name}/kernel", f"{name}/bias"), model.get_layer(name).get_weights(), strict=True))
    return weights


def _pinball(expected: tf.Tensor, raw: tf.Tensor) -> tf.Tensor:
    """Quantile loss (Koenker & Bassett 1978) of the three outputs on the logarithm's change, the median counted twice."""
    got = graph.assemble(raw, tf.zeros_like(expected), tf.constant(graph.interval_matrix(1.0, 1.0)))
    error = tf.tile(expected, (1, len(QUANTILES))) - got
    levels = np.repeat(QUANTILES, HORIZON).astype(np.float32)
    emphasis = np.repeat([2.0, 1.0, 1.0], HORIZON).astype(np.float32)
    return tf.reduce_mean(emphasis * tf.maximum(levels * error, (levels - 1) * error), axis=1)


class _Sampler(keras.utils.PyDataset):
    """Draws each epoch's batches anew, every label equally often, whatever the number of its windows."""

    def __init__(self, sets: Sequence[Windows], weights: Sequence[float], *, seed: int) -> None:
        super().__init__()
        self._random = np.random.default_rng(seed)
        parts = [_training_arrays(part, self._random) for part in sets]
        rows = [np.full(len(part), weight, np.float32) for part, weight in zip(sets, weights, strict=True)]
        self._arrays = [np.concatenate(arrays) for arrays in (*zip(*parts, strict=True), rows)]
        self._chance = np.concatenate([np.full(len(part), 1 / len(part) / len(sets)) for part in sets])
        self.on_epoch_end()

    def __len__(self) -> int:
        return STEPS

    def __getitem__(self, index: int):
        features, logs, change, weight = (array[self._drawn[index]] for array in self._arrays)
        return (features, logs), change, weight

    def on_epoch_end(self) -> None:
        self._drawn = self._random.choice(len(self._chance), (STEPS, BATCH), p=self._chance)


def _training_arrays(part: Windows, random: np.random.Generator | None = None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    weekday = part.weekday
    if random is not None:
        weekday = np.where(random.random(weekday.shape) < WEEKDAY_UNKNOWN, -1, weekday).astype(np.float32)
    features, logs, scale = graph.prepare(part.values, weekday)
    change = graph.to_logs(part.targets, scale) - logs[:, -WEEK:]
    return features.numpy(), logs.numpy(), change.numpy()


def _label_weights(sets: Sequence[Windows]) -> np.ndarray:
    """Weights of mean one under which an error counts by that of the seasonal naive on the label's training windows (as in MASE)."""
    errors = np.array([np.abs(_training_arrays(thinned(part))[2]).mean() for part in sets])
    return (1 / errors) / np.mean(1 / errors)


def _row_weights(sets: Sequence[Windows], weights: Sequence[float]) -> np.ndarray:
    """The same for the rows of all labels together, whatever the number of a label's windows; of mean one."""
    rows = np.concatenate([np.full(len(part), weight / len(part), np.float32) for part, weight in zip(sets, weights, strict=True)])
    return rows / rows.mean()


@dataclass(frozen=True)
class _Calibration:
    """How one half of the interval is corrected: logarithms of its steps times ``power``, the sum times ``factor``."""

    power: float
    factor: float


def _calibrate(model: keras.Model, sets: Sequence[Windows], weights: Sequence[float], side: Literal["lower", "upper"]) -> _Calibration:
    """Correct one half of the interval on validation days, and write the power into the network's last layers.

    The factor is that of conformalized quantile regression (Romano, Patterson & Candes 2019), with scores scaled by the predicted
    half-width, so that a tenth of the days lie outside on this side whatever a series' scale. Dropout blurs the widths towards
    their mean, too wide for calm series and too narrow for wild ones: the power undoes that, chosen for the least quantile loss.
    """
    sign, first = (-1, HORIZON) if side == "lower" else (1, 2 * HORIZON)
    raws, errors = [], []
    for part in sets:
        features, logs, change = _training_arrays(part)
        raw = model.predict((features, logs), batch_size=4096, verbose=0)
        raws.append(raw[:, first : first + HORIZON])
        errors.append(sign * (change - raw[:, :HORIZON]))
    raw, error = np.concatenate(raws), np.concatenate(errors)
    by_label, by_error = (_row_weights(sets, chosen)[:, None].repeat(HORIZON, axis=1) for chosen in (np.ones(len(sets)), weights))

    def calibrated(power: float) -> tuple[float, _Calibration]:
        half = np.cumsum(np.exp(np.minimum(power * raw, graph.LARGEST_STEP)), axis=1)
        factor = _weighted_quantile(error / half, by_label, 1 - TAIL)
        beyond = error - factor * half
        return float(np.average(np.maximum((1 - TAIL) * beyond, -TAIL * beyond), weights=by_error)), _Calibration(power, factor)

    _, best = min((calibrated(power) for power in np.linspace(0.8, 1.6, 17).tolist()), key=lambda pair: pair[0])
    for name in ("dense_2", "highway"):
        layer = model.get_layer(name)
        scaled = layer.get_weights()
        for value in scaled:
            value[..., first : first + HORIZON] *= best.power
        layer.set_weights(scaled)
    return best


def _weighted_quantile(values: np.ndarray, weights: np.ndarray, level: float) -> float:
    order = np.argsort(values, axis=None)
    cumulative = np.cumsum(weights.ravel()[order])
    return float(values.ravel()[order][np.searchsorted(cumulative, level * cumulative[-1])])


def thinned(part: Windows) -> Windows:
    """At most ``LARGEST_VALIDATION`` windows, evenly taken."""
    keep = slice(None, None, max(1, -(-len(part) // LARGEST_VALIDATION)))
    return Windows(**{name: value[keep] for name, value in vars(part).items()})
