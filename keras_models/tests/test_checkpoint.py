"""Checkpoints: what is written comes back, the same input gives the same bytes, and nothing unsound gets in."""

from __future__ import annotations

import numpy as np
import pytest

from keras_models.checkpoint import Checkpoint, CheckpointError, load_checkpoint, load_dequantized, save_checkpoint, save_dequantized


@pytest.fixture
def checkpoint() -> Checkpoint:
    weights = {"b": np.arange(3, dtype=np.float32), "a/kernel": np.ones((2, 2), np.float32)}
    return Checkpoint(model="toy", weights=weights, config={"bins": [1, 2]}, provenance={"seed": 1}, blobs={"teacher.bin": b"\0\1"})


def test_what_is_written_comes_back(checkpoint, tmp_path) -> None:
    save_checkpoint(checkpoint, root=tmp_path)
    loaded = load_checkpoint("toy", root=tmp_path)
    assert loaded.config == checkpoint.config and loaded.blobs == checkpoint.blobs
    assert {name: value.tobytes() for name, value in loaded.weights.items()} == {
        name: v.tobytes() for name, v in checkpoint.weights.items()
    }
    assert loaded.sha256 == checkpoint.sha256 and loaded.parameters == 7


def test_the_same_checkpoint_gives_the_same_files(checkpoint, tmp_path) -> None:
    folders = [save_checkpoint(checkpoint, root=tmp_path / name) for name in ("one", "two")]
    files = [{path.name: path.read_bytes() for path in folder.iterdir()} for folder in folders]
    assert files[0] == files[1]


@pytest.mark.parametrize("value", [np.array([np.nan], np.float32), np.array([np.inf], np.float32), np.ones(1, np.float64)])
def test_weights_that_are_no_finite_float32_are_refused(value) -> None:
    with pytest.raises(CheckpointError, match="weight w must be finite float32"):
        Checkpoint(model="toy", weights={"w": value}, config={}, provenance={})


def test_a_missing_checkpoint_names_its_remedy(tmp_path) -> None:
    with pytest.raises(CheckpointError, match="make train MODEL=toy"):
        load_checkpoint("toy", root=tmp_path)


def test_dequantized_weights_belong_to_their_checkpoint(checkpoint, tmp_path) -> None:
    with pytest.raises(CheckpointError, match="make export"):
        load_dequantized(checkpoint, root=tmp_path)
    save_dequantized(checkpoint, checkpoint.weights, root=tmp_path)
    assert set(load_dequantized(checkpoint, root=tmp_path)) == set(checkpoint.weights)
    other = Checkpoint(model="toy", weights=checkpoint.weights, config={"bins": []}, provenance={})
    with pytest.raises(CheckpointError, match="another checkpoint"):
        load_dequantized(other, root=tmp_path)
