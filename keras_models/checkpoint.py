"""A trained model on disk: named float32 weights and everything else that was learned or recorded, in two deterministic files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import safe_open
from safetensors.numpy import load_file, save

from datasets.files import write_atomically

CHECKPOINTS = Path(__file__).parent / "checkpoints"
DEQUANTIZED = Path(__file__).parents[1] / "dist" / "dequantized"


class CheckpointError(Exception):
    """A checkpoint is missing or is not what its name says."""


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """What training leaves behind.

    Attributes
    ----------
    weights
        Name -> float32 array; the names are those of the exported graph's constants.
    config
        Learned or chosen values that are no tensors: features, thresholds, calibration (JSON).
    provenance
        Data files with sha256, code revision, seed (JSON).
    training
        Recorded curves and cross-validated figures (JSON).
    blobs
        Further files by name, such as a tree teacher in its own format.
    """

    model: str
    weights: Mapping[str, np.ndarray]
    config: Mapping[str, Any]
    provenance: Mapping[str, Any]
    training: Mapping[str, Any] = field(default_factory=dict)
    blobs: Mapping[str, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, value in self.weights.items():
            if value.dtype != np.float32 or not np.isfinite(value).all():
                raise CheckpointError(f"{self.model}: weight {name} must be finite float32, got {value.dtype}")

    @property
    def parameters(self) -> int:
        """Number of weights."""
        return sum(value.size for value in self.weights.values())

    @property
    def sha256(self) -> str:
        """Identity of what is exported: weights and config, not the records beside them."""
        digest = hashlib.sha256(save(dict(sorted(self.weights.items()))))
        digest.update(_json(self.config).encode())
        return digest.hexdigest()


def save_checkpoint(checkpoint: Checkpoint, *, root: Path = CHECKPOINTS) -> Path:
    """Write a checkpoint under ``root/<model>/`` and return that folder."""
    folder = root / checkpoint.model
    folder.mkdir(parents=True, exist_ok=True)
    record = {name: getattr(checkpoint, name) for name in ("model", "config", "provenance", "training")}
    record["blobs"] = sorted(checkpoint.blobs)
    write_atomically(folder / "weights.safetensors", save(dict(sorted(checkpoint.weights.items()))))
    for name, content in checkpoint.blobs.items():
        write_atomically(folder / name, content)
    write_atomically(folder / "checkpoint.json", _json(record).encode())
    return folder


def load_checkpoint(model: str, *, root: Path = CHECKPOINTS) -> Checkpoint:
    """Read the checkpoint of a model.

    Raises
    ------
    CheckpointError
        If there is none, or its files do not belong together.
    """
    folder = root / model
    if not has_checkpoint(model, root=root):
        raise CheckpointError(f"{model}: no checkpoint in {folder}; make one with `make train MODEL={model}`")
    record = json.loads((folder / "checkpoint.json").read_text(encoding="utf-8"))
    if record["model"] != model:
        raise CheckpointError(f"{folder}: expected a checkpoint of {model}, got one of {record['model']}")
    blobs = {name: (folder / name).read_bytes() for name in record.pop("blobs")}
    return Checkpoint(**record, weights=load_file(folder / "weights.safetensors"), blobs=blobs)


def has_checkpoint(model: str, *, root: Path = CHECKPOINTS) -> bool:
    """Whether both files of a checkpoint are there."""
    return all((root / model / name).is_file() for name in ("checkpoint.json", "weights.safetensors"))


def load_dequantized(checkpoint: Checkpoint, *, root: Path = DEQUANTIZED) -> dict[str, np.ndarray]:
    """Read the weights as the browser sees them, which `make export` leaves beside the exported models.

    Raises
    ------
    CheckpointError
        If there are none, or they were made from another checkpoint.
    """
    path = root / f"{checkpoint.model}.safetensors"
    remedy = "run `make export`"
    if not path.is_file():
        raise CheckpointError(f"{checkpoint.model}: no dequantized weights in {root}; {remedy}")
    with safe_open(path, framework="numpy") as file:
        if file.metadata().get("checkpoint") != checkpoint.sha256:
            raise CheckpointError(f"{path}: made from another checkpoint; {remedy}")
        return {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (no mapping)


def save_dequantized(checkpoint: Checkpoint, weights: Mapping[str, np.ndarray], *, root: Path = DEQUANTIZED) -> Path:
    """Write the weights as the browser sees them, marked with the checkpoint they come from."""
    path = root / f"{checkpoint.model}.safetensors"
    write_atomically(path, save(dict(sorted(weights.items())), metadata={"checkpoint": checkpoint.sha256}))
    return path


def _json(value: Any) -> str:
    return json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"
