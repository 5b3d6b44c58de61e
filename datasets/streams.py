"""Daily series: charts, wide tables and users' own files as gapless runs of days, and the windows that a forecaster learns from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from datasets.tables import DataError, Problem, Problems, Table, read_table

CHART_COLUMNS = ("Date", "Streams", "track_ID", "Artist")
USER_COLUMNS = ("series_id", "date", "value")
MINIMUM_DAYS = 44  # one window of 30 + 7 days, and a week to move it over
_DAY = np.timedelta64(1, "D")


@dataclass(frozen=True, eq=False)
class Series:
    """Daily values of consecutive days, without gaps.

    Attributes
    ----------
    id
        Of what is counted; several runs of one chart entry share it.
    start
        Day of the first value, datetime64[D].
    values
        float64 [days], finite, oldest first.
    """

    id: str
    start: np.datetime64
    values: np.ndarray

    def __post_init__(self) -> None:
        if self.values.ndim != 1 or not len(self.values) or not np.isfinite(self.values).all():
            raise ValueError(f"series {self.id}: expected finite values of one day or more, got shape {self.values.shape}")

    def __len__(self) -> int:
        return len(self.values)


@dataclass(frozen=True, eq=False)
class Windows:
    """Pairs of past and future, cut from series.

    Attributes
    ----------
    values
        float32 [n, inputs]: daily values, oldest first.
    targets
        float32 [n, horizon]: the days that follow.
    weekday
        float32 [n, 1]: of the first target day, 0 = Monday .. 6 = Sunday.
    series
        int64 [n]: index into the list the windows were cut from.
    first_target
        datetime64[D] [n]: the first target day.
    """

    values: np.ndarray
    targets: np.ndarray
    weekday: np.ndarray
    series: np.ndarray
    first_target: np.ndarray

    def __len__(self) -> int:
        return len(self.values)


def load(path: Path) -> dict[str, list[Series]]:
    """Read the series of a file (``.csv``, ``.csv.gz`` or ``.parquet``) of any documented layout, told by its columns.

    Returns
    -------
    dict
        ``{"tracks": ..., "artists": ...}`` for a chart, ``{"series": ...}`` for the other layouts.

    Raises
    ------
    DataError
        If the layout is none of the documented ones, or the content is not what it asks for.
    """
    table = read_table(path)
    if set(CHART_COLUMNS) <= set(table.columns):
        return {"tracks": _tracks(table), "artists": _artists(table)}
    if {"series_id", "value"} & set(table.columns):
        return {"series": _user_series(table)}
    if "date" in table.columns and len(table.columns) > 1:
        return {"series": _wide(table)}
    expected = f"a chart ({', '.join(CHART_COLUMNS)}), series ({', '.join(USER_COLUMNS)}), or date and one column per series"
    raise DataError(table.path, [Problem(f"expected the columns of {expected}; got {', '.join(table.columns)}", line=1)])


def chart_tracks(path: Path) -> list[Series]:
    """Read a chart (Date, Streams, track_ID, Artist): one run for every unbroken stay of a track in it."""
    return _tracks(read_table(path))


def chart_artists(path: Path) -> list[Series]:
    """Read a chart: the sum over an artist's charting tracks, one run for every unbroken stay.

    Rows that name no artist (16 of 214,400 in us_top200) belong to no artist's series.
    """
    return _artists(read_table(path))


def wide(path: Path) -> list[Series]:
    """Read ``date`` and one column per series, as in NN5; an empty cell or a missing date ends a run."""
    return _wide(read_table(path))


def user_series(path: Path) -> list[Series]:
    """Read ``series_id,date,value`` rows in any order: ISO dates, each day of a series exactly once, 44 days or more.

    Raises
    ------
    DataError
        With all missing columns, bad cells, duplicate dates, missing dates (at the line after the gap) and short series.
    """
    return _user_series(read_table(path))


def windows(
    series: Sequence[Series],
    *,
    inputs: int = 30,
    horizon: int = 7,
    first_target: date | None = None,
    last_target: date | None = None,
    stride: int = 1,
) -> Windows:
    """Cut all windows whose targets lie within the given days; none crosses a gap, as a series has none.

    Parameters
    ----------
    inputs, horizon
        Days in and days out.
    first_target, last_target
        First and last day a target may have, both inclusive; None leaves that side open. Inputs may lie before.
    stride
        Days from one window of a series to its next.
    """
    if min(inputs, horizon, stride) < 1:
        raise ValueError(f"windows: expected inputs, horizon and stride of at least 1, got {inputs}, {horizon} and {stride}")
    length = inputs + horizon
    cut: list[np.ndarray] = [np.empty((0, length))]
    owners: list[np.ndarray] = [np.empty(0, np.int64)]
    days: list[np.ndarray] = [np.empty(0, "datetime64[D]")]
    for index, one in enumerate(series):
        origin = one.start + inputs * _DAY  # first target day of the window at offset 0
        begin = 0 if first_target is None else max(0, int((np.datetime64(first_target, "D") - origin) / _DAY))
        end = len(one) - length
        if last_target is not None:
            end = min(end, int((np.datetime64(last_target, "D") - origin) / _DAY) - horizon + 1)
        if begin > end:
            continue
        offsets = np.arange(begin, end + 1, stride)
        cut.append(np.lib.stride_tricks.sliding_window_view(one.values, length)[offsets])
        owners.append(np.full(len(offsets), index))
        days.append(origin + offsets * _DAY)
    values = np.concatenate(cut).astype(np.float32)
    target_days = np.concatenate(days)
    return Windows(
        values=values[:, :inputs],
        targets=values[:, inputs:],
        weekday=weekday(target_days).astype(np.float32)[:, None],
        series=np.concatenate(owners),
        first_target=target_days,
    )


def weekday(days: np.ndarray) -> np.ndarray:
    """Day of the week of datetime64[D] days: 0 = Monday .. 6 = Sunday (1970-01-01 was a Thursday)."""
    return (days.astype("datetime64[D]").astype(np.int64) + 3) % 7


def _tracks(table: Table) -> list[Series]:
    problems = Problems(table.path)
    table.require(CHART_COLUMNS, problems)
    problems.check()
    days = table.dates("Date", problems)
    streams = table.numbers("Streams", problems)
    tracks = table.texts("track_ID", problems)
    problems.check()
    _refuse_duplicates(tracks, days, table.lines, problems, column="Date")
    problems.check()
    return _runs(tracks, days, streams)


def _artists(table: Table) -> list[Series]:
    problems = Problems(table.path)
    table.require(CHART_COLUMNS, problems)
    problems.check()
    rows = pd.DataFrame({"artist": table.cells["Artist"].replace("", None), "day": table.dates("Date", problems)})
    rows["streams"] = table.numbers("Streams", problems)
    problems.check()
    sums = rows.groupby(["artist", "day"], as_index=False)["streams"].sum()
    return _runs(sums["artist"].to_numpy(), sums["day"].to_numpy().astype("datetime64[D]"), sums["streams"].to_numpy())


def _wide(table: Table) -> list[Series]:
    problems = Problems(table.path)
    table.require(["date"], problems)
    problems.check()
    days = table.dates("date", problems)
    names = [name for name in table.columns if name != "date"]
    columns = [table.numbers(name, problems, empty=True) for name in names]
    problems.check()
    _refuse_duplicates(np.full(len(days), ""), days, table.lines, problems, column="date")
    problems.check()
    found: list[Series] = []
    for name, values in zip(names, columns, strict=True):
        there = np.isfinite(values)
        found += _runs(np.full(there.sum(), name, dtype=object), days[there], values[there])
    return found


def _user_series(table: Table) -> list[Series]:
    problems = Problems(table.path)
    table.require(USER_COLUMNS, problems)
    problems.check()
    ids = table.texts("series_id", problems)
    days = table.dates("date", problems)
    values = table.numbers("value", problems)
    problems.check()
    _refuse_duplicates(ids, days, table.lines, problems, column="date")
    order = _by_id_and_day(ids, days)
    same = ids[order][1:] == ids[order][:-1]
    steps = np.diff(days[order])
    for at in np.flatnonzero(same & (steps > _DAY)):
        after, before = order[at + 1], order[at]
        missing = int(steps[at] / _DAY) - 1
        message = f'series "{ids[after]}": {missing} missing date(s) between {days[before]} and {days[after]}; expected every day once'
        problems.add(message, line=table.lines[after], column="date")
    for name, rows in pd.Series(table.lines).groupby(ids):
        if len(rows) < MINIMUM_DAYS:
            message = f'series "{name}" has {len(rows)} days; expected at least {MINIMUM_DAYS}'
            problems.add(message, line=rows.iloc[-1], column="series_id")
    problems.check()
    return _runs(ids, days, values)


def _by_id_and_day(ids: np.ndarray, days: np.ndarray) -> np.ndarray:
    return np.lexsort((days, pd.factorize(ids, sort=True)[0]))


def _refuse_duplicates(ids: np.ndarray, days: np.ndarray, lines: np.ndarray, problems: Problems, *, column: str) -> None:
    rows = pd.DataFrame({"id": ids, "day": days, "line": lines})
    repeated = np.flatnonzero(rows.duplicated(["id", "day"]))
    if not len(repeated):
        return
    first = rows.groupby(["id", "day"])["line"].transform("first")
    for at in repeated:
        owner = f' of "{ids[at]}"' if ids[at] else ""
        problems.add(f"duplicate date {days[at]}{owner}, first on line {first[at]}", line=lines[at], column=column)


def _runs(ids: np.ndarray, days: np.ndarray, values: np.ndarray) -> list[Series]:
    """Cut rows, one per id and day, into series at each change of id and each gap in days."""
    if not len(ids):
        return []
    order = _by_id_and_day(ids, days)
    ids, days, values = ids[order], days[order], values[order]
    edges = np.flatnonzero((ids[1:] != ids[:-1]) | (np.diff(days) != _DAY)) + 1
    starts = np.concatenate([[0], edges])
    return [Series(str(ids[start]), days[start], run) for start, run in zip(starts, np.split(values, edges), strict=True)]
