"""The sLSTM cell against the paper's equations without a stabiliser, step by step; and the sizes that are compared."""

from __future__ import annotations

import json

import numpy as np
import pytest

from keras_models.forecaster_comparison import BRANCHES, RESULT, SEEDS
from keras_models.forecaster_network import network
from keras_models.slstm import SLSTM

UNITS, HEADS, STEPS, INPUTS = 6, 2, 5, 3


@pytest.fixture(scope="module")
def cell():
    layer = SLSTM(UNITS, HEADS)
    layer.build((None, STEPS, INPUTS))
    random = np.random.default_rng(3)
    layer.set_weights([random.normal(0, 0.7, value.shape) for value in layer.get_weights()])
    return layer


def plain(layer: SLSTM, sequence: np.ndarray) -> np.ndarray:
    """Beck et al. 2024, equations 8 to 14: exponential input gates, taken as they are."""
    kernel, recurrent, bias = (value.astype(np.float64) for value in layer.get_weights())
    size = UNITS // HEADS
    hidden, cell, normaliser = np.zeros((3, len(sequence), UNITS))
    states = []
    for step in range(sequence.shape[1]):
        gates = (sequence[:, step] @ kernel + bias).reshape(-1, 4, UNITS)
        for head in range(HEADS):
            part = slice(head * size, (head + 1) * size)
            gates[:, :, part] += np.einsum("bd,dge->bge", hidden[:, part], recurrent[head])
        entered, kept, content, shown = gates.transpose(1, 0, 2)
        kept = 1 / (1 + np.exp(-kept))
        cell = kept * cell + np.exp(entered) * np.tanh(content)
        normaliser = kept * normaliser + np.exp(entered)
        hidden = cell / normaliser / (1 + np.exp(-shown))
        states.append(hidden)
    return np.stack(states, axis=1)


def test_the_stabiliser_changes_nothing(cell) -> None:
    sequence = np.random.default_rng(4).normal(0, 1, (7, STEPS, INPUTS)).astype(np.float32)
    assert np.allclose(cell(sequence).numpy(), plain(cell, sequence), atol=1e-5)


def test_gates_beyond_the_range_of_exponentials_stay_finite(cell) -> None:
    assert np.isfinite(cell(np.full((1, STEPS, INPUTS), 1e4, np.float32)).numpy()).all()


def test_units_that_heads_cannot_share_are_refused() -> None:
    with pytest.raises(ValueError, match="units that 4 heads share evenly, got 6"):
        SLSTM(6, 4)


def test_both_networks_are_of_a_size() -> None:
    lstm, slstm = (network(branch).count_params() for branch in BRANCHES.values())
    assert abs(lstm - slstm) < 0.05 * lstm


def test_the_recorded_comparison_is_of_these_networks() -> None:
    rows = json.loads(RESULT.read_text(encoding="utf-8"))["rows"]
    assert {(row["network"], row["seed"]) for row in rows} == {(name, seed) for name in BRANCHES for seed in SEEDS}
    assert all(row["parameters"] == network(BRANCHES[row["network"]]).count_params() for row in rows)
