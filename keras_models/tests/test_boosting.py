import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor

from keras_models.boosting import PARAMETERS, ROWS_AT_ONCE, BoostedTrees, as_arrays, fit_boosting, fit_committee

RANDOM = np.random.default_rng(3)
FEATURES = RANDOM.normal(size=(3000, 5))
TARGETS = np.stack([FEATURES[:, 0] * FEATURES[:, 1], np.sin(3 * FEATURES[:, 2])], axis=1)
WEIGHT = RANDOM.uniform(1, 3, 3000)


def test_the_arrays_say_what_scikit_learn_says():
    fitted = [HistGradientBoostingRegressor(**PARAMETERS, random_state=1).fit(FEATURES, target) for target in TARGETS.T]
    fresh = RANDOM.normal(scale=2, size=(500, 5))
    expected = np.stack([model.predict(fresh) for model in fitted], axis=1)
    assert np.abs(as_arrays(fitted).predict(fresh) - expected).max() < 1e-12


def test_bytes_survive_and_are_the_same_for_the_same_seed():
    first, second = (fit_boosting(FEATURES, TARGETS, weight=WEIGHT, seed=5).to_bytes() for _ in range(2))
    assert first == second
    read = BoostedTrees.from_bytes(first)
    assert read.to_bytes() == first
    assert np.corrcoef(read.predict(FEATURES)[:, 0], TARGETS[:, 0])[0, 1] > 0.9


def test_weights_count():
    half = np.arange(3000) < 1500
    target = np.where(half, 1.0, 5.0)[:, None]
    blind = np.zeros((3000, 1))
    fitted = fit_boosting(blind, target, weight=np.where(half, 3.0, 1.0), seed=1)
    assert abs(fitted.predict(blind[:1])[0, 0] - 2) < 0.05


def test_a_committee_says_the_mean_of_its_members():
    members = [fit_boosting(FEATURES, TARGETS, weight=WEIGHT, seed=seed).predict(FEATURES) for seed in (5, 6)]
    committee = fit_committee(FEATURES, TARGETS, weight=WEIGHT, seed=5, members=2)
    assert np.abs(committee.predict(FEATURES) - np.mean(members, axis=0)).max() < 1e-12
    assert np.abs(members[0] - members[1]).max() > 1e-3


def test_rows_are_answered_alike_alone_and_among_many():
    fitted = fit_boosting(FEATURES, TARGETS, weight=WEIGHT, seed=5)
    many = RANDOM.normal(size=(ROWS_AT_ONCE + 3, 5))
    assert np.array_equal(fitted.predict(many)[-5:], fitted.predict(many[-5:]))
    assert fitted.predict(many[:0]).shape == (0, 2)


def test_thresholds_are_where_the_trees_split():
    step = np.where(FEATURES[:, [2]] > 0.5, 1.0, 0.0)
    thresholds, gain = fit_boosting(FEATURES, step, weight=np.ones(3000), seed=1).thresholds(2)
    assert (np.diff(thresholds) >= 0).all() and (gain > 0).all()
    assert abs(thresholds[np.argmax(gain)] - 0.5) < 0.05
