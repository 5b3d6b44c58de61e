"""The one contract between a model and the factory: export, quantization and parity loop over specs and know no model by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

    from keras_models.checkpoint import Checkpoint

Arrays = Mapping[str, np.ndarray]
Run = Callable[[Arrays], Arrays]
Split = Literal["validation", "test", "all"]
Comparison = Literal["absolute", "row-relative"]
BACKENDS = ("cpu", "wasm", "webgl")


@dataclass(frozen=True, kw_only=True)
class TensorSpec:
    """A named input or output of the inference graph; the batch axis is implied.

    Attributes
    ----------
    comparison
        How two values of this tensor are compared: ``absolute`` takes ``|a - b|`` (probabilities, scaled features),
        ``row-relative`` divides it by the largest magnitude that the expected row has over all row-relative outputs, for amounts in
        the user's own unit: a lower bound near zero is as exact as its forecast needs, not as its own size suggests.
    """

    name: str
    shape: tuple[int, ...]
    unit: str
    description: str
    dtype: Literal["float32", "int32"] = "float32"
    comparison: Comparison = "absolute"


@dataclass(frozen=True, kw_only=True)
class Gate:
    """A bound that the dequantized model must keep on the test split of one data set; a missed gate fails the export."""

    metric: str
    data: str
    minimum: float | None = None
    maximum: float | None = None

    def __post_init__(self) -> None:
        if (self.minimum is None) == (self.maximum is None):
            raise ValueError(f"gate {self.metric}: expected either a minimum or a maximum, got {self.minimum} and {self.maximum}")

    @property
    def bound(self) -> float:
        """The bound itself, whichever side it is on."""
        return self.minimum if self.minimum is not None else self.maximum  # type: ignore[return-value]

    def holds(self, value: float) -> bool:
        """Whether a measured value keeps the bound; NaN never does."""
        return value >= self.minimum if self.minimum is not None else value <= self.maximum


@dataclass(frozen=True, kw_only=True)
class QuantizationBudget:
    """What quantization may cost, judged on the validation split.

    Attributes
    ----------
    metric
        Task metric by name, as ``Evaluation.score`` returns it.
    points
        Largest loss allowed, in units of the metric as reported (0.5 percentage points: 0.5 for MAPE in %, 0.005 for F1).
    decisions
        Share of decisions that must stay the same.
    higher_is_better
        Which way the metric points.
    float32
        Name patterns (fnmatch) of the weights that are never quantized: biases, normalisers, constants.
    """

    metric: str
    points: float
    higher_is_better: bool
    decisions: float = 0.99
    float32: tuple[str, ...] = ("*bias*",)


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """One data set, cut for one split, ready to be scored.

    Attributes
    ----------
    data
        Label for reports, for example ``us_top200 tracks``.
    inputs
        The graph's named inputs, batch axis first.
    score
        Named outputs of any variant -> metric name -> value. ``ModelSpec.units`` says in what unit.
    references
        Scores of the teacher and of the baselines on the same rows: name -> metric name -> value.
    """

    data: str
    inputs: Arrays
    score: Callable[[Arrays], dict[str, float]]
    references: Callable[[], dict[str, dict[str, float]]] = dict

    @property
    def n(self) -> int:
        """Number of rows scored."""
        return len(next(iter(self.inputs.values())))


@dataclass(frozen=True, kw_only=True)
class ParityCase:
    """One call of the model's browser method: ``suite.<model>.<method>(...args)``.

    The arguments must survive JSON, but for values that are not finite, and numpy arrays, which become a Float32Array. Where no data is
    at hand, cases are drawn, and their names begin with ``drawn``: reports count them apart from real ones.
    """

    name: str
    args: tuple[Any, ...]
    edge: bool = False


@dataclass(frozen=True, kw_only=True)
class TrainRequest:
    """What `make train` asks of a model.

    Attributes
    ----------
    data
        The user's own file, or None for the data sets of the registry.
    seed
        The one seed of everything random.
    folder
        Where the learning-curve plot goes.
    """

    data: Path | None
    seed: int
    folder: Path


@dataclass(frozen=True, kw_only=True)
class ModelSpec:
    """All that the factory knows of a model.

    Attributes
    ----------
    name
        Name of the Python module, of the TypeScript module and of the property of the suite.
    method
        The method of ``suite.<name>`` that parity calls.
    datasets
        Names in ``datasets.registry`` that training reads by default.
    inputs, outputs
        Tensors of the graph for a checkpoint. The output named ``features`` is what the graph computes before its first
        trained layer: the first stage of parity; the runtime asks for it only there.
    train
        Data -> checkpoint.
    network
        Checkpoint -> the float Keras model as it was trained.
    graph
        (checkpoint, named weight tensors, named inputs) -> named outputs; pure TensorFlow ops that TF.js has.
    evaluations
        (checkpoint, file or None, split) -> what to score: that split of the file, or of the registry's data sets. Raises
        ``DataMissingError`` where the registry's data is not at hand.
    encode
        (checkpoint, call arguments) -> named inputs of one row or more: the Python twin of the runtime's ``encode``.
    results
        (checkpoint, named outputs) -> one JSON value per row: the twin of what the browser method answers.
    predict
        (checkpoint, run of the graph, argument lists of calls) -> one answer per call, in place of ``results``: of a model whose browser
        method runs the graph several times, or makes more of a call than ``encode`` feeds.
    decisions
        (checkpoint, named outputs) -> integers, one or more a row: what a product acts on.
    parity_cases
        Real inputs where data is at hand (500 at least), drawn ones elsewhere, and edge cases.
    golden
        Checkpoint -> the call whose answer the manifest carries for the self-test on the user's machine: made up, never a
        row of the data, and the same on every machine.
    manifest
        Checkpoint -> preprocessing constants, labels, thresholds, feature schema for the manifest.
    data
        Checkpoint -> bytes of a file beside the graph that preprocessing in the browser reads, such as a lexicon; None for none.
    answers
        Names of the input faults of ``parity_tests.faults`` that this model answers by design, where others refuse: a metric's missing
        day, say.
    units
        Metric name -> unit, for every metric that evaluations return: ``%``, ``fraction``, ``R2`` ...
    calls
        Backend -> the most cases, edge cases apart, that one measurement runs there: for graphs of which a row takes a backend's better
        part of a second. They are evenly spread, and reports count them; backends left out run all.
    tolerance
        Largest error against the dequantized Python reference per backend, in each output's own comparison.
    """

    name: str
    version: str
    title: str
    summary: str
    licence: str
    method: str
    datasets: tuple[str, ...]
    inputs: Callable[[Checkpoint], tuple[TensorSpec, ...]]
    outputs: Callable[[Checkpoint], tuple[TensorSpec, ...]]
    train: Callable[[TrainRequest], Checkpoint]
    network: Callable[[Checkpoint], keras.Model]
    graph: Callable[[Checkpoint, Mapping[str, tf.Tensor], Mapping[str, tf.Tensor]], dict[str, tf.Tensor]]
    evaluations: Callable[[Checkpoint, Path | None, Split], Sequence[Evaluation]]
    encode: Callable[[Checkpoint, tuple[Any, ...]], dict[str, np.ndarray]]
    decisions: Callable[[Checkpoint, Arrays], np.ndarray]
    parity_cases: Callable[[Checkpoint], Sequence[ParityCase]]
    golden: Callable[[Checkpoint], ParityCase]
    manifest: Callable[[Checkpoint], dict[str, Any]]
    units: Mapping[str, str]
    gates: tuple[Gate, ...]
    budget: QuantizationBudget
    results: Callable[[Checkpoint, Arrays], list[Any]] | None = None
    predict: Callable[[Checkpoint, Run, Sequence[tuple[Any, ...]]], list[Any]] | None = None
    data: Callable[[Checkpoint], bytes] | None = None
    answers: frozenset[str] = frozenset()
    calls: Mapping[str, int] = field(default_factory=dict)
    tolerance: Mapping[str, float] = field(default_factory=lambda: {"cpu": 1e-5, "wasm": 1e-5, "webgl": 1e-4, "webgl-f16": 2e-2})

    def __post_init__(self) -> None:
        missing = [backend for backend in BACKENDS if backend not in self.tolerance]
        if missing:
            raise ValueError(f"{self.name}: expected a tolerance for each of {', '.join(BACKENDS)}; missing {', '.join(missing)}")
        if (self.results is None) == (self.predict is None):
            raise ValueError(f"{self.name}: expected either results or predict")
