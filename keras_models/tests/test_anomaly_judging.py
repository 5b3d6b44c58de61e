import numpy as np
import pytest

from keras_models.anomaly_data import CLEAN_BEFORE, Bench, Trial
from keras_models.anomaly_judging import calibration_scores, choose_thresholds, event_scores, is_anomaly, recall_by_kind, student_scores


def bench(events=2):
    trials = [Trial("bot_spike", 2.0 + at, np.zeros((CLEAN_BEFORE + 2, 10))) for at in range(events)]
    return Bench(np.zeros((10, 10)), trials)


def flags(clean, *parts):
    return np.concatenate([np.isin(np.arange(10), clean), *(np.isin(np.arange(CLEAN_BEFORE + 2), part) for part in parts)])


def test_events_found_runs_that_were_events_and_days_flagged_for_nothing():
    scores = event_scores(bench(), flags([0, 1], [3, 4, CLEAN_BEFORE], [7]))
    assert scores["event_recall"] == 0.5
    assert scores["event_precision"] == pytest.approx(1 / 3)  # of three runs one reaches into an event
    assert scores["false_alarms"] == 0.2
    assert scores["event_f1"] == pytest.approx(0.4)


def test_a_run_that_begins_before_its_event_is_right_and_silence_scores_nothing():
    scores = event_scores(bench(1), flags([], [CLEAN_BEFORE - 1, CLEAN_BEFORE]))
    assert scores == {"event_f1": 1.0, "event_precision": 1.0, "event_recall": 1.0, "false_alarms": 0.0}
    assert event_scores(bench(1), flags([], []))["event_f1"] == 0


def test_recall_is_told_by_kind_and_size():
    assert recall_by_kind(bench(), flags([], [CLEAN_BEFORE], [])) == {
        "bot_spike 2": {"recall": 1.0, "n": 1},
        "bot_spike 3": {"recall": 0.0, "n": 1},
    }


def test_an_anomaly_is_statistical_or_neural():
    outputs = {"score": np.array([[0.4], [0.6], [0.4]]), "reconstruction": np.array([[1.0], [1.0], [3.1]])}
    assert is_anomaly(outputs, {"score": 0.5, "reconstruction": 2.0, "neural": 1.5}).tolist() == [False, True, True]


def test_thresholds_keep_false_alarms_below_what_is_allowed():
    random = np.random.default_rng(0)
    clean = random.normal(size=(2000, 10))
    trials = [Trial("bot_spike", 4.0, random.normal(size=(CLEAN_BEFORE + 2, 10))) for _ in range(50)]
    one = Bench(clean, trials)
    for trial in trials:
        trial.rows[CLEAN_BEFORE:] += 6
    outputs = {"score": one.rows[:, :1], "reconstruction": np.exp(one.rows[:, 1:2])}
    chosen = choose_thresholds([one], [outputs], 2.0, most_false_alarms=0.01)
    scores = event_scores(one, is_anomaly(outputs, chosen))
    assert scores["false_alarms"] <= 0.01 and scores["event_f1"] > 0.8
    assert chosen["reconstruction"] == 2.0


def test_calibration_and_student():
    positive = np.repeat([False, True], 50)
    assert calibration_scores(positive, positive.astype(float)) == {"brier": 0.0, "calibration_error": 0.0}
    assert calibration_scores(positive, np.full(100, 0.7))["calibration_error"] == pytest.approx(0.2)
    score = np.arange(100.0)
    assert student_scores(positive, score**2, score) == {"forest_spearman": pytest.approx(1), "forest_roc_auc_gap": 0.0}
