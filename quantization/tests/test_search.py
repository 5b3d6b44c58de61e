"""The search finds the cheapest assignment that a budget allows, on a model made for it."""

from __future__ import annotations

import numpy as np
import pytest

from keras_models.checkpoint import Checkpoint
from keras_models.spec import Evaluation, ModelSpec, QuantizationBudget, TensorSpec
from quantization.plan import Plan, PlanError, load_plan, save_plan, weight_bytes
from quantization.search import search


def make_spec(*, points: float, decisions: float) -> ModelSpec:
    """y = x @ robust + x @ delicate: the second weight holds one huge value beside many small ones, which 8 bits erase."""

    def evaluations(checkpoint, data, split):
        inputs = {"x": np.random.default_rng(1).normal(size=(400, 64)).astype(np.float32)}
        exact = inputs["x"] @ checkpoint.weights["robust"] + inputs["x"] @ checkpoint.weights["delicate"] + checkpoint.weights["bias"]
        return [Evaluation(data="made up", inputs=inputs, score=lambda outputs: {"error": float(np.abs(outputs["y"] - exact).mean())})]

    return ModelSpec(
        name="toy",
        version="1",
        title="",
        summary="",
        licence="",
        method="predict",
        datasets=(),
        inputs=lambda checkpoint: (TensorSpec(name="x", shape=(64,), unit="", description=""),),
        outputs=lambda checkpoint: (TensorSpec(name="y", shape=(1,), unit="", description=""),),
        train=None,
        network=None,
        graph=lambda checkpoint, weights, inputs: {
            "y": inputs["x"] @ weights["robust"] + inputs["x"] @ weights["delicate"] + weights["bias"]
        },
        evaluations=evaluations,
        encode=None,
        results=lambda checkpoint, outputs: outputs["y"].tolist(),
        decisions=lambda checkpoint, outputs: (outputs["y"] > 0).astype(int),
        parity_cases=None,
        golden=None,
        manifest=None,
        units={"error": ""},
        gates=(),
        budget=QuantizationBudget(metric="error", points=points, decisions=decisions, higher_is_better=False),
    )


@pytest.fixture
def checkpoint() -> Checkpoint:
    random = np.random.default_rng(0)
    delicate = random.normal(0, 0.05, (64, 1)).astype(np.float32)
    delicate[0] = 60
    weights = {"robust": random.choice([0.0, 1.0], (64, 1)).astype(np.float32), "delicate": delicate, "bias": np.ones(1, np.float32)}
    return Checkpoint(model="toy", weights=weights, config={}, provenance={})


def test_a_wide_budget_takes_the_cheapest(checkpoint) -> None:
    precisions, _ = search(make_spec(points=100, decisions=0), checkpoint)
    assert precisions == {"robust": "uint8", "delicate": "uint8", "bias": "float32"}


def test_a_tight_budget_raises_only_the_delicate_weight(checkpoint) -> None:
    precisions, trials = search(make_spec(points=0.02, decisions=0.99), checkpoint)
    assert precisions["robust"] == "uint8" and precisions["delicate"] in ("uint16", "float16") and precisions["bias"] == "float32"
    assert {trial.label for trial in trials} >= {"all float32", "all float16", "all uint16", "all uint8"}
    assert not next(trial for trial in trials if trial.label == "all uint8").within


def test_an_impossible_budget_ends_in_float32(checkpoint) -> None:
    precisions, _ = search(make_spec(points=0.0, decisions=1.0), checkpoint)
    assert weight_bytes(checkpoint.weights, precisions) == 4 * checkpoint.parameters - 3 * 64  # the robust weight is exact in 8 bits


def test_plans_survive_the_disk_and_refuse_another_checkpoint(checkpoint, tmp_path) -> None:
    precisions, trials = search(make_spec(points=0.02, decisions=0.99), checkpoint)
    save_plan(Plan(model="toy", checkpoint=checkpoint.sha256, precisions=precisions, trials=trials), root=tmp_path)
    plan = load_plan(checkpoint, root=tmp_path)
    assert plan.precisions == precisions and len(plan.trials) == len(trials)
    other = Checkpoint(model="toy", weights=checkpoint.weights, config={"changed": 1}, provenance={})
    with pytest.raises(PlanError, match="another checkpoint"):
        load_plan(other, root=tmp_path)
    with pytest.raises(PlanError, match="no quantization plan"):
        load_plan(checkpoint, root=tmp_path / "none")
