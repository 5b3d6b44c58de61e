"""The one format of all reports: rows of measured values with their bounds, so that quality, parity and benchmarks read alike."""

from __future__ import annotations

import json
import math
import platform
import subprocess
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from datasets.files import write_atomically


@dataclass(frozen=True, kw_only=True)
class Row:
    """One measured value.

    Attributes
    ----------
    backend
        Where it was measured: cpu, wasm, webgl; for quality the variant: float, dequantized, teacher, or a baseline's name.
    stage
        What was measured: quality, quantization, features, outputs, decisions, latency, memory, faults.
    bound, ok
        What was demanded and whether it was kept; None where nothing is demanded.
    n, data
        How many rows or runs, and of which data set and split.
    """

    model: str
    backend: str
    stage: str
    metric: str
    value: float
    unit: str
    n: int
    data: str
    bound: float | None = None
    ok: bool | None = None

    def __post_init__(self) -> None:
        # numpy's scalars are no JSON, and its False is not the False that a failed row is known by.
        object.__setattr__(self, "value", float(self.value))
        object.__setattr__(self, "n", int(self.n))
        object.__setattr__(self, "bound", None if self.bound is None else float(self.bound))
        object.__setattr__(self, "ok", None if self.ok is None else bool(self.ok))


def environment(**extra: Any) -> dict[str, Any]:
    """Meta data of a report: revision, versions, machine, browser, renderer."""
    packages = ("tensorflow", "keras", "tensorflowjs", "numpy")
    meta = {
        "revision": revision(),
        "versions": {"python": platform.python_version(), **{name: version(name) for name in packages}},
        "machine": f"{platform.system()} {platform.machine()}",
        "browser": None,
        "renderer": None,
    }
    return meta | extra


def revision() -> str:
    """The code's git revision, with ``+`` where the work tree differs from it; ``unknown`` outside a repository."""
    try:
        root = Path(__file__).parent
        head = subprocess.run(["git", "rev-parse", "--short=12", "HEAD"], cwd=root, capture_output=True, text=True, check=True)
        dirty = subprocess.run(["git", "status", "--porcelain", "-uno"], cwd=root, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return head.stdout.strip() + ("+" if dirty.stdout.strip() else "")


def write_report(path: Path, rows: Iterable[Row], *, meta: dict[str, Any]) -> bool:
    """Write ``{meta, rows}`` and tell whether no row failed. Values that are not finite become null and fail."""
    listed = []
    for row in rows:
        record = asdict(row)
        if not math.isfinite(row.value):
            record |= {"value": None, "ok": False}
        listed.append(record)
    write_atomically(path, json.dumps({"meta": meta, "rows": listed}, indent=1, ensure_ascii=False, allow_nan=False) + "\n")
    return all(record["ok"] is not False for record in listed)
