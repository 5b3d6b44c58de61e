"""What Python expects of the browser: each model's cases, encoded, run with the weights as the browser sees them, and decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from keras_models.checkpoint import Checkpoint, load_checkpoint, load_dequantized
from keras_models.inference import runner
from keras_models.spec import ModelSpec, ParityCase, TensorSpec
from keras_models.suite import load_spec

FEATURES = "features"
DRAWN = "drawn "


@dataclass(frozen=True)
class Reference:
    """One model's expectations.

    Attributes
    ----------
    rows
        For each case, the rows of ``inputs`` and ``outputs`` that are its own.
    inputs, outputs
        Named arrays over all cases, batch axis first.
    results
        What the facade answers for each row.
    """

    spec: ModelSpec
    checkpoint: Checkpoint
    weights: Mapping[str, np.ndarray]
    cases: Sequence[ParityCase]
    rows: Sequence[slice]
    inputs: Mapping[str, np.ndarray]
    outputs: Mapping[str, np.ndarray]
    results: Sequence[Any]

    @property
    def name(self) -> str:
        """The model's name."""
        return self.spec.name

    @cached_property
    def case_of_row(self) -> list[str]:
        """Name of the case that each row belongs to."""
        return [case.name for case, rows in zip(self.cases, self.rows, strict=True) for _ in range(rows.stop - rows.start)]

    @property
    def data(self) -> str:
        """What the cases are, for reports; drawn cases are named so by their spec."""
        edges = sum(case.edge for case in self.cases)
        drawn = sum(case.name.startswith(DRAWN) for case in self.cases)
        kinds = {"real": len(self.cases) - edges - drawn, "drawn": drawn, "edge": edges}
        return " + ".join(f"{count} {kind}" for kind, count in kinds.items() if count)

    def on(self, backend: str) -> Reference:
        """The cases that are run on a backend: all, or as many as the spec allows, evenly spread, and every edge case."""
        most = self.spec.calls.get(backend)
        others = [place for place, case in enumerate(self.cases) if not case.edge]
        if most is None or most >= len(others):
            return self
        taken = {others[place] for place in np.linspace(0, len(others) - 1, most).astype(int)}
        kept = [place for place, case in enumerate(self.cases) if case.edge or place in taken]
        rows = np.concatenate([np.arange(self.rows[place].start, self.rows[place].stop) for place in kept])
        ends = np.cumsum([self.rows[place].stop - self.rows[place].start for place in kept])
        return replace(
            self,
            cases=[self.cases[place] for place in kept],
            rows=[slice(int(start), int(end)) for start, end in zip([0, *ends[:-1]], ends, strict=True)],
            inputs={name: value[rows] for name, value in self.inputs.items()},
            outputs={name: value[rows] for name, value in self.outputs.items()},
            results=[self.results[row] for row in rows],
        )

    def tensors(self, stage: str) -> tuple[TensorSpec, ...]:
        """The tensors of a stage: the graph's inputs, its ``features``, or its other outputs."""
        if stage == "encode":
            return self.spec.inputs(self.checkpoint)
        return tuple(tensor for tensor in self.spec.outputs(self.checkpoint) if (tensor.name == FEATURES) == (stage == FEATURES))

    def answer(self, case: int) -> Any:
        """What the facade's method answers to a case, in one value a row."""
        return list(self.results[self.rows[case]])


def load_reference(model: str) -> Reference:
    """Compute what Python expects of one model.

    Raises
    ------
    CheckpointError
        If the model has no checkpoint, or was not exported from it.
    """
    spec = load_spec(model)
    checkpoint = load_checkpoint(model)
    weights = load_dequantized(checkpoint)
    cases = list(spec.parity_cases(checkpoint))
    encoded = [spec.encode(checkpoint, case.args) for case in cases]
    counts = [len(next(iter(inputs.values()))) for inputs in encoded]
    ends = np.cumsum(counts)
    inputs = {name: np.concatenate([one[name] for one in encoded]) for name in encoded[0]}
    run = runner(spec, checkpoint)
    outputs = run(weights, inputs)
    rows = [slice(int(end - count), int(end)) for end, count in zip(ends, counts, strict=True)]
    if spec.predict is None:
        results = spec.results(checkpoint, outputs)
    else:
        results = spec.predict(checkpoint, lambda named: run(weights, named), [case.args for case in cases])
    return Reference(spec, checkpoint, weights, cases, rows, inputs, outputs, results)
