"""Events of known kind, size and place, put into real daily series: how anomaly detection is judged where nobody wrote the real ones down.

An injected series stays what it was outside its event, so natural surprises (a release, a holiday) count as false alarms.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

WEEK = 7
PROFILE_DAYS = 28
PATTERN_TO_NOISE = 1.0  # a weekday pattern can be lost only where there is one: its deviation against that of what it leaves


def _always(values: np.ndarray, start: int) -> bool:
    return True


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of event.

    Attributes
    ----------
    days
        How long it lasts.
    sizes
        Drawn alike often, in the kind's own unit.
    apply
        (values [n], first day, size, days) -> values [n] with the event in them.
    fits
        (values [n], first day) -> whether such an event can happen there.
    """

    name: str
    days: int
    sizes: tuple[float, ...]
    unit: str
    apply: Callable[[np.ndarray, int, float, int], np.ndarray]
    fits: Callable[[np.ndarray, int], bool] = _always


@dataclass(frozen=True, eq=False)
class Injected:
    """A series with one event in it, on the days ``start`` to ``end`` (exclusive)."""

    values: np.ndarray
    kind: str
    size: float
    start: int
    end: int


def inject(values: np.ndarray, *, earliest: int, seed: int) -> list[Injected]:
    """Put one event of each kind that fits into a copy of a series, size and day drawn anew.

    Parameters
    ----------
    values
        [n], at least 28 of them before ``earliest``.
    earliest
        First day that an event may begin; it ends within the series.
    seed
        The same seed gives the same events.
    """
    random = np.random.default_rng(seed)
    made = []
    for kind in KINDS:
        size, share = kind.sizes[random.integers(len(kind.sizes))], random.random()
        days = len(values) - kind.days - earliest + 1
        start = earliest + int(share * days)
        if days > 0 and kind.fits(values, start):
            made.append(Injected(kind.apply(values, start, size, kind.days), kind.name, size, start, start + kind.days))
    return made


def _multiplied(values: np.ndarray, start: int, size: float, days: int) -> np.ndarray:
    changed = values.copy()
    changed[start : start + days] *= size
    return changed


def _shifted(values: np.ndarray, start: int, size: float, days: int) -> np.ndarray:
    changed = values.copy()
    changed[start:] *= size
    return changed


def _drifting(values: np.ndarray, start: int, size: float, days: int) -> np.ndarray:
    changed = values.copy()
    changed[start:] *= (1 + size) ** np.minimum(np.arange(1, len(values) - start + 1), days)
    return changed


def _without_weekdays(values: np.ndarray, start: int, size: float, days: int) -> np.ndarray:
    profile, _ = _weekday_profile(values[start - PROFILE_DAYS : start])
    changed = values.copy()
    changed[start : start + days] /= np.exp(size * np.resize(profile, days))
    return changed


def _has_weekdays(values: np.ndarray, start: int) -> bool:
    before = values[start - PROFILE_DAYS : start]
    if before.min() <= 0:
        return False
    profile, noise = _weekday_profile(before)
    return bool(profile.std() > PATTERN_TO_NOISE * noise)


def _weekday_profile(values: np.ndarray) -> tuple[np.ndarray, float]:
    """Log weekday factors [7] of whole weeks, the first value's weekday first, and the deviation of what they leave."""
    logs = np.log(values)
    trend = np.convolve(np.pad(logs, WEEK // 2, mode="reflect", reflect_type="odd"), np.ones(WEEK) / WEEK, mode="valid")
    weeks = (logs - trend).reshape(-1, WEEK)
    profile = np.median(weeks, axis=0)
    return profile - profile.mean(), float((weeks - profile).std())


KINDS = (
    Kind(name="bot_spike", days=2, sizes=(2.0, 4.0, 8.0), unit="times", apply=_multiplied),
    Kind(name="drop_out", days=2, sizes=(0.4, 0.1, 0.0), unit="times", apply=_multiplied),
    Kind(name="level_shift", days=7, sizes=(0.3, 0.5, 2.0, 3.0), unit="times from then on; to be found within a week", apply=_shifted),
    Kind(name="slow_drift", days=21, sizes=(-0.05, 0.05, 0.08), unit="per day, the level then stays", apply=_drifting),
    Kind(
        name="lost_weekdays",
        days=14,
        sizes=(0.8, 1.0),
        unit="share of the weekday pattern; the noise around it stays",
        apply=_without_weekdays,
        fits=_has_weekdays,
    ),
)
