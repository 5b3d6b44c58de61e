"""One measured value with the sentence that explains its failure, and how a terminal shows it."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from keras_models.report import Row
from parity_tests.harness import PageError


@dataclass(frozen=True)
class Finding:
    """A row of the report; ``problem`` says why it fails, and is None where it does not."""

    row: Row
    problem: str | None = None

    def line(self) -> str:
        """Tick, cross or dot, what was measured, the value and its bound."""
        row = self.row
        mark = {True: "✓", False: "✗", None: "·"}[row.ok]
        bound = "" if row.bound is None else f"  (bound {row.bound:g})"
        text = f"{mark} {row.model:<11} {row.backend:<6} {row.stage:<10} {row.metric:<44} {figure(row.value):>9} {row.unit}{bound}"
        return text if self.problem is None else f"{text}\n    {self.problem}"


def guarded(model: str, backend: str, stage: str, measure: Callable[[], Iterable[Finding]]) -> list[Finding]:
    """The findings of a measurement; where the browser throws instead, one that fails with its error, so that the others still run."""
    try:
        return list(measure())
    except PageError as error:
        sample = {"unit": "", "bound": 0.0, "ok": False, "n": 0, "data": "nothing measured"}
        row = Row(model=model, backend=backend, stage=stage, metric="the browser's error", value=math.nan, **sample)
        return [Finding(row, f"stage {stage}: {error}")]


def figure(value: float | None) -> str:
    """A number in three significant digits; counts and thousands in full; ``none`` for what is no number."""
    if value is None or not math.isfinite(value):
        return "none"
    return f"{value:,.0f}" if value == int(value) or abs(value) >= 1000 else f"{value:.3g}"


def tell(findings: list[Finding]) -> list[Finding]:
    """Print findings as they come, and pass them on."""
    for finding in findings:
        print(finding.line())
    sys.stdout.flush()
    return findings
