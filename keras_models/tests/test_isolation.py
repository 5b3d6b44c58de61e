import numpy as np
import pytest
from sklearn.ensemble import IsolationForest

from keras_models.isolation import IsolationTeacher, fit_forest


@pytest.mark.parametrize("rows", [100, 1000])
def test_scores_are_those_of_scikit_learn_before_and_after_storing(rows):
    random = np.random.default_rng(0)
    training = np.round(random.normal(size=(rows, 10)), 1)
    judged = np.concatenate([training, 50 * random.normal(size=(20, 10))]).astype(np.float32)
    forest = IsolationForest(n_estimators=100, max_samples=min(256, rows), contamination=0.01, random_state=3)
    expected = -forest.fit(training.astype(np.float32)).score_samples(judged)
    teacher = fit_forest(training, seed=3)
    np.testing.assert_allclose(teacher.scores(judged), expected, atol=1e-12)
    stored = teacher.to_bytes()
    np.testing.assert_array_equal(IsolationTeacher.from_bytes(stored).scores(judged), teacher.scores(judged))
    assert stored == fit_forest(training, seed=3).to_bytes()
