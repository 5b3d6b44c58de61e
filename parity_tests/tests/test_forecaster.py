"""What the forecaster alone promises in the browser: lengths, dates, batches, and the text of its errors."""

from datetime import date, datetime, timedelta, timezone

import numpy as np
import pytest

from datasets.registry import DataMissingError
from keras_models.forecaster_data import load_series
from keras_models.smoothing import fit
from parity_tests.harness import PageError, exported

MODEL = "forecaster"
SERIES = [1000.0 + 10 * day + 200 * ((day * 3) % 7) for day in range(60)]

LENGTHS = {30: 300, 60: 150, 182: 60}  # days -> series of that length
TWO_YEARS = 730


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


def test_the_network_sees_the_last_thirty_values_and_the_smoothings_see_more(page):
    start = date(2024, 1, 1)
    longer = forecast(page, [5.0] * 100 + SERIES[-30:], {"startDate": str(start)})
    alone = forecast(page, SERIES[-30:], {"startDate": str(start + timedelta(days=100))})
    assert (longer["lstm"], longer["dates"]) == (alone["lstm"], alone["dates"])
    assert longer["smoothing"] != alone["smoothing"]


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


def test_a_month_begins_with_the_week_and_its_interval_never_narrows(page):
    week, month = (forecast(page, SERIES, {"startDate": "2024-01-01", "horizon": horizon}) for horizon in (7, 30))
    assert len(month["dates"]) == month["horizon"] == 30
    for band in ("median", "lower", "upper"):
        assert month[band][:7] == week[band]
    floor = exported(MODEL)["preprocessing"]["blend"]["floor"] * np.mean(SERIES[-7:])
    median, lower, upper = (np.array(month[band]) + floor for band in ("median", "lower", "upper"))
    assert np.all(np.diff(np.log(upper / median)) >= -1e-9) and np.all(np.diff(np.log(median / lower)) >= -1e-9)


def test_missing_days_are_filled_and_flagged(page):
    values = [None if index in (40, 41, 59) else value for index, value in enumerate(SERIES)]
    answer = forecast(page, values, {"startDate": "2024-01-01"})
    filled = [{"index": index, "value": (SERIES[index - 7] + SERIES[index + 7]) / 2} for index in (40, 41)]
    dates = [str(date(2024, 1, 1) + timedelta(days=index)) for index in (40, 41, 59)]
    assert answer["filled"] == [one | {"date": day} for one, day in zip([*filled, {"index": 59, "value": SERIES[52]}], dates, strict=True)]
    assert answer["dates"][0] == "2024-03-01"


def test_dated_values_answer_like_values_with_a_start(page):
    dated = [{"date": str(date(2024, 1, 1) + timedelta(days=day)), "value": value} for day, value in enumerate(SERIES)]
    assert forecast(page, dated[::-1]) == forecast(page, SERIES, {"startDate": "2024-01-01"})


@pytest.mark.parametrize(
    ("values", "options", "said"),
    [
        ([None] * 8 + SERIES, {}, "at most 7 missing days in a row and 20 % in all, got 8 in a row and 8 of 68 days"),
        ([None if index % 4 == 0 else value for index, value in enumerate(SERIES)], {}, "got 1 in a row and 15 of 60 days"),
        (SERIES, {"horizon": 91}, "a horizon of 1 to 90 whole days, got 91"),
        (SERIES, {"horizon": 7.5}, "a horizon of 1 to 90 whole days, got 7.5"),
        ([{"date": "2024-01-01", "value": 1.0}] * 30, {}, "got 2024-01-01 twice"),
    ],
)
def test_too_many_gaps_and_unusable_horizons_are_refused(page, values, options, said):
    with pytest.raises(PageError) as refused:
        forecast(page, values, options)
    assert (refused.value.name, refused.value.code) == ("InputError", "input") and said in refused.value.message


@pytest.fixture(scope="module")
def long_series():
    """Real series of several lengths, up to 600 windows: length -> [n, length]."""
    try:
        labels = load_series(None)
    except DataMissingError as missing:
        pytest.skip(str(missing))
    runs = [run.values for series in labels.values() for run in series]
    return {days: [values[-days:] for values in runs if len(values) >= days][:count] for days, count in LENGTHS.items()}


def test_smoothing_parameters_states_and_forecasts_are_pythons(page, long_series):
    assert sum(len(series) for series in long_series.values()) >= 500
    for series in long_series.values():
        values = np.array(series)
        fits = page.call("predict", "wasm", MODEL, "smooth", [[one.tolist()] for one in series])
        scale = np.abs(values).max(axis=1)
        for name, damped in (("additive", False), ("damped", True)):
            expected, got = fit(values, damped=damped), [one[name] for one in fits]
            for parameter in ("alpha", "beta", "gamma", "damping"):
                np.testing.assert_allclose([one[parameter] for one in got], getattr(expected, parameter), atol=1e-6)
            for state, prefix in (("first", "first_"), ("last", "")):
                for part in ("level", "slope", "season"):
                    found, wanted = np.array([one[state][part] for one in got]), getattr(expected, prefix + part)
                    assert np.max(np.abs(found - wanted) / (scale if found.ndim == 1 else scale[:, None])) <= 1e-6, (name, state, part)
            np.testing.assert_allclose([one["squaredErrors"] for one in got], expected.squared_errors, rtol=1e-6, atol=1e-12)


def test_two_years_are_fitted_within_twenty_milliseconds(page, long_series):
    series = [np.resize(values, TWO_YEARS).tolist() for values in long_series[max(LENGTHS)][:10]]
    rounds = [page.call("time", ["wasm"], MODEL, "smooth", [[values] for values in series])["wasm"] for _ in range(8)]
    fastest = np.min(rounds, axis=0)  # a busy machine interrupts the others
    assert np.median(fastest) < 20, f"both smoothings of {TWO_YEARS} days took {np.median(fastest):.1f} ms"


def test_the_interval_is_the_manifests(page):
    answer = forecast(page, SERIES)
    constants = exported(MODEL)["preprocessing"]
    assert (answer["horizon"], answer["interval"]) == (constants["horizon"], constants["interval"])
    assert all(low <= middle <= high for low, middle, high in zip(answer["lower"], answer["median"], answer["upper"], strict=True))
