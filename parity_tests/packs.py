"""The stages of parity of a pack: each method that Python has too, called in the browser and compared answer by answer."""

from __future__ import annotations

from collections.abc import Iterator

from keras_models.checkpoint import load_checkpoint
from keras_models.pack import PackCheck, PackSpec
from keras_models.report import Row
from parity_tests.compare import compare_answers
from parity_tests.finding import Finding, guarded
from parity_tests.harness import Page

BACKEND = "wasm"  # packs themselves run on none; those that ask a model run it here
MOST_TOLD = 3


def measure_pack(page: Page, spec: PackSpec) -> Iterator[Finding]:
    """Measure every method; one that throws is a failed finding, and the next one runs."""
    for check in spec.parity(load_checkpoint(spec.name)):
        yield from guarded(spec.name, BACKEND, check.stage, lambda check=check: _compared(page, spec.name, check))


def _compared(page: Page, pack: str, check: PackCheck) -> list[Finding]:
    answers = page.call("predict", BACKEND, pack, check.method, [list(case.args) for case in check.cases])
    worst, differing, problems = 0.0, 0, []
    for case, answer in zip(check.cases, answers, strict=True):
        error, unequal = compare_answers(check.answer(*case.args), answer, {})
        worst = max(worst, error)
        differing += bool(unequal)
        if error > check.tolerance:
            unequal = [*unequal, f"largest error {error:.3g}, tolerance {check.tolerance:g}"]
        problems += [f"stage {check.stage}, {check.method}, case {case.name!r}: {problem}" for problem in unequal]
    told = "\n    ".join(problems[:MOST_TOLD]) or None
    edges = sum(case.edge for case in check.cases)
    sample = {"n": len(check.cases), "data": f"{len(check.cases) - edges} cases + {edges} edge"}
    shared = {"model": pack, "backend": BACKEND, "stage": check.stage, **sample}
    error = {"metric": f"{check.method}, largest error", "value": worst, "unit": "absolute", "bound": check.tolerance}
    equal = {"metric": f"{check.method}, answers that differ", "value": differing, "unit": "calls", "bound": 0}
    rows = (Row(**shared, **figure, ok=figure["value"] <= figure["bound"]) for figure in (error, equal))
    return [Finding(row, None if row.ok else told) for row in rows]
