"""Finds the fewest bytes that keep a model's task metric and decisions: a search over one precision per weight.

Three moves, all judged on validation data. First every weight alike at each precision: the trade-off a person wants to see. Then
from the cheapest assignment upwards: as long as the budget is broken, the weight whose finer precision recovers most per byte is
raised. At last each weight, largest first, is lowered again where the budget allows it. The result cannot be made smaller by
lowering any single weight.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

import numpy as np

from keras_models.checkpoint import Checkpoint
from keras_models.inference import runner
from keras_models.spec import Arrays, Evaluation, ModelSpec
from quantization.affine import BYTES, Precision, dequantized
from quantization.plan import Trial, weight_bytes

Precisions = dict[str, Precision]
LADDER: tuple[Precision, ...] = ("uint8", "uint16", "float16", "float32")


@dataclass(frozen=True)
class _Reference:
    """What the float model scores and decides on one data set."""

    evaluation: Evaluation
    metric: float
    decisions: np.ndarray


def search(
    spec: ModelSpec, checkpoint: Checkpoint, *, data: Path | None = None, watch: Callable[[Trial], None] = lambda trial: None
) -> tuple[Precisions, list[Trial]]:
    """Search one precision for each weight.

    Parameters
    ----------
    data
        The user's file that the checkpoint was trained on, or None for the registry's data.
    watch
        Called with each trial as it is measured.

    Returns
    -------
    precisions, trials
        The chosen assignment, and all that was measured.
    """
    measure = _measurer(spec, checkpoint, data)
    trials: list[Trial] = []

    def tried(label: str, precisions: Precisions) -> Trial:
        trial = measure(label, precisions)
        trials.append(trial)
        watch(trial)
        return trial

    for precision in reversed(LADDER):
        if _representable(spec, checkpoint, precision):
            tried(f"all {precision}", _uniform(spec, checkpoint, precision))
    precisions = _raise_until_within(_uniform(spec, checkpoint, LADDER[0]), checkpoint, tried)
    return _lower_while_within(precisions, spec, checkpoint, tried), trials


def _raise_until_within(precisions: Precisions, checkpoint: Checkpoint, tried) -> Precisions:
    current = tried("cheapest", precisions)
    while not current.within:
        steps = [(_finer(precisions, name, checkpoint), name) for name in precisions if precisions[name] != "float32"]
        measured = [(tried(f"{name} {finer[name]}", finer), finer) for finer, name in steps]
        within = [pair for pair in measured if pair[0].within]
        current, precisions = min(within, key=lambda pair: pair[0].bytes) if within else _best_step(current, measured)
    return precisions


def _best_step(current: Trial, measured: list[tuple[Trial, Precisions]]) -> tuple[Trial, Precisions]:
    def gain_per_byte(pair: tuple[Trial, Precisions]) -> float:
        return (_shortfall(current) - _shortfall(pair[0])) / max(pair[0].bytes - current.bytes, 1)

    return max(measured, key=gain_per_byte)


def _shortfall(trial: Trial) -> float:
    return max(trial.loss, 0.0) + 100 * (1 - trial.unchanged)


def _lower_while_within(precisions: Precisions, spec: ModelSpec, checkpoint: Checkpoint, tried) -> Precisions:
    for name in sorted(precisions, key=lambda name: -checkpoint.weights[name].size):
        for precision in LADDER:
            if BYTES[precision] >= BYTES[precisions[name]] or not _quantizable(spec, name):
                continue
            lower = precisions | {name: precision}
            if tried(f"{name} {precision}", lower).within:
                precisions = lower
                break
    return precisions


def _measurer(spec: ModelSpec, checkpoint: Checkpoint, data: Path | None) -> Callable[[str, Precisions], Trial]:
    run, budget = runner(spec, checkpoint), spec.budget
    references = []
    for evaluation in spec.evaluations(checkpoint, data, "validation"):
        outputs = run(checkpoint.weights, evaluation.inputs)
        references.append(_Reference(evaluation, evaluation.score(outputs)[budget.metric], spec.decisions(checkpoint, outputs)))

    def measure(label: str, precisions: Precisions) -> Trial:
        weights = {name: dequantized(value, precisions[name]) for name, value in checkpoint.weights.items()}
        losses, unchanged = zip(
            *(_compare(spec, checkpoint, held, run(weights, held.evaluation.inputs)) for held in references), strict=True
        )
        within = max(losses) <= budget.points and min(unchanged) >= budget.decisions
        return Trial(label=label, bytes=weight_bytes(weights, precisions), loss=max(losses), unchanged=min(unchanged), within=within)

    return measure


def _compare(spec: ModelSpec, checkpoint: Checkpoint, reference: _Reference, outputs: Arrays) -> tuple[float, float]:
    change = reference.evaluation.score(outputs)[spec.budget.metric] - reference.metric
    same = float(np.mean(spec.decisions(checkpoint, outputs) == reference.decisions))
    return (-change if spec.budget.higher_is_better else change), same


def _uniform(spec: ModelSpec, checkpoint: Checkpoint, precision: Precision) -> Precisions:
    return {name: precision if _quantizable(spec, name) else "float32" for name in checkpoint.weights}


def _quantizable(spec: ModelSpec, name: str) -> bool:
    return not any(fnmatch(name, pattern) for pattern in spec.budget.float32)


def _representable(spec: ModelSpec, checkpoint: Checkpoint, precision: Precision) -> bool:
    return precision != "float16" or all(_fits_float16(value) for name, value in checkpoint.weights.items() if _quantizable(spec, name))


def _fits_float16(weight: np.ndarray) -> bool:
    return bool(np.abs(weight).max() <= np.finfo(np.float16).max)


def _finer(precisions: Mapping[str, Precision], name: str, checkpoint: Checkpoint) -> Precisions:
    """The next precision with more bytes; of the two with two bytes the one that is closer to this weight."""
    weight = checkpoint.weights[name]
    if BYTES[precisions[name]] == 2:
        return dict(precisions) | {name: "float32"}
    choices = ["uint16", "float16"] if _fits_float16(weight) else ["uint16"]
    closest = min(choices, key=lambda precision: float(np.abs(dequantized(weight, precision) - weight).max()))
    return dict(precisions) | {name: closest}
