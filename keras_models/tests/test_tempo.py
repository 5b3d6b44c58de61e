"""The tempo model: what its measures count, whom it never learns from, tables of one's own recordings, and training that repeats."""

import json

import numpy as np
import pandas as pd
import pytest
import soundfile

from datasets.registry import DataMissingError, find
from datasets.tables import DataError
from datasets.tempo_clicks import click_track
from keras_models import tempo_data, tempo_training
from keras_models.__main__ import main
from keras_models.checkpoint import load_checkpoint
from keras_models.inference import runner
from keras_models.tempo import SPEC, CandidateError, _made_up
from keras_models.tempo_data import click_clips, inputs_of, read_table, targets_of
from keras_models.tempo_scores import scores


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory, monkeypatch):
    monkeypatch.setattr(tempo_data, "cache", lambda: tmp_path_factory.getbasetemp() / "cache")


@pytest.fixture(scope="module")
def checkpoint():
    return load_checkpoint("tempo")


def test_measures_count_octaves_and_thirds_where_they_say_so():
    bpm = np.full(7, 120.0)
    found = scores([121.9, 124.0, 60.5, 240.0, 40.0, 90.0, None], bpm)
    assert found["within_2"] == pytest.approx(100 / 7)
    assert found["acc1"] == pytest.approx(200 / 7)
    assert found["within_2_octave"] == pytest.approx(300 / 7)
    assert found["acc2"] == pytest.approx(500 / 7)
    assert scores([120.05, 120.2], np.full(2, 120.0), exact=True)["within_0.1"] == 50.0


def test_no_track_with_audio_is_learned_from():
    try:
        labels = pd.read_csv(find("gtzan_labels")).set_index("track")
    except DataMissingError as missing:
        pytest.skip(str(missing))
    learned = labels.loc[tempo_training.learned_tracks()]
    assert len(learned) > 500 and (learned["has_audio"] == 0).all() and set(learned["split"]) == {"train", "valid"}


def test_a_table_of_files_is_judged_beside_the_baselines(tmp_path, capsys):
    for bpm in (90, 128):
        soundfile.write(tmp_path / f"{bpm}.wav", click_track(bpm, 13), 22_050)
    (tmp_path / "own.csv").write_text("file,bpm\n90.wav,90\n128.wav,128\n")
    assert main(["evaluate", "tempo", "--data", str(tmp_path / "own.csv")]) == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert {"float", "unlearned pipeline", "librosa"} <= {row["backend"] for row in rows}
    assert {row["n"] for row in rows} == {2} and {"within_2", "acc1", "acc2"} <= {row["metric"] for row in rows}


def test_a_bad_table_is_refused_with_its_lines(tmp_path):
    (tmp_path / "broken.wav").write_bytes(b"no audio")
    (tmp_path / "own.csv").write_text("file,bpm\ngone.wav,100\nbroken.wav,fast\n")
    with pytest.raises(DataError, match=r"own\.csv:2") as error:
        read_table(tmp_path / "own.csv")
    assert "own.csv:3" in str(error.value)
    (tmp_path / "other.csv").write_text("name,tempo\n")
    with pytest.raises(DataError, match="file, bpm"):
        read_table(tmp_path / "other.csv")


def test_places_without_a_candidate_get_no_probability(checkpoint):
    clips = click_clips(3, seed=1)
    inputs = inputs_of(clips)
    probability = runner(SPEC, checkpoint)(checkpoint.weights, inputs)["probability"]
    assert np.allclose(probability.sum(axis=1), 1, atol=1e-6) and (probability[inputs["present"] == 0] < 1e-6).all()


def test_order_of_candidates_changes_nothing(checkpoint):
    run, rows = runner(SPEC, checkpoint), _made_up(5).reshape(-1, tempo_data.WIDTH)
    one, other = (run(checkpoint.weights, SPEC.encode(checkpoint, (each,)))["probability"][0, : len(rows)] for each in (rows, rows[::-1]))
    assert np.allclose(one, other[::-1], atol=1e-6)


def test_features_of_another_width_are_refused(checkpoint):
    with pytest.raises(CandidateError, match="got 67 values"):
        SPEC.encode(checkpoint, (np.zeros(67, np.float32),))


def test_training_repeats_and_learns_clicks(monkeypatch):
    monkeypatch.setattr(tempo_training, "SEEDS", 1)
    clips = click_clips(24, seed=2)
    weights, again = (tempo_training.fit(clips, np.ones(len(clips)), seed=1) for _ in range(2))
    assert all(np.array_equal(weights[name], again[name]) for name in weights)
    inputs = inputs_of(clips)
    scaled = np.clip((inputs["candidates"] - weights["features/mean"]) / weights["features/scale"], -5, 5)
    hidden = np.maximum(scaled @ weights["hidden/kernel"] + weights["hidden/bias"], 0)
    logits = np.where(inputs["present"] > 0, (hidden @ weights["choice/kernel"] + weights["choice/bias"])[..., 0], -np.inf)
    assert (targets_of(clips)[np.arange(len(clips)), logits.argmax(axis=1)] > 0).mean() > 0.9
