"""Trains a Keras network the same way for every model: early stopping, a progress bar, a learning curve to look at."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

SEED = 20


@dataclass(frozen=True)
class History:
    """Losses per epoch, and the epoch whose weights were kept (1-based)."""

    loss: Sequence[float]
    val_loss: Sequence[float]
    best_epoch: int


def seed_everything(seed: int) -> None:
    """Make training repeatable on one machine: Python's, numpy's and TensorFlow's generators.

    TensorFlow's switch for deterministic kernels stays off: it would turn off XLA, and the kernels used here are deterministic on
    the CPU; the models' tests train twice and compare.
    """
    keras.utils.set_random_seed(seed)


def progress_bar() -> Progress:
    """A bar with counts, elapsed and remaining time; silent where output is no terminal but for a line per finished task."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
    )


def fit(
    model: keras.Model,
    train,
    validation,
    *,
    title: str,
    plot: Path | None,
    epochs: int = 50,
    batch_size: int | None = 32,
    patience: int = 10,
) -> History:
    """Fit a compiled model and leave it with the weights of its best epoch on validation.

    Parameters
    ----------
    model
        Compiled Keras model.
    train, validation
        ``(x, y)`` or ``(x, y, weight)`` arrays, or a ``keras.utils.PyDataset`` (then ``batch_size`` is its own: pass None).
    title
        What the bar and the plot are called.
    plot
        File of the learning curve (.png), or None for none.
    epochs, batch_size, patience
        At most so many epochs; stop after ``patience`` of them without a better validation loss.
    """
    stopping = keras.callbacks.EarlyStopping(monitor="val_loss", patience=patience, restore_best_weights=True)
    arrays = dict(zip(("x", "y", "sample_weight"), train, strict=False)) if isinstance(train, tuple) else {"x": train}
    with progress_bar() as bar:
        watching = _Watching(bar, title, epochs)
        fitted = model.fit(
            **arrays, validation_data=validation, epochs=epochs, batch_size=batch_size, verbose=0, callbacks=[stopping, watching]
        )
    history = History(
        [float(value) for value in fitted.history["loss"]],
        [float(value) for value in fitted.history["val_loss"]],
        int(np.argmin(fitted.history["val_loss"])) + 1,
    )
    if plot is not None:
        plot_learning_curve(history, plot, title=title)
    return history


class _Watching(keras.callbacks.Callback):
    """Shows an epoch's batches on the bar, and the losses behind it."""

    def __init__(self, bar: Progress, title: str, epochs: int) -> None:
        super().__init__()
        self._bar, self._epochs = bar, epochs
        self._task = bar.add_task(title, total=None, note="")

    def on_train_begin(self, logs=None) -> None:
        self._bar.update(self._task, total=self._epochs * self.params["steps"])

    def on_train_batch_end(self, batch, logs=None) -> None:
        self._bar.advance(self._task)

    def on_epoch_end(self, epoch, logs=None) -> None:
        note = f"epoch {epoch + 1}/{self._epochs}  loss {logs['loss']:.5f}  validation {logs['val_loss']:.5f}"
        self._bar.update(self._task, note=note)
        if not self._bar.console.is_terminal:
            self._bar.console.print(note)


def plot_learning_curve(history: History, path: Path, *, title: str) -> None:
    """Draw training and validation loss over epochs and mark the epoch kept."""
    os.environ.setdefault("MPLBACKEND", "Agg")
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    epochs = np.arange(1, len(history.loss) + 1)
    axes.plot(epochs, history.loss, label="training")
    axes.plot(epochs, history.val_loss, label="validation")
    axes.axvline(history.best_epoch, color="0.6", linestyle=":", label=f"kept: epoch {history.best_epoch}")
    axes.set(title=title, xlabel="epoch", ylabel="loss")
    axes.legend()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110, metadata={"Software": None})
