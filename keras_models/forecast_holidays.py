"""What holidays do to a day: factors learned over all series of a data set, taken out before a forecast and put back into it.

Everything that forecasts, networks and smoothings alike, sees a past without holidays: neither is a quiet Thanksgiving taken for a
decline, nor the week after it for a recovery. The twin of web_runtime/src/forecast/holidays.ts.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import MAXYEAR, MINYEAR, date
from typing import Any

import numpy as np
import pandas as pd

from datasets.holidays import CALENDARS, day_of
from datasets.streams import Series
from keras_models.checkpoint import Checkpoint
from keras_models.forecaster_graph import WEEK

CALENDAR = "US"  # of the chart learned from; a user's own file is searched for the same days
ABROAD = ("nn5",)  # labels whose days follow another country's calendar
FEWEST_SERIES = 20  # on a day: their median tells what all of them share
LEAST_EFFECT = 0.005  # logarithm
_DAY = np.timedelta64(1, "D")

Factors = Mapping[str, Mapping[str, float]]  # holiday -> days after it, as text -> factor


def factors_of(checkpoint: Checkpoint) -> Factors:
    """Factors that a checkpoint learned; none where it learned none."""
    return checkpoint.config.get("holidays", {}).get(CALENDAR, {})


def constants(checkpoint: Checkpoint) -> dict[str, Any]:
    """What the manifest carries of this module for the browser: calendar -> holidays, each with its rule and factors."""
    factors = factors_of(checkpoint)
    learned = (one for one in CALENDARS[CALENDAR] if one.name in factors)
    return {CALENDAR: [{"name": one.name, "rule": dict(one.rule), "factors": factors[one.name]} for one in learned]}


def day_factors(factors: Factors, start: np.datetime64 | date, days: int) -> np.ndarray:
    """[days]: the factor of each day from ``start`` on, 1 on most."""
    found = np.ones(days)
    first = np.datetime64(start, "D")
    for year in _years(first, first + days):
        for holiday in CALENDARS[CALENDAR]:
            for after, factor in factors.get(holiday.name, {}).items():
                index = int((np.datetime64(day_of(holiday.rule, year), "D") - first) / _DAY) + int(after)
                if 0 <= index < days:
                    found[index] *= factor
    return found


def without_holidays(runs: Sequence[Series], factors: Factors) -> list[Series]:
    """The series as they would be if no day were a holiday."""
    return [Series(run.id, run.start, run.values / day_factors(factors, run.start, len(run))) for run in runs]


def calm(series: Mapping[str, Sequence[Series]], factors: Factors) -> dict[str, list[Series]]:
    """Label -> its series without holidays; those from abroad as they are."""
    return {label: list(runs) if label in ABROAD else without_holidays(runs, factors) for label, runs in series.items()}


def window_factors(factors: Factors, label: str, first_target: np.ndarray, horizon: int) -> np.ndarray:
    """[n, horizon]: factors of the target days of a label's windows, which begin on ``first_target`` [n]."""
    if label in ABROAD or not len(first_target):
        return np.ones((len(first_target), horizon))
    first = first_target.min()
    found = day_factors(factors, first, int((first_target.max() - first) / _DAY) + horizon)
    return found[((first_target - first) / _DAY).astype(int)[:, None] + np.arange(horizon)]


def learn_factors(series: Mapping[str, Sequence[Series]], last: Mapping[str, str]) -> dict[str, dict[str, float]]:
    """Learn the factors from the series of every label up to its last day of training (ISO date), each label counting alike.

    The median over all series of a day's logarithm less the mean of those a week before and after tells what the day did to all.
    Least squares part days whose weeks before or after hold holidays too. Each year has its own effect; what counts is their mean, shrunk
    by how far the years disagree: ``mean^3 / (mean^2 + variance / years)``. A day seen in one year only counts for nothing.
    """
    shared = [shared_changes(runs, np.datetime64(last[label])) for label, runs in series.items() if label not in ABROAD]
    days, changes = (np.concatenate(parts) for parts in zip(*shared, strict=True))
    if not len(days):
        return {}
    columns = _columns(days)
    design = np.zeros((len(days), len(columns)))
    for shift, weight in ((0, 1.0), (-WEEK, -0.5), (WEEK, -0.5)):
        for place, (_, _, day) in enumerate(columns):
            design[days + shift == day, place] += weight
    effects = np.linalg.lstsq(design, changes, rcond=1e-6)[0]
    yearly: dict[tuple[str, int], list[float]] = defaultdict(list)
    for (name, after, day), effect in zip(columns, effects, strict=True):
        if day in days:
            yearly[name, after].append(effect)
    found: dict[str, dict[str, float]] = defaultdict(dict)
    for (name, after), seen in yearly.items():
        effect = _shrunk(np.array(seen))
        if abs(effect) >= LEAST_EFFECT:
            found[name][str(after)] = round(math.exp(effect), 4)
    return dict(found)


def shared_changes(runs: Sequence[Series], last: np.datetime64) -> tuple[np.ndarray, np.ndarray]:
    """Days, and the median over series of a day's logarithm less the mean of those a week before and after; none lies after ``last``."""
    days, changes = [np.empty(0, "datetime64[D]")], [np.empty(0)]
    for run in runs:
        values = run.values[: max(0, int((last - run.start) / _DAY) + 1)]
        if len(values) <= 2 * WEEK:
            continue
        logs = np.log(np.where(values > 0, values, np.nan))
        changes.append(logs[WEEK:-WEEK] - (logs[: -2 * WEEK] + logs[2 * WEEK :]) / 2)
        days.append(run.start + np.arange(WEEK, len(values) - WEEK))
    shared = pd.DataFrame({"day": np.concatenate(days), "change": np.concatenate(changes)}).dropna().groupby("day")["change"]
    found = shared.median()[shared.size() >= FEWEST_SERIES]
    return found.index.to_numpy().astype("datetime64[D]"), found.to_numpy()


def _columns(days: np.ndarray) -> list[tuple[str, int, np.datetime64]]:
    """Holiday, days after it and the day meant, for every year that the days touch."""
    years = _years(days.min(), days.max())
    return [
        (one.name, after, np.datetime64(day_of(one.rule, year), "D") + after)
        for one in CALENDARS[CALENDAR]
        for after in range(one.first, one.last + 1)
        for year in years
    ]


def _years(first: np.datetime64, last: np.datetime64) -> range:
    """Years whose holidays may touch the days from first to last: New Year's Eve belongs to the year after."""
    years = [int(day.astype("datetime64[Y]").astype(int)) + 1970 for day in (first, last)]
    return range(max(years[0] - 1, MINYEAR), min(years[1] + 1, MAXYEAR) + 1)


def _shrunk(yearly: np.ndarray) -> float:
    if len(yearly) < 2 or not yearly.any():
        return 0.0
    mean = yearly.mean()
    return float(mean**3 / (mean**2 + yearly.var(ddof=1) / len(yearly)))
