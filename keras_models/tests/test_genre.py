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
from keras_models.genre_augmentation import augmented
from keras_models.genre_data import RUNS, Tracks, artist_folds, load, random_folds, registered
from keras_models.genre_graph import tag_quantiles
from keras_models.genre_judging import indices
from keras_models.genre_members import Features, fit
from keras_models.genre_patterns import PATTERNS, _contrasts, _directions, learned_patterns, levels, multiply_adds, patterns
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
    assert "streams_accuracy" in mel and "ensemble_accuracy" not in mel and mel["accuracy"]["n"] == 12
    assert "transfer_top3" in tags and "streams_accuracy" not in tags and tags["accuracy"]["n"] == 11
    assert {"ensemble_accuracy", "ensemble_top3", "ensemble_ece", "transfer_accuracy", "joint_accuracy"} <= both.keys()
    assert both["accuracy"]["n"] == 11 and both["accuracy"]["value"] == both["ensemble_accuracy"]["value"]


def test_genres_may_be_named_in_rows_or_be_bare_indices_of_the_labels(tmp_path, checkpoint):
    written(tmp_path)
    with np.load(tmp_path / "mel.npz") as file:
        held = {name: file[name] for name in ("mel_u8", "range_db", "top_db", "track")}
    labels = np.array(checkpoint.config["labels"])
    genre = np.array([3, 9, 0, 5, 3, 3, 1, 0, 9, 4, 4, 7])
    layouts = {"names": {"genre": labels[genre]}, "bare": {"genre": genre}, "indices": {"genre": genre, "genre_names": labels}}
    layouts["other order"] = {"genre": 9 - genre, "genre_names": labels[::-1]}
    for layout, told in layouts.items():
        np.savez(tmp_path / f"{layout}.npz", **held, **told)
        assert indices(checkpoint, load(tmp_path / f"{layout}.npz")).tolist() == genre.tolist(), layout


def test_rows_that_a_file_says_were_trained_on_are_left_out(tmp_path, capsys):
    written(tmp_path)
    with np.load(tmp_path / "mel.npz") as file:
        held = {name: file[name] for name in file.files}
    np.savez(tmp_path / "split.npz", **held, split=np.where(np.arange(12) < 5, "train", "dev"))
    assert evaluated(capsys, "--data", tmp_path / "split.npz")["accuracy"]["n"] == 7


def test_a_file_of_another_layout_is_refused(tmp_path):
    np.savez(tmp_path / "other.npz", x=np.zeros(3))
    with pytest.raises(DataError, match="expected arrays mel_u8"):
        load(tmp_path / "other.npz")


def test_folds_keep_runs_of_numbers_together_and_random_ones_do_not_lose_a_track():
    names = tuple(RUNS)
    track = np.array([f"{genre}.{at:05}" for genre in names for at in range(100)])
    folds = artist_folds(Tracks(names, track, np.repeat(np.arange(10), 100), np.full(1000, ""))).reshape(10, 100)
    for genre, found in zip(names, folds, strict=True):
        assert np.flatnonzero(np.diff(found)).tolist() == [start - 1 for start in RUNS[genre]] and set(found) == {0, 1, 2, 3}
    assert np.bincount(random_folds(np.repeat([0, 1], 10), 5, 7)).tolist() == [4] * 5


def test_copies_with_other_mastering_are_spectrograms_as_deep_as_told():
    mel = np.random.default_rng(0).normal(-40, 15, (3, 387, 128)).astype(np.float32)
    changed = augmented(mel, np.random.default_rng(1))
    assert changed.shape == mel.shape and changed.dtype == np.float32 and not np.allclose(changed, mel, atol=1)
    depth = changed.max(axis=(1, 2)) - changed.min(axis=(1, 2))
    assert (depth <= 80.001).all()
    assert np.array_equal(changed, augmented(mel, np.random.default_rng(1)))


@pytest.mark.parametrize("count", [2, 3])
def test_any_number_of_genres_is_told_apart_by_every_member(count):
    random = np.random.default_rng(5)
    genre = np.repeat(np.arange(count), 12)
    tags = tuple(random.normal(4 * np.eye(count, 50)[each], 1, (28, 50)) for each in genre)
    quantiles = np.stack(
        [np.stack([np.tile(each.mean(axis=0), 6) for each in tags]) + random.normal(0, 0.1, (len(genre), 300)) for _ in range(3)]
    )
    described = np.stack([3 * np.eye(count, 386)[genre] + random.normal(0, 1, (len(genre), 386)) for _ in range(7)])
    bands = random.normal(0, 10, (7, len(genre), 387, 64)).astype(np.float16)
    weights = fit(Features(genre, tags, quantiles, described, bands), count, seed=1)
    scaled = np.clip((described[0] - weights["statistics/mean"]) / weights["statistics/scale"], -5, 5)
    heard = patterns({name: tf.constant(value, tf.float32) for name, value in weights.items()}, tf.constant(bands[0], tf.float32))
    streams = np.hstack([scaled, np.clip((heard - weights["patterns/mean"]) / weights["patterns/scale"], -5, 5)])
    units = np.maximum(streams @ weights["units/kernel"] + weights["units/bias"], 0)
    logits = np.hstack([streams, units]) @ weights["streams/kernel"] + weights["streams/bias"]
    assert (logits.argmax(axis=1) == genre).mean() > 0.9
    told = np.clip((quantiles[0] - weights["quantiles/mean"]) / weights["quantiles/scale"], -5, 5)
    joint = np.hstack([told, scaled]) @ weights["joint/kernel"] + weights["joint/bias"]
    assert (joint.argmax(axis=1) == genre).mean() > 0.9
    patch = (np.stack([each[0] for each in tags]) - weights["tags/mean"]) / weights["tags/scale"]
    patches = (
        np.maximum(patch @ weights["hidden/kernel"] + weights["hidden/bias"], 0) @ weights["transfer/kernel"] + weights["transfer/bias"]
    )
    recording = told @ weights["recording/kernel"] + weights["recording/bias"]
    for logits in (patches, recording):
        assert (logits.argmax(axis=1) == genre).mean() > 0.8


def test_quantiles_of_tags_are_numpys():
    tags = np.random.default_rng(0).normal(0, 3, (4, 10, 50)).astype(np.float32)
    roots = np.sqrt(1 / (1 + np.exp(-tags)))
    expected = np.concatenate([np.quantile(values, quantile, axis=1) for values in (tags, roots) for quantile in (0.1, 0.5, 0.9)], axis=1)
    assert np.allclose(tag_quantiles(tf.constant(tags)), expected, atol=1e-5)


def test_statistics_stay_finite_for_silence_and_tell_a_beat_from_noise():
    silence = np.full((1, 387, 128), -100, np.float32)
    assert np.isfinite(statistics(tf.constant(silence)).numpy()).all()
    beat = np.where(np.arange(387)[:, None] % 8 == 0, 0.0, -20.0) * np.ones(128)
    modulation = statistics(tf.constant(beat[None].astype(np.float32))).numpy()[0, 120:248].reshape(16, 8)
    assert modulation.argmax(axis=1).tolist() == [5] * 16  # a swell every 8 frames: bin 16 of 128


def test_patterns_are_those_of_whitened_patches_and_cheap():
    random = np.random.default_rng(0)
    heard = random.normal(0, 8, (12, 387, 64)).astype(np.float32)
    learned = learned_patterns(heard, np.random.default_rng(1))
    found = patterns({name: tf.constant(value, tf.float32) for name, value in learned.items()}, tf.constant(heard[:2])).numpy()
    for stream, rows in {0: heard[1], 1: np.diff(heard[1], axis=0)}.items():
        name = ("levels", "changes")[stream]
        patches = np.stack([rows[start : start + 6].ravel() for start in range(0, len(rows) - 5, 3)])
        projected = _contrasts(patches) @ learned[f"{name}/filters"].reshape(384, -1)
        whitened = _directions(projected * learned[f"{name}/scale"] + learned[f"{name}/bias"])
        activity = np.maximum(whitened @ learned[f"{name}/patterns"] - 0.2, 0)
        expected = np.hstack([np.sqrt(activity.mean(axis=0)), activity.std(axis=0)])
        assert np.abs(found[1].reshape(2, 2 * PATTERNS)[stream] - expected).max() < 5e-3  # the roots' floor is 0.003
    assert np.allclose((learned["levels/patterns"] ** 2).sum(axis=0), 1, atol=1e-3)
    assert multiply_adds() < 25e6


def test_levels_do_not_hear_how_loud_a_clip_is_nor_what_lies_far_below():
    mel = np.random.default_rng(0).normal(-40, 15, (1, 387, 128)).astype(np.float32)
    heard = levels(tf.constant(mel)).numpy()
    assert np.abs(levels(tf.constant(mel + 12)).numpy() - heard).max() < 1e-4
    assert heard.max() - heard.min() <= 70.001
    assert not levels(tf.constant(np.full((1, 387, 128), -100, np.float32))).numpy().any()


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
