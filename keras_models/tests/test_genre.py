"""The genre model: what each kind of data lets it judge, honest folds, and training on a user's own folder."""

import json

import numpy as np
import pytest
import soundfile
import tensorflow as tf

from datasets.registry import DataMissingError
from datasets.tables import DataError
from keras_models import genre_folder
from keras_models.__main__ import main
from keras_models.checkpoint import load_checkpoint
from keras_models.genre import SPEC, _made_up
from keras_models.genre_data import Tracks, grouped_folds, load, random_folds, registered
from keras_models.genre_graph import tag_quantiles
from keras_models.genre_scores import calibration_error, scores
from keras_models.genre_statistics import statistics


@pytest.fixture(scope="module")
def checkpoint():
    return load_checkpoint("genre")


def written(folder, tracks=12):
    """Both kinds of files, of made-up tracks; the file of tags lacks the first track."""
    random = np.random.default_rng(3)
    track, genre = np.array([f"blues.{at:05}" for at in range(tracks)]), np.arange(tracks) % 2
    names = np.array(["blues", "rock"])
    told = {"range_db": np.full(tracks, 80.0), "top_db": np.full(tracks, 30.0), "genre": genre, "genre_names": names, "track": track}
    np.savez(folder / "mel.npz", mel_u8=random.integers(0, 256, (tracks, 128, 387), np.uint8), **told)
    rows = np.repeat(np.arange(1, tracks), 28)
    posteriors = random.uniform(0, 1, (len(rows), 50)).astype(np.float32)
    np.savez(folder / "tags.npz", tags=posteriors, genre=genre[rows], genre_names=names, track=track[rows])


def evaluated(capsys, *arguments):
    main(["evaluate", "genre", *map(str, arguments)])
    return {row["metric"]: row for row in json.loads(capsys.readouterr().out)["rows"] if row["backend"] == "float"}


def test_each_kind_of_file_is_judged_by_the_members_that_read_it(tmp_path, capsys):
    written(tmp_path)
    mel = evaluated(capsys, "--data", tmp_path / "mel.npz")
    tags = evaluated(capsys, "--data", tmp_path / "tags.npz")
    both = evaluated(capsys, "--data", tmp_path / "mel.npz", "--data", tmp_path / "tags.npz")
    assert "statistics_accuracy" in mel and "ensemble_accuracy" not in mel and mel["accuracy"]["n"] == 12
    assert "transfer_top3" in tags and "statistics_accuracy" not in tags and tags["accuracy"]["n"] == 11
    assert {"ensemble_accuracy", "ensemble_top3", "ensemble_ece", "transfer_accuracy", "joint_accuracy"} <= both.keys()
    assert both["accuracy"]["n"] == 11 and both["accuracy"]["value"] == both["ensemble_accuracy"]["value"]


def test_a_file_of_another_layout_is_refused(tmp_path):
    np.savez(tmp_path / "other.npz", x=np.zeros(3))
    with pytest.raises(DataError, match="expected arrays mel_u8"):
        load(tmp_path / "other.npz")


def test_folds_keep_neighbours_together_and_random_ones_do_not_lose_a_track():
    track = np.array([f"jazz.{at:05}" for at in range(20)])
    tracks = Tracks(("jazz",), track, np.zeros(20, int), np.full(20, ""))
    assert grouped_folds(tracks, 5).tolist() == [at // 4 for at in range(20)]
    assert np.bincount(random_folds(np.repeat([0, 1], 10), 5, 7)).tolist() == [4] * 5


def test_quantiles_of_tags_are_numpys():
    tags = np.random.default_rng(0).normal(0, 3, (4, 10, 50)).astype(np.float32)
    expected = np.concatenate([np.quantile(tags, quantile, axis=1) for quantile in (0.1, 0.5, 0.9)], axis=1)
    assert np.allclose(tag_quantiles(tf.constant(tags)), expected, atol=1e-5)


def test_statistics_stay_finite_for_silence_and_tell_a_beat_from_noise():
    silence = np.full((1, 387, 128), -100, np.float32)
    assert np.isfinite(statistics(tf.constant(silence)).numpy()).all()
    beat = np.where(np.arange(387)[:, None] % 8 == 0, 0.0, -20.0) * np.ones(128)
    modulation = statistics(tf.constant(beat[None].astype(np.float32))).numpy()[0, 120:248].reshape(16, 8)
    assert modulation.argmax(axis=1).tolist() == [5] * 16  # a swell every 8 frames: bin 16 of 128


def test_calibration_error_is_zero_for_honest_confidence():
    sure = np.tile([0.75, 0.25], (100, 1))
    assert calibration_error(np.repeat([0, 1], [75, 25]), sure) == pytest.approx(0)
    assert calibration_error(np.ones(100, int), sure) == pytest.approx(0.75)
    assert scores(np.zeros(100, int), sure)["accuracy"] == 100


def test_the_network_answers_as_the_graph(checkpoint):
    inputs = SPEC.encode(checkpoint, (_made_up(1),))
    held = {name: tf.constant(value) for name, value in checkpoint.weights.items()}
    graph = SPEC.graph(checkpoint, held, {name: tf.constant(value) for name, value in inputs.items()})
    assert np.abs(SPEC.network(checkpoint)([inputs["tags"], inputs["mel"]]).numpy() - graph["probability"].numpy()).max() <= 1e-6


def test_no_track_of_the_published_split_was_trained_on(checkpoint):
    try:
        tracks = registered()
    except DataMissingError as missing:
        pytest.skip(str(missing))
    assert checkpoint.training["tracks"] == (tracks.split == "train").sum() == 442


def test_a_folder_of_audio_is_learned_and_what_cannot_be_read_is_skipped(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(genre_folder, "cache_folder", lambda: tmp_path / "cache")
    music = tmp_path / "music"
    for name, hz in {"deep house": 100, "tin whistle": 2000}.items():
        (music / name).mkdir(parents=True)
        for at in range(10):
            time = np.arange(8000 * 4) / 8000
            wave = 0.3 * np.sin(2 * np.pi * (hz + 5 * at) * time) * (1 + np.sin(2 * np.pi * (1 + at % 3) * time))
            soundfile.write(music / name / f"{at}.wav", wave, 8000)
    (music / "deep house" / "notes.txt").write_text("no audio")
    tracks = load(music)
    assert tracks.names == ("deep house", "tin whistle") and tracks.mel.shape == (20, 387, 128) and tracks.tags[0].shape == (28, 50)
    told = capsys.readouterr().err
    assert "1 of 21 files could not be read" in told.replace("\n", " ")
    monkeypatch.setattr(genre_folder, "read_mono", lambda *_: pytest.fail("features were computed twice"))
    (music / "deep house" / "notes.txt").unlink()
    assert np.array_equal(load(music).mel, tracks.mel)


def test_features_of_another_size_are_refused(checkpoint):
    with pytest.raises(ValueError, match="genre: mel expects 387 x 128 finite values, got 0"):
        SPEC.encode(checkpoint, ({"tags": np.zeros(500, np.float32)},))
