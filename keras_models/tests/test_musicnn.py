"""MusiCNN without its dead filters: the same function as the published network, for a tenth of the arithmetic."""

import numpy as np
import pytest
import tensorflow as tf

from datasets.registry import DataMissingError, find
from keras_models.checkpoint import load_checkpoint
from keras_models.musicnn import DATA, SPEC, _made_up, stored_tags
from keras_models.musicnn_trunk import multiply_adds, pruned, published_network, read_published, trunk_graph


@pytest.fixture(scope="module")
def checkpoint():
    return load_checkpoint("musicnn")


@pytest.fixture(scope="module")
def patches():
    made = np.stack([_made_up(seed) for seed in range(3)])
    return np.concatenate([made, np.zeros_like(made[:1]), np.full_like(made[:1], 6)])


@pytest.fixture(scope="module")
def published():
    try:
        return read_published(find(DATA))
    except DataMissingError as missing:
        pytest.skip(str(missing))


def tags(weights, patches):
    return tf.sigmoid(trunk_graph({name: tf.constant(value) for name, value in weights.items()}, tf.constant(patches))).numpy()


def test_pruning_changes_no_tag_by_a_ten_thousandth(published, patches):
    whole = tf.sigmoid(published_network(published).predict(patches, verbose=0)).numpy()
    assert np.abs(tags(pruned(published), patches) - whole).max() <= 1e-4


def test_the_committed_weights_are_the_published_ones_pruned(published, checkpoint):
    expected = pruned(published)
    assert expected.keys() == checkpoint.weights.keys()
    assert all(np.array_equal(value, checkpoint.weights[name]) for name, value in expected.items())


def test_a_patch_costs_at_most_150_million_multiply_adds(checkpoint):
    assert multiply_adds(checkpoint.weights) == checkpoint.training["multiply-adds of a patch"] <= 150e6


def test_a_patch_of_another_size_is_refused(checkpoint):
    with pytest.raises(ValueError, match="expected finite patches of 187 x 96 values, got 5 values"):
        SPEC.encode(checkpoint, (np.zeros(5, np.float32),))


def test_stored_tags_are_gathered_by_track(tmp_path):
    np.savez(tmp_path / "tags.npz", tags=np.arange(150).reshape(3, 50), track=np.array(["b", "a", "b"]))
    held = stored_tags(tmp_path / "tags.npz")
    assert list(held) == ["b", "a"]
    assert held["b"][:, 0].tolist() == [0, 100]
