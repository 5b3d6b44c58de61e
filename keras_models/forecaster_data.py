"""Which days the forecaster learns from, is chosen on and is judged on: split by date, targets never overlapping (walk-forward)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from datasets.formats import content_sha256
from datasets.registry import DATASETS, find
from datasets.streams import Series, Windows, load, windows
from datasets.tables import DataError, Problem
from keras_models.spec import Split

DATA = ("us_top200", "nn5")
# Last target day of training and of validation; the test split is all that follows.
REGISTRY_SPLITS = {
    "us_top200 tracks": ("2019-02-28", "2019-05-31"),
    "us_top200 artists": ("2019-02-28", "2019-05-31"),
    "nn5": ("1997-06-30", "1997-10-31"),
}
TRAINING, VALIDATION = 0.7, 0.15  # shares of the days of a user's own file


def load_series(data: Path | None) -> dict[str, list[Series]]:
    """Label -> series, from a file of any layout that ``datasets.streams`` knows, or from the registry."""
    if data is not None:
        return {_label(data.name, kind): series for kind, series in load(data).items()}
    return {_label(name, kind): series for name in DATA for kind, series in load(find(name)).items()}


def split_days(data: Path | None, series: Mapping[str, list[Series]]) -> dict[str, tuple[str, str]]:
    """Label -> last target day of training and of validation (ISO dates), both inclusive.

    Raises
    ------
    DataError
        If a user's file is too short to leave windows for all three splits.
    """
    if data is None:
        return dict(REGISTRY_SPLITS)
    chosen = {}
    for label, runs in series.items():
        days = np.sort(windows(runs).first_target)
        if len(days) == 0 or days[-1] - days[0] < np.timedelta64(60, "D"):
            raise DataError(
                data, [Problem(f"{label}: expected series that span at least 97 days together, to train, select and judge by date")]
            )
        last = [days[int(share * (len(days) - 1))] for share in (TRAINING, TRAINING + VALIDATION)]
        chosen[label] = (str(last[0]), str(last[1]))
    return chosen


def split_windows(runs: list[Series], days: tuple[str, str] | None, split: Split | str) -> Windows:
    """Windows of one split: ``train``, ``validation``, ``test``, or ``all`` (for which no days are needed)."""
    if split == "all" or days is None:
        return windows(runs)
    trained, validated = (np.datetime64(day) for day in days)
    bounds = {"train": (None, trained), "validation": (trained + 1, validated), "test": (validated + 1, None)}
    first, last = (None if day is None else date.fromisoformat(str(day)) for day in bounds[split])
    return windows(runs, first_target=first, last_target=last)


def provenance(data: Path | None) -> list[dict[str, Any]]:
    """Name and content hash of the files trained on."""
    files = {data.name: data} if data else {name: find(name) for name in DATA}
    return [{"name": name, "sha256": content_sha256(path)} for name, path in files.items()]


def _label(name: str, kind: str) -> str:
    stem = name if name in DATASETS else name.split(".")[0]
    return stem if kind == "series" else f"{stem} {kind}"
