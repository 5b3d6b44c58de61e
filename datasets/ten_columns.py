"""Tables of ten numbers a row, some of them perhaps labelled as anomalies: ADBench's files and any user's own."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from datasets.tables import Problems, read_table

COLUMNS = 10
LABEL = "anomaly"
MINIMUM_ROWS = 200


@dataclass(frozen=True, eq=False)
class TenColumns:
    """Rows of a table.

    Attributes
    ----------
    names
        The ten columns.
    values
        float64 [n, 10], finite.
    anomalous
        bool [n], or None where the table has no labels.
    """

    names: tuple[str, ...]
    values: np.ndarray
    anomalous: np.ndarray | None

    def __len__(self) -> int:
        return len(self.values)


def load(path: Path) -> TenColumns:
    """Read ``.npz`` with X and y (ADBench), or a CSV or Parquet file of ten numeric columns and, if known, ``anomaly`` (0 or 1).

    Raises
    ------
    DataError
        If there are not ten numeric columns, cells are bad, or fewer than 200 rows are normal.
    """
    path = Path(path)
    problems = Problems(path)
    rows = _adbench(path, problems) if path.suffix == ".npz" else _table(path, problems)
    normal = len(rows) if rows.anomalous is None else int((~rows.anomalous).sum())
    if normal < MINIMUM_ROWS:
        problems.add(f"{normal} normal rows; expected at least {MINIMUM_ROWS}, to train on some and judge on others")
    problems.check()
    return rows


def _adbench(path: Path, problems: Problems) -> TenColumns:
    try:
        with np.load(path) as file:
            values, labels = file["X"].astype(np.float64), file["y"] != 0
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        problems.add(f"expected an ADBench file with X and y, got {error}")
        problems.check()
    if values.ndim != 2 or values.shape[1] != COLUMNS or labels.shape != values.shape[:1] or not np.isfinite(values).all():
        problems.add(f"expected X [n, {COLUMNS}] of finite numbers and y [n], got {values.shape} and {labels.shape}")
        problems.check()
    return TenColumns(tuple(f"x{column}" for column in range(1, COLUMNS + 1)), values, labels)


def _table(path: Path, problems: Problems) -> TenColumns:
    table = read_table(path)
    names = tuple(name for name in table.columns if name != LABEL)
    if len(names) != COLUMNS:
        problems.add(f"expected {COLUMNS} numeric columns, and {LABEL} if known; got {len(names)}: {', '.join(names)}", line=1)
        problems.check()
    values = np.column_stack([table.numbers(name, problems) for name in names])
    labels = table.booleans(LABEL, problems) if LABEL in table.columns else None
    problems.check()
    return TenColumns(names, values, labels)
