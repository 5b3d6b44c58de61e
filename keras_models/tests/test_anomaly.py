import json

import numpy as np
import pandas as pd
import pytest

from datasets.metric_windows import METRIC_FEATURES
from datasets.registry import DataMissingError, find
from datasets.tables import DataError
from keras_models.anomaly import SPEC, AnomalyInputError
from keras_models.anomaly_data import CLEAN_BEFORE, LAST_DAYS, bench, benches, group_of, split_table
from keras_models.anomaly_graph import run_graph
from keras_models.anomaly_training import train
from keras_models.checkpoint import load_checkpoint
from keras_models.distillation import Recipe
from keras_models.inference import runner
from keras_models.spec import TrainRequest

RECIPE = Recipe(augmented=800, epochs=15, widths=(32, 16), bins=16)
NAMES = tuple(f"metric_{at}" for at in range(10))


def rows(count=900, seed=0):
    """Ten columns of which the last five follow from the first five, but for the anomalies."""
    random = np.random.default_rng(seed)
    free = random.normal(size=(count, 5))
    table = np.hstack([free, free @ random.normal(size=(5, 5)) * 0.5 + 0.05 * random.normal(size=(count, 5))])
    anomalous = np.arange(count) % 15 == 0
    table[anomalous, 5:] += 6 * random.choice([-1, 1], size=(anomalous.sum(), 5))
    return table * 50 + 1000, anomalous


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("data") / "table.csv"
    table, anomalous = rows()
    pd.DataFrame(table, columns=NAMES).assign(anomaly=anomalous.astype(int)).to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def trained(file):
    return train(TrainRequest(data=file, seed=3, folder=file.parent), recipe=RECIPE)


@pytest.fixture(scope="module")
def committed():
    return load_checkpoint("anomaly")


def metric(days=34):
    return [1000.0 + 80 * (day % 7) + 13 * ((day * 5) % 11) for day in range(days)]


def answers(checkpoint, *arguments):
    return SPEC.results(checkpoint, runner(SPEC, checkpoint)(checkpoint.weights, SPEC.encode(checkpoint, arguments)))


def test_a_users_table_trains_end_to_end_and_finds_its_anomalies(trained, file):
    assert tuple(feature["name"] for feature in trained.config["features"]) == NAMES
    assert trained.config["mode"] == "table" and trained.config["thresholds"]["neural"] == 1
    (evaluation,) = SPEC.evaluations(trained, file, "test")
    scores = evaluation.score(runner(SPEC, trained)(trained.weights, evaluation.inputs))
    assert set(scores) <= set(SPEC.units)
    assert scores["roc_auc"] > 0.9 and scores["recall"] > 0.7 and scores["false_alarms"] < 0.2
    assert set(evaluation.references()) == {"teacher", "autoencoder"}


def test_the_training_half_holds_normal_rows_only_and_no_row_is_in_two_splits(file):
    from datasets.ten_columns import load

    table = load(file)
    splits = split_table(table, seed=3)
    assert not table.anomalous[splits["train"]].any() and not table.anomalous[splits["validation"]].any()
    assert table.anomalous[splits["test"]].sum() == table.anomalous.sum()
    assert sorted(np.concatenate(list(splits.values())).tolist()) == list(range(len(table)))


def test_the_threshold_is_the_95th_percentile_of_training_errors(trained, file):
    from datasets.ten_columns import load

    training = load(file).values[split_table(load(file), seed=3)["train"]]
    errors = run_graph(trained.weights, training)["reconstruction"][:, 0]
    assert np.mean(errors > trained.config["thresholds"]["reconstruction"]) == pytest.approx(0.05, abs=0.005)


def test_graph_and_network_agree_and_contributions_of_odd_rows_sum_to_one(trained):
    table = rows(50, seed=1)[0].astype(np.float32)
    from_graph = run_graph(trained.weights, table)
    from_network = SPEC.network(trained)(table)
    for name, value in from_graph.items():
        np.testing.assert_allclose(from_network[name].numpy(), value, rtol=1e-5, atol=1e-6)
    sums, rebuilt = from_graph["contributions"].sum(axis=1), from_graph["reconstruction"][:, 0]
    np.testing.assert_allclose(sums[rebuilt > 1.001], 1, atol=1e-5)
    assert rebuilt.min() >= 0.5 and sums.max() < 1.00001


def test_what_was_changed_contributes_most(trained):
    table = rows(200, seed=2)[0]
    table[:, 7] += 600
    assert np.mean(run_graph(trained.weights, table)["contributions"].argmax(axis=1) == 7) > 0.8


def test_a_table_of_other_columns_is_refused_by_name(trained, tmp_path):
    path = tmp_path / "other.csv"
    pd.DataFrame(rows()[0], columns=[f"x{at}" for at in range(10)]).to_csv(path, index=False)
    with pytest.raises(DataError, match=r"expected the columns metric_0, .* that the checkpoint was trained on; got x0"):
        SPEC.evaluations(trained, path, "all")
    with pytest.raises(DataMissingError, match=r"trained on table.csv, which no registry knows"):
        SPEC.evaluations(trained, None, "test")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((metric(12),), "expected 29 to 20000 daily values, finite or missing .*, got 12"),
        (([*metric(), "7"],), "got '7' at index 34"),
        (([*metric(), float("inf")],), "got inf at index 34"),
        ((metric(), {"cadence": "hourly"}), "expected 673 to 20000 hourly values"),
        (([{"level_z": 1.0}],), 'row 0: missing feature "season_z".*and 4 more'),
        (([{**dict.fromkeys((f.name for f in METRIC_FEATURES), 0.0), "x": 1}],), 'row 0: unknown feature "x"'),
    ],
)
def test_bad_input_is_refused(committed, arguments, message):
    with pytest.raises(AnomalyInputError, match=message):
        SPEC.encode(committed, arguments)


def test_a_spike_is_flagged_with_its_severity_and_an_ordinary_day_is_not(committed):
    found = answers(committed, [*metric(), 9000.0])
    assert [one["isAnomaly"] for one in found] == [False] * 6 + [True]
    assert found[-1]["severity"] == "high" and found[0]["severity"] == "none"
    assert found[-1]["confidence"] > 0.8 > 0.3 > found[0]["confidence"]
    assert set(found[0]["contributions"]) == {feature.name for feature in METRIC_FEATURES}


def test_missing_days_are_a_drop_out(committed):
    assert answers(committed, [*metric(), None, None])[-1]["isAnomaly"]


def test_the_splits_share_no_series_and_no_day():
    try:
        path = find("us_top200")
    except DataMissingError as missing:
        pytest.skip(str(missing))
    from datasets.streams import load

    groups = {name: {one.id for series in load(path).values() for one in series if group_of(one.id) == name} for name in LAST_DAYS}
    assert not groups["train"] & groups["validation"] and all(groups.values())
    assert LAST_DAYS["train"] < LAST_DAYS["validation"]


def test_a_bench_judges_untouched_days_before_each_event_and_its_own():
    from datasets.streams import Series

    values = 1000 + np.random.default_rng(0).normal(size=120)
    one = bench([Series("x", np.datetime64("2019-01-01"), values)], "all")
    assert len(one.clean) == 92 and {trial.kind for trial in one.trials} >= {"bot_spike", "drop_out", "level_shift", "slow_drift"}
    for trial in one.trials:
        assert trial.event.sum() == len(trial.rows) - CLEAN_BEFORE
        before = trial.rows[:CLEAN_BEFORE]
        assert all(np.isclose(one.clean, row, atol=1e-9).all(axis=1).any() for row in before)


def test_held_out_series_keep_the_bounds(committed):
    try:
        path = find("us_top200")
    except DataMissingError as missing:
        pytest.skip(str(missing))
    run = runner(SPEC, committed)
    evaluations = {one.data: one for one in SPEC.evaluations(committed, None, "test")}
    scores = evaluations["us_top200"].score(run(committed.weights, evaluations["us_top200"].inputs))
    for gate in SPEC.gates:
        assert gate.holds(scores[gate.metric]), f"{gate.metric}: {scores[gate.metric]}"
    assert set(benches(path, "test", by_date=True)) == {"tracks", "artists"}
    assert json.dumps(committed.config)


def test_every_point_of_nab_that_has_a_window_before_it_is_scored(committed):
    try:
        find("nab")
    except DataMissingError as missing:
        pytest.skip(str(missing))
    evaluation = next(one for one in SPEC.evaluations(committed, None, "test") if one.data == "nab")
    scores = evaluation.score(runner(SPEC, committed)(committed.weights, evaluation.inputs))
    assert set(scores) == {"roc_auc", "average_precision"} and evaluation.n > 290_000


def test_page_blocks_by_a_model_trained_on_half_of_its_normal_rows(tmp_path):
    try:
        path = find("page_blocks")
    except DataMissingError as missing:
        pytest.skip(str(missing))
    checkpoint = train(TrainRequest(data=path, seed=20, folder=tmp_path), recipe=Recipe(augmented=2000, bins=16, epochs=6))
    (evaluation,) = SPEC.evaluations(checkpoint, path, "test")
    outputs = runner(SPEC, checkpoint)(checkpoint.weights, evaluation.inputs)
    scores = evaluation.score(outputs)
    assert scores["roc_auc"] >= 0.94 and scores["average_precision"] >= 0.69
