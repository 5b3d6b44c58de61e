"""Which customers are about to leave: a small network that learned from gradient-boosted trees what they would say."""

from __future__ import annotations

import json
import math
import numbers
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from datasets.customers import Customers, load
from datasets.registry import DataMissingError, find
from datasets.tables import DataError, Problem
from keras_models.checkpoint import Checkpoint, CheckpointError
from keras_models.churn_training import DATA, compared_scores, reference_scores, rows_sha256, split_rows, train
from keras_models.distillation import student_graph, student_network
from keras_models.metrics import UNITS
from keras_models.spec import Arrays, Evaluation, Gate, ModelSpec, ParityCase, QuantizationBudget, Split, TensorSpec
from keras_models.trees import TreeTeacher

RISKS = ("low", "medium", "high")
REAL_CASES = 600
MOST_NAMED_ROWS = 5


class CustomerError(ValueError):
    """A customer is not what the model's schema asks for; the message names every offending feature."""


def _inputs(checkpoint: Checkpoint) -> tuple[TensorSpec, ...]:
    return (
        TensorSpec(
            name="features_raw",
            shape=(len(_names(checkpoint)),),
            unit="as each feature states",
            description="features in the manifest's order; values beyond the training range count as its end",
        ),
    )


def _outputs(checkpoint: Checkpoint) -> tuple[TensorSpec, ...]:
    return (
        TensorSpec(name="probability", shape=(1,), unit="probability", description="of leaving, as the teacher would estimate it"),
        TensorSpec(
            name="features",
            shape=(len(checkpoint.weights["dense_1/kernel"]),),
            unit="standard deviations, share of a bin",
            description="features standardised, then each one's bins, filled from 0 to 1",
        ),
    )


def _evaluations(checkpoint: Checkpoint, data: Path | None, split: Split) -> list[Evaluation]:
    path = data or find(_registered(checkpoint))
    customers = load(path)
    columns = _columns(checkpoint, customers, path)
    rows = _all_rows(checkpoint, customers, path) if split == "all" else _splits(checkpoint, customers)[split]
    features, churned = customers.features[rows][:, columns], customers.churned[rows]
    teacher = _teacher(checkpoint).probabilities(features)
    beside = {"teacher": teacher, "teacher_threshold": checkpoint.config["teacher"]["threshold"]}

    def score(outputs: Arrays) -> dict[str, float]:
        return compared_scores(churned, _probability(outputs), checkpoint.config["thresholds"]["churn"], **beside)

    def references() -> dict[str, dict[str, float]]:
        return reference_scores(churned, features, logistic=checkpoint.training["logistic regression"], **beside)

    label = DATA if data is None else data.name.split(".")[0]
    return [Evaluation(data=label, inputs={"features_raw": features.astype(np.float32)}, score=score, references=references)]


def _registered(checkpoint: Checkpoint) -> str:
    name = checkpoint.provenance["data"][0]["name"]
    if name != DATA:
        raise DataMissingError(f"churn: the checkpoint was trained on {name}, which no registry knows; pass that file with --data")
    return name


def _columns(checkpoint: Checkpoint, customers: Customers, path: Path) -> list[int]:
    """Where each of the checkpoint's features stands in a file, whose columns may come in any order but must be these."""
    expected, got = _names(checkpoint), customers.names
    problems = [Problem("a feature of the checkpoint is missing", line=1, column=name) for name in expected if name not in got]
    problems += [Problem(f"unknown; expected one of {', '.join(expected)}", line=1, column=name) for name in got if name not in expected]
    if problems:
        raise DataError(path, problems)
    return [got.index(name) for name in expected]


def _all_rows(checkpoint: Checkpoint, customers: Customers, path: Path) -> np.ndarray:
    if rows_sha256(customers) == checkpoint.training["rows_sha256"]:
        seen = checkpoint.training["rows"]["train"]
        print(f"churn: {path.name} is what the checkpoint was trained on: {seen} of its {len(customers)} rows flatter it", file=sys.stderr)
    return np.arange(len(customers))


def _splits(checkpoint: Checkpoint, customers: Customers) -> dict[str, np.ndarray]:
    if rows_sha256(customers) != checkpoint.training["rows_sha256"]:
        raise CheckpointError("churn: its splits are those of the rows it was trained on, and these are others; score them whole")
    chosen = checkpoint.config["split"]
    return split_rows(customers.churned, seed=chosen["seed"])[chosen["fold"] - 1]


def _teacher(checkpoint: Checkpoint) -> TreeTeacher:
    mean, scale = checkpoint.weights["scaler/mean"], checkpoint.weights["scaler/scale"]
    return TreeTeacher.from_bytes(checkpoint.blobs["teacher.ubj"], mean=mean, scale=scale)


def _names(checkpoint: Checkpoint) -> tuple[str, ...]:
    return tuple(feature["name"] for feature in checkpoint.config["features"])


def _encode(checkpoint: Checkpoint, arguments: tuple[Any, ...]) -> dict[str, np.ndarray]:
    """One customer, or a list of them: feature name -> number."""
    customers = arguments[0] if isinstance(arguments[0], list | tuple) else [arguments[0]]
    names = _names(checkpoint)
    where = [f"row {row}: " if isinstance(arguments[0], list | tuple) else "" for row in range(len(customers))]
    problems = [prefix + problem for prefix, customer in zip(where, customers, strict=True) for problem in _problems(customer, names)]
    if problems:
        more = len(problems) - MOST_NAMED_ROWS
        raise CustomerError("churn: " + "; ".join(problems[:MOST_NAMED_ROWS]) + (f"; and {more} more" if more > 0 else ""))
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


def _results(checkpoint: Checkpoint, outputs: Arrays) -> list[dict[str, Any]]:
    thresholds = checkpoint.config["thresholds"]
    risk = (_probability(outputs)[:, None] >= [thresholds["medium"], thresholds["high"]]).sum(axis=1)
    churned = _decisions(checkpoint, outputs)
    return [
        {"probability": float(probability), "churned": bool(churned[row]), "risk": RISKS[risk[row]]}
        for row, probability in enumerate(_probability(outputs))
    ]


def _decisions(checkpoint: Checkpoint, outputs: Arrays) -> np.ndarray:
    """[n]: 1 where the customer is expected to leave."""
    return (_probability(outputs) >= checkpoint.config["thresholds"]["churn"]).astype(int)


def _probability(outputs: Arrays) -> np.ndarray:
    """Double precision, in which JavaScript compares with the thresholds."""
    return outputs["probability"][:, 0].astype(np.float64)


def _parity_cases(checkpoint: Checkpoint) -> list[ParityCase]:
    names = _names(checkpoint)
    try:
        customers = load(find(_registered(checkpoint)))
        splits = _splits(checkpoint, customers)
        chosen = np.concatenate([splits[split] for split in ("test", "validation", "train")])[:REAL_CASES]
        rows = {f"customer {row}": customers.features[row] for row in chosen}
    except DataMissingError:
        rows = {f"drawn {number}": values for number, values in enumerate(_drawn(checkpoint))}
    cases = [ParityCase(name=name, args=(dict(zip(names, values.tolist(), strict=True)),)) for name, values in rows.items()]
    return [*cases, *_edge_cases(checkpoint)]


def _drawn(checkpoint: Checkpoint) -> np.ndarray:
    """Customers [600, k] drawn evenly from the ranges of the schema."""
    random = np.random.default_rng(7)
    features = checkpoint.config["features"]
    values = random.uniform([f["minimum"] for f in features], [f["maximum"] for f in features], (REAL_CASES, len(features)))
    whole = np.array([feature["kind"] != "number" for feature in features])
    return np.where(whole, np.round(values), values)


def _edge_cases(checkpoint: Checkpoint) -> list[ParityCase]:
    features = checkpoint.config["features"]
    smallest = {feature["name"]: feature["minimum"] for feature in features}
    largest = {feature["name"]: feature["maximum"] for feature in features}
    level = {name: dict.fromkeys(smallest, value) for name, value in (("zeros", 0.0), ("1e9", 1e9), ("-1e9", -1e9), ("tiny", 1e-30))}
    customers = {"smallest customer": smallest, "largest customer": largest, **level}
    customers |= {f"spike in {name}": smallest | {name: 1e9} for name in smallest}
    cases = [ParityCase(name=name, args=(customer,), edge=True) for name, customer in customers.items()]
    return [*cases, ParityCase(name="batch of edges", args=(list(customers.values()),), edge=True)]


def _golden(checkpoint: Checkpoint) -> ParityCase:
    """Customers made up from the schema: all at the lower end, in the middle, at the upper end, and mixed."""
    features = checkpoint.config["features"]
    shares = (lambda at: 0.0, lambda at: 0.5, lambda at: 1.0, lambda at: at / max(len(features) - 1, 1), lambda at: (at % 3) / 2)
    return ParityCase(name="customers made up from the ranges", args=([_at(features, share) for share in shares],))


def _at(features: Sequence[Mapping[str, Any]], share) -> dict[str, float]:
    values = {}
    for at, feature in enumerate(features):
        value = feature["minimum"] + share(at) * (feature["maximum"] - feature["minimum"])
        values[feature["name"]] = value if feature["kind"] == "number" else float(round(value))
    return values


def _manifest(checkpoint: Checkpoint) -> dict[str, Any]:
    return {"features": checkpoint.config["features"], "thresholds": checkpoint.config["thresholds"], "labels": list(RISKS)}


SPEC = ModelSpec(
    name="churn",
    version="1.0.0",
    title="Churn risk",
    summary="Tells from a customer's recent behaviour how likely they are to leave: a small network distilled from gradient-boosted trees.",
    licence="Trained on Iranian Churn, UCI Machine Learning Repository, dataset 563 (doi 10.24432/C5JW3Z), CC BY 4.0.",
    method="predict",
    datasets=(DATA,),
    inputs=_inputs,
    outputs=_outputs,
    train=train,
    network=lambda checkpoint: student_network(checkpoint.weights),
    graph=lambda checkpoint, weights, inputs: student_graph(weights, inputs["features_raw"]),
    evaluations=_evaluations,
    encode=_encode,
    results=_results,
    decisions=_decisions,
    parity_cases=_parity_cases,
    golden=_golden,
    manifest=_manifest,
    units={**UNITS, "agreement": "fraction", "roc_auc_gap": "fraction"},
    gates=(
        Gate(metric="f1", data=DATA, minimum=0.86),
        Gate(metric="roc_auc_gap", data=DATA, maximum=0.005),
        Gate(metric="agreement", data=DATA, minimum=0.97),
    ),
    budget=QuantizationBudget(metric="f1", points=0.005, higher_is_better=True, float32=("*bias*", "scaler/*", "bins/*")),
)
