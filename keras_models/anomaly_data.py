"""Which rows the anomaly model learns from and is judged on: metric windows split by series and by date, or a table's rows.

A series belongs to one of three groups by the hash of its id, and each group is read in its own stretch of days, so no series and no day
of the test split was seen in training or in choosing thresholds. Events are put into series whose days are otherwise as they were.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from datasets.injection import PROFILE_DAYS, Injected, inject
from datasets.metric_windows import CADENCES, METRIC_FEATURES, metric_features
from datasets.streams import Series, load
from datasets.ten_columns import TenColumns
from keras_models.spec import Split

DAILY = CADENCES["daily"]
CLEAN_BEFORE = 14  # untouched days judged before each event: with the event's own, about one event in three weeks
SHARES = {"train": 0.5, "validation": 0.2, "test": 0.3}  # of series, by the hash of their ids, and of rows where a table has no labels
LAST_DAYS = {"train": np.datetime64("2018-10-31"), "validation": np.datetime64("2019-04-30")}
SHORTEST = DAILY.window + CLEAN_BEFORE + 21  # a window, clean days, and the longest event
_DAY = np.timedelta64(1, "D")


@dataclass(frozen=True, eq=False)
class Trial:
    """The judged days of a series with one event.

    Attributes
    ----------
    rows
        float64 [days, 10]: features of ``CLEAN_BEFORE`` untouched days, then of the event's days.
    """

    kind: str
    size: float
    rows: np.ndarray

    @property
    def event(self) -> np.ndarray:
        """Which days are the event's, bool [days]."""
        return np.arange(len(self.rows)) >= CLEAN_BEFORE


@dataclass(frozen=True, eq=False)
class Bench:
    """What one kind of series is judged on: features of clean days [n, 10], and trials with an event each."""

    clean: np.ndarray
    trials: Sequence[Trial]

    @property
    def rows(self) -> np.ndarray:
        """All rows: the clean ones, then each trial's."""
        return np.concatenate([self.clean, *(trial.rows for trial in self.trials)])

    def split(self, values: np.ndarray) -> tuple[np.ndarray, list[np.ndarray]]:
        """Cut values of ``rows`` into those of the clean days and those of each trial."""
        ends = np.cumsum([len(trial.rows) for trial in self.trials])[:-1]
        return values[: len(self.clean)], np.split(values[len(self.clean) :], ends)


def bench(series: Sequence[Series], split: Split | str, *, by_date: bool = True) -> Bench:
    """Clean days and injected events of one split; of all series and days for ``all``."""
    clean, trials = [np.empty((0, len(METRIC_FEATURES)))], []
    for one in series:
        values = one.values if split == "all" else _stretch(one, split, by_date=by_date)
        if len(values) < SHORTEST:
            continue
        clean.append(metric_features(values, DAILY))
        made = inject(values, earliest=PROFILE_DAYS + CLEAN_BEFORE, seed=_hash(f"{one.id} {one.start}"))
        trials += [Trial(event.kind, event.size, _judged(event)) for event in made]
    return Bench(np.concatenate(clean), trials)


def _judged(event: Injected) -> np.ndarray:
    """Features of the days before and in an event, and nothing after it."""
    return metric_features(event.values[event.start - CLEAN_BEFORE - DAILY.window + 1 : event.end], DAILY)


def _stretch(series: Series, split: str, *, by_date: bool) -> np.ndarray:
    """The days of a series that belong to a split, with the window that the first of them needs; none of another group's series."""
    if group_of(series.id) != split:
        return np.empty(0)
    if not by_date:
        return series.values
    first = {"train": None, "validation": LAST_DAYS["train"] + _DAY, "test": LAST_DAYS["validation"] + _DAY}[split]
    begin = 0 if first is None else max(0, int((first - series.start) / _DAY) - DAILY.window + 1)
    end = len(series) if split == "test" else max(0, int((LAST_DAYS[split] - series.start) / _DAY) + 1)
    return series.values[begin:end]


def group_of(identity: str) -> str:
    """``train``, ``validation`` or ``test``: the same on every machine."""
    share = _hash(identity) / 2**32
    if share < SHARES["train"]:
        return "train"
    return "validation" if share < SHARES["train"] + SHARES["validation"] else "test"


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")


def benches(path: Path, split: Split | str, *, by_date: bool) -> dict[str, Bench]:
    """Kind of series (``tracks``, ``artists``, ``series``) -> its bench."""
    return {kind: bench(series, split, by_date=by_date) for kind, series in load(path).items()}


def pooled(benches: Sequence[Bench]) -> Bench:
    """Several benches as one."""
    return Bench(np.concatenate([one.clean for one in benches]), [trial for one in benches for trial in one.trials])


def split_table(table: TenColumns, *, seed: int) -> dict[str, np.ndarray]:
    """Row numbers of each split: half of the normal rows train (a fifth of them validates), the other half and all anomalies test."""
    normal = np.arange(len(table)) if table.anomalous is None else np.flatnonzero(~table.anomalous)
    normal = np.random.default_rng(seed).permutation(normal)
    half, kept = len(normal) // 2, len(normal) // 10
    anomalies = np.setdiff1d(np.arange(len(table)), normal)
    parts: Mapping[str, np.ndarray] = {
        "train": normal[: half - kept],
        "validation": normal[half - kept : half],
        "test": np.concatenate([normal[half:], anomalies]),
    }
    return {name: np.sort(rows) for name, rows in parts.items()}


def made_anomalies(rows: np.ndarray, *, seed: int) -> np.ndarray:
    """Rows with an event each, for tables without known ones: three columns swapped with other rows', or up to three pushed outwards."""
    random = np.random.default_rng(seed)
    made = rows.copy()
    centre, spread = np.median(rows, axis=0), rows.std(axis=0)
    for at, row in enumerate(made):
        columns = random.choice(rows.shape[1], size=3 if at % 2 else random.integers(1, 4), replace=False)
        if at % 2:
            row[columns] = rows[random.integers(len(rows), size=3), columns]
        else:
            row[columns] = centre[columns] + random.choice([-1, 1], len(columns)) * random.uniform(3, 12, len(columns)) * spread[columns]
    return made
