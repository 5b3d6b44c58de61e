"""Turns an event log into rows to learn from: users as of several days, what they did until then, and whether they came back."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from datasets.activity import NAMES, WINDOW_DAYS, Activity, Kinds, features_as_of, sum_up
from datasets.cdnow import read_cdnow
from datasets.events import read_events
from datasets.tables import DataError, Problem

DATA = "cdnow"
HORIZON_DAYS = 90  # without an active day: that is churn
STEP_DAYS = 30
TEST_DAYS = 2  # the latest as-of days
FOLDS = 5
VALIDATION = 0.25  # of the users who are not tested
RFM = ("recency", "frequency", "monetary")


@dataclass(frozen=True, eq=False)
class Rows:
    """Users as of days: only those with an active day among the last 90, since the others have left already.

    Attributes
    ----------
    user
        Names [n], as objects.
    day
        As-of day of each row, days since 1970-01-01.
    features
        float64 [n, 12].
    rfm
        float64 [n, 3]: days since the last active day, active days so far, revenue so far for each of them. What the baseline is given.
    churned
        bool [n]: no active day in the 90 days after the as-of day.
    """

    user: np.ndarray
    day: np.ndarray
    features: np.ndarray
    rfm: np.ndarray
    churned: np.ndarray

    def __len__(self) -> int:
        return len(self.user)

    @property
    def sha256(self) -> str:
        """Identity of the rows, however their file was packed: only the same rows are split alike."""
        digest = hashlib.sha256("\n".join(self.user).encode())
        for values in (self.day, self.features, self.churned):
            digest.update(np.ascontiguousarray(values).tobytes())
        return digest.hexdigest()


def load_rows(path: Path, *, kinds: Kinds) -> Rows:
    """Read a log (CDNOW's own file, or what ``datasets.events`` reads) and cut rows as of each of ``as_of_days``.

    Raises
    ------
    DataError
        If the log can't be read, or is too short to train and judge on.
    """
    events = read_cdnow(path) if path.suffix == ".txt" else read_events(path)
    activity = sum_up(events, kinds=kinds)
    days = as_of_days(activity.first_day, activity.last_day)
    if len(days) < _fewest_days():
        span = activity.last_day - activity.first_day + 1
        needed = WINDOW_DAYS + STEP_DAYS * (_fewest_days() - 1) + HORIZON_DAYS + 1
        raise DataError(path, [Problem(f"its events span {span} days; expected {needed} at least, to train on and judge by later ones")])
    return rows_as_of(activity, days)


def kinds_beside(path: Path) -> Kinds:
    """What event names mean in a log: as ``<log>.kinds.json`` beside it says, ``{"purchase": ["checkout"], ...}``, or the usual names.

    Raises
    ------
    DataError
        If that file is not an object of lists of names under login, session, purchase or support, each name once.
    """
    beside = path.with_name(f"{path.name}.kinds.json")
    if not beside.is_file():
        return Kinds()
    try:
        return Kinds.from_json(beside.read_text(encoding="utf-8"))
    except ValueError as error:
        raise DataError(beside, [Problem(str(error))]) from error


def as_of_days(first: int, last: int) -> list[int]:
    """Every 30th day, counted back from the last one whose next 90 days the log holds, to the first one that has 90 days behind it."""
    return list(range(last - HORIZON_DAYS, first + WINDOW_DAYS - 1, -STEP_DAYS))[::-1]


def rows_as_of(activity: Activity, days: list[int]) -> Rows:
    """Rows of every user who is active as of each day, in the order of the days, then of the users."""
    table = pl.concat([_table(activity, day) for day in days])
    features, rfm = (table.select(names).to_numpy() for names in (NAMES, RFM))
    users = table["user"].cast(pl.String).to_numpy()
    return Rows(users, table["day"].to_numpy(), features, rfm, table["churned"].to_numpy())


def _table(activity: Activity, day: int) -> pl.DataFrame:
    active = activity.daily.lazy().filter(pl.col("uses") > 0)
    returned = active.filter((pl.col("day") > day) & (pl.col("day") <= day + HORIZON_DAYS)).select("user", churned=False).unique()
    past = active.filter(pl.col("day") <= day).group_by("user").agg(frequency=pl.len().cast(pl.Float64))
    rows = features_as_of(activity, day).lazy().filter("active").join(past, on="user").join(returned, on="user", how="left")
    return (
        rows.with_columns(
            day=pl.lit(day),
            churned=pl.col("churned").fill_null(True),
            recency=pl.col("days_since_last_login"),
            monetary=pl.col("total_revenue_generated") / pl.col("frequency"),
        )
        .sort(pl.col("user").cast(pl.String))
        .collect()
    )


def split_rows(rows: Rows, *, seed: int) -> list[dict[str, np.ndarray]]:
    """Row numbers of ``train``, ``validation`` and ``test`` for each fold: apart by users and by time.

    The test users of the five folds are a fifth each. They are judged as of the two latest days; of the others, three quarters train
    and a quarter validates, as of days whose 90 days after have passed by the first day of the test.
    """
    users = np.unique(rows.user)
    parts = np.random.default_rng(seed).permutation(len(users)) % (FOLDS * _SHARES)
    part = parts[np.searchsorted(users, rows.user)]
    days = np.unique(rows.day)
    is_test_day = rows.day >= days[-TEST_DAYS]
    is_known = rows.day + HORIZON_DAYS <= days[-TEST_DAYS]
    splits = []
    for fold in range(FOLDS):
        is_test_user = part % FOLDS == fold
        is_validation_user = ~is_test_user & (part // FOLDS < VALIDATION * _SHARES)
        chosen = {
            "train": is_known & ~is_test_user & ~is_validation_user,
            "validation": is_known & is_validation_user,
            "test": is_test_day & is_test_user,
        }
        splits.append({name: np.flatnonzero(mask) for name, mask in chosen.items()})
    return splits


_SHARES = 4  # parts of a fold, of which one validates


def _fewest_days() -> int:
    return TEST_DAYS + -(-HORIZON_DAYS // STEP_DAYS)
