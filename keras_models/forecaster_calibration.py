"""What the forecaster learns on validation days once its network stands: how wide the interval is, and how the blend is weighed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
import tensorflow as tf

from datasets.streams import Series, Windows
from keras_models import forecaster_graph as graph
from keras_models.forecast_blend import BANDS, blended, from_logs, histories, scales, smoothed, to_logs
from keras_models.forecaster_examples import row_weights, training_arrays
from keras_models.forecaster_graph import HORIZON
from keras_models.forecaster_network import with_weights

TAIL = 0.1  # on either side of the 80 % interval
SHARE_STEP = 0.01
LARGEST_SHARE = 0.4  # of a smoothing: beyond it no day of the horizon gains on any label

Weights = dict[str, np.ndarray]


@dataclass(frozen=True)
class _Half:
    """How one half of the interval is corrected: logarithms of its steps times ``power``, the sum times ``factor``."""

    power: float
    factor: float


def calibrated(network: Weights, sets: Sequence[Windows], weights: Sequence[float]) -> tuple[Weights, dict[str, dict[str, float]]]:
    """The network's weights with a calibrated interval, and the corrections made.

    Parameters
    ----------
    network
        Weights as ``forecaster_network.joined`` gives them.
    sets, weights
        Validation windows and weight of each label.
    """
    model = with_weights(network)
    arrays = [training_arrays(part) for part in sets]
    raw = np.concatenate([model.predict((features, logs), batch_size=4096, verbose=0) for features, logs, _ in arrays])
    change = np.concatenate([change for _, _, change in arrays])
    by_label, by_error = (row_weights(sets, chosen)[:, None].repeat(HORIZON, axis=1) for chosen in (np.ones(len(sets)), weights))
    kernel, bias = network["output/kernel"].copy(), network["output/bias"].copy()
    halves = {}
    for side, sign, first in (("lower", -1, HORIZON), ("upper", 1, 2 * HORIZON)):
        columns = slice(first, first + HORIZON)
        halves[side] = _half(raw[:, columns], sign * (change - raw[:, :HORIZON]), by_label, by_error)
        kernel[:, columns] *= halves[side].power
        bias[columns] *= halves[side].power
    interval = graph.interval_matrix(halves["lower"].factor, halves["upper"].factor)
    corrected = network | {"output/kernel": kernel, "output/bias": bias, "interval/matrix": interval}
    return corrected, {side: asdict(half) for side, half in halves.items()}


def _half(raw: np.ndarray, error: np.ndarray, by_label: np.ndarray, by_error: np.ndarray) -> _Half:
    """Correct one half of the interval.

    The factor is that of conformalized quantile regression (Romano, Patterson & Candes 2019), with scores scaled by the predicted
    half-width, so that a tenth of the days lie outside on this side whatever a series' scale. Dropout blurs the widths towards
    their mean, too wide for calm series and too narrow for wild ones: the power undoes that, chosen for the least quantile loss.
    """

    def tried(power: float) -> tuple[float, _Half]:
        half = np.cumsum(np.exp(np.minimum(power * raw, graph.LARGEST_STEP)), axis=1)
        factor = _weighted_quantile(error / half, by_label, 1 - TAIL)
        beyond = error - factor * half
        return float(np.average(np.maximum((1 - TAIL) * beyond, -TAIL * beyond), weights=by_error)), _Half(power, factor)

    return min((tried(power) for power in np.linspace(0.8, 1.6, 17).tolist()), key=lambda pair: pair[0])[1]


def fit_blend(network: Weights, held_out: Mapping[str, tuple[Sequence[Series], Windows]]) -> dict[str, Any]:
    """Weights of network and smoothings for each day of the horizon, and the widening that keeps the blend's interval at 80 %.

    The weights are those of the least percentage error on validation windows, relative to the network's own, each label counting alike,
    among those under which no label loses: what helps calm tracks must not cost wild ones.

    Parameters
    ----------
    network
        Weights of the graph.
    held_out
        Label -> its series, and the windows cut from them.
    """
    parts = [_BlendedPart.of(network, runs, part) for runs, part in held_out.values()]
    steps = round(LARGEST_SHARE / SHARE_STEP)
    shares = [(a * SHARE_STEP, d * SHARE_STEP) for a in range(steps + 1) for d in range(steps + 1 - a)]
    errors = np.array([[part.errors(*pair) for part in parts] for pair in shares])
    unharmed = (errors <= errors[0]).all(axis=1)  # the first pair is the network alone
    additive, damped = np.round(np.array(shares)[np.where(unharmed, errors.mean(axis=1), np.inf).argmin(axis=0)].T, 2)
    weights = {"lstm": np.round(1 - additive - damped, 2).tolist(), "additive": additive.tolist(), "damped": damped.tolist()}
    return {"weights": weights, "widening": _widening(parts, weights)}


@dataclass(frozen=True, eq=False)
class _BlendedPart:
    """One label's validation windows: what came, and what network and smoothings say, values [n, 7]."""

    targets: np.ndarray
    scale: np.ndarray
    network: Mapping[str, np.ndarray]
    smoothing: Mapping[str, np.ndarray]

    @staticmethod
    def of(network: Weights, runs: Sequence[Series], part: Windows) -> _BlendedPart:
        past = histories(runs, part)
        constants = {name: tf.constant(value) for name, value in network.items()}
        outputs = graph.forecast(constants, {"values": tf.constant(part.values), "weekday": tf.constant(part.weekday)})
        bands = {name: outputs[name].numpy().astype(np.float64) for name in BANDS}
        return _BlendedPart(part.targets.astype(np.float64), scales(past), bands, smoothed(past))

    def errors(self, additive: float, damped: float) -> np.ndarray:
        """[7]: mean percentage error of each day, relative to the network's mean over all days."""
        logs = {name: to_logs(value, self.scale) for name, value in (("lstm", self.network["median"]), *self.smoothing.items())}
        blend = (1 - additive - damped) * logs["lstm"] + additive * logs["additive"] + damped * logs["damped"]
        return self._percentage(from_logs(blend, self.scale)).mean(axis=0) / self._percentage(self.network["median"]).mean()

    def _percentage(self, got: np.ndarray) -> np.ndarray:
        there = self.targets != 0
        return np.divide(np.abs(got - self.targets), self.targets, out=np.zeros_like(got), where=there)

    def beyond(self, weights: Mapping[str, Sequence[float]], side: Literal["lower", "upper"]) -> np.ndarray:
        """[n, 7]: how far, in logarithms, what came lies on this side of the blend, in units of the network's half interval."""
        unchanged = {"lower": [1.0] * HORIZON, "upper": [1.0] * HORIZON}
        logs = {
            name: to_logs(value, self.scale)
            for name, value in blended(self.scale, self.network, self.smoothing, {"weights": weights, "widening": unchanged}).items()
        }
        sign = -1 if side == "lower" else 1
        half = np.maximum(sign * (logs[side] - logs["median"]), 1e-6)
        return sign * (to_logs(self.targets, self.scale) - logs["median"]) / half


def _widening(parts: Sequence[_BlendedPart], weights: Mapping[str, Sequence[float]]) -> dict[str, list[float]]:
    """Factors on the halves of the interval under which a tenth of each day's values lie outside on either side, labels counting alike."""
    rows = np.concatenate([np.full(len(part.targets), 1 / len(part.targets)) for part in parts])
    found = {}
    for side in ("lower", "upper"):
        scores = np.concatenate([part.beyond(weights, side) for part in parts])
        found[side] = [round(_weighted_quantile(scores[:, day], rows, 1 - TAIL), 3) for day in range(HORIZON)]
    return found


def _weighted_quantile(values: np.ndarray, weights: np.ndarray, level: float) -> float:
    order = np.argsort(values, axis=None)
    cumulative = np.cumsum(weights.ravel()[order])
    return float(values.ravel()[order][np.searchsorted(cumulative, level * cumulative[-1])])
