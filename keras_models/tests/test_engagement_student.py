import numpy as np

from keras_models.boosting import fit_boosting
from keras_models.engagement_student import NARROWEST, teacher_encoder

RANDOM = np.random.default_rng(6)
FEATURES = np.column_stack([RANDOM.normal(size=3000), RANDOM.integers(2, size=3000), RANDOM.normal(size=3000), np.full(3000, 7.0)])
TARGETS = np.stack([np.where(FEATURES[:, 0] > 1.2, 3.0, 0.0) + FEATURES[:, 1], np.sin(4 * FEATURES[:, 0])], axis=1)
BINS = 8


def encoder():
    teacher = fit_boosting(FEATURES, TARGETS, weight=np.ones(3000), seed=2)
    return teacher, teacher_encoder(teacher, FEATURES, bins=BINS)


def test_bins_cover_what_the_teacher_splits_and_nothing_that_it_does_not():
    teacher, weights = encoder()
    assert weights["bins/lower"].shape == weights["bins/slope"].shape == (4, BINS)
    assert (weights["bins/slope"][3] == 0).all() and not len(teacher.thresholds(3)[0])
    used = weights["bins/slope"][0] > 0
    lower, upper = weights["bins/lower"][0][used], weights["bins/lower"][0][used] + 1 / weights["bins/slope"][0][used]
    assert np.allclose(lower[1:], upper[:-1], atol=1e-5)
    assert np.isclose(lower[0], FEATURES[:, 0].min()) and np.isclose(upper[-1], FEATURES[:, 0].max())


def test_a_feature_with_few_thresholds_has_its_bins_end_there():
    _, weights = encoder()
    assert weights["bins/lower"][1][:2].tolist() == [0.0, 0.5] and (weights["bins/slope"][1][2:] == 0).all()


def test_no_bin_is_too_narrow():
    _, weights = encoder()
    slopes = weights["bins/slope"]
    for feature in range(3):
        used = slopes[feature] > 0
        assert used.any() and (1 / slopes[feature][used] > 0.99 * NARROWEST * FEATURES[:, feature].std()).all()
