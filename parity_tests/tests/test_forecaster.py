"""What the forecaster alone promises in the browser: lengths, dates, batches, and the text of its errors."""

from datetime import date, datetime, timedelta, timezone

import numpy as np
import pytest

from parity_tests.harness import PageError, exported

MODEL = "forecaster"
SERIES = [1000.0 + 10 * day + 200 * ((day * 3) % 7) for day in range(60)]


def forecast(page, *args):
    (answer,) = page.call("predict", "wasm", MODEL, "predict", [args])
    return answer


@pytest.mark.parametrize("start", ["2024-01-27", "2023-12-20", "2026-01-05"])
def test_the_forecasts_dates_follow_the_last_value(page, start):
    first = date.fromisoformat(start) + timedelta(days=len(SERIES))
    assert forecast(page, SERIES, {"startDate": start})["dates"] == [str(first + timedelta(days=day)) for day in range(7)]


def test_a_date_object_means_its_utc_day(page):
    late = datetime(2024, 1, 27, 23, 59, tzinfo=timezone.utc)
    assert forecast(page, SERIES, {"startDate": late}) == forecast(page, SERIES, {"startDate": "2024-01-27"})


def test_without_a_start_there_are_no_dates(page):
    assert "dates" not in forecast(page, SERIES)


def test_the_last_thirty_values_count(page):
    start = date(2024, 1, 1)
    longer = forecast(page, [5.0] * 100 + SERIES[-30:], {"startDate": str(start)})
    assert longer == forecast(page, SERIES[-30:], {"startDate": str(start + timedelta(days=100))})


def test_the_weekday_changes_the_forecast(page):
    assert forecast(page, SERIES, {"startDate": "2024-01-01"})["median"] != forecast(page, SERIES, {"startDate": "2024-01-04"})["median"]


def test_a_batch_answers_like_single_calls(page):
    series = [SERIES, SERIES[::-1], [42.0] * 30]
    (batch,) = page.call("predict", "wasm", MODEL, "predictBatch", [[series]])
    for together, alone in zip(batch, (forecast(page, each) for each in series), strict=True):
        assert together.keys() == alone.keys() and together["trend"] == alone["trend"]
        for band in ("median", "lower", "upper", "baseline"):
            np.testing.assert_allclose(together[band], alone[band], rtol=1e-6, atol=1e-6 * max(alone["upper"]))


def test_an_empty_batch_has_no_answers(page):
    assert page.call("predict", "wasm", MODEL, "predictBatch", [[[]]]) == [[]]


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ([SERIES[:12]], "got 12"),
        ([[1.0] * 3651], "got 3651"),
        ([[]], "got 0"),
        ([[*SERIES[:40], float("nan")]], "got NaN at index 40"),
        ([[*SERIES[:40], "7"]], 'got "7" at index 40'),
        ([None], "got null"),
    ],
)
def test_unusable_values_are_refused_with_what_was_expected(page, args, said):
    with pytest.raises(PageError) as refused:
        forecast(page, *args)
    assert (refused.value.name, refused.value.code) == ("InputError", "input")
    assert refused.value.message == f"Forecaster expects 30 to 3650 finite daily values, {said}"


@pytest.mark.parametrize("start", ["2024-02-30", "01/02/2024", "yesterday", 7])
def test_an_unusable_start_is_refused(page, start):
    with pytest.raises(PageError, match="expects startDate as YYYY-MM-DD") as refused:
        forecast(page, SERIES, {"startDate": start})
    assert refused.value.code == "input"


def test_the_interval_is_the_manifests(page):
    answer = forecast(page, SERIES)
    constants = exported(MODEL)["preprocessing"]
    assert (answer["horizon"], answer["interval"]) == (constants["horizon"], constants["interval"])
    assert all(low <= middle <= high for low, middle, high in zip(answer["lower"], answer["median"], answer["upper"], strict=True))
