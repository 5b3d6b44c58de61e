"""The key model: a transposed recording gets the transposed key, scores by the rule, a user's own table, honest halves."""

import json

import numpy as np
import pytest
import soundfile

from datasets.keys import key_index, transposed
from datasets.tables import DataError
from keras_models.__main__ import main
from keras_models.checkpoint import load_checkpoint
from keras_models.inference import runner
from keras_models.key import SPEC, _made_up, profile_keys
from keras_models.key_data import read_table
from keras_models.key_path import steady_keys
from keras_models.key_profiles import PROFILES
from keras_models.key_scores import mirex, scores


@pytest.fixture(scope="module")
def checkpoint():
    return load_checkpoint("key")


@pytest.fixture(scope="module")
def answer(checkpoint):
    run = runner(SPEC, checkpoint)

    def answered(classes, changes):
        inputs = SPEC.encode(checkpoint, ({"pitchClasses": classes.ravel(), "transitions": changes.ravel()},))
        return run(checkpoint.weights, inputs)

    return answered


def turned(classes, changes, up):
    blocks = np.roll(changes.reshape(2, 12, 2, 12), (up, up), axis=(1, 3))
    return np.roll(classes, up, axis=1), blocks.reshape(24, 24)


@pytest.mark.parametrize("up", [1, 5, 7, 11])
def test_a_transposed_recording_gets_the_transposed_key_with_the_same_confidence(answer, up):
    features = _made_up(3)
    plain, higher = answer(*features)["probability"][0], answer(*turned(*features, up))["probability"][0]
    assert higher[[transposed(key, up) for key in range(24)]] == pytest.approx(plain, abs=1e-6)


def test_silence_and_flat_features_are_answered_without_certainty(answer):
    for features in ((np.zeros((6, 12)), np.zeros((24, 24))), (np.full((6, 12), 1 / 24), np.full((24, 24), 1 / 576))):
        probability = answer(*features)["probability"][0]
        assert probability.sum() == pytest.approx(1, abs=1e-5) and probability.max() < 0.3


def test_the_network_answers_as_the_graph(checkpoint, answer):
    classes, changes = (values[None].astype(np.float32) for values in _made_up(1))
    assert SPEC.network(checkpoint)([classes, changes]).numpy() == pytest.approx(answer(*_made_up(1))["probability"], abs=1e-6)


@pytest.mark.parametrize(
    ("true", "said", "credit"),
    [
        ("C major", "C major", 1),
        ("C major", "G major", 0.5),
        ("C major", "F major", 0.5),
        ("C major", "A minor", 0.3),
        ("A minor", "C major", 0.3),
        ("C major", "C minor", 0.2),
        ("C minor", "C major", 0.2),
        ("C major", "E minor", 0),
        ("A minor", "F# major", 0),
        ("D minor", "A minor", 0.5),
    ],
)
def test_mirex_credits_neighbours(true, said, credit):
    assert mirex(np.array([key_index(true)]), np.array([key_index(said)])).tolist() == [credit]


def test_scores_of_a_sure_model():
    key = np.array([0, 7, 21])
    assert scores(key, np.eye(24)[[0, 0, 21]]) == pytest.approx({"exact": 200 / 3, "mirex": 250 / 3, "ece": 1 / 3})


def test_profiles_find_their_own_keys():
    for name, modes in PROFILES.items():
        classes = np.zeros((24, 6, 12))
        for key in range(24):
            classes[key, 0] = np.roll(modes[key // 12], key % 12)
        assert profile_keys(classes)[name].tolist() == list(range(24))


def test_keys_over_time_ignore_a_slip_and_follow_a_change():
    sure = np.full((24, 24), 0.5 / 23) + np.eye(24) * (0.5 - 0.5 / 23)
    said = steady_keys(sure[[3, 3, 3, 5, 3, 3, 8, 8, 8, 8]], stay=0.95, trust=0.5)
    assert said.argmax(axis=1).tolist() == [3] * 6 + [8] * 4 and said.sum(axis=1) == pytest.approx(1)
    assert steady_keys(np.zeros((0, 24)), stay=0.95, trust=0.5).shape == (0, 24)


def chord(path, pitches, rate=16_000):
    time = np.arange(4 * rate) / rate
    soundfile.write(path, sum(0.1 * np.sin(2 * np.pi * 440 * 2 ** ((pitch - 69) / 12) * time) for pitch in pitches), rate)


def test_a_users_own_table_is_judged_beside_the_profiles(tmp_path, capsys):
    (tmp_path / "music").mkdir()
    chord(tmp_path / "music" / "one.wav", (60, 64, 67, 72))
    chord(tmp_path / "music" / "two.flac", (57, 60, 64, 69))
    (tmp_path / "mine.csv").write_text("file,key\nmusic/one.wav,C major\nmusic/two.flac,A min\n")
    assert main(["evaluate", "key", "--data", str(tmp_path / "mine.csv")]) == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    values = {(row["backend"], row["metric"]): row["value"] for row in rows}
    assert values["float", "exact"] == 100 and values["float", "mirex"] == 100
    assert {f"profile {name}" for name in PROFILES} <= {backend for backend, _ in values} and rows[0]["n"] == 2


def test_every_problem_of_a_table_is_told(tmp_path):
    (tmp_path / "bad.csv").write_text("file,key\nnone.wav,C major\nother.wav,H major\n")
    with pytest.raises(DataError) as refused:
        read_table(tmp_path / "bad.csv")
    assert [problem.line for problem in refused.value.problems] == [2, 3]
    assert "expected a key like 'F# minor' or 'Eb major', got 'H major'" in str(refused.value)
    (tmp_path / "other.csv").write_text("name,key\n")
    with pytest.raises(DataError, match="expected columns file, key; file is missing"):
        read_table(tmp_path / "other.csv")


def test_each_half_left_out_another_split(checkpoint):
    assert checkpoint.config["left_out"] == {"first": "train", "second": "valid"}
    assert checkpoint.training["recordings"]["clips"] >= 60


def test_features_that_are_none_are_refused(checkpoint):
    with pytest.raises(ValueError, match="key: pitchClasses expects 6 x 12 finite values from 0 on, got 0"):
        SPEC.encode(checkpoint, ({"transitions": np.zeros(576, np.float32)},))
