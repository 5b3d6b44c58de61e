"""The outcome of a quantization search, committed beside the code so that every machine exports the same bytes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from datasets.files import write_atomically
from keras_models.checkpoint import Checkpoint
from keras_models.report import Row
from quantization.affine import BYTES, Precision, dequantized

PLANS = Path(__file__).parent / "plans"


class PlanError(Exception):
    """A plan is missing or belongs to another checkpoint."""


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One assignment of precisions that the search measured on validation data.

    Attributes
    ----------
    loss
        What the task metric lost against float32, worst data set, in the metric's unit; negative where it gained.
    unchanged
        Share of decisions that stayed the same, worst data set.
    """

    label: str
    bytes: int
    loss: float
    unchanged: float
    within: bool


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Which weight gets which precision, what the search saw, and the quality rows recorded with it.

    Attributes
    ----------
    checkpoint
        SHA-256 of the checkpoint that was searched.
    precisions
        Weight name -> precision, every weight named.
    trials
        The trade-off, in the order it was measured.
    rows
        Quality on the test split of float, dequantized, teacher and baselines.
    """

    model: str
    checkpoint: str
    precisions: Mapping[str, Precision]
    trials: Sequence[Trial] = field(default_factory=tuple)
    rows: Sequence[Row] = field(default_factory=tuple)

    def apply(self, weights: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """The weights as the browser will see them."""
        return {name: dequantized(value, self.precisions[name]) for name, value in weights.items()}


def weight_bytes(weights: Mapping[str, np.ndarray], precisions: Mapping[str, Precision]) -> int:
    """Bytes of the weights on the wire."""
    return sum(value.size * BYTES[precisions[name]] for name, value in weights.items())


def save_plan(plan: Plan, *, root: Path = PLANS) -> Path:
    """Write a plan as JSON; figures rounded to nine significant digits, which is beyond what any bound looks at."""
    path = root / f"{plan.model}.json"
    text = json.dumps(_rounded(asdict(plan)), indent=1, ensure_ascii=False, allow_nan=False)
    write_atomically(path, text + "\n")
    return path


def load_plan(checkpoint: Checkpoint, *, root: Path = PLANS) -> Plan:
    """Read the plan of a checkpoint.

    Raises
    ------
    PlanError
        If there is none, or it was made for another checkpoint.
    """
    path = root / f"{checkpoint.model}.json"
    remedy = f"run `python -m quantization search {checkpoint.model}`"
    if not path.is_file():
        raise PlanError(f"{checkpoint.model}: no quantization plan at {path}; {remedy}")
    record = json.loads(path.read_text(encoding="utf-8"))
    if record["checkpoint"] != checkpoint.sha256:
        raise PlanError(f"{path}: made for another checkpoint; {remedy}")
    record["trials"] = [Trial(**trial) for trial in record["trials"]]
    record["rows"] = [Row(**row) for row in record["rows"]]
    return Plan(**record)


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.9g}")
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(item) for item in value]
    return value
