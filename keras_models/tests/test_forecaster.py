"""The forecaster: its graph against Keras, its features against plain numpy, its splits, its training on made-up series."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from datasets.registry import DataMissingError, find
from datasets.streams import Series, weekday, windows
from datasets.tables import DataError
from keras_models import forecaster_graph, forecaster_training
from keras_models.checkpoint import load_checkpoint
from keras_models.forecast_blend import PARTS
from keras_models.forecast_holidays import calm, factors_of
from keras_models.forecaster import SPEC
from keras_models.forecaster_data import REGISTRY_SPLITS, load_series, split_days, split_windows
from keras_models.forecaster_examples import thinned
from keras_models.forecaster_graph import HORIZON, WEEK, WINDOW
from keras_models.forecaster_network import joined, lstm, network, perceptron, weights_of, with_weights
from keras_models.forecaster_training import Schedule, percentage_pinball
from keras_models.inference import runner
from keras_models.spec import TrainRequest


@pytest.fixture(scope="module")
def checkpoint():
    return load_checkpoint("forecaster")


@pytest.fixture(scope="module")
def run(checkpoint):
    return runner(SPEC, checkpoint)


@pytest.fixture(scope="module")
def cases(checkpoint):
    encoded = [SPEC.encode(checkpoint, case.args) for case in SPEC.parity_cases(checkpoint)]
    return {name: np.concatenate([one[name] for one in encoded]) for name in encoded[0]}


def test_graph_equals_the_keras_network(checkpoint, run, cases) -> None:
    got = run(checkpoint.weights, cases)
    features, logs, scale = forecaster_graph.prepare(cases["values"], cases["weekday"])
    raw = SPEC.network(checkpoint).predict((features, logs), verbose=0)
    bands = forecaster_graph.to_values(forecaster_graph.assemble(raw, logs[:, -WEEK:], checkpoint.weights["interval/matrix"]), scale)
    expected = bands.numpy()
    largest = np.maximum(np.abs(expected).max(axis=1, keepdims=True), 1e-30)
    error = np.abs(np.concatenate([got["median"], got["lower"], got["upper"]], axis=1) - expected) / largest
    assert error.max() < 1e-5


def test_bounds_enclose_the_median_and_widen(checkpoint, run, cases) -> None:
    got = run(checkpoint.weights, cases)
    assert np.all(got["lower"] <= got["median"] * (1 + 1e-5) + 1e-30)
    assert np.all(got["median"] <= got["upper"] * (1 + 1e-5) + 1e-30)
    scale = forecaster_graph.prepare(cases["values"], cases["weekday"])[2].numpy()
    lower, upper = (np.log(got[name] / scale + forecaster_graph.FLOOR) for name in ("lower", "upper"))
    # At zero, and at the largest factor that a forecast may have, a bound can't go further.
    free = (got["lower"] > 0).all(axis=1) & (upper < forecaster_graph.LARGEST_LOG - 1e-3).all(axis=1)
    assert free.sum() > 500
    assert np.all(np.diff((upper - lower)[free], axis=1) > -1e-5)


@pytest.mark.parametrize("day", [0, 10, 20])
def test_a_spike_of_ten_thousand_times_the_level_does_not_run_away_with_the_interval(checkpoint, run, day) -> None:
    values = np.full((1, WINDOW), 100.0, np.float32)
    values[0, day] = 1e6
    got = run(checkpoint.weights, {"values": values, "weekday": np.array([[-1]], np.float32)})
    assert got["upper"].max() < values.max() / 10


@settings(max_examples=50, deadline=None)
@given(values=arrays(np.float32, (1, WINDOW), elements=st.floats(0, 1e9, width=32)), day=st.integers(-1, 6))
def test_any_window_gets_finite_values_that_are_not_negative(checkpoint, run, values, day) -> None:
    got = run(checkpoint.weights, {"values": values, "weekday": np.array([[day]], np.float32)})
    for name in ("median", "lower", "upper"):
        assert np.isfinite(got[name]).all() and (got[name] >= 0).all(), name


@settings(max_examples=25, deadline=None)
@given(values=arrays(np.float32, (1, WINDOW), elements=st.floats(1, 1e6, width=32)), factor=st.sampled_from([1e-3, 0.5, 1e3]))
def test_forecast_scales_with_its_unit(checkpoint, run, values, factor) -> None:
    day = np.array([[3]], np.float32)
    one = run(checkpoint.weights, {"values": values, "weekday": day})["median"]
    other = run(checkpoint.weights, {"values": values * np.float32(factor), "weekday": day})["median"]
    assert np.allclose(other, one * factor, rtol=1e-3)


def test_features_are_what_their_names_say() -> None:
    values = np.exp(np.random.default_rng(2).normal(5, 1, (4, WINDOW))).astype(np.float32)
    days = np.array([[0], [3], [6], [-1]], np.float32)
    features, logs, scale = (tensor.numpy() for tensor in forecaster_graph.prepare(values, days))
    mean_of_week = np.abs(values[:, -WEEK:]).mean(1, keepdims=True)
    assert np.allclose(scale, np.maximum(mean_of_week, 0.1 * values.mean(1, keepdims=True)), rtol=1e-6)
    assert np.allclose(logs, np.log(values / scale + forecaster_graph.FLOOR), atol=1e-5)
    assert np.allclose(features[:, :, 0], logs, atol=1e-5)
    assert np.allclose(features[:, WEEK:, 1], logs[:, WEEK:] - logs[:, :-WEEK], atol=1e-5)
    assert np.allclose(features[:, 1:, 2], np.diff(logs, axis=1), atol=1e-5)
    assert np.allclose(features[:, -1, 3], logs[:, -WEEK:].mean(1), atol=1e-5)
    assert np.allclose(features[0, :, 4:].argmax(1), (np.arange(WINDOW) - WINDOW) % WEEK)
    assert features[3, :, 4:].sum() == 0


def test_the_joined_network_says_the_mean_of_its_members(cases) -> None:
    members = [network(branch) for branch in (lstm, perceptron)]
    random = np.random.default_rng(6)
    for member in members:
        member.set_weights([random.normal(0, 0.1, value.shape) for value in member.get_weights()])
    features, logs, _ = forecaster_graph.prepare(cases["values"], cases["weekday"])
    mean = np.mean([member.predict((features, logs), verbose=0) for member in members], axis=0)
    got = with_weights(joined([weights_of(member) for member in members])).predict((features, logs), verbose=0)
    assert np.allclose(got, mean, atol=1e-5)


def test_the_least_loss_of_the_median_is_the_least_percentage_error() -> None:
    came = np.random.default_rng(8).uniform(0.3, 3, (400, 1))
    change = np.log(came).repeat(HORIZON, axis=1).astype(np.float32)
    tried = np.linspace(-1, 1, 81)
    inside = np.repeat(np.float32([0, 1, 1]), HORIZON)  # of an interval so wide that its own losses balance
    losses = [
        percentage_pinball(change, np.tile(inside + np.repeat([level, 0, 0], HORIZON), (400, 1)).astype(np.float32)) for level in tried
    ]
    errors = [np.abs(np.exp(level) / came - 1).mean() for level in tried]
    assert tried[np.mean(losses, axis=1).argmin()] == pytest.approx(tried[np.argmin(errors)], abs=0.03)


def test_validation_days_beyond_the_interval_are_a_tenth_on_either_side(checkpoint, run) -> None:
    try:
        series = load_series(None)
    except DataMissingError as missing:
        pytest.skip(str(missing))
    shares = []
    for label, runs in calm(series, factors_of(checkpoint)).items():
        part = thinned(split_windows(runs, REGISTRY_SPLITS[label], "validation"))
        got = run(checkpoint.weights, {"values": part.values, "weekday": part.weekday})
        shares.append([(part.targets < got["lower"]).mean(), (part.targets > got["upper"]).mean()])
    assert np.allclose(np.mean(shares, axis=0), 0.1, atol=0.01)


def test_encode_takes_the_weekday_of_the_first_forecast_day(checkpoint) -> None:
    values = [float(day) for day in range(40)]
    encoded = SPEC.encode(checkpoint, (values, {"startDate": "2026-03-01"}))
    assert encoded["values"].tolist() == [values[-WINDOW:]]
    assert encoded["weekday"] == [[(date(2026, 3, 1).toordinal() + 40 - 1) % 7]]
    assert SPEC.encode(checkpoint, (values,))["weekday"] == [[-1]]


def test_no_target_day_is_in_two_splits() -> None:
    run = Series("one", np.datetime64("2019-01-01"), np.arange(400.0) + 1)
    parts = {split: split_windows([run], REGISTRY_SPLITS["us_top200 tracks"], split) for split in ("train", "validation", "test")}
    spans = {split: (part.first_target.min(), part.first_target.max() + HORIZON - 1) for split, part in parts.items()}
    assert spans["train"][1] < spans["validation"][0] <= spans["validation"][1] < spans["test"][0]


def test_own_series_train_end_to_end_and_repeat_with_their_seed(tmp_path, monkeypatch) -> None:
    short = {name: (branch, Schedule(epochs=2, steps=5, batch=16, rate=1e-3)) for name, (branch, _) in forecaster_training.MEMBERS.items()}
    monkeypatch.setattr(forecaster_training, "MEMBERS", short)
    random = np.random.default_rng(1)
    days = np.datetime64("2025-01-01") + np.arange(200)
    lines = ["series_id,date,value"]
    for name in ("a", "b"):
        season = random.uniform(50, 150, WEEK)
        lines += [f"{name},{day},{season[weekday(days)[index]] * random.uniform(0.9, 1.1):.3f}" for index, day in enumerate(days)]
    data = tmp_path / "series.csv"
    data.write_text("\n".join(lines))
    first, second = (SPEC.train(TrainRequest(data=data, seed=3, folder=tmp_path / name)) for name in ("1", "2"))
    assert first.sha256 == second.sha256
    assert all((tmp_path / "1" / f"learning_curve_{name}.png").stat().st_size > 1000 for name in short)
    assert np.allclose(np.sum([first.config["blend"]["weights"][part] for part in PARTS], axis=0), 1)
    (evaluation,) = SPEC.evaluations(first, data, "test")
    scores = evaluation.score(runner(SPEC, first)(first.weights, evaluation.inputs))
    assert set(scores) == set(SPEC.units) and np.isfinite(list(scores.values())).all()


def test_a_file_too_short_to_split_is_refused(tmp_path) -> None:
    data = tmp_path / "short.csv"
    data.write_text("series_id,date,value\n" + "\n".join(f"a,{np.datetime64('2025-01-01') + day},1" for day in range(50)))
    with pytest.raises(DataError, match="span at least 97 days"):
        split_days(data, load_series(data))


def test_registry_windows_of_the_test_split_are_those_of_the_data_notes() -> None:
    try:
        find("us_top200")
        series = load_series(None)
    except DataMissingError as missing:
        pytest.skip(str(missing))
    part = split_windows(series["us_top200 tracks"], REGISTRY_SPLITS["us_top200 tracks"], "test")
    assert part.first_target.min() == np.datetime64("2019-06-01")
    assert len(part) == len(windows(series["us_top200 tracks"], first_target=date(2019, 6, 1)))
