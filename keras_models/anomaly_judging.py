"""How anomaly detection is judged: events found, flagged runs that were events, and false alarms on days when nothing was injected.

- An event is found where one of its own days is flagged (a level shift's are its first seven).
- A flagged run (unbroken flagged days of the 14 days before an event and the event's own) is right where it reaches into the event.
- False alarms are the share of flagged days on the untouched series, whatever really happened there.
- Point scores (ROC, average precision) take an event's days as positive; clean days and the days before events as negative.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.stats import spearmanr
from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score

from keras_models.anomaly_data import CLEAN_BEFORE, Bench, pooled
from keras_models.spec import Arrays

UNITS = dict.fromkeys(
    (
        "event_f1",
        "event_precision",
        "event_recall",
        "false_alarms",
        "precision",
        "recall",
        "roc_auc",
        "average_precision",
        "calibration_error",
        "forest_roc_auc_gap",
        "forest_spearman",
    ),
    "fraction",
) | {"brier": "squared probability"}
BINS = 10


def is_anomaly(outputs: Arrays, thresholds: Mapping[str, float]) -> np.ndarray:
    """Statistical or neural, bool [n]: the student's score or the reconstruction error lies beyond its threshold."""
    statistical = outputs["score"][:, 0].astype(np.float64) > thresholds["score"]
    return statistical | (outputs["reconstruction"][:, 0].astype(np.float64) > thresholds["reconstruction"] * thresholds["neural"])


def event_scores(bench: Bench, flags: np.ndarray) -> dict[str, float]:
    """Event precision, recall and F1, and the share of clean days flagged, from flags [rows of the bench]."""
    clean, parts = bench.split(flags)
    runs = [run for part in parts for run in _runs(part)]
    right = sum(end > CLEAN_BEFORE for _, end in runs)
    recall = float(np.mean([part[trial.event].any() for trial, part in zip(bench.trials, parts, strict=True)]))
    precision = right / len(runs) if runs else 0.0
    return {
        "event_f1": 2 * precision * recall / (precision + recall) if precision + recall else 0.0,
        "event_precision": precision,
        "event_recall": recall,
        "false_alarms": float(clean.mean()),
    }


def recall_by_kind(bench: Bench, flags: np.ndarray) -> dict[str, dict[str, float | int]]:
    """``kind size`` -> share of these events found, and how many there were."""
    found: dict[str, list[bool]] = {}
    for trial, part in zip(bench.trials, bench.split(flags)[1], strict=True):
        found.setdefault(f"{trial.kind} {trial.size:g}", []).append(bool(part[trial.event].any()))
    return {name: {"recall": float(np.mean(hits)), "n": len(hits)} for name, hits in sorted(found.items())}


def event_days(bench: Bench) -> np.ndarray:
    """Which rows of the bench are injected days, bool [rows]."""
    return np.concatenate([np.zeros(len(bench.clean), bool), *(trial.event for trial in bench.trials)])


def point_scores(positive: np.ndarray, score: np.ndarray) -> dict[str, float]:
    """Areas under the ROC and the precision-recall curve (average precision) of scores [n]."""
    return {"roc_auc": float(roc_auc_score(positive, score)), "average_precision": float(average_precision_score(positive, score))}


def calibration_scores(positive: np.ndarray, confidence: np.ndarray) -> dict[str, float]:
    """Brier score, and the mean distance between confidence and frequency over ten bins of equal width (expected calibration error)."""
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    gaps = [abs(confidence[bins == at].mean() - positive[bins == at].mean()) * (bins == at).mean() for at in np.unique(bins)]
    return {"brier": float(brier_score_loss(positive, confidence)), "calibration_error": float(sum(gaps))}


def student_scores(positive: np.ndarray, student: np.ndarray, forest: np.ndarray) -> dict[str, float]:
    """How well the student follows the forest on the same rows: rank correlation, and the forest's area less the student's."""
    gap = point_scores(positive, forest)["roc_auc"] - point_scores(positive, student)["roc_auc"]
    return {"forest_spearman": float(spearmanr(student, forest).statistic), "forest_roc_auc_gap": gap}


def choose_thresholds(
    benches: Sequence[Bench], outputs: Sequence[Arrays], reconstruction: float, *, most_false_alarms: float
) -> dict[str, float]:
    """``score`` and ``neural`` (in multiples of ``reconstruction``) with the best event F1 on validation series.

    Both are taken at quantiles of the clean validation days, all kinds of series together; pairs that flag more of these days than
    allowed, in the worst kind of series, are left out.
    """
    clean = {name: np.concatenate([run[name][: len(one.clean), 0] for one, run in zip(benches, outputs, strict=True)]) for name in PARTS}
    grids = {name: np.quantile(values.astype(np.float64), 1 - np.array(CLEAN_SHARES)) for name, values in clean.items()}
    best, chosen = -1.0, {}
    for statistical in grids["score"]:
        for error in grids["reconstruction"]:
            thresholds = {"score": float(statistical), "reconstruction": reconstruction, "neural": float(error / reconstruction)}
            flags = [is_anomaly(run, thresholds) for run in outputs]
            worst = max(event_scores(one, flagged)["false_alarms"] for one, flagged in zip(benches, flags, strict=True))
            score = pooled_scores(benches, flags)["event_f1"]
            if worst <= most_false_alarms and score > best:
                best, chosen = score, thresholds
    return chosen


PARTS = ("score", "reconstruction")
CLEAN_SHARES = (0.05, 0.03, 0.02, 0.015, 0.01, 0.007, 0.005, 0.003, 0.001)


def pooled_scores(benches: Sequence[Bench], flags: Sequence[np.ndarray]) -> dict[str, float]:
    """``event_scores`` of several kinds of series taken together."""
    cut = [one.split(values) for one, values in zip(benches, flags, strict=True)]
    together = pooled(benches)
    return event_scores(together, np.concatenate([clean for clean, _ in cut] + [part for _, parts in cut for part in parts]))


def _runs(flags: np.ndarray) -> list[tuple[int, int]]:
    """First and one-past-last day of each unbroken run of flagged days."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], flags.astype(np.int8), [0]])))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))
