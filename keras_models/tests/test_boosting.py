import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor

from keras_models.boosting import PARAMETERS, BoostedTrees, as_arrays, fit_boosting

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
