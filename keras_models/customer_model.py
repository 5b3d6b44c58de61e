"""What every model of customers shares: rows of named features in, a probability of leaving out, and refusals that name what is wrong."""

from __future__ import annotations

import json
import math
import numbers
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from keras_models.checkpoint import Checkpoint
from keras_models.spec import Arrays, ParityCase, TensorSpec
from keras_models.trees import TreeTeacher

RISKS = ("low", "medium", "high")
DRAWN = 600
MOST_NAMED_ROWS = 5


class CustomerError(ValueError):
    """A customer is not what the model's schema asks for; the message names every offending feature."""


def inputs(checkpoint: Checkpoint) -> tuple[TensorSpec, ...]:
    """The graph's one input."""
    return (
        TensorSpec(
            name="features_raw",
            shape=(len(feature_names(checkpoint)),),
            unit="as each feature states",
            description="features in the manifest's order; values beyond the training range count as its end",
        ),
    )


def outputs(checkpoint: Checkpoint) -> tuple[TensorSpec, ...]:
    """The student's answer, and what it computes before its first trained layer."""
    return (
        TensorSpec(name="probability", shape=(1,), unit="probability", description="of leaving, as the teacher would estimate it"),
        TensorSpec(
            name="features",
            shape=(len(checkpoint.weights["dense_1/kernel"]),),
            unit="standard deviations, share of a bin",
            description="features standardised, then each one's bins, filled from 0 to 1",
        ),
    )


def tree_teacher(checkpoint: Checkpoint) -> TreeTeacher:
    """The trees that the student learned from."""
    mean, scale = checkpoint.weights["scaler/mean"], checkpoint.weights["scaler/scale"]
    return TreeTeacher.from_bytes(checkpoint.blobs["teacher.ubj"], mean=mean, scale=scale)


def feature_names(checkpoint: Checkpoint) -> tuple[str, ...]:
    """Names of the features, in the order of the input."""
    return tuple(feature["name"] for feature in checkpoint.config["features"])


def encode(checkpoint: Checkpoint, arguments: tuple[Any, ...]) -> dict[str, np.ndarray]:
    """One customer, or a list of them: feature name -> number."""
    customers = arguments[0] if isinstance(arguments[0], list | tuple) else [arguments[0]]
    names = feature_names(checkpoint)
    where = [f"row {row}: " if isinstance(arguments[0], list | tuple) else "" for row in range(len(customers))]
    problems = [prefix + problem for prefix, customer in zip(where, customers, strict=True) for problem in _problems(customer, names)]
    if problems:
        more = len(problems) - MOST_NAMED_ROWS
        raise CustomerError(f"{checkpoint.model}: " + "; ".join(problems[:MOST_NAMED_ROWS]) + (f"; and {more} more" if more > 0 else ""))
    values = [[customer[name] for name in names] for customer in customers]
    return {"features_raw": np.array(values, np.float32).reshape(-1, len(names))}


def _problems(customer: Any, names: Sequence[str]) -> list[str]:
    if not isinstance(customer, Mapping):
        return [f"expected an object of {len(names)} features, got {type(customer).__name__}"]
    unknown = [name for name in customer if name not in names]
    missing = [name for name in names if name not in customer]
    problems = []
    if unknown:
        problems.append(f"unknown feature {_quoted(unknown)}; expected one of {', '.join(names)}")
    if missing:
        problems.append(f"missing feature {_quoted(missing)}")
    wrong = [name for name in names if name in customer and not _is_finite32(customer[name])]
    return problems + [f'feature "{name}" expects a finite number, got {customer[name]!r}' for name in wrong]


def _quoted(names: Sequence[str]) -> str:
    return ", ".join(json.dumps(name, ensure_ascii=False) for name in names)


def _is_finite32(value: Any) -> bool:
    is_number = isinstance(value, numbers.Real) and not isinstance(value, bool)
    return is_number and math.isfinite(value) and abs(value) <= float(np.finfo(np.float32).max)


def results(checkpoint: Checkpoint, outputs: Arrays) -> list[dict[str, Any]]:
    """What the browser answers for each row."""
    thresholds = checkpoint.config["thresholds"]
    risk = (probabilities(outputs)[:, None] >= [thresholds["medium"], thresholds["high"]]).sum(axis=1)
    churned = decisions(checkpoint, outputs)
    return [
        {"probability": float(probability), "churned": bool(churned[row]), "risk": RISKS[risk[row]]}
        for row, probability in enumerate(probabilities(outputs))
    ]


def decisions(checkpoint: Checkpoint, outputs: Arrays) -> np.ndarray:
    """[n]: 1 where the customer is expected to leave."""
    return (probabilities(outputs) >= checkpoint.config["thresholds"]["churn"]).astype(int)


def probabilities(outputs: Arrays) -> np.ndarray:
    """Double precision, in which JavaScript compares with the thresholds."""
    return outputs["probability"][:, 0].astype(np.float64)


def drawn_customers(checkpoint: Checkpoint) -> np.ndarray:
    """Customers [600, k] drawn evenly from the ranges of the schema."""
    random = np.random.default_rng(7)
    features = checkpoint.config["features"]
    values = random.uniform([f["minimum"] for f in features], [f["maximum"] for f in features], (DRAWN, len(features)))
    whole = np.array([feature["kind"] != "number" for feature in features])
    return np.where(whole, np.round(values), values)


def edge_cases(checkpoint: Checkpoint) -> list[ParityCase]:
    """Customers at the ends of the training range and far beyond them, one by one and in a batch."""
    features = checkpoint.config["features"]
    smallest = {feature["name"]: feature["minimum"] for feature in features}
    largest = {feature["name"]: feature["maximum"] for feature in features}
    level = {name: dict.fromkeys(smallest, value) for name, value in (("zeros", 0.0), ("1e9", 1e9), ("-1e9", -1e9), ("tiny", 1e-30))}
    customers = {"smallest customer": smallest, "largest customer": largest, **level}
    customers |= {f"spike in {name}": smallest | {name: 1e9} for name in smallest}
    cases = [ParityCase(name=name, args=(customer,), edge=True) for name, customer in customers.items()]
    return [*cases, ParityCase(name="batch of edges", args=(list(customers.values()),), edge=True)]


def golden(checkpoint: Checkpoint) -> ParityCase:
    """Customers made up from the schema: all at the lower end, in the middle, at the upper end, and mixed."""
    features = checkpoint.config["features"]
    shares = (lambda at: 0.0, lambda at: 0.5, lambda at: 1.0, lambda at: at / max(len(features) - 1, 1), lambda at: (at % 3) / 2)
    return ParityCase(name="customers made up from the ranges", args=([_at(features, share) for share in shares],))


def _at(features: Sequence[Mapping[str, Any]], share: Callable[[int], float]) -> dict[str, float]:
    values = {}
    for at, feature in enumerate(features):
        value = feature["minimum"] + share(at) * (feature["maximum"] - feature["minimum"])
        values[feature["name"]] = value if feature["kind"] == "number" else float(round(value))
    return values


def manifest(checkpoint: Checkpoint) -> dict[str, Any]:
    """Features, thresholds and labels."""
    return {"features": checkpoint.config["features"], "thresholds": checkpoint.config["thresholds"], "labels": list(RISKS)}
