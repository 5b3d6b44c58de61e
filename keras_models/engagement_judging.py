"""What the engagement model is measured by: R2 on log1p against the truth and against its teacher, beside the baselines."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from rich.table import Table
from sklearn.metrics import r2_score

from datasets.posts import TARGETS
from keras_models.engagement_data import BASELINES, columns


def scores(logs: np.ndarray, predicted: np.ndarray, teacher: np.ndarray) -> dict[str, float]:
    """R2 on log1p of each target against the truth and against the teacher [n, 3], and the means over the targets."""
    against = {"r2": logs, "to_teacher_r2": teacher}
    values = {f"{target}_{name}": _r2(true[:, at], predicted[:, at]) for name, true in against.items() for at, target in enumerate(TARGETS)}
    return values | {name: float(np.mean([values[f"{target}_{name}"] for target in TARGETS])) for name in against}


def _r2(true: np.ndarray, predicted: np.ndarray) -> float:
    return float(r2_score(true, predicted)) if len(true) > 1 else 0.0


def reference_predictions(features: np.ndarray, teacher: np.ndarray) -> dict[str, np.ndarray]:
    """What the teacher and the baselines say [n, 3]."""
    return {"teacher": teacher, **{label: features[:, columns(name)] for label, name in BASELINES.items()}}


def compared(features: np.ndarray, logs: np.ndarray, student: np.ndarray, teacher: np.ndarray) -> dict[str, dict[str, float]]:
    """Who -> scores, of student, teacher and baselines on the same posts."""
    who = {"student": student, **reference_predictions(features, teacher)}
    return {name: scores(logs, predicted, teacher) for name, predicted in who.items()}


def summary_table(rows: Mapping[str, Mapping[str, float]], *, title: str) -> Table:
    """For the terminal: R2 of each target against the truth, then against the teacher."""
    table = Table("", *TARGETS, *(f"{target} to teacher" for target in TARGETS), title=title, box=None)
    for who, values in rows.items():
        table.add_row(who, *(f"{values[f'{target}_{name}']:.3f}" for name in ("r2", "to_teacher_r2") for target in TARGETS))
    return table
