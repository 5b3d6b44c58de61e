"""What the forecaster is shown: windows as features and changes, drawn so that every label counts alike, and those held out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import keras
import numpy as np

from datasets.streams import Series, Windows
from keras_models import forecaster_graph as graph
from keras_models.forecaster_data import split_windows
from keras_models.forecaster_graph import WEEK

WEEKDAY_UNKNOWN = 0.2  # share of training windows that do not know their weekday, as callers may not
LARGEST_VALIDATION = 4_000  # windows a label: they are scored after each epoch, and for each assignment of precisions


class Examples:
    """Training and validation windows of every label.

    Attributes
    ----------
    training, validation
        Windows a label, those of validation thinned.
    weights
        [labels], of mean one: an error counts by that of the seasonal naive on the label's training windows (as in MASE).
    """

    def __init__(self, series: Mapping[str, list[Series]], days: Mapping[str, tuple[str, str]]) -> None:
        self.training = [split_windows(runs, days[label], "train") for label, runs in series.items()]
        self.validation = [thinned(split_windows(runs, days[label], "validation")) for label, runs in series.items()]
        errors = np.array([np.abs(training_arrays(thinned(part))[2]).mean() for part in self.training])
        self.weights = (1 / errors) / np.mean(1 / errors)

    def held_out(self) -> tuple[tuple[np.ndarray, np.ndarray], np.ndarray, np.ndarray]:
        """Inputs, changes and weights of the validation rows."""
        features, logs, change = (np.concatenate(arrays) for arrays in zip(*map(training_arrays, self.validation), strict=True))
        return (features, logs), change, row_weights(self.validation, self.weights)


class Sampler(keras.utils.PyDataset):
    """Draws each epoch's batches anew, every label equally often, whatever the number of its windows."""

    def __init__(self, examples: Examples, steps: int, batch: int, *, seed: int) -> None:
        super().__init__()
        self._random, self._shape = np.random.default_rng(seed), (steps, batch)
        sets = examples.training
        parts = [training_arrays(part, self._random) for part in sets]
        rows = [np.full(len(part), weight, np.float32) for part, weight in zip(sets, examples.weights, strict=True)]
        self._arrays = [np.concatenate(arrays) for arrays in (*zip(*parts, strict=True), rows)]
        self._chance = np.concatenate([np.full(len(part), 1 / len(part) / len(sets)) for part in sets])
        self.on_epoch_end()

    def __len__(self) -> int:
        return self._shape[0]

    def __getitem__(self, index: int):
        features, logs, change, weight = (array[self._drawn[index]] for array in self._arrays)
        return (features, logs), change, weight

    def on_epoch_end(self) -> None:
        """Draw the next epoch."""
        self._drawn = self._random.choice(len(self._chance), self._shape, p=self._chance)


def training_arrays(part: Windows, random: np.random.Generator | None = None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Features, logarithms and their change from last week; with ``random``, some windows do not know their weekday."""
    weekday = part.weekday
    if random is not None:
        weekday = np.where(random.random(weekday.shape) < WEEKDAY_UNKNOWN, -1, weekday).astype(np.float32)
    features, logs, scale = graph.prepare(part.values, weekday)
    change = graph.to_logs(part.targets, scale) - logs[:, -WEEK:]
    return features.numpy(), logs.numpy(), change.numpy()


def row_weights(sets: Sequence[Windows], weights: Sequence[float]) -> np.ndarray:
    """Weights of labels as weights of their rows, whatever the number of a label's windows; of mean one."""
    rows = np.concatenate([np.full(len(part), weight / len(part), np.float32) for part, weight in zip(sets, weights, strict=True)])
    return rows / rows.mean()


def thinned(part: Windows) -> Windows:
    """At most ``LARGEST_VALIDATION`` windows, evenly taken."""
    keep = slice(None, None, max(1, -(-len(part) // LARGEST_VALIDATION)))
    return Windows(**{name: value[keep] for name, value in vars(part).items()})
