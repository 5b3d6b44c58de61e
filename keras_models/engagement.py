"""How often a post will be liked, commented and shared: a small network that learned from gradient-boosted trees what they would say."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from datasets.post_features import FEATURES, constants
from datasets.posts import LARGEST, TARGETS, Posts, load, settled
from datasets.text_features import patterns, sentiment_lexicon
from keras_models.boosting import BoostedTrees
from keras_models.checkpoint import Checkpoint
from keras_models.engagement_calls import encode
from keras_models.engagement_cases import golden, parity_cases
from keras_models.engagement_data import DATA, columns, judged_features, registered_file, split_posts
from keras_models.engagement_judging import reference_predictions, scores
from keras_models.engagement_student import student_graph, student_network
from keras_models.engagement_training import train
from keras_models.spec import Arrays, Evaluation, Gate, ModelSpec, QuantizationBudget, Split, TensorSpec

OUTLOOKS = ("below", "usual", "above")
NOTABLE = math.log(1.25)  # from here on more or less than usual: a quarter more, a fifth less
USUAL = columns("average_last_20")
JUDGED: dict[Split, tuple[str, ...]] = {"validation": ("validation",), "test": ("later posts",)}
LABELS = {"validation": "later posts"}
GATES = {
    "likes_r2": 0.71,
    "comments_r2": 0.58,
    "shares_r2": 0.64,
    **{f"{name}to_teacher_r2": 0.98 for name in ("likes_", "comments_", "shares_", "")},
}


def _inputs(checkpoint: Checkpoint) -> tuple[TensorSpec, ...]:
    description = "features in the manifest's order; values beyond the training range count as its end"
    return (TensorSpec(name="features_raw", shape=(len(FEATURES),), unit="as each feature states", description=description),)


def _outputs(checkpoint: Checkpoint) -> tuple[TensorSpec, ...]:
    encoded = len(checkpoint.weights["dense_1/kernel"])
    return (
        *(TensorSpec(name=name, shape=(1,), unit=name, description=f"{name} expected", comparison="row-relative") for name in TARGETS),
        TensorSpec(
            name="lift",
            shape=(len(TARGETS),),
            unit="difference of log1p",
            description="of likes, comments and shares: what is expected less the average of the page's last 20 posts",
        ),
        TensorSpec(
            name="features",
            shape=(encoded,),
            unit="standard deviations, share of a bin",
            description="features standardised, then each one's bins, filled from 0 to 1",
        ),
    )


def _graph(checkpoint: Checkpoint, weights: Mapping[str, tf.Tensor], inputs: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
    raw = inputs["features_raw"]
    features, logs = student_graph(weights, raw)
    counts = tf.math.expm1(logs)
    usual = raw[:, USUAL[0] : USUAL[-1] + 1]
    return {**{name: counts[:, at : at + 1] for at, name in enumerate(TARGETS)}, "lift": logs - usual, "features": features}


def _evaluations(checkpoint: Checkpoint, data: Path | None, split: Split) -> list[Evaluation]:
    posts = load(data or registered_file(checkpoint))
    name = DATA[0] if data is None else data.name.split(".")[0]
    parts = {name: np.flatnonzero(settled(posts))} if split == "all" else _parts(checkpoint, posts, name, split)
    return [_evaluation(checkpoint, posts, rows, label) for label, rows in parts.items() if len(rows) > 1]


def _parts(checkpoint: Checkpoint, posts: Posts, name: str, split: Split) -> dict[str, np.ndarray]:
    rows = split_posts(posts, cut=checkpoint.config["cut"])
    return {f"{name} {LABELS.get(part, part)}": rows[part] for part in JUDGED[split]}


def _evaluation(checkpoint: Checkpoint, posts: Posts, rows: np.ndarray, label: str) -> Evaluation:
    learned = {name: checkpoint.config[name] for name in ("prior", "effects")}
    features, logs = judged_features(posts, rows, **learned)
    said = _teacher(checkpoint).predict(features)

    def score(outputs: Arrays) -> dict[str, float]:
        return scores(logs, np.log1p(_counts(outputs)), said)

    def references() -> dict[str, dict[str, float]]:
        return {who: scores(logs, predicted, said) for who, predicted in reference_predictions(features, said).items()}

    return Evaluation(data=label, inputs={"features_raw": features.astype(np.float32)}, score=score, references=references)


def _teacher(checkpoint: Checkpoint) -> BoostedTrees:
    return BoostedTrees.from_bytes(checkpoint.blobs["teacher.safetensors"])


def _counts(outputs: Arrays) -> np.ndarray:
    return np.concatenate([outputs[name] for name in TARGETS], axis=1).astype(np.float64)


def _results(checkpoint: Checkpoint, outputs: Arrays) -> list[dict[str, Any]]:
    levels = _decisions(checkpoint, outputs)
    return [
        {
            **{name: float(counts[at]) for at, name in enumerate(TARGETS)},
            "outlook": {name: OUTLOOKS[levels[row, at]] for at, name in enumerate(TARGETS)},
        }
        for row, counts in enumerate(_counts(outputs))
    ]


def _decisions(checkpoint: Checkpoint, outputs: Arrays) -> np.ndarray:
    """[n, 3]: 0 where less than usual is expected, 2 where more."""
    lift = outputs["lift"].astype(np.float64)
    return (lift > -NOTABLE).astype(int) + (lift >= NOTABLE)


def _manifest(checkpoint: Checkpoint) -> dict[str, Any]:
    return {
        "features": checkpoint.config["features"],
        "thresholds": {"above": NOTABLE, "below": -NOTABLE},
        "labels": list(OUTLOOKS),
        "preprocessing": {
            **constants(),
            "patterns": patterns(),
            "prior": checkpoint.config["prior"],
            "typical": checkpoint.config["typical"],
            "largest": LARGEST,
        },
    }


def _tables(checkpoint: Checkpoint) -> bytes:
    """The words that the browser needs to know, as JSON."""
    tables = {"sentiment": json.loads(sentiment_lexicon()), "effects": checkpoint.config["effects"]}
    return json.dumps(tables, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


SPEC = ModelSpec(
    name="engagement",
    version="1.0.0",
    title="Engagement of a post",
    summary="Tells from a post, its time and the page's history how many likes, comments and shares to expect; distilled from trees.",
    licence="Trained on posts of public pages collected by minimaxir/interactive-facebook-reactions (MIT); sentiment by VADER (MIT).",
    method="predict",
    datasets=DATA,
    inputs=_inputs,
    outputs=_outputs,
    train=train,
    network=lambda checkpoint: student_network(checkpoint.weights),
    graph=_graph,
    evaluations=_evaluations,
    encode=encode,
    results=_results,
    decisions=_decisions,
    parity_cases=parity_cases,
    golden=golden,
    manifest=_manifest,
    data=_tables,
    units={f"{target}_{name}": "R2" for target in TARGETS for name in ("r2", "to_teacher_r2")} | {"r2": "R2", "to_teacher_r2": "R2"},
    gates=tuple(Gate(metric=metric, data=f"{DATA[0]} later posts", minimum=bound) for metric, bound in GATES.items()),
    budget=QuantizationBudget(metric="r2", points=0.005, higher_is_better=True, float32=("*bias*", "scaler/*", "bins/*")),
    tolerance={"cpu": 1e-5, "wasm": 1e-5, "webgl": 1e-4, "webgl-f16": 2e-2, "encode": 2e-6},
)
