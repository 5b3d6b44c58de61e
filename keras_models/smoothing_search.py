"""The search for the parameters of exponential smoothing; web_runtime/src/forecast/smoothing-search.ts is its twin.

One-step errors are linear in the states before the first day, so that for given parameters least squares gives the best ones exactly, and
only the parameters are searched: variable projection (Golub & Pereyra 1973, with Kaufman's 1975 derivative) by Levenberg-Marquardt steps
from the best of a few starts. Nothing is random: every series takes the same steps in both languages.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

WEEK = 7
LEVEL = (1e-4, 1 - 1e-4)  # at 0 beta means nothing, at 1 gamma
DAMPING = (0.8, 0.995)
# Where a search may start: alpha, beta's share of alpha, gamma's of 1 - alpha, damping's of its range.
STARTS = (
    (0.05, 0.02, 0.05, 0.5),
    (0.05, 0.02, 0.8, 0.5),
    (0.3, 0.3, 0.05, 0.5),
    (0.3, 0.3, 0.8, 0.5),
    (0.6, 0.8, 0.8, 0.5),
    (0.9, 0.02, 0.8, 0.5),
)
TRIES, STEPS = 4, 30  # from every start, and from the best of where they led
ENOUGH = 1e-9  # relative fall of the squared errors below which a search ends
CAUTION, BOLDER, SHYER = 1e-3, 0.1, 10.0  # Marquardt's factor at first, after a step that helped, and after one that did not
EXACT = 1e-20  # of the squared values: errors below are rounding, and no parameters better than others
RIDGE = 1e-12  # of a diagonal element: keeps the systems of constant series solvable

_STATES = 1 + WEEK  # slope and weekdays; the level before the first day is part of the weekdays
_SHARES = 4
_RANGE = np.array([(LEVEL[0], 0, 0, 0), (LEVEL[1], 1, 1, 1)])


def constants() -> dict[str, Any]:
    """What the manifest carries of this module for the browser."""
    return {
        "level": list(LEVEL),
        "damping": list(DAMPING),
        "starts": [list(start) for start in STARTS],
        "tries": TRIES,
        "steps": STEPS,
        "enough": ENOUGH,
        "caution": [CAUTION, BOLDER, SHYER],
        "exact": EXACT,
        "ridge": RIDGE,
    }


def searched(values: np.ndarray, damped: bool) -> Search:
    """A few steps from every start, series by series on from where that led furthest."""
    best: Search | None = None
    for start in STARTS:
        shares = np.tile(start, (len(values), 1))
        found = Search(shares, np.full(len(values), CAUTION), np.ones(len(values), bool), _project(values, shares, damped))
        _search(values, found, damped, TRIES)
        if best is None:
            best = found
        else:
            best.take(found, np.flatnonzero(found.at.squared < best.at.squared))
    _search(values, best, damped, STEPS)
    return best


@dataclass(eq=False)
class Search:
    """Where the searches of n series are: shares [n, 4], Marquardt's factor [n], whether there is more to gain [n]."""

    shares: np.ndarray
    caution: np.ndarray
    unfinished: np.ndarray
    at: _Projection

    def take(self, other: Search, rows: np.ndarray) -> None:
        """Go on from where another search is, in some rows."""
        for name in ("shares", "caution", "unfinished"):
            getattr(self, name)[rows] = getattr(other, name)[rows]
        self.at.put(rows, other.at.of(rows))


def _search(values: np.ndarray, search: Search, damped: bool, steps: int) -> None:
    for _ in range(steps):
        rows = np.flatnonzero(search.unfinished)
        if not len(rows):
            return
        here, caution = search.at.of(rows), search.caution[rows]
        shares = np.clip(search.shares[rows] + _step(values[rows], search.shares[rows], here, caution, damped), *_RANGE)
        there = _project(values[rows], shares, damped)
        gained = here.squared - there.squared
        better = gained > 0
        search.shares[rows[better]] = shares[better]
        search.at.put(rows[better], there.of(better))
        search.caution[rows] = caution * np.where(better, BOLDER, SHYER)
        search.unfinished[rows] = np.where(better, gained > ENOUGH * here.squared, search.caution[rows] < 1 / RIDGE)


@dataclass(eq=False)
class _Projection:
    """For given parameters: the best first states, their errors, and how the errors respond to each state.

    Attributes
    ----------
    states
        [n, 8]: slope and the seven weekdays before the first day, the level being part of the weekdays.
    squared, errors, responses
        [n], [n, days], [n, days, 8].
    """

    states: np.ndarray
    squared: np.ndarray
    errors: np.ndarray
    responses: np.ndarray

    def of(self, rows: np.ndarray) -> _Projection:
        return _Projection(**{name: value[rows] for name, value in vars(self).items()})

    def put(self, rows: np.ndarray, other: _Projection) -> None:
        for name, value in vars(self).items():
            value[rows] = getattr(other, name)


def _project(values: np.ndarray, shares: np.ndarray, damped: bool) -> _Projection:
    """Errors from states of zero, and the response to each state, in one recursion; then least squares.

    A weekday's state is not read before its first day: the response to it is that to the first weekday's, as many days later.
    """
    rows, days = values.shape
    state = State.zero(rows, 3)
    state.slope[:, 1] = 1
    state.season[:, 0, 2] = 1
    run = state.run(values, parameters_of(shares, damped))
    alone, responses = run[:, :, 0], np.zeros((rows, days, _STATES))
    responses[:, :, 0] = run[:, :, 1]
    for day in range(WEEK):
        responses[:, day:, 1 + day] = run[:, : days - day, 2]
    states = -_solve(_gram(responses), _times(responses, alone[:, :, None]))[:, :, 0]
    errors = alone + (responses @ states[:, :, None])[:, :, 0]
    squared = np.maximum(np.einsum("nt,nt->n", errors, errors), EXACT * np.einsum("nt,nt->n", values, values))
    return _Projection(states, squared, errors, responses)


def _step(values: np.ndarray, shares: np.ndarray, here: _Projection, caution: np.ndarray, damped: bool) -> np.ndarray:
    """Marquardt's step of the shares [n, 4] for the errors that first states can't explain; none out of the range."""
    state = State.zero(len(values), 1 + _SHARES)
    state.begin(here.states)
    slopes = state.run(values, parameters_of(shares, damped), forced=True)[:, :, 1:] @ _chain(shares)
    cross = _times(here.responses, slopes)
    curvature = _gram(slopes) - _times(cross, _solve(_gram(here.responses), cross))
    gradient = _times(slopes, here.errors[:, :, None])[:, :, 0]
    held = ((shares <= _RANGE[0]) & (gradient > 0)) | ((shares >= _RANGE[1]) & (gradient < 0))
    held[:, 3] |= not damped
    size = np.diagonal(curvature, axis1=1, axis2=2)
    held |= size <= 0
    free = ~held
    curvature = np.where(free[:, :, None] & free[:, None, :], curvature, 0)
    at = np.arange(_SHARES)
    curvature[:, at, at] += np.where(free, caution[:, None] * size, 1.0)
    return -np.linalg.solve(curvature, np.where(free, gradient, 0)[:, :, None])[:, :, 0]


def parameters_of(shares: np.ndarray, damped: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Alpha, alpha * beta, gamma and damping, each [n, 1] beside the columns of a recursion."""
    alpha, trend, seasonal, damping = (shares[:, at, None] for at in range(_SHARES))
    low, high = DAMPING
    return alpha, trend * alpha**2, seasonal * (1 - alpha), low + damping * (high - low) if damped else np.ones_like(alpha)


def _chain(shares: np.ndarray) -> np.ndarray:
    """[n, 4, 4]: derivative of the four of ``parameters_of`` (rows) by the shares (columns)."""
    alpha, trend, seasonal = shares[:, 0], shares[:, 1], shares[:, 2]
    chain = np.zeros((len(shares), _SHARES, _SHARES))
    chain[:, 0, 0] = 1
    chain[:, 1, 0], chain[:, 1, 1] = 2 * trend * alpha, alpha**2
    chain[:, 2, 0], chain[:, 2, 2] = -seasonal, 1 - alpha
    chain[:, 3, 3] = DAMPING[1] - DAMPING[0]
    return chain


@dataclass(eq=False)
class State:
    """The recursion on several columns at once: the series itself, and derivatives of it, which obey the same equations.

    Attributes
    ----------
    level, slope
        [n, columns].
    season
        [n, 7, columns], by day modulo 7.
    """

    level: np.ndarray
    slope: np.ndarray
    season: np.ndarray

    @classmethod
    def zero(cls, rows: int, columns: int) -> State:
        """All states zero."""
        return cls(np.zeros((rows, columns)), np.zeros((rows, columns)), np.zeros((rows, WEEK, columns)))

    def begin(self, states: np.ndarray) -> None:
        """Give the first column its states before the first day."""
        self.slope[:, 0], self.season[:, :, 0] = states[:, 0], states[:, 1:]

    def run(self, values: np.ndarray, parameters: tuple[np.ndarray, ...], *, forced: bool = False) -> np.ndarray:
        """Errors [n, days, columns] of column 0, and derivatives of them; ``forced``: by the four parameters, in columns 1 to 4."""
        alpha, trend, gamma, damping = parameters
        errors = np.empty((*values.shape, self.level.shape[1]))
        for day in range(values.shape[1]):
            damped, season = damping * self.slope, self.season[:, day % WEEK]
            if forced:
                damped[:, 4] += self.slope[:, 0]
            ahead = self.level + damped
            error = -(ahead + season)
            error[:, 0] += values[:, day]
            self.level = ahead + alpha * error
            self.slope = damped + trend * error
            season += gamma * error
            if forced:
                self.level[:, 1] += error[:, 0]
                self.slope[:, 2] += error[:, 0]
                season[:, 3] += error[:, 0]
            errors[:, day] = error
        return errors


def _times(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    return np.swapaxes(left, 1, 2) @ right


def _gram(columns: np.ndarray) -> np.ndarray:
    gram = _times(columns, columns)
    at = np.arange(gram.shape[1])
    gram[:, at, at] *= 1 + RIDGE
    return gram


def _solve(matrix: np.ndarray, right: np.ndarray) -> np.ndarray:
    return np.linalg.solve(matrix, right)
