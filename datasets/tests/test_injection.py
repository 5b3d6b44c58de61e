import numpy as np
import pytest

from datasets.injection import KINDS, inject

NAMES = {kind.name for kind in KINDS}


def series(days=120, pattern=0.3):
    weekday = np.array([0, 0.1, 0.2, 0, 1, 0.8, -0.5])[np.arange(days) % 7]
    return 10_000 * np.exp(pattern * weekday + 0.02 * np.random.default_rng(2).normal(size=days))


def test_each_kind_once_after_the_earliest_day_and_the_same_for_the_same_seed():
    once, again = (inject(series(), earliest=42, seed=5) for _ in range(2))
    assert {event.kind for event in once} == NAMES
    for one, other in zip(once, again, strict=True):
        assert 42 <= one.start < one.end <= 120
        assert (one.kind, one.size, one.start) == (other.kind, other.size, other.start)
        np.testing.assert_array_equal(one.values, other.values)
    assert [event.start for event in once] != [event.start for event in inject(series(), earliest=42, seed=6)]


@pytest.mark.parametrize("seed", range(10))
def test_nothing_before_an_event_changes_and_something_in_it_does(seed):
    clean = series()
    for event in inject(clean, earliest=42, seed=seed):
        np.testing.assert_array_equal(event.values[: event.start], clean[: event.start])
        assert (event.values[event.start : event.end] != clean[event.start : event.end]).any()


def test_sizes_are_what_they_say():
    clean = series()
    for event in inject(clean, earliest=42, seed=3):
        ratio = event.values / clean
        if event.kind in ("bot_spike", "drop_out"):
            np.testing.assert_allclose(ratio[event.start : event.end], event.size)
            np.testing.assert_allclose(ratio[event.end :], 1)
        if event.kind == "level_shift":
            np.testing.assert_allclose(ratio[event.start :], event.size)
        if event.kind == "slow_drift":
            np.testing.assert_allclose(ratio[event.start], 1 + event.size)
            np.testing.assert_allclose(ratio[event.end - 1 :], (1 + event.size) ** 21)


def test_a_lost_pattern_leaves_the_level_and_the_noise():
    clean = series()
    event = next(
        event for seed in range(20) for event in inject(clean, earliest=42, seed=seed) if event.size == 1.0 and event.kind[0] == "l"
    )
    within = slice(event.start, event.end)
    assert np.log(event.values[within]).std() < 0.3 * np.log(clean[within]).std()
    assert np.log(event.values[within]).mean() == pytest.approx(np.log(clean[within]).mean(), abs=0.02)
    assert np.log(event.values[within]).std() > 0.01


def test_no_pattern_can_be_lost_where_there_is_none_and_no_event_fits_a_short_series():
    assert "lost_weekdays" not in {event.kind for event in inject(series(pattern=0.0), earliest=42, seed=5)}
    assert inject(series(42), earliest=42, seed=5) == []
