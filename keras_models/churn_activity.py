"""Which users of a product are about to stop: a small network that learned from what trees make of a raw event log."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np

from datasets.activity import Kinds
from datasets.registry import DataMissingError, find
from keras_models import customer_model
from keras_models.checkpoint import Checkpoint, CheckpointError
from keras_models.churn_activity_data import DATA, Rows, load_rows, split_rows
from keras_models.churn_activity_training import Judge, train
from keras_models.customer_model import drawn_customers, edge_cases, feature_names, probabilities, tree_teacher
from keras_models.customer_training import UNITS
from keras_models.distillation import student_graph, student_network
from keras_models.spec import Arrays, Evaluation, Gate, ModelSpec, ParityCase, QuantizationBudget, Split
from keras_models.trees import TreeTeacher

REAL_CASES = 600


def _evaluations(checkpoint: Checkpoint, data: Path | None, split: Split) -> list[Evaluation]:
    path = data or find(_registered(checkpoint))
    rows = load_rows(path, kinds=_kinds(checkpoint))
    chosen = _all_rows(checkpoint, rows, path) if split == "all" else _splits(checkpoint, rows)[split]
    recorded = checkpoint.training["rfm"]
    scaler = {name: np.array(recorded[name], np.float32) for name in ("mean", "scale")}
    rfm = TreeTeacher.from_bytes(checkpoint.blobs["rfm.ubj"], **scaler)
    judge = Judge(
        churned=rows.churned[chosen],
        features=rows.features[chosen],
        teacher=(tree_teacher(checkpoint).probabilities(rows.features[chosen]), checkpoint.config["teacher"]["threshold"]),
        rfm=(rfm.probabilities(rows.rfm[chosen]), recorded["threshold"]),
        logistic=checkpoint.training["logistic regression"],
    )

    def score(outputs: Arrays) -> dict[str, float]:
        return judge.scores(probabilities(outputs), checkpoint.config["thresholds"]["churn"])

    label = DATA if data is None else data.name.split(".")[0]
    inputs = {"features_raw": judge.features.astype(np.float32)}
    return [Evaluation(data=label, inputs=inputs, score=score, references=judge.references)]


def _registered(checkpoint: Checkpoint) -> str:
    name = checkpoint.provenance["data"][0]["name"]
    if name != DATA:
        raise DataMissingError(f"churn_activity: the checkpoint was trained on {name}, which no registry knows; pass that file with --data")
    return name


def _kinds(checkpoint: Checkpoint) -> Kinds:
    return Kinds(**{kind: tuple(names) for kind, names in checkpoint.config["activity"]["kinds"].items()})


def _all_rows(checkpoint: Checkpoint, rows: Rows, path: Path) -> np.ndarray:
    if rows.sha256 == checkpoint.training["rows_sha256"]:
        seen = checkpoint.training["rows"]["train"]
        print(f"churn_activity: {path.name} is what the checkpoint learned from: {seen} of its {len(rows)} rows flatter", file=sys.stderr)
    return np.arange(len(rows))


def _splits(checkpoint: Checkpoint, rows: Rows) -> dict[str, np.ndarray]:
    if rows.sha256 != checkpoint.training["rows_sha256"]:
        raise CheckpointError("churn_activity: its splits are those of the log it was trained on, and this is another; score it whole")
    chosen = checkpoint.config["split"]
    return split_rows(rows, seed=chosen["seed"])[chosen["fold"] - 1]


def _parity_cases(checkpoint: Checkpoint) -> list[ParityCase]:
    names = feature_names(checkpoint)
    try:
        rows = load_rows(find(_registered(checkpoint)), kinds=_kinds(checkpoint))
        chosen = _splits(checkpoint, rows)["test"][:REAL_CASES]
        customers = {f"user {rows.user[row]} as of {np.datetime64(int(rows.day[row]), 'D')}": rows.features[row] for row in chosen}
    except DataMissingError:
        customers = {f"drawn {number}": values for number, values in enumerate(drawn_customers(checkpoint))}
    cases = [ParityCase(name=name, args=(dict(zip(names, values.tolist(), strict=True)),)) for name, values in customers.items()]
    return [*cases, *edge_cases(checkpoint)]


def _manifest(checkpoint: Checkpoint) -> dict[str, Any]:
    return {**customer_model.manifest(checkpoint), "preprocessing": checkpoint.config["activity"]}


SPEC = ModelSpec(
    name="churn_activity",
    version="1.0.0",
    title="Churn risk from activity",
    summary="Tells from a product's event log who is about to stop using it: 90 days without activity, for users active in the last 90.",
    licence="Trained on CDNOW's purchases (Fader and Hardie, 2001), as the Python package lifetimes ships them under MIT.",
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
    manifest=_manifest,
    units={**UNITS, "roc_auc_gain": "fraction"},
    gates=(
        Gate(metric="roc_auc_gain", data=DATA, minimum=0.0),
        Gate(metric="roc_auc_gap", data=DATA, maximum=0.005),
        Gate(metric="agreement", data=DATA, minimum=0.97),
    ),
    budget=QuantizationBudget(metric="roc_auc", points=0.005, higher_is_better=True, float32=("*bias*", "scaler/*", "bins/*")),
)
