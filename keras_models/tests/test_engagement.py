import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

from datasets.post_features import FEATURES
from datasets.posts import MEDIA, TARGETS, load
from datasets.registry import DataMissingError
from datasets.tables import DataError
from keras_models import engagement_training
from keras_models.checkpoint import load_checkpoint
from keras_models.engagement import OUTLOOKS, SPEC
from keras_models.engagement_calls import PostError
from keras_models.engagement_data import FOLDS, WEEK, page_folds, split_posts
from keras_models.engagement_student import Recipe
from keras_models.engagement_training import train
from keras_models.inference import runner
from keras_models.spec import TrainRequest

RECIPE = Recipe(teachers=2, bins=4, widths=(16, 8), epochs=3, made_up=0.5)
POST = SPEC.golden(None).args[0][0]


def table(rows=1500, pages=4, seed=0):
    random = np.random.default_rng(seed)
    page = random.integers(pages, size=rows)
    media = random.integers(len(MEDIA), size=rows)
    level = 3 + page + (media == 2)
    start = np.datetime64("2024-01-01T00:00:00")
    minutes = np.sort(random.choice(60 * 24 * 90, rows, replace=False))
    frame = {
        "page": [f"page {one}" for one in page],
        "published_at": [str(start + np.timedelta64(int(at), "m")) for at in minutes],
        "text": random.choice(["new song", "#tour tonight", "love you ❤️", ""], rows),
        "media": [MEDIA[one] for one in media],
    }
    counts = {name: np.expm1(random.normal(level - at, 0.3).clip(0)).astype(int) for at, name in enumerate(TARGETS)}
    return pd.DataFrame(frame | counts)


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("data") / "posts.csv"
    table().to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def observed(file):
    """A small training, and what each teacher was given."""
    taught = []
    fit = engagement_training.fit_committee
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engagement_training, "fit_committee", lambda x, y, **options: taught.append((x, y)) or fit(x, y, **options))
        checkpoint = train(TrainRequest(data=file, seed=3, folder=file.parent), recipe=RECIPE)
    return checkpoint, taught


@pytest.fixture(scope="module")
def trained(observed):
    return observed[0]


def test_posts_are_split_by_time_and_none_is_in_two_parts(file):
    posts = load(file)
    cut = int(np.quantile(posts.published, 0.8))
    split = split_posts(posts, cut=cut)
    assert posts.published[split["train"]].max() < cut - WEEK <= posts.published[split["validation"]].min()
    assert posts.published[split["validation"]].max() < cut <= posts.published[split["later posts"]].min()
    rows = np.concatenate(list(split.values()))
    assert len(set(rows)) == len(rows) < len(posts)


def test_each_page_is_in_one_fold_and_folds_are_alike(file):
    posts = load(file)
    folds = page_folds(posts)
    assert sorted(set(folds)) == list(range(FOLDS)) and len(folds) == 4


def test_teachers_see_training_rows_and_page_folds_none_of_the_pages_judged(observed, file):
    checkpoint, taught = observed
    posts = load(file)
    rows = split_posts(posts, cut=checkpoint.config["cut"])["train"]
    fold = page_folds(posts)[posts.page[rows]]
    assert [len(x) for x, _ in taught] == [len(rows), *(int((fold != number).sum()) for number in range(FOLDS))]
    assert np.array_equal(taught[0][1], np.log1p(posts.counts[rows]))
    for number, (_, targets) in enumerate(taught[1:]):
        assert np.array_equal(targets, np.log1p(posts.counts[rows[fold != number]]))


def test_training_learns_and_records_teacher_student_and_baselines(trained):
    for part in ("later posts", "unseen pages"):
        judged = trained.training["test"][part]
        assert set(judged["scores"]) == {"student", "teacher", "mean of the last 20 posts", "mean of the page's last 30 days"}
        assert judged["n"] > 50
    later = trained.training["test"]["later posts"]["scores"]
    assert later["teacher"]["likes_r2"] > later["mean of the last 20 posts"]["likes_r2"] > 0.5
    assert later["student"]["likes_r2"] > 0.5 and later["teacher"]["to_teacher_r2"] == 1


def test_the_same_seed_gives_the_same_checkpoint(trained, file):
    again = train(TrainRequest(data=file, seed=3, folder=file.parent), recipe=RECIPE)
    assert again.sha256 == trained.sha256 and again.blobs == trained.blobs


def test_the_graph_says_what_the_keras_network_says(trained):
    inputs = SPEC.encode(trained, ([POST, POST | {"history": []}],))
    outputs = runner(SPEC, trained)(trained.weights, inputs)
    logs = np.maximum(SPEC.network(trained)(tf.constant(inputs["features_raw"])).numpy(), 0)
    counts = np.concatenate([outputs[name] for name in TARGETS], axis=1)
    assert np.allclose(np.log1p(counts), logs, atol=1e-5)
    usual = inputs["features_raw"][:, [list(FEATURES).index(f"{name}_average_last_20") for name in TARGETS]]
    assert np.allclose(outputs["lift"], logs - usual, atol=1e-5)
    for tensor in SPEC.outputs(trained):
        assert outputs[tensor.name].shape == (2, *tensor.shape)


def test_results_and_decisions_go_by_the_lift(trained):
    lift = np.array([[-0.3, 0.0, 0.3], [-0.22, 0.22, 0.5]], np.float32)
    outputs = {**{name: np.full((2, 1), at, np.float32) for at, name in enumerate(TARGETS)}, "lift": lift}
    assert SPEC.decisions(trained, outputs).tolist() == [[0, 1, 2], [1, 1, 2]]
    first = SPEC.results(trained, outputs)[0]
    assert first == {"likes": 0.0, "comments": 1.0, "shares": 2.0, "outlook": dict(zip(TARGETS, OUTLOOKS, strict=True))}


def test_evaluating_a_file_scores_all_settled_posts(trained, file):
    (evaluation,) = SPEC.evaluations(trained, file, "all")
    scores = evaluation.score(runner(SPEC, trained)(trained.weights, evaluation.inputs))
    assert evaluation.data == "posts" and 1300 < evaluation.n < 1500
    assert set(scores) == set(SPEC.units) and scores["likes_r2"] > 0.5
    assert evaluation.references()["teacher"]["to_teacher_r2"] == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"text": None}, "post: text expects a string, got None"),
        ({"media": "film"}, "post: media expects one of none, link, photo, video, event, got 'film'"),
        ({"publishedAt": "2024-05-10T18:30:00+02:00"}, "post: publishedAt expects a local date-time"),
        ({"publishedAt": "2024-05-10"}, "post: publishedAt expects a local date-time"),
        ({"history": {}}, "post: history expects a list of posts, got dict"),
        ({"history": [POST]}, "post: history[0]: expected an object with likes"),
        ({"followerCount": -1}, "post: followerCount expects a number from 0 to 1e+12, got -1"),
    ],
)
def test_a_bad_post_is_refused_by_what_is_wrong(trained, change, message):
    with pytest.raises(PostError) as refused:
        SPEC.encode(trained, (POST | change,))
    assert message in str(refused.value)


def test_too_few_posts_are_refused(tmp_path):
    path = tmp_path / "posts.csv"
    table(rows=200).to_csv(path, index=False)
    with pytest.raises(DataError, match="expected at least 300 posts to train on"):
        train(TrainRequest(data=path, seed=1, folder=tmp_path), recipe=RECIPE)


def test_the_golden_call_and_the_edge_cases_need_no_data(trained, monkeypatch):
    monkeypatch.setattr("keras_models.engagement_data.find", _missing)
    registered = replace(trained, provenance={"data": [{"name": SPEC.datasets[0]}]})
    cases = SPEC.parity_cases(registered)
    assert sum(case.name.startswith("drawn ") for case in cases) >= 500
    assert {case.name for case in cases if case.edge} >= {"empty text", "only emoji", "no history"}
    for case in [*cases[:20], *cases[-20:], SPEC.golden(trained)]:
        assert json.loads(json.dumps(case.args)) == list(case.args)
        assert np.isfinite(SPEC.encode(trained, case.args)["features_raw"]).all()


def _missing(name):
    raise DataMissingError("none at hand")


def test_the_committed_checkpoint_beats_the_baselines_on_unseen_pages():
    judged = load_checkpoint("engagement").training["test"]["unseen pages"]["scores"]
    for target in TARGETS:
        baseline = judged["mean of the last 20 posts"][f"{target}_r2"]
        assert judged["student"][f"{target}_r2"] > baseline + 0.05
