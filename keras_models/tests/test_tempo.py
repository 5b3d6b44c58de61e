"""The tempo model: what its measures count, whom it never learns from, tables of one's own recordings, and training that repeats."""

import json

import numpy as np
import pandas as pd
import pytest
import soundfile
import tensorflow as tf

from datasets.registry import DataMissingError, find
from datasets.tables import DataError
from datasets.tempo_analysis import estimate
from datasets.tempo_clicks import click_track
from datasets.tempo_periodicity import RHYTHM
from keras_models import tempo_clips, tempo_training
from keras_models.__main__ import main
from keras_models.checkpoint import load_checkpoint
from keras_models.inference import runner
from keras_models.tempo import SPEC, CandidateError, _evaluation, _made_up
from keras_models.tempo_clips import inputs_of, targets_of
from keras_models.tempo_data import click_clips, read_table, splits_of
from keras_models.tempo_graph import PARTS, tempo_graph
from keras_models.tempo_scores import scores


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory, monkeypatch):
    monkeypatch.setattr(tempo_clips, "cache", lambda: tmp_path_factory.getbasetemp() / "cache")


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


def test_no_part_learns_from_the_split_that_it_judges(monkeypatch):
    heard = []

    def network(features, present, wanted, importance, seed):
        heard.append(sorted(importance))
        return [np.zeros(shape) for shape in ((tempo_clips.WIDTH, 2), (2,), (2, 1), (1,))]

    monkeypatch.setattr(tempo_training, "_network", network)
    tempo_training.fit(click_clips(4, seed=3), [(1, np.arange(4.0))], np.array([*PARTS, ""]), seed=1)
    assert heard == [[1.0, 2.0, 3.0], [0.0, 2.0, 3.0], [0.0, 1.0, 3.0]]


def test_gtzan_is_judged_by_the_parts_that_left_it_out(checkpoint):
    clips = click_clips(3, seed=4)
    outputs = {name: np.eye(RHYTHM.candidates)[[15] * 3] for name in ("probability", *PARTS.values())}
    for row, part in enumerate(PARTS.values()):
        outputs[part][row] = np.eye(RHYTHM.candidates)[targets_of(clips)[row].argmax()]
    told = _evaluation("clicks", clips, splits=list(PARTS))
    assert told.score(outputs)["acc1"] == 100.0


def test_splits_are_those_of_the_labels():
    try:
        labels = pd.read_csv(find("gtzan_labels"))
    except DataMissingError as missing:
        pytest.skip(str(missing))
    track, split = labels.iloc[0][["track", "split"]]
    clip, other = click_clips(2, seed=5)
    clip.name = track
    assert splits_of([clip, other]).tolist() == [split, ""] and set(labels["split"]) == set(PARTS)


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
    run, rows = runner(SPEC, checkpoint), _made_up(5).reshape(-1, tempo_clips.WIDTH)
    one, other = (run(checkpoint.weights, SPEC.encode(checkpoint, (each,)))["probability"][0, : len(rows)] for each in (rows, rows[::-1]))
    assert np.allclose(one, other[::-1], atol=1e-6)


def test_features_of_another_width_are_refused(checkpoint):
    with pytest.raises(CandidateError, match="got 67 values"):
        SPEC.encode(checkpoint, (np.zeros(67, np.float32),))


def test_training_repeats_and_learns_clicks():
    clips = click_clips(24, seed=2)
    weights, again = (tempo_training.fit(clips, [(1, np.ones(len(clips)))], np.full(len(clips), ""), seed=1) for _ in range(2))
    assert all(np.array_equal(weights[name], again[name]) for name in weights)
    inputs = inputs_of(clips)
    held = {name: tf.constant(value) for name, value in weights.items()}
    probability = tempo_graph(held, inputs["candidates"], inputs["present"])["probability"].numpy()
    assert (targets_of(clips)[np.arange(len(clips)), probability.argmax(axis=1)] > 0).mean() > 0.9


@pytest.fixture(scope="module")
def choose(checkpoint):
    run = runner(SPEC, checkpoint)

    def probabilities(features):
        inputs = SPEC.encode(checkpoint, (features,))
        return run(checkpoint.weights, inputs)["probability"][0][: len(features)].astype(np.float64)

    return probabilities


def drums(bpm: float, hats: tuple[float, ...], seconds: float) -> np.ndarray:
    """Bass drum and snare in turns on the beats, and hats at these parts of each beat."""
    random, time = np.random.default_rng(0), np.arange(2_700) / 22_050
    kick = 0.8 * np.sin(2 * np.pi * 60 * time) * np.exp(-30 * time)
    snare = 0.4 * random.normal(0, 1, len(time)) * np.exp(-40 * time)
    hat = 0.15 * np.diff(random.normal(0, 1, len(time) + 1)) * np.exp(-120 * time)
    samples = np.zeros(round(seconds * 22_050))
    for beat in range(round(seconds * bpm / 60)):
        for part, stroke in [(0.0, snare if beat % 2 else kick), *((part, hat) for part in hats)]:
            start = round((beat + part) * 60 / bpm * 22_050)
            samples[start : start + len(stroke)] += stroke[: max(len(samples) - start, 0)]
    return samples.astype(np.float32)


@pytest.mark.parametrize("hats", [(0, 1 / 2), (0, 2 / 3), (0, 1 / 3, 2 / 3)], ids=["straight", "swing", "triplets"])
@pytest.mark.parametrize("bpm", [92.0, 118.0, 131.0])
def test_swing_and_triplets_are_told_like_straight_beats(choose, bpm, hats):
    told = estimate(drums(bpm, hats, 16), choose)
    assert told.bpm == pytest.approx(bpm, abs=0.1) and told.confidence > 0.3


@pytest.mark.parametrize("beats", [4, 8])
def test_a_loop_of_a_few_beats_is_told_exactly(choose, beats):
    told = estimate(drums(118.0, (0, 1 / 2), beats * 60 / 118), choose, loop=True)
    assert told.bpm == pytest.approx(118, abs=0.01)


def test_every_click_track_is_told_to_a_tenth(choose):
    tempi = np.arange(60.0, 200.1, 20.0) + 0.37
    told = [estimate(click_track(bpm, 14, seed=int(bpm), accents=4), choose).bpm for bpm in tempi]
    assert told == pytest.approx(tempi.tolist(), abs=0.1)


def test_noise_gets_no_confidence(choose):
    noise = np.random.default_rng(3).normal(0, 0.1, (3, 10 * 22_050)).astype(np.float32)
    assert max(estimate(samples, choose).confidence for samples in noise) < 0.1
