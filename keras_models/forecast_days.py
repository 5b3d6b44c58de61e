"""Daily values as callers have them, with dates or without, days missing or not: made one gapless series, or refused.

The twin of web_runtime/src/forecast/days.ts. A missing day takes the value on the line between the same weekday of the nearest weeks that
are known before and after it; at either end of the series, that of the nearest known week.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np

from keras_models.forecaster_graph import WEEK, WINDOW

LONGEST = 3650
LONGEST_GAP = WEEK  # days in a row: a weekday is then missing once, and its neighbours in time are known
LARGEST_SHARE = 0.2  # of all days


class ForecastInputError(ValueError):
    """A series is not what the forecaster takes; the message says what was expected and what came."""


@dataclass(frozen=True, eq=False)
class Days:
    """A series without gaps.

    Attributes
    ----------
    values
        float64 [days].
    start
        Of the first value; None where no date is known.
    filled
        Indices of the days that were missing.
    """

    values: np.ndarray
    start: date | None
    filled: tuple[int, ...]

    @property
    def weekday(self) -> int:
        """Of the day after the last, 0 = Monday .. 6 = Sunday, -1 where unknown."""
        return -1 if self.start is None else (self.start + timedelta(days=len(self.values))).weekday()

    def date_of(self, index: int) -> str | None:
        """ISO date of a day, counted from the first."""
        return None if self.start is None else str(self.start + timedelta(days=index))


def read_days(given: Sequence[Any], start: str | None = None) -> Days:
    """Read values, oldest first, None where one is missing; or mappings of ``date`` and ``value`` in any order.

    Raises
    ------
    ForecastInputError
        For fewer than 30 or more than 3650 days, a weekday that is never known, and more than 7 missing days in a row or 20 % of all.
    """
    first = None if start is None else date.fromisoformat(start)
    values = list(given)
    if values and isinstance(values[0], Mapping):
        dated = {date.fromisoformat(one["date"]): one["value"] for one in values}
        if len(dated) != len(values) or first is not None:
            raise ForecastInputError("Forecaster expects each date once, and dated values or a startDate, not both")
        first = min(dated)
        values = [dated.get(first + timedelta(days=day)) for day in range((max(dated) - first).days + 1)]
    if not WINDOW <= len(values) <= LONGEST:
        raise ForecastInputError(f"Forecaster expects {WINDOW} to {LONGEST} finite daily values, got {len(values)}")
    known = np.array([np.nan if value is None else value for value in values], np.float64)
    missing = np.isnan(known)
    filled = np.flatnonzero(missing)
    _check_gaps(missing)
    for index in filled:
        before = next((at for at in range(index - WEEK, -1, -WEEK) if not missing[at]), None)
        after = next((at for at in range(index + WEEK, len(known), WEEK) if not missing[at]), None)
        if before is None and after is None:
            raise ForecastInputError(f"Forecaster expects each weekday at least once, got none of the day at index {index}")
        if before is None or after is None:
            known[index] = known[after if before is None else before]
        else:
            known[index] = known[before] + (known[after] - known[before]) * ((index - before) / (after - before))
    return Days(known, first, tuple(filled.tolist()))


def constants() -> dict[str, Any]:
    """What the manifest carries of this module for the browser."""
    return {"longest": LONGEST, "week": WEEK, "gaps": {"longest": LONGEST_GAP, "share": LARGEST_SHARE}}


def _check_gaps(missing: np.ndarray) -> None:
    edges = np.diff(np.concatenate([[0], missing.astype(int), [0]]))
    runs = np.flatnonzero(edges == -1) - np.flatnonzero(edges == 1)
    longest = int(runs.max(initial=0))
    if longest > LONGEST_GAP or missing.sum() > LARGEST_SHARE * len(missing):
        raise ForecastInputError(
            f"Forecaster expects at most {LONGEST_GAP} missing days in a row and {100 * LARGEST_SHARE:g} % in all, "
            f"got {longest} in a row and {missing.sum()} of {len(missing)} days; shorten the series or fill its gaps"
        )
