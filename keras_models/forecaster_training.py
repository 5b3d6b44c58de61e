"""Trains the forecaster: each member of the network on evenly drawn windows, then what is learned on validation days."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from keras_models import forecaster_graph as graph
from keras_models.checkpoint import Checkpoint
from keras_models.forecast_holidays import CALENDAR, calm, learn_factors
from keras_models.forecaster_calibration import calibrated, fit_blend
from keras_models.forecaster_data import load_series, provenance, split_days, split_windows
from keras_models.forecaster_examples import Examples, Sampler, thinned
from keras_models.forecaster_graph import HORIZON, QUANTILES
from keras_models.forecaster_network import Branch, joined, lstm, network, perceptron, weights_of
from keras_models.report import revision
from keras_models.spec import TrainRequest
from keras_models.training import History, fit, seed_everything


@dataclass(frozen=True)
class Schedule:
    """How long and how hot: ``epochs`` of ``steps`` batches of ``batch`` windows, the rate falling along a cosine to a hundredth."""

    epochs: int
    steps: int
    batch: int
    rate: float


# Validation errors still fell with longer schedules; these fit into a quarter of an hour on two cores.
MEMBERS = {"lstm": (lstm, Schedule(16, 1000, 64, 3e-3)), "perceptron": (perceptron, Schedule(36, 1000, 128, 4e-3))}
LARGEST_WEIGHT = 5.0  # of an error, where much less came than the week before


def train(request: TrainRequest) -> Checkpoint:
    """Data to checkpoint: train on the oldest days, choose epochs, interval and blend on those that follow.

    The network learns from the days as they are, since callers without dates give it such. Interval and blend are learned without holidays.
    """
    series = load_series(request.data)
    days = split_days(request.data, series)
    examples = Examples(series, days)
    members, curves = [], {}
    for number, (name, (branch, schedule)) in enumerate(MEMBERS.items()):
        seed, title = request.seed + number, f"forecaster: {name}"
        model, history = fit_member(branch, schedule, examples, seed=seed, title=title, folder=request.folder)
        members.append(weights_of(model))
        curves[name] = {"loss": history.loss, "val_loss": history.val_loss, "best_epoch": history.best_epoch}
    factors = learn_factors(series, {label: trained for label, (trained, _) in days.items()})
    calmed = calm(series, factors)
    held_out = [thinned(split_windows(runs, days[label], "validation")) for label, runs in calmed.items()]
    weights, calibration = calibrated(joined(members), held_out, examples.weights)
    blend = fit_blend(weights, {label: (runs, part) for (label, runs), part in zip(calmed.items(), held_out, strict=True)})
    return Checkpoint(
        model="forecaster",
        weights=weights,
        config={
            "splits": {label: list(bounds) for label, bounds in days.items()},
            "holidays": {CALENDAR: factors},
            "calibration": calibration,
            "blend": blend,
        },
        provenance={"data": provenance(request.data), "revision": revision(), "seed": request.seed},
        training=curves,
    )


def fit_member(
    branch: Branch, schedule: Schedule, examples: Examples, *, seed: int, title: str, folder: Path | None = None
) -> tuple[keras.Model, History]:
    """Train one branch alone; its learning curve goes into ``folder``."""
    seed_everything(seed)
    model = network(branch)
    rates = keras.optimizers.schedules.CosineDecay(schedule.rate, schedule.epochs * schedule.steps, alpha=0.01)
    model.compile(keras.optimizers.Adam(rates), percentage_pinball, jit_compile=True)
    plot = None if folder is None else folder / f"learning_curve_{branch.__name__}.png"
    draws = Sampler(examples, schedule.steps, schedule.batch, seed=seed)
    # No early stop: as long as the rate is high, epochs in a row tell little of where its fall will lead.
    length = {"epochs": schedule.epochs, "patience": schedule.epochs}
    history = fit(model, draws, examples.held_out(), title=title, plot=plot, batch_size=None, **length)
    return model, history


def percentage_pinball(expected: tf.Tensor, raw: tf.Tensor) -> tf.Tensor:
    """Quantile loss (Koenker & Bassett 1978) of the three outputs on the logarithm's change, the median counted twice.

    An error of the median counts by one over what came, as in a percentage error, which its least value is sought for (Gneiting 2011).
    """
    got = graph.assemble(raw, tf.zeros_like(expected), tf.constant(graph.interval_matrix(1.0, 1.0)))
    error = tf.tile(expected, (1, len(QUANTILES))) - got
    levels = np.repeat(QUANTILES, HORIZON).astype(np.float32)
    percentage = 2 * tf.clip_by_value(tf.exp(-expected), 1 / LARGEST_WEIGHT, LARGEST_WEIGHT)
    emphasis = tf.concat([percentage, tf.ones_like(expected), tf.ones_like(expected)], axis=1)
    return tf.reduce_mean(emphasis * tf.maximum(levels * error, (levels - 1) * error), axis=1)
