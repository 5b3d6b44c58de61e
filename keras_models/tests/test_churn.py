import json

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

from datasets.customers import load
from datasets.registry import DataMissingError, find
from datasets.tables import DataError
from keras_models import churn_training
from keras_models.checkpoint import CheckpointError, load_checkpoint
from keras_models.churn import SPEC
from keras_models.churn_training import BOUNDS, DATA, FOLDS, split_rows, train
from keras_models.customer_model import RISKS, CustomerError
from keras_models.distillation import Recipe
from keras_models.inference import runner
from keras_models.spec import TrainRequest

RECIPE = Recipe(augmented=600, epochs=4, batch_size=64, widths=(16, 8), bins=4)
TEACHERS = 2


def table(rows=200, seed=0):
    random = np.random.default_rng(seed)
    plays, minutes, premium = random.integers(0, 900, rows), random.normal(100, 30, rows).round(3), random.integers(0, 2, rows)
    churned = ((plays < 300) & (premium == 0)) | (minutes < 50)
    return pd.DataFrame({"plays": plays, "minutes": minutes, "premium": premium, "churned": churned.astype(int)})


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("data") / "customers.csv"
    table().to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def observed(file):
    """A small training on two of the folds, and what its teachers and students were given."""
    taught, distilled = [], []
    fit_teacher, distil = churn_training.fit_teacher, churn_training.distil
    with pytest.MonkeyPatch.context() as patch:
        keep_small(patch)
        patch.setattr(churn_training, "fit_teacher", lambda x, y, **options: taught.append((x, y)) or fit_teacher(x, y, **options))
        patch.setattr(churn_training, "distil", lambda t, x, v, **options: distilled.append((x, v)) or distil(t, x, v, **options))
        checkpoint = train(TrainRequest(data=file, seed=3, folder=file.parent), recipe=RECIPE)
    return checkpoint, taught, distilled


def keep_small(patch):
    patch.setattr(churn_training, "TEACHERS", TEACHERS)
    patch.setattr(churn_training, "split_rows", lambda churned, seed: split_rows(churned, seed=seed)[:2])


@pytest.fixture(scope="module")
def trained(observed):
    return observed[0]


@pytest.fixture
def committed():
    return load_checkpoint("churn")


def customer(**changes):
    return {"plays": 10, "minutes": 80.5, "premium": 0} | changes


def test_a_users_own_table_trains_end_to_end(trained, file):
    assert [feature["name"] for feature in trained.config["features"]] == ["plays", "minutes", "premium"]
    assert trained.provenance["data"][0]["name"] == "customers.csv"
    assert (file.parent / "learning_curve.png").stat().st_size > 1000
    (evaluation,) = SPEC.evaluations(trained, file, "all")
    outputs = runner(SPEC, trained)(trained.weights, evaluation.inputs)
    scores = evaluation.score(outputs)
    assert evaluation.data == "customers" and evaluation.n == 200
    assert set(scores) == set(SPEC.units)
    assert scores["roc_auc"] > 0.85 > 0.5 == evaluation.references()["always churn"]["roc_auc"]
    for tensor in (*SPEC.inputs(trained), *SPEC.outputs(trained)):
        values = outputs[tensor.name] if tensor.name in outputs else evaluation.inputs[tensor.name]
        assert values.shape == (200, *tensor.shape) and values.dtype == np.float32


def test_the_same_seed_gives_the_same_checkpoint(trained, file, tmp_path, monkeypatch):
    keep_small(monkeypatch)
    again = train(TrainRequest(data=file, seed=3, folder=tmp_path), recipe=RECIPE)
    assert again.sha256 == trained.sha256
    assert again.blobs == trained.blobs
    assert again.training == trained.training


def test_teachers_with_their_smote_and_student_see_training_rows_only(observed, file):
    customers = load(file)
    _, taught, distilled = observed
    assert len(taught) == 2 * TEACHERS and len(distilled) == 2
    for fold, rows in enumerate(split_rows(customers.churned, seed=3)[:2]):
        for features, labels in taught[fold * TEACHERS : (fold + 1) * TEACHERS]:
            assert np.array_equal(features, customers.features[rows["train"]])
            assert np.array_equal(labels, customers.churned[rows["train"]])
        real, validation = distilled[fold]
        assert np.array_equal(real, customers.features[rows["train"]])
        assert np.array_equal(validation, customers.features[rows["validation"]])


def test_splits_are_disjoint_stratified_and_repeatable():
    churned = np.arange(1000) % 7 == 0
    splits = split_rows(churned, seed=5)
    assert len(splits) == FOLDS
    assert sorted(np.concatenate([rows["test"] for rows in splits]).tolist()) == list(range(1000))
    for rows, again in zip(splits, split_rows(churned, seed=5), strict=True):
        assert sorted(np.concatenate(list(rows.values())).tolist()) == list(range(1000))
        assert [len(rows[part]) for part in ("train", "validation", "test")] == [600, 200, 200]
        assert all(abs(churned[part].mean() - churned.mean()) < 0.01 for part in rows.values())
        assert all(np.array_equal(rows[part], again[part]) for part in rows)


def test_labels_of_test_rows_change_nothing_that_is_kept(trained, file, tmp_path, monkeypatch):
    """Swap the labels of two test rows: the same split, hence the same weights and thresholds, and other test scores."""
    rows = split_rows(load(file).churned, seed=3)
    keep_small(monkeypatch)
    monkeypatch.setattr(churn_training, "split_rows", lambda churned, seed: rows[:2])
    other = table()
    positive, negative = (next(row for row in rows[0]["test"] if other.churned[row] == label) for label in (1, 0))
    other.loc[[positive, negative], "churned"] = [0, 1]
    other.to_csv(tmp_path / "customers.csv", index=False)
    swapped = train(TrainRequest(data=tmp_path / "customers.csv", seed=3, folder=tmp_path), recipe=RECIPE)
    assert swapped.sha256 == trained.sha256
    assert swapped.training["test"]["student"] != trained.training["test"]["student"]


def test_too_few_of_a_class_are_refused_before_training(tmp_path):
    few = table()
    few["churned"] = (np.arange(len(few)) < 19).astype(int)
    few.to_csv(tmp_path / "few.csv", index=False)
    with pytest.raises(DataError, match=r'few\.csv: column "churned": only 19 customers of the rarer class; expected at least 20'):
        train(TrainRequest(data=tmp_path / "few.csv", seed=1, folder=tmp_path), recipe=RECIPE)


def test_a_file_with_other_features_is_refused_by_name(trained, tmp_path):
    table().rename(columns={"plays": "streams"}).to_csv(tmp_path / "other.csv", index=False)
    with pytest.raises(DataError, match=r'(?s)"plays": a feature of the checkpoint is missing.*"streams": unknown; expected one of plays'):
        SPEC.evaluations(trained, tmp_path / "other.csv", "all")


def test_the_order_of_a_files_columns_does_not_matter(trained, file, tmp_path):
    table()[["churned", "premium", "plays", "minutes"]].to_csv(tmp_path / "customers.csv", index=False)
    (one,), (other,) = (SPEC.evaluations(trained, path, "all") for path in (file, tmp_path / "customers.csv"))
    assert np.array_equal(one.inputs["features_raw"], other.inputs["features_raw"])


def test_splits_of_other_rows_are_refused(trained, file, tmp_path):
    (evaluation,) = SPEC.evaluations(trained, file, "test")
    customers = load(file)
    expected = customers.features[split_rows(customers.churned, seed=3)[0]["test"]]
    assert np.array_equal(evaluation.inputs["features_raw"], expected.astype(np.float32))
    table(seed=1).to_csv(tmp_path / "customers.csv", index=False)
    with pytest.raises(CheckpointError, match="splits are those of the rows it was trained on"):
        SPEC.evaluations(trained, tmp_path / "customers.csv", "test")
    with pytest.raises(DataMissingError, match=r"trained on customers\.csv"):
        SPEC.evaluations(trained, None, "test")


def test_scoring_the_training_file_whole_is_said_to_flatter(trained, file, tmp_path, capsys):
    SPEC.evaluations(trained, file, "all")
    assert "120 of its 200 rows flatter it" in capsys.readouterr().err
    table(seed=1).to_csv(tmp_path / "customers.csv", index=False)
    SPEC.evaluations(trained, tmp_path / "customers.csv", "all")
    assert capsys.readouterr().err == ""


def test_encode_takes_one_customer_or_many_in_any_order_of_names(trained):
    backwards = dict(reversed(customer().items()))
    assert SPEC.encode(trained, (backwards,))["features_raw"].tolist() == [[10.0, 80.5, 0.0]]
    many = SPEC.encode(trained, ([customer(), customer(plays=3)],))["features_raw"]
    assert many.dtype == np.float32 and many[:, 0].tolist() == [10.0, 3.0]
    assert SPEC.encode(trained, ([],))["features_raw"].shape == (0, 3)


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        (customer(tenure=4), 'unknown feature "tenure"; expected one of plays, minutes, premium'),
        ({"plays": 1}, 'missing feature "minutes", "premium"'),
        (customer(minutes=float("nan")), 'feature "minutes" expects a finite number, got nan'),
        (customer(minutes=1e39), 'feature "minutes" expects a finite number, got 1e\\+39'),
        (customer(plays="12"), "feature \"plays\" expects a finite number, got '12'"),
        (customer(premium=True), 'feature "premium" expects a finite number, got True'),
        ([customer(), customer(plays=None), {}], 'row 1: feature "plays".*; row 2: missing feature "plays", "minutes", "premium"'),
        ([customer(plays=None)] * 9, "row 4: .*; and 4 more"),
        (7, "expected an object of 3 features, got int"),
    ],
)
def test_encode_refuses_a_wrong_customer_by_name(trained, argument, message):
    with pytest.raises(CustomerError, match=f"^churn: .*{message}"):
        SPEC.encode(trained, (argument,))


def test_results_and_decisions_follow_the_thresholds(trained):
    thresholds = trained.config["thresholds"]
    assert 0 < thresholds["medium"] <= thresholds["churn"] <= thresholds["high"] < 1
    edges = [0.0, thresholds["medium"] - 1e-3, thresholds["churn"] + 1e-6, thresholds["high"] + 1e-6, 1.0]
    outputs = {"probability": np.array(edges, np.float32)[:, None]}
    results = SPEC.results(trained, outputs)
    assert [result["churned"] for result in results] == [False, False, True, True, True]
    assert SPEC.decisions(trained, outputs).tolist() == [0, 0, 1, 1, 1]
    assert [result["risk"] for result in results][:2] == ["low", "low"] and results[-1]["risk"] == "high"
    assert json.loads(json.dumps(results)) == results and {result["risk"] for result in results} <= set(RISKS)


def test_parity_cases_and_golden_encode_and_survive_json(trained):
    cases = [*SPEC.parity_cases(trained), SPEC.golden(trained)]
    assert sum(not case.edge for case in cases) >= 500
    assert {"smallest customer", "largest customer", "zeros", "1e9", "tiny"} <= {case.name for case in cases}
    assert len({case.name for case in cases}) == len(cases)
    inputs = np.concatenate([SPEC.encode(trained, tuple(json.loads(json.dumps(case.args))))["features_raw"] for case in cases])
    outputs = runner(SPEC, trained)(trained.weights, {"features_raw": inputs})
    assert all(np.isfinite(values).all() for values in outputs.values())


def test_committed_network_equals_its_graph(committed):
    cases = SPEC.parity_cases(committed)[-300:]
    inputs = np.concatenate([SPEC.encode(committed, case.args)["features_raw"] for case in cases])
    graph = SPEC.graph(committed, committed.weights, {"features_raw": tf.constant(inputs)})["probability"].numpy()
    assert np.abs(SPEC.network(committed).predict(inputs, verbose=0) - graph).max() <= 1e-6


def test_committed_checkpoint_scores_what_it_recorded(committed):
    try:
        (evaluation,) = SPEC.evaluations(committed, None, "test")
    except DataMissingError as missing:
        pytest.skip(str(missing))
    recorded = committed.training["test"]
    measured = {"student": evaluation.score(runner(SPEC, committed)(committed.weights, evaluation.inputs)), **evaluation.references()}
    assert evaluation.data == DATA and evaluation.n == committed.training["rows"]["test"]
    for model, scores in recorded.items():
        assert measured[model] == pytest.approx(scores, abs=0.002), model


def test_committed_cross_validation_keeps_the_bounds(committed):
    student = committed.training["cross_validation"]["student"]
    assert student["f1"]["mean"] >= BOUNDS["f1"]
    assert student["roc_auc_gap"]["mean"] <= BOUNDS["roc_auc_gap"]
    assert student["agreement"]["mean"] >= BOUNDS["agreement"]
    assert all(len(student[metric]["folds"]) == FOLDS for metric in student)


def test_real_parity_cases_are_real_customers(committed):
    try:
        known = {tuple(row) for row in load(find(DATA)).features.tolist()}
    except DataMissingError as missing:
        pytest.skip(str(missing))
    real = [case.args[0] for case in SPEC.parity_cases(committed) if not case.edge]
    assert len(real) >= 500 and all(tuple(row.values()) in known for row in real)
