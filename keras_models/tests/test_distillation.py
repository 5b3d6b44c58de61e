import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from keras_models.distillation import Recipe, augmented_rows, distil, encode, encoder_weights, student_graph, student_network
from keras_models.metrics import classification_scores, f1_threshold, precision_threshold, recall_threshold
from keras_models.trees import TreeTeacher, fit_teacher

RECIPE = Recipe(augmented=800, epochs=8, batch_size=64, widths=(16, 8), bins=4)


def table(rows=240, seed=0):
    """A whole number, a real number, a flag, a constant: and a yes that follows from the first two."""
    random = np.random.default_rng(seed)
    whole, real, flag = random.integers(0, 40, rows), random.normal(5, 2, rows), random.integers(0, 2, rows)
    features = np.column_stack([whole, real, flag, np.full(rows, 7)]).astype(float)
    return features, (whole > 25) & (real > 4)


@pytest.fixture(scope="module")
def taught():
    features, positive = table()
    teacher = fit_teacher(features[:180], positive[:180], seed=1)
    weights, history = distil(teacher.probabilities, features[:180], features[180:], recipe=RECIPE, seed=1, title="student")
    return features, positive, teacher, weights, history


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), rows=st.integers(1, 60), count=st.integers(2, 40))
def test_made_up_rows_stay_in_the_range_and_whole_numbers_stay_whole(seed, rows, count):
    features, _ = table(count, seed)
    made = augmented_rows(features, rows=rows, neighbours=8, seed=seed)
    assert made.shape == (rows, 4)
    assert (made >= features.min(axis=0)).all() and (made <= features.max(axis=0)).all()
    assert np.array_equal(made[:, [0, 2, 3]], np.round(made[:, [0, 2, 3]]))
    assert np.array_equal(made, augmented_rows(features, rows=rows, neighbours=8, seed=seed))


def test_bins_fill_one_after_the_other_between_the_edges():
    column = np.arange(0, 101, dtype=float)[:, None]
    weights = encoder_weights(column, bins=4)
    encoded = encode(weights, tf.constant([[0.0], [25.0], [60.0], [100.0]])).numpy()
    expected = [[0, 0, 0, 0], [1, 0, 0, 0], [1, 1, 0.4, 0], [1, 1, 1, 1]]
    assert np.allclose(encoded[:, 1:], expected, atol=1e-6)
    assert np.allclose(encoded[:, 0], (np.array([0, 25, 60, 100]) - 50) / column.std(), atol=1e-6)


def test_bins_sum_to_the_interpolated_rank_of_a_value():
    features, _ = table()
    weights = encoder_weights(features, bins=4)
    encoded = encode(weights, tf.constant(features, tf.float32)).numpy()
    edges = np.quantile(features[:, 1], np.linspace(0, 1, 5))
    assert np.allclose(encoded[:, 4 + 4 : 4 + 8].sum(axis=1), np.interp(features[:, 1], edges, np.arange(5)), atol=1e-4)


@settings(max_examples=50, deadline=None)
@given(value=st.floats(width=32, allow_nan=False))
def test_no_number_however_large_leaves_the_range_of_the_training_rows(value):
    features, _ = table()
    weights = encoder_weights(features, bins=4)
    encoded = encode(weights, tf.constant([[value] * 4], tf.float32)).numpy()
    inside = encode(weights, tf.constant(np.clip([[value] * 4], features.min(axis=0), features.max(axis=0)), tf.float32)).numpy()
    assert np.isfinite(encoded).all() and np.array_equal(encoded, inside)


def test_student_follows_its_teacher_on_rows_neither_has_seen(taught):
    _, _, teacher, weights, history = taught
    fresh, positive = table(400, seed=9)
    student = student_graph(weights, tf.constant(fresh, tf.float32))["probability"].numpy()[:, 0]
    assert np.mean((student >= 0.5) == (teacher.probabilities(fresh) >= 0.5)) > 0.93
    assert classification_scores(positive, student, 0.5)["roc_auc"] > 0.95
    assert history.val_loss[history.best_epoch - 1] == min(history.val_loss) < history.val_loss[0]


def test_graph_equals_the_keras_network(taught):
    features, _, _, weights, _ = taught
    raw = np.concatenate([features, [[1e9] * 4, [-1e9] * 4, [1e-30] * 4]]).astype(np.float32)
    network = student_network(weights)
    assert isinstance(network, keras.Model)
    graph = student_graph(weights, tf.constant(raw))["probability"].numpy()
    assert np.abs(network.predict(raw, verbose=0) - graph).max() <= 1e-6


def test_the_same_seed_distils_the_same_weights(taught):
    features, _, teacher, weights, _ = taught
    again, _ = distil(teacher.probabilities, features[:180], features[180:], recipe=RECIPE, seed=1, title="again")
    assert {name: value.tobytes() for name, value in again.items()} == {name: value.tobytes() for name, value in weights.items()}


def test_teacher_survives_its_own_file(taught):
    features, positive, teacher, _, _ = taught
    read = TreeTeacher.from_bytes(teacher.to_bytes(), mean=teacher.mean, scale=teacher.scale)
    assert np.array_equal(read.probabilities(features), teacher.probabilities(features))
    assert teacher.booster.num_boosted_rounds() == 100
    assert fit_teacher(features[:180], positive[:180], seed=1).to_bytes() == teacher.to_bytes()


def test_recipe_refuses_what_cannot_train():
    with pytest.raises(ValueError, match="recipe: epochs expects a positive integer, got 0"):
        Recipe(epochs=0)


def test_thresholds_keep_what_they_promise():
    random = np.random.default_rng(3)
    positive = random.random(2000) < 0.2
    probability = np.clip(random.normal(0.35 + 0.3 * positive, 0.15), 0, 1)
    assert np.mean(probability[positive] >= recall_threshold(positive, probability, recall=0.95)) >= 0.95
    high = precision_threshold(positive, probability, precision=0.8)
    assert positive[probability >= high].mean() >= 0.8
    best = classification_scores(positive, probability, f1_threshold(positive, probability))["f1"]
    assert best >= max(classification_scores(positive, probability, at)["f1"] for at in np.linspace(0, 1, 101)) - 0.02


def test_scores_by_hand():
    scores = classification_scores(np.array([True, True, False, False]), np.array([0.9, 0.2, 0.6, 0.1]), 0.5)
    assert scores == {"f1": 0.5, "recall": 0.5, "precision": 0.5, "roc_auc": 0.75, "accuracy": 0.5}
