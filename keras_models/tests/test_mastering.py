"""The mastering pack: curves learned from the training split alone, and third octaves that read mel bands right."""

import json

import librosa
import numpy as np
import pytest

from datasets.long_term_spectra import FREQUENCIES, LongTermSpectra, load, mel_centres, third_octaves
from datasets.registry import DataMissingError, find
from datasets.tables import DataError
from keras_models.checkpoint import load_checkpoint
from keras_models.mastering import ANY, DATA, PACK
from keras_models.spec import TrainRequest


@pytest.fixture(scope="module")
def checkpoint():
    return load_checkpoint(PACK.name)


@pytest.fixture
def logmel(tmp_path):
    """Six clips of two genres in GTZAN's layout: the second genre falls by 20 dB over the bands, the first is flat."""
    falling = np.linspace(255, 255 - 20 / 80 * 255, 128)[None, :, None]
    genre = np.array([0, 1] * 3, np.uint8)
    mel = np.where(genre[:, None, None] == 1, falling, 255).repeat(5, axis=2).astype(np.uint8)
    arrays = {
        "mel_u8": mel,
        "range_db": np.full(6, 80, np.float32),
        "top_db": np.full(6, 10, np.float32),
        "genre": genre,
        "genre_names": np.array(["flat", "falling"]),
        "split": np.array(["train", "train", "train", "train", "valid", "dev"]),
    }
    np.savez(tmp_path / "logmel.npz", **arrays)
    return tmp_path / "logmel.npz"


def test_a_flat_density_grows_by_a_decibel_each_third_of_an_octave():
    levels = third_octaves(np.zeros((1, 128)))[0]
    assert np.diff(levels) == pytest.approx(10 * np.log10(2) / 3)


def test_mel_centres_are_those_of_librosa():
    assert mel_centres(128) == pytest.approx(librosa.mel_frequencies(130, fmin=0, fmax=11_025)[1:-1], rel=1e-9)


def test_training_reads_its_split_and_tells_genres_apart(logmel):
    trained = PACK.train(TrainRequest(data=logmel, seed=0, folder=logmel.parent))
    curves = trained.config["curves"]
    assert set(curves) == {"flat", "falling", ANY}
    assert curves["falling"][0] - curves["falling"][-1] > curves["flat"][0] - curves["flat"][-1] + 10
    assert trained.training["recordings"] == 4
    (measured,) = PACK.evaluations(trained, logmel, "validation")
    assert measured.n == 1
    assert measured.scores["pack"]["spectral distance"] < measured.scores["one curve for all genres"]["spectral distance"]


def test_recordings_are_levels_around_their_own_mean(logmel):
    spectra = load(logmel, "all")
    assert isinstance(spectra, LongTermSpectra) and len(spectra) == 6
    assert spectra.levels.shape == (6, len(FREQUENCIES))
    assert spectra.levels.mean(axis=1) == pytest.approx(0, abs=1e-9)


def test_a_file_without_its_arrays_is_refused_by_name(tmp_path):
    np.savez(tmp_path / "odd.npz", mel_u8=np.zeros(3))
    with pytest.raises(DataError, match="found no genre, genre_names"):
        load(tmp_path / "odd.npz", "train")


def test_the_data_file_holds_the_checkpoints_curves_and_is_the_same_every_time(checkpoint):
    content = PACK.data(checkpoint)
    assert content == PACK.data(checkpoint)
    assert json.loads(content) == dict(checkpoint.config)
    assert PACK.constants(checkpoint)["genres"] == [genre for genre in checkpoint.config["curves"] if genre != ANY]


def test_the_checkpoint_is_what_training_gives(checkpoint, tmp_path):
    try:
        find(DATA)
    except DataMissingError as missing:
        pytest.skip(str(missing))
    assert PACK.train(TrainRequest(data=None, seed=20, folder=tmp_path)).config == dict(checkpoint.config)
