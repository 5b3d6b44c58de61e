"""The Numenta Anomaly Benchmark: series of servers, sensors, advertisements and tweets with the windows in which something happened."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from datasets.tables import Problems, read_table

COLUMNS = ("value", "file", "in_window")


@dataclass(frozen=True, eq=False)
class NabSeries:
    """One file of the benchmark.

    Attributes
    ----------
    values
        float64 [n], in the order of time; NAB's points are taken as equally spaced.
    in_window
        bool [n]: inside one of NAB's labelled windows.
    """

    name: str
    values: np.ndarray
    in_window: np.ndarray


def load(path: Path) -> list[NabSeries]:
    """Read ``file, value, in_window`` rows, each file's in the order of time, sorted by file.

    Raises
    ------
    DataError
        If columns are missing or cells are no numbers.
    """
    table = read_table(path)
    problems = Problems(table.path)
    table.require(COLUMNS, problems)
    problems.check()
    values, inside = table.numbers("value", problems), table.numbers("in_window", problems) > 0
    files = table.texts("file", problems)
    problems.check()
    return [NabSeries(str(name), values[files == name], inside[files == name]) for name in sorted(set(files))]
