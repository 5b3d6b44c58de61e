"""The comparison itself must fail on anything wrong, and say where."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_models.spec import TensorSpec
from parity_tests.compare import compare, compare_answers, error_of, row_scales
from parity_tests.weights import differing_bits

SHARE = TensorSpec(name="share", shape=(4,), unit="", description="")
AMOUNT = TensorSpec(name="amount", shape=(4,), unit="", description="", comparison="row-relative")
ROWS = np.array([[1, 2, 3, 4], [0, 0, 0, 0], [1e9, 2e9, 3e9, 4e9]], np.float32)
CASES = ["small", "zeros", "large"]


def found(tensor, expected, got, tolerance=1e-5):
    return compare(tensor, expected, {tensor.name: got}, tolerance=tolerance, cases=CASES)


@pytest.mark.parametrize("tensor", [SHARE, AMOUNT])
def test_equal_numbers_have_no_error(tensor):
    same = found(tensor, ROWS, ROWS.copy(), tolerance=0.0)
    assert (same.error, same.problem, same.worst_case) == (0.0, None, None)


def test_a_wrong_number_is_named_with_case_index_and_neighbours():
    got = ROWS.copy()
    got[0, 2] = 3.5
    wrong = found(SHARE, ROWS, got)
    assert wrong.error == pytest.approx(0.5)
    assert wrong.worst_case == "small"
    assert "case 'small', row 0, first bad index [2]" in wrong.problem
    assert "expected [1, 2, 3, 4], got [1, 2, 3.5, 4]" in wrong.problem
    assert "1 of 12 values" in wrong.problem


def test_a_missing_tensor_is_a_failure_before_any_number():
    wrong = compare(SHARE, ROWS, {"other": ROWS}, tolerance=1.0, cases=CASES)
    assert wrong.error == np.inf
    assert wrong.problem == "missing; the browser gave other"


def test_a_wrong_shape_is_a_failure_before_any_number():
    wrong = found(SHARE, ROWS, ROWS[:, :3], tolerance=1.0)
    assert wrong.error == np.inf
    assert wrong.problem == "expected shape [3, 4], got [3, 3]"


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("tensor", [SHARE, AMOUNT])
def test_no_number_where_one_is_expected_is_infinitely_wrong(tensor, value):
    got = ROWS.copy()
    got[1, 0] = value
    wrong = found(tensor, ROWS, got, tolerance=1e30)
    assert wrong.error == np.inf
    assert wrong.problem is not None


def test_a_number_where_none_is_expected_is_infinitely_wrong():
    expected = ROWS.copy()
    expected[1, 0] = np.nan
    assert found(SHARE, expected, ROWS, tolerance=1e30).problem is not None


def test_row_relative_divides_by_the_rows_largest():
    got = ROWS.copy()
    got[2, 0] += 4e4
    assert error_of(ROWS, got, "row-relative")[2, 0] == pytest.approx(1e-5, rel=1e-2)
    assert found(AMOUNT, ROWS, got, tolerance=2e-5).problem is None
    assert found(SHARE, ROWS, got, tolerance=2e-5).problem is not None


def test_row_relative_outputs_share_the_scale_of_their_row():
    lower, upper = np.array([[1e-6, 0.0]]), np.array([[200.0, 100.0]])
    off = lower + 1e-4
    alone, together = (error_of(lower, off, "row-relative", scales).max() for scales in (None, row_scales([lower, upper])))
    assert alone == pytest.approx(100)
    assert together == pytest.approx(5e-7)
    answer = {"lower": lower[0].tolist(), "upper": upper[0].tolist()}
    rules = {"lower": "row-relative", "upper": "row-relative"}
    assert compare_answers(answer, answer | {"lower": off[0].tolist()}, rules)[0] == pytest.approx(5e-7)


def test_a_row_of_zeros_is_compared_absolutely():
    got = ROWS.copy()
    got[1, 3] = 1e-3
    assert error_of(ROWS, got, "row-relative")[1, 3] == pytest.approx(1e-3)


@given(st.lists(st.floats(-1e6, 1e6, width=32), min_size=4, max_size=4), st.integers(0, 3), st.floats(1e-3, 1e3))
def test_any_number_off_by_more_than_the_tolerance_is_found(values, column, off):
    expected = np.array([values], np.float64)
    got = expected.copy()
    got[0, column] += off
    scale = max(np.abs(expected).max(), 1e-300)
    assert compare(SHARE, expected, {"share": got}, tolerance=off / 2, cases=["drawn"]).problem is not None
    if np.abs(expected).max() > 0:
        assert compare(AMOUNT, expected, {"amount": got}, tolerance=off / scale / 2, cases=["drawn"]).problem is not None


ANSWER = {"median": [1.0, 2.0], "probability": 0.5, "churned": True, "risk": "low"}


def answered(**changes):
    return compare_answers([ANSWER], [ANSWER | changes], {"median": "row-relative", "probability": "absolute"})


def test_an_equal_answer_has_no_problem():
    assert answered() == (0.0, [])


def test_numbers_of_an_answer_follow_their_outputs_comparison():
    assert answered(median=[1.0, 2.2])[0] == pytest.approx(0.1)
    assert answered(probability=0.7)[0] == pytest.approx(0.2)


@pytest.mark.parametrize(
    "changes",
    [{"risk": "high"}, {"churned": False}, {"churned": 1}, {"median": [1.0]}, {"median": 1.0}, {"median": None}, {"probability": "0.5"}],
)
def test_anything_else_that_differs_in_an_answer_is_named(changes):
    _, problems = answered(**changes)
    (field,) = changes
    assert len(problems) == 1 and problems[0].startswith(f"{field}: expected")


def test_a_number_that_is_none_in_an_answer_is_infinitely_wrong():
    assert answered(probability=np.nan)[0] == np.inf


def test_a_missing_field_is_named():
    _, problems = compare_answers(ANSWER, {"median": [1.0, 2.0]}, {})
    assert "expected the fields" in problems[0]


def test_a_missing_row_is_named():
    _, problems = compare_answers([ANSWER, ANSWER], [ANSWER], {})
    assert problems[0].startswith("answer: expected 2 values")


def test_bits_are_compared_not_values():
    weights = np.array([0.0, 1.0], np.float32)
    assert differing_bits(weights, weights.copy()) == 0
    assert differing_bits(weights, np.array([-0.0, 1.0], np.float32)) == 1
    assert differing_bits(weights, np.nextafter(weights, np.float32(2))) == 2


def test_weights_of_another_shape_type_or_none_differ_whole():
    weights = np.zeros((2, 3), np.float32)
    assert differing_bits(weights, weights.ravel()) == 6
    assert differing_bits(weights, weights.astype(np.int32)) == 6
    assert differing_bits(weights, None) == 6
    assert differing_bits(None, weights) == 6
