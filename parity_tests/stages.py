"""The stages of parity: what is fed, features, raw outputs, decisions, and the weights' bits, one model on one backend."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any

import numpy as np

from keras_models.report import Row
from keras_models.spec import Arrays
from parity_tests.compare import ROW_RELATIVE, UNITS, compare, compare_answers, row_scales
from parity_tests.finding import Finding, guarded
from parity_tests.harness import Page, PageError, from_text
from parity_tests.reference import FEATURES, Reference
from parity_tests.weights import compare_weights

# Called one by one on software rendering, every case would take minutes; the others run in batches all the same.
SINGLE_CALLS = {"cpu": 1000, "wasm": 1000, "webgl": 100}
MOST_TOLD = 3


class Stages:
    """All stages of one model on one backend of an opened page."""

    def __init__(self, page: Page, reference: Reference, backend: str) -> None:
        self.page, self.reference, self.backend = page, reference.on(backend), backend

    @cached_property
    def tolerance(self) -> float:
        """That of the class of numbers in which the backend computes here."""
        loaded = self.page.call("load", self.backend, self.reference.name)
        if loaded["backend"] != self.backend:
            raise PageError("Error", "", f"asked for {self.backend}, but the session runs on {loaded['backend']}")
        return self.reference.spec.tolerance[loaded["precision"]]

    def measure(self) -> Iterator[Finding]:
        """Measure every stage; one that throws is a failed finding, and the next one runs."""
        for stage, measures in (
            ("features", (self._encoded, self._features)),
            ("outputs", (self._outputs,)),
            ("decisions", (self._decisions,)),
            ("weights", (self._weights,)),
        ):
            for measure in measures:
                yield from guarded(self.reference.name, self.backend, stage, measure)

    def _encoded(self) -> list[Finding]:
        """What the facade feeds the graph: the same bits, unless the spec states a tolerance for ``encode``."""
        reference = self.reference
        calls = [case.args for case in reference.cases]
        encoded = [from_text(one) for one in self.page.call_each("encode", self.backend, reference.name, calls=calls)]
        got = {name: np.concatenate([one[name] for one in encoded]) for name in encoded[0]}
        return self._compared("features", "encode", reference.inputs, got, reference.spec.tolerance.get("encode", 0.0))

    def _features(self) -> list[Finding]:
        reference = self.reference
        if not reference.tensors(FEATURES):
            return []
        got = self.page.run(self.backend, reference.name, reference.inputs, [FEATURES])
        return self._compared("features", FEATURES, reference.outputs, got, self.tolerance)

    def _outputs(self) -> list[Finding]:
        reference = self.reference
        names = [tensor.name for tensor in reference.tensors("outputs")]
        got = self.page.run(self.backend, reference.name, reference.inputs, names)
        return self._compared("outputs", "outputs", reference.outputs, got, self.tolerance)

    def _compared(self, stage: str, kind: str, expected: Arrays, got: Arrays, tolerance: float) -> list[Finding]:
        reference = self.reference
        prefix = {"encode": "encode ", FEATURES: "graph "}.get(kind, "")
        findings = []
        tensors = reference.tensors(kind)
        amounts = [expected[tensor.name] for tensor in tensors if tensor.comparison == ROW_RELATIVE]
        scales = row_scales(amounts) if amounts else None
        for tensor in tensors:
            found = compare(tensor, expected[tensor.name], got, tolerance=tolerance, cases=reference.case_of_row, scales=scales)
            problem = None if found.problem is None else f"stage {stage}, {prefix}{tensor.name}: {found.problem}"
            worst = "" if found.worst_case is None else f"; largest at {found.worst_case!r}"
            metric = f"{prefix}{tensor.name}, largest error"
            sample = {"data": reference.data + worst}
            findings.append(self._finding(stage, metric, found.error, UNITS[tensor.comparison], bound=tolerance, problem=problem, **sample))
        return findings

    def _decisions(self) -> list[Finding]:
        """What a product sees: the facade's own answers, one call a case."""
        reference = self.reference
        chosen = self._chosen_cases()
        calls = [reference.cases[case].args for case in chosen]
        answers = self.page.call_each("predict", self.backend, reference.name, reference.spec.method, calls=calls)
        comparisons = {tensor.name: tensor.comparison for tensor in reference.tensors("outputs")}
        worst, problems, differing = 0.0, [], 0
        for case, answer in zip(chosen, answers, strict=True):
            expected = reference.answer(case)
            listed = answer if isinstance(answer, list) else [answer]
            error, unequal = compare_answers(expected, listed, comparisons)
            worst = max(worst, error)
            differing += bool(unequal)
            if error > self.tolerance:
                unequal = [*unequal, f"largest error {error:.3g}, tolerance {self.tolerance:g}"]
            problems += [f"stage decisions, case {reference.cases[case].name!r}: {problem}" for problem in unequal]
        told = "\n    ".join(problems[:MOST_TOLD]) or None
        edges = sum(reference.cases[case].edge for case in chosen)
        sample = {"n": len(chosen), "data": f"{reference.data}; {len(chosen) - edges} of them and all edge cases called one by one"}
        return [
            self._finding(
                "decisions",
                "numbers in the answers, largest error",
                worst,
                "",
                bound=self.tolerance,
                problem=told if worst > self.tolerance else None,
                **sample,
            ),
            self._finding("decisions", "answers that differ", differing, "calls", bound=0, problem=told if differing else None, **sample),
        ]

    def _chosen_cases(self) -> list[int]:
        """All edge cases, and as many others, evenly spread, as the backend is fast enough for."""
        cases = self.reference.cases
        others = [index for index, case in enumerate(cases) if not case.edge]
        taken = np.unique(np.linspace(0, len(others) - 1, min(len(others), SINGLE_CALLS[self.backend])).astype(int))
        return sorted([index for index, case in enumerate(cases) if case.edge] + [others[at] for at in taken])

    def _weights(self) -> list[Finding]:
        """Bits of the live weights, read back from the device."""
        live = from_text(self.page.call("weights", self.backend, self.reference.name))
        differing, problems, sample = compare_weights(self.reference, live)
        problem = "\n    ".join(f"stage weights, {problem}" for problem in problems[:MOST_TOLD]) or None
        return [self._finding("weights", "values whose bits differ", differing, "values", bound=0, problem=problem, **sample)]

    def _finding(self, stage: str, metric: str, value: float, unit: str, *, bound: float, problem: str | None, **sample: Any) -> Finding:
        sample = {"n": len(self.reference.cases), "data": self.reference.data} | sample
        ok = problem is None and value <= bound
        row = Row(
            model=self.reference.name,
            backend=self.backend,
            stage=stage,
            metric=metric,
            value=value,
            unit=unit,
            bound=bound,
            ok=ok,
            **sample,
        )
        return Finding(row, problem)
