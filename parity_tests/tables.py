"""The rows of a report in the order people read them: one line for each metric, one column for each backend."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from keras_models.spec import BACKENDS
from parity_tests.finding import figure

PROOFS = ("features", "outputs", "decisions", "weights", "memory", "faults")

Record = Mapping[str, Any]


@dataclass(frozen=True)
class Line:
    """One metric of one model on all backends; ``cells`` has no entry where a backend was not measured."""

    model: str
    stage: str
    metric: str
    cells: Mapping[str, Record]

    @property
    def any_cell(self) -> Record:
        """One of the cells, for what all of them share."""
        return next(iter(self.cells.values()))

    @property
    def bounds(self) -> str:
        """The bounds of all backends, each once."""
        return " / ".join(dict.fromkeys(f"{cell['bound']:g}" for cell in self.cells.values() if cell["bound"] is not None))

    @property
    def data(self) -> str:
        """What was measured on; by backend where that differs."""
        backends: dict[str, list[str]] = {}
        for backend, cell in self.cells.items():
            backends.setdefault(cell["data"], []).append(backend)
        if len(backends) == 1:
            return next(iter(backends))
        return "; ".join(f"{', '.join(names)}: {data}" for data, names in backends.items())


@dataclass(frozen=True)
class Verdict:
    """How many of some rows that demand something hold."""

    held: int
    total: int

    @property
    def mark(self) -> str:
        """Tick or cross; a dash where nothing is demanded."""
        return "–" if not self.total else "✓" if self.held == self.total else "✗"


def models_of(rows: Iterable[Record]) -> list[str]:
    """Names of the models, in the report's order."""
    return list(dict.fromkeys(row["model"] for row in rows))


def lines_of(rows: Iterable[Record]) -> list[Line]:
    """Rows that differ in the backend alone, side by side."""
    grouped: dict[tuple[str, str, str], dict[str, Record]] = {}
    for row in rows:
        grouped.setdefault((row["model"], row["stage"], row["metric"]), {})[row["backend"]] = row
    return [Line(*key, cells) for key, cells in grouped.items()]


def verdict_of(rows: Iterable[Record]) -> Verdict:
    """Count the rows that demand something."""
    demanded = [row for row in rows if row["ok"] is not None]
    return Verdict(sum(row["ok"] for row in demanded), len(demanded))


def stages_of(rows: Sequence[Record]) -> list[str]:
    """The stages that prove something, as far as they were measured."""
    return [stage for stage in PROOFS if any(row["stage"] == stage for row in rows)]


def matrix_of(rows: Sequence[Record]) -> list[tuple[str, str, list[Verdict]]]:
    """For each model and backend, the verdict of each of ``stages_of``."""
    pairs = [(model, backend) for model in models_of(rows) for backend in BACKENDS]
    return [(*pair, [verdict_of(_of(rows, *pair, stage)) for stage in stages_of(rows)]) for pair in pairs]


def _of(rows: Iterable[Record], model: str, backend: str, stage: str) -> list[Record]:
    return [row for row in rows if (row["model"], row["backend"], row["stage"]) == (model, backend, stage)]


def shown(row: Record | None) -> str:
    """A value as a table shows it."""
    return "–" if row is None else figure(row["value"])
