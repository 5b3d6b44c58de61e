"""Which customers are about to leave: a small network that learned from gradient-boosted trees what they would say."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from datasets.customers import Customers, load
from datasets.registry import DataMissingError, find
from datasets.tables import DataError, Problem
from keras_models import customer_model
from keras_models.checkpoint import Checkpoint, CheckpointError
from keras_models.churn_training import DATA, rows_sha256, split_rows, train
from keras_models.customer_model import (
    drawn_customers,
    edge_cases,
    feature_names,
    probabilities,
    tree_teacher,
)
from keras_models.customer_training import UNITS, compared_scores, reference_scores
from keras_models.distillation import student_graph, student_network
from keras_models.spec import Arrays, Evaluation, Gate, ModelSpec, ParityCase, QuantizationBudget, Split

REAL_CASES = 600


def _evaluations(checkpoint: Checkpoint, data: Path | None, split: Split) -> list[Evaluation]:
    path = data or find(_registered(checkpoint))
    customers = load(path)
    columns = _columns(checkpoint, customers, path)
    rows = _all_rows(checkpoint, customers, path) if split == "all" else _splits(checkpoint, customers)[split]
    features, churned = customers.features[rows][:, columns], customers.churned[rows]
    teacher = tree_teacher(checkpoint).probabilities(features)
    beside = {"teacher": teacher, "teacher_threshold": checkpoint.config["teacher"]["threshold"]}

    def score(outputs: Arrays) -> dict[str, float]:
        return compared_scores(churned, probabilities(outputs), checkpoint.config["thresholds"]["churn"], **beside)

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
    expected, got = feature_names(checkpoint), customers.names
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


def _parity_cases(checkpoint: Checkpoint) -> list[ParityCase]:
    names = feature_names(checkpoint)
    try:
        customers = load(find(_registered(checkpoint)))
        splits = _splits(checkpoint, customers)
        chosen = np.concatenate([splits[split] for split in ("test", "validation", "train")])[:REAL_CASES]
        rows = {f"customer {row}": customers.features[row] for row in chosen}
    except DataMissingError:
        rows = {f"drawn {number}": values for number, values in enumerate(drawn_customers(checkpoint))}
    cases = [ParityCase(name=name, args=(dict(zip(names, values.tolist(), strict=True)),)) for name, values in rows.items()]
    return [*cases, *edge_cases(checkpoint)]


SPEC = ModelSpec(
    name="churn",
    version="1.0.0",
    title="Churn risk",
    summary="Tells from a customer's recent behaviour how likely they are to leave: a small network distilled from gradient-boosted trees.",
    licence="Trained on Iranian Churn, UCI Machine Learning Repository, dataset 563 (doi 10.24432/C5JW3Z), CC BY 4.0.",
    method="predict",
    datasets=(DATA,),
    inputs=customer_model.inputs,
    outputs=customer_model.outputs,
    train=train,
    network=lambda checkpoint: student_network(checkpoint.weights),
    graph=lambda checkpoint, weights, inputs: student_graph(weights, inputs["features_raw"]),
    evaluations=_evaluations,
    encode=customer_model.encode,
    results=customer_model.results,
    decisions=customer_model.decisions,
    parity_cases=_parity_cases,
    golden=customer_model.golden,
    manifest=customer_model.manifest,
    units=UNITS,
    gates=(
        Gate(metric="f1", data=DATA, minimum=0.86),
        Gate(metric="roc_auc_gap", data=DATA, maximum=0.005),
        Gate(metric="agreement", data=DATA, minimum=0.97),
    ),
    budget=QuantizationBudget(metric="f1", points=0.005, higher_is_better=True, float32=("*bias*", "scaler/*", "bins/*")),
)
