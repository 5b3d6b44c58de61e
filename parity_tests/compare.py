"""How two sets of numbers are compared: names, then shapes, then values, and a failure that says where they part."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from keras_models.spec import Comparison, TensorSpec

NEIGHBOURS = 2
UNITS: Mapping[Comparison, str] = {"absolute": "absolute", "row-relative": "of the row's largest"}
ROW_RELATIVE: Comparison = "row-relative"


@dataclass(frozen=True, kw_only=True)
class Difference:
    """What comparing one tensor gave.

    Attributes
    ----------
    error
        Largest error in the tensor's own comparison; infinite where names or shapes differ or a value is no number.
    problem
        Why it fails: the case, the first bad index and its neighbours; None where it is within the tolerance.
    worst_case
        Name of the case with the largest error; None where there is no error.
    """

    name: str
    error: float
    problem: str | None
    worst_case: str | None = None


def compare(
    tensor: TensorSpec,
    expected: np.ndarray,
    got: Mapping[str, np.ndarray],
    *,
    tolerance: float,
    cases: Sequence[str],
    scales: np.ndarray | None = None,
) -> Difference:
    """Compare one named tensor with what the browser computed.

    Parameters
    ----------
    expected
        [rows, ...], as Python computes it.
    got
        Named tensors of the browser.
    tolerance
        Largest error allowed; 0 asks for equal values.
    cases
        Name of the case that each row belongs to.
    scales
        [rows], what errors of a row-relative tensor are divided by: see ``row_scales``; that of this tensor alone by default.
    """
    if tensor.name not in got:
        return Difference(name=tensor.name, error=np.inf, problem=f"missing; the browser gave {', '.join(got) or 'nothing'}")
    actual = got[tensor.name]
    if actual.shape != expected.shape:
        return Difference(name=tensor.name, error=np.inf, problem=f"expected shape {list(expected.shape)}, got {list(actual.shape)}")
    errors = error_of(expected, actual, tensor.comparison, scales)
    worst = float(errors.max(initial=0.0))
    return Difference(
        name=tensor.name,
        error=worst,
        worst_case=cases[int(errors.max(axis=1).argmax())] if worst > 0 else None,
        problem=None if worst <= tolerance else _first_bad(errors, expected, actual, tolerance=tolerance, cases=cases),
    )


def row_scales(expected: Iterable[np.ndarray]) -> np.ndarray:
    """Largest magnitude of each row over all arrays [rows, ...], [rows]; 1 for a row of zeros or of what is no number."""
    largest = np.max([np.abs(array.reshape(len(array), -1).astype(np.float64)).max(axis=1, initial=0.0) for array in expected], axis=0)
    return np.where(np.isfinite(largest) & (largest > 0), largest, 1.0)


def error_of(expected: np.ndarray, got: np.ndarray, comparison: Comparison, scales: np.ndarray | None = None) -> np.ndarray:
    """Error of each value [rows, values]: ``|a - b|``, or that divided by the row's scale.

    A value that is no number where one is expected counts as infinitely wrong; the same infinity, or NaN, on both sides as right.
    """
    expected, got = (array.reshape(len(array), -1).astype(np.float64) for array in (expected, got))
    with np.errstate(invalid="ignore"):
        errors = np.abs(expected - got)
    errors[(expected == got) | (np.isnan(expected) & np.isnan(got))] = 0.0
    errors[np.isnan(errors)] = np.inf
    if comparison == ROW_RELATIVE:
        errors = errors / (row_scales([expected]) if scales is None else scales)[:, None]
    return errors


def compare_answers(
    expected: Any,
    got: Any,
    comparisons: Mapping[str, Comparison],
    *,
    field: str = "answer",
    rule: Comparison = "absolute",
    scales: np.ndarray | None = None,
) -> tuple[float, list[str]]:
    """Compare the value that a facade answers with what Python expects of it.

    Numbers, and lists of numbers as one row, are compared by the rule of the output they are named after; everything else must be equal.
    Fields that only the browser has follow from the call's arguments and are the model's own test.

    Returns
    -------
    tuple
        The largest error of a number, and one sentence for everything that is not equal.
    """
    if isinstance(expected, Mapping):
        if not isinstance(got, Mapping) or expected.keys() - got.keys():
            return np.inf, [f"{field}: expected the fields {', '.join(expected)}, got {got!r}"]
        amounts = [_row(value) for key, value in expected.items() if comparisons.get(key) == ROW_RELATIVE and _is_numbers(value)]
        inner = {"scales": row_scales(amounts) if amounts else scales}
        return _worst(
            compare_answers(expected[key], got[key], comparisons, field=key, rule=comparisons.get(key, rule), **inner) for key in expected
        )
    if _is_numbers(expected):
        if not _is_numbers(got) or np.ndim(got) != np.ndim(expected) or np.size(got) != np.size(expected):
            return np.inf, [f"{field}: expected {expected!r}, got {got!r}"]
        return float(error_of(_row(expected), _row(got), rule, scales).max(initial=0.0)), []
    if isinstance(expected, list):
        if not isinstance(got, list) or len(got) != len(expected):
            return np.inf, [f"{field}: expected {len(expected)} values, got {got!r}"]
        return _worst(
            compare_answers(one, other, comparisons, field=f"{field}[{index}]", rule=rule, scales=scales)
            for index, (one, other) in enumerate(zip(expected, got, strict=True))
        )
    same = type(expected) is type(got) and expected == got
    return 0.0, [] if same else [f"{field}: expected {expected!r}, got {got!r}"]


def _row(numbers: Any) -> np.ndarray:
    return np.atleast_1d(np.asarray(numbers, np.float64)).reshape(1, -1)


def _worst(parts: Iterable[tuple[float, list[str]]]) -> tuple[float, list[str]]:
    listed = list(parts)
    return max((error for error, _ in listed), default=0.0), [problem for _, problems in listed for problem in problems]


def _is_numbers(value: Any) -> bool:
    if isinstance(value, list):
        return bool(value) and all(_is_numbers(item) for item in value)
    return isinstance(value, int | float) and not isinstance(value, bool)


def _first_bad(errors: np.ndarray, expected: np.ndarray, got: np.ndarray, *, tolerance: float, cases: Sequence[str]) -> str:
    row, column = (int(index) for index in np.argwhere(errors > tolerance)[0])
    bad = int((errors > tolerance).sum())
    start, stop = max(column - NEIGHBOURS, 0), column + NEIGHBOURS + 1
    around = [array.reshape(len(array), -1)[row, start:stop] for array in (expected, got)]
    shown = ["[" + ", ".join(f"{value:.9g}" for value in values) + "]" for values in around]
    index = [int(at) for at in np.unravel_index(column, expected.shape[1:])] if expected.ndim > 1 else []
    return (
        f"case {cases[row]!r}, row {row}, first bad index {index}: error {errors[row, column]:.3g}, tolerance {tolerance:g}; "
        f"values {start} to {min(stop, errors.shape[1]) - 1}: expected {shown[0]}, got {shown[1]} ({bad} of {errors.size} values are off)"
    )
