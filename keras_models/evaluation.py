"""Turns a model's evaluations into report rows, the same way for `evaluate`, the quantization search and the export."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np

from keras_models.checkpoint import Checkpoint
from keras_models.inference import runner
from keras_models.pack import Measured, PackSpec
from keras_models.report import Row
from keras_models.spec import Evaluation, Gate, ModelSpec, Split

Weights = Mapping[str, np.ndarray]


def quality_rows(
    spec: ModelSpec,
    checkpoint: Checkpoint,
    variants: Mapping[str, Weights],
    *,
    split: Split,
    data: Path | None = None,
    references: bool = True,
) -> list[Row]:
    """Score variants, teacher and baselines on every data set of a split.

    Parameters
    ----------
    variants
        Variant name (``float``, ``dequantized``) -> weights.
    split, data
        A split of the registry's data or of a user's file, or all of it.
    references
        Whether to score teacher and baselines too, some of which train for half a minute.

    Returns
    -------
    list of Row
        Gates are judged on the variant ``dequantized`` and the split ``test``, and nowhere else.
    """
    run = runner(spec, checkpoint)
    rows = []
    for evaluation in spec.evaluations(checkpoint, data, split):
        scores = {name: evaluation.score(run(weights, evaluation.inputs)) for name, weights in variants.items()}
        for variant, values in (scores | (evaluation.references() if references else {})).items():
            for metric, value in values.items():
                rows += _rows(spec, evaluation, split, variant, metric, value, judged="dequantized")
    return rows


def pack_rows(spec: PackSpec, checkpoint: Checkpoint, *, split: Split, data: Path | None = None) -> list[Row]:
    """Figures of a pack and its baselines; gates are judged on the variant ``pack`` and the split ``test``, and nowhere else."""
    rows = []
    for measured in spec.evaluations(checkpoint, data, split):
        for variant, values in measured.scores.items():
            for metric, value in values.items():
                rows += _rows(spec, measured, split, variant, metric, value, judged="pack")
    return rows


def with_quality(spec: PackSpec, checkpoint: Checkpoint, *, data: Path | None = None) -> Checkpoint:
    """A fresh checkpoint with its test figures recorded: what an export states where the data is not at hand."""
    rows = [asdict(row) for row in pack_rows(spec, checkpoint, split="test", data=data)]
    return replace(checkpoint, training={**checkpoint.training, "quality": rows})


def recorded_quality(checkpoint: Checkpoint) -> list[Row]:
    """The figures that ``with_quality`` recorded."""
    return [Row(**row) for row in checkpoint.training["quality"]]


def _rows(
    spec: ModelSpec | PackSpec, evaluation: Evaluation | Measured, split: Split, variant: str, metric: str, value: float, *, judged: str
) -> list[Row]:
    """One row for each gate on this value, or one without a bound; gates are on the variant ``judged``."""
    is_judged = split == "test" and variant == judged
    gates = [gate for gate in spec.gates if is_judged and (gate.metric, gate.data) == (metric, evaluation.data)]
    return [_row(spec, evaluation, split, variant, metric, value, gate) for gate in gates or [None]]


def _row(
    spec: ModelSpec | PackSpec, evaluation: Evaluation | Measured, split: Split, variant: str, metric: str, value: float, gate: Gate | None
) -> Row:
    return Row(
        model=spec.name,
        backend=variant,
        stage="quality",
        metric=metric,
        value=float(value),
        unit=spec.units[metric],
        n=evaluation.n,
        data=f"{evaluation.data}, {split}",
        bound=gate.bound if gate else None,
        ok=gate.holds(value) if gate else None,
    )


def ungated(spec: ModelSpec | PackSpec, checkpoint: Checkpoint, rows: Sequence[Row]) -> list[str]:
    """Gates that no row judged: a gate that names no metric or data set is a mistake, never a pass.

    Gates speak of the registry's data; a checkpoint trained on a user's own has none to keep.
    """
    if {item["name"] for item in checkpoint.provenance["data"]} != set(spec.datasets):
        return []
    judged = {(row.metric, row.data.rsplit(", ", 1)[0]) for row in rows if row.bound is not None}
    return [f"{gate.metric} on {gate.data}" for gate in spec.gates if (gate.metric, gate.data) not in judged]
