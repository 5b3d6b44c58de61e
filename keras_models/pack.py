"""The contract between the factory and a pack: what is learned or chosen without a graph, shipped as one data file.

To add a pack, write ``keras_models/NAME.py`` that ends in ``PACK = PackSpec(...)``, run `make train MODEL=NAME`, and write
``web_runtime/src/packs/NAME.ts`` that exports ``function NAME(pack: PackHandle): Facade``, which becomes ``suite.NAME``.
List in ``parity`` each method that Python has too; the tests are ``keras_models/tests/test_NAME.py`` and ``web_runtime/test/NAME.test.ts``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from keras_models.checkpoint import Checkpoint
from keras_models.spec import Gate, ParityCase, Split, TrainRequest

LARGEST_PACK = 5_000_000  # bytes


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What a pack reached on one data set, cut for one split.

    Attributes
    ----------
    data
        Label for reports, for example ``musician pages kept out``.
    n
        How many posts, clips or pairs were judged.
    scores
        Who -> metric name -> value; the pack itself is ``pack``, baselines go by their names. ``PackSpec.units`` says in what unit.
    """

    data: str
    n: int
    scores: Mapping[str, Mapping[str, float]]


@dataclass(frozen=True, kw_only=True)
class PackCheck:
    """One method of ``suite.<name>`` that must answer in the browser as in Python.

    Attributes
    ----------
    stage
        What the method tells: features of its input, raw numbers, or what a product acts on.
    method
        The method's name.
    cases
        Its calls; the arguments must survive JSON.
    answer
        The method's twin: the same arguments -> the same answer, as JSON values.
    tolerance
        Largest absolute error of a number; everything else must be equal.
    """

    stage: Literal["features", "outputs", "decisions"]
    method: str
    cases: Sequence[ParityCase]
    answer: Callable[..., Any]
    tolerance: float = 1e-6


@dataclass(frozen=True, kw_only=True)
class PackSpec:
    """All that the factory knows of a pack.

    Attributes
    ----------
    name
        Name of the Python module, of the TypeScript module and of the property of the suite.
    datasets
        Names in ``datasets.registry`` that training reads by default; none for what is chosen, not learned.
    train
        Data -> checkpoint, whose ``weights`` may be empty.
    data
        Checkpoint -> bytes of the file that the runtime reads, the same on every call.
    constants
        Checkpoint -> what the manifest says of the pack (JSON): small values that need no fetch.
    evaluations
        (checkpoint, file or None, split) -> figures on that split of the file, or of the registry's data sets. Raises
        ``DataMissingError`` where the registry's data is not at hand.
    parity
        Checkpoint -> the methods that the browser is held to.
    units
        Metric name -> unit, for every metric that evaluations return: ``%``, ``fraction``, ``dB`` ...
    gates
        Bounds on the test figures of ``pack``; a missed one fails the export.
    largest
        Bytes that the data file may have.
    """

    name: str
    version: str
    title: str
    summary: str
    licence: str
    datasets: tuple[str, ...]
    train: Callable[[TrainRequest], Checkpoint]
    data: Callable[[Checkpoint], bytes]
    constants: Callable[[Checkpoint], dict[str, Any]]
    evaluations: Callable[[Checkpoint, Path | None, Split], Sequence[Measured]]
    parity: Callable[[Checkpoint], Sequence[PackCheck]]
    units: Mapping[str, str]
    gates: tuple[Gate, ...] = ()
    largest: int = LARGEST_PACK

    def __post_init__(self) -> None:
        if not 0 < self.largest <= LARGEST_PACK:
            raise ValueError(f"{self.name}: expected largest from 1 to {LARGEST_PACK:,} bytes, got {self.largest:,}")
