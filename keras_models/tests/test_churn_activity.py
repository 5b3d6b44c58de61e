import json

import numpy as np
import polars as pl
import pytest
import tensorflow as tf

from datasets.activity import NAMES, Kinds, sum_up
from datasets.cdnow import read_cdnow
from datasets.events import read_events
from datasets.registry import DataMissingError, find
from datasets.tables import DataError
from keras_models import churn_activity_training as training
from keras_models.__main__ import main
from keras_models.checkpoint import CheckpointError, load_checkpoint
from keras_models.churn_activity import SPEC
from keras_models.churn_activity_data import (
    DATA,
    FOLDS,
    HORIZON_DAYS,
    STEP_DAYS,
    TEST_DAYS,
    WINDOW_DAYS,
    as_of_days,
    load_rows,
    rows_as_of,
    split_rows,
)
from keras_models.distillation import Recipe
from keras_models.inference import runner
from keras_models.spec import TrainRequest

RECIPE = Recipe(augmented=600, epochs=4, batch_size=64, widths=(16, 8), bins=4)
SPAN = 420
USERS = 1000


def table(seed=0, span=SPAN, users=USERS):
    """A log in which half the users stop: from then on they are silent."""
    random = np.random.default_rng(seed)
    events = []
    for user in range(users):
        first = int(random.integers(0, span - 60))
        last = first + int(random.integers(5, 200)) if random.random() < 0.5 else span
        days = np.arange(first, min(last, span), int(random.integers(4, 20)))
        events += [(f"user-{user}", day, str(random.choice(["play", "login", "purchase"])), float(random.integers(1, 50))) for day in days]
    log = pl.DataFrame(events, schema=["user", "time", "event", "amount"], orient="row")
    return log.with_columns(time=pl.from_epoch(pl.col("time") + 19_000, time_unit="d").cast(pl.String)).sample(
        fraction=1, shuffle=True, seed=seed
    )


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("data") / "events.csv"
    table().write_csv(path)
    return path


@pytest.fixture(scope="module")
def observed(file):
    """A small training on two of the folds, and what its trees and students were given."""
    taught, distilled = [], []
    fit_teacher, distil = training.fit_teacher, training.distil
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "split_rows", lambda rows, seed: split_rows(rows, seed=seed)[:2])
        patch.setattr(training, "fit_teacher", lambda x, y, **options: taught.append((x, y)) or fit_teacher(x, y, **options))
        patch.setattr(training, "distil", lambda t, x, v, **options: distilled.append((x, v)) or distil(t, x, v, **options))
        checkpoint = training.train(TrainRequest(data=file, seed=3, folder=file.parent), recipe=RECIPE)
    return checkpoint, taught, distilled


@pytest.fixture(scope="module")
def trained(observed):
    return observed[0]


@pytest.fixture
def committed():
    return load_checkpoint("churn_activity")


@pytest.fixture
def cdnow():
    try:
        return find(DATA)
    except DataMissingError as missing:
        pytest.skip(str(missing))


def test_as_of_days_leave_90_days_on_either_side():
    days = as_of_days(0, 545)
    assert days[-1] == 545 - HORIZON_DAYS and days[0] >= WINDOW_DAYS > days[0] - STEP_DAYS
    assert set(np.diff(days)) == {STEP_DAYS}
    assert as_of_days(0, 179) == [] and as_of_days(0, 180) == [90]


def test_rows_hold_what_was_known_on_the_day_and_whether_users_came_back(file):
    events = read_events(file)
    activity = sum_up(events, kinds=Kinds())
    day = as_of_days(activity.first_day, activity.last_day)[3]
    rows = rows_as_of(activity, [day])
    cut = rows_as_of(sum_up(events.filter(pl.col("day") <= day), kinds=Kinds()), [day])
    assert np.array_equal(rows.features, cut.features) and np.array_equal(rows.rfm, cut.rfm) and cut.churned.all()
    seen = {name: group["day"].to_numpy() for (name,), group in events.group_by("user")}
    expected = sorted(name for name, days in seen.items() if ((days <= day) & (days > day - WINDOW_DAYS)).any())
    assert rows.user.tolist() == expected
    for at, name in enumerate(expected):
        days = np.unique(seen[name])
        past = days[days <= day]
        assert rows.churned[at] == (not ((days > day) & (days <= day + HORIZON_DAYS)).any())
        assert rows.rfm[at, :2].tolist() == [day - past.max(), len(past)]
        assert rows.features[at, NAMES.index("days_since_last_login")] == day - past.max()


def test_splits_are_apart_by_user_and_by_time(file):
    rows = load_rows(file, kinds=Kinds())
    splits = split_rows(rows, seed=5)
    assert len(splits) == FOLDS
    tested = [set(rows.user[parts["test"]]) for parts in splits]
    assert all(not one & other for at, one in enumerate(tested) for other in tested[:at])
    for parts, again in zip(splits, split_rows(rows, seed=5), strict=True):
        users = {part: set(rows.user[chosen]) for part, chosen in parts.items()}
        assert not users["train"] & users["validation"] and not (users["train"] | users["validation"]) & users["test"]
        first_test = rows.day[parts["test"]].min()
        assert max(rows.day[parts["train"]].max(), rows.day[parts["validation"]].max()) + HORIZON_DAYS <= first_test
        assert len(np.unique(rows.day[parts["test"]])) == TEST_DAYS
        assert 0.15 < len(users["validation"]) / len(users["validation"] | users["train"]) < 0.35
        assert all(np.array_equal(parts[part], again[part]) for part in parts)


def test_trees_and_student_see_training_rows_only(observed, file):
    rows = load_rows(file, kinds=Kinds())
    _, taught, distilled = observed
    for fold, parts in enumerate(split_rows(rows, seed=3)[:2]):
        for (features, labels), source in zip(taught[2 * fold : 2 * fold + 2], (rows.features, rows.rfm), strict=True):
            assert np.array_equal(features, source[parts["train"]]) and np.array_equal(labels, rows.churned[parts["train"]])
        real, validation = distilled[fold]
        assert np.array_equal(real, rows.features[parts["train"]]) and np.array_equal(validation, rows.features[parts["validation"]])


def test_a_users_own_log_trains_end_to_end(trained, file):
    assert [feature["name"] for feature in trained.config["features"]] == list(NAMES)
    assert trained.provenance["data"][0]["name"] == "events.csv"
    assert (file.parent / "learning_curve.png").stat().st_size > 1000
    (evaluation,) = SPEC.evaluations(trained, file, "all")
    outputs = runner(SPEC, trained)(trained.weights, evaluation.inputs)
    scores, references = evaluation.score(outputs), evaluation.references()
    assert evaluation.data == "events" and set(scores) == set(SPEC.units)
    assert set(references) == {"teacher", "boosting on RFM", "logistic regression", "always churn"}
    assert scores["roc_auc"] > 0.6 > 0.5 == references["always churn"]["roc_auc"]
    assert scores["roc_auc_gain"] == pytest.approx(scores["roc_auc"] - references["boosting on RFM"]["roc_auc"])
    manifest = SPEC.manifest(trained)
    assert manifest["preprocessing"] == json.loads(json.dumps(Kinds().constants()))


def test_the_same_seed_gives_the_same_checkpoint(trained, file, tmp_path, monkeypatch):
    monkeypatch.setattr(training, "split_rows", lambda rows, seed: split_rows(rows, seed=seed)[:2])
    again = training.train(TrainRequest(data=file, seed=3, folder=tmp_path), recipe=RECIPE)
    assert again.sha256 == trained.sha256 and again.blobs == trained.blobs and again.training == trained.training


def test_kinds_beside_a_log_are_used_and_kept(file, tmp_path, monkeypatch):
    monkeypatch.setattr(training, "split_rows", lambda rows, seed: split_rows(rows, seed=seed)[:2])
    path = tmp_path / "events.csv"
    path.write_bytes(file.read_bytes())
    beside = tmp_path / "events.csv.kinds.json"
    beside.write_text('{"purchase": ["play"]}')
    checkpoint = training.train(TrainRequest(data=path, seed=3, folder=tmp_path), recipe=RECIPE)
    assert checkpoint.config["activity"]["kinds"]["purchase"] == ["play"]
    (evaluation,) = SPEC.evaluations(checkpoint, path, "test")
    assert evaluation.inputs["features_raw"][:, NAMES.index("feature_usage_diversity")].max() == 2
    beside.write_text('{"buy": []}')
    with pytest.raises(DataError, match=r"events\.csv\.kinds\.json: kinds: unknown kind 'buy'"):
        training.train(TrainRequest(data=path, seed=3, folder=tmp_path), recipe=RECIPE)


def test_logs_too_short_or_too_small_are_refused(tmp_path):
    table(span=250).write_csv(tmp_path / "short.csv")
    with pytest.raises(DataError, match=r"short\.csv: its events span \d+ days; expected 301 at least"):
        training.train(TrainRequest(data=tmp_path / "short.csv", seed=1, folder=tmp_path), recipe=RECIPE)
    table(users=40).write_csv(tmp_path / "few.csv")
    with pytest.raises(DataError, match=r"few\.csv: a part of a fold has only \d+ users who left, or who stayed; expected at least 20"):
        training.train(TrainRequest(data=tmp_path / "few.csv", seed=1, folder=tmp_path), recipe=RECIPE)


def test_the_shortest_log_has_days_to_train_and_to_test():
    assert len(as_of_days(0, 299)) < TEST_DAYS + 3 == len(as_of_days(0, 300))


def test_bad_rows_are_one_error_on_the_command_line(tmp_path, capsys):
    (tmp_path / "events.csv").write_text("user,time,event,amount\na,2024-01-01,login,\na,yesterday,login,\n")
    assert main(["train", "churn_activity", "--data", str(tmp_path / "events.csv")]) == 2
    assert 'events.csv:3: column "time": expected a date' in " ".join(capsys.readouterr().err.split())


def test_splits_of_another_log_are_refused_and_the_same_is_said_to_flatter(trained, file, tmp_path, capsys):
    table(seed=1).write_csv(tmp_path / "events.csv")
    with pytest.raises(CheckpointError, match="splits are those of the log it was trained on"):
        SPEC.evaluations(trained, tmp_path / "events.csv", "test")
    with pytest.raises(DataMissingError, match=r"trained on events\.csv"):
        SPEC.evaluations(trained, None, "test")
    SPEC.evaluations(trained, file, "all")
    assert "rows flatter" in capsys.readouterr().err


def test_parity_cases_and_golden_encode_and_survive_json(trained):
    cases = [*SPEC.parity_cases(trained), SPEC.golden(trained)]
    assert sum(not case.edge for case in cases) >= 500 and len({case.name for case in cases}) == len(cases)
    inputs = np.concatenate([SPEC.encode(trained, tuple(json.loads(json.dumps(case.args))))["features_raw"] for case in cases])
    assert all(np.isfinite(values).all() for values in runner(SPEC, trained)(trained.weights, {"features_raw": inputs}).values())


def test_a_wrong_feature_is_refused_by_the_models_name(trained):
    good = dict.fromkeys(NAMES, 1.0)
    with pytest.raises(ValueError, match=r'^churn_activity: unknown feature "tenure"; expected one of days_since_last_login'):
        SPEC.encode(trained, (good | {"tenure": 3},))


def test_committed_network_equals_its_graph(committed):
    cases = SPEC.parity_cases(committed)[-300:]
    inputs = np.concatenate([SPEC.encode(committed, case.args)["features_raw"] for case in cases])
    graph = SPEC.graph(committed, committed.weights, {"features_raw": tf.constant(inputs)})["probability"].numpy()
    assert np.abs(SPEC.network(committed).predict(inputs, verbose=0) - graph).max() <= 1e-6


def test_committed_checkpoint_scores_what_it_recorded(committed, cdnow):
    (evaluation,) = SPEC.evaluations(committed, None, "test")
    recorded = committed.training["test"]
    measured = {"student": evaluation.score(runner(SPEC, committed)(committed.weights, evaluation.inputs)), **evaluation.references()}
    assert evaluation.data == DATA and evaluation.n == committed.training["rows"]["test"]
    for model, scores in recorded.items():
        assert measured[model] == pytest.approx(scores, abs=0.002), model


def test_committed_cross_validation_keeps_the_bounds(committed):
    folds = committed.training["cross_validation"]
    student = folds["student"]
    assert len(student["roc_auc"]["folds"]) == FOLDS
    assert student["roc_auc"]["mean"] >= folds["boosting on RFM"]["roc_auc"]["mean"] > folds["always churn"]["roc_auc"]["mean"]
    assert student["f1"]["mean"] > folds["always churn"]["f1"]["mean"]
    assert student["roc_auc_gap"]["mean"] <= 0.005 and student["agreement"]["mean"] >= 0.97


def test_real_parity_cases_are_users_of_cdnow(committed, cdnow):
    cases = [case for case in SPEC.parity_cases(committed) if not case.edge]
    known = set(read_cdnow(cdnow)["user"].cast(pl.String))
    assert len(cases) >= 500 and all(case.name.split()[1] in known for case in cases)
