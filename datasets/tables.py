"""Reads tables of users strictly: nothing is dropped or guessed, and all problems are reported at once with file, line and column."""

from __future__ import annotations

import csv
import gzip
import io
import math
import re
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

SHOWN = 20
_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_ISO_TIME = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{3})?)?")


@dataclass(frozen=True)
class Problem:
    """What is wrong at one place of a file; ``line`` counts from 1, the header's line."""

    message: str
    line: int | None = None
    column: str | None = None


class DataError(Exception):
    """A file is not what its layout asks for.

    Attributes
    ----------
    path
        The file.
    problems
        All that was found, in the order of the lines.
    """

    def __init__(self, path: Path, problems: Iterable[Problem]) -> None:
        self.path = path
        self.problems = tuple(sorted(problems, key=lambda problem: problem.line or 0))
        shown = [_sentence(path, problem) for problem in self.problems[:SHOWN]]
        if len(self.problems) > SHOWN:
            shown.append(f"... and {len(self.problems) - SHOWN} more problems in {path.name}")
        super().__init__("\n".join(shown))


def _sentence(path: Path, problem: Problem) -> str:
    line = f":{problem.line}" if problem.line else ""
    column = f' column "{problem.column}":' if problem.column else ""
    return f"{path.name}{line}:{column} {problem.message}"


class Problems:
    """Gathers what is wrong with one file, so that its owner can mend all of it at once."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._found: list[Problem] = []

    def add(self, message: str, *, line: int | None = None, column: str | None = None) -> None:
        """Note one problem."""
        self._found.append(Problem(message, None if line is None else int(line), column))

    def check(self) -> None:
        """Raise DataError if anything was noted."""
        if self._found:
            raise DataError(self.path, self._found)


@dataclass(frozen=True, eq=False)
class Table:
    """Cells of a file as they stand there.

    Attributes
    ----------
    cells
        One column per header field: text from CSV, typed values from Parquet.
    lines
        Line of each row in the file; rows of a Parquet file count as if a header were line 1.
    """

    path: Path
    cells: pd.DataFrame
    lines: np.ndarray

    def __len__(self) -> int:
        return len(self.cells)

    @property
    def columns(self) -> tuple[str, ...]:
        """Header fields in their order."""
        return tuple(self.cells.columns)

    def require(self, columns: Iterable[str], problems: Problems) -> None:
        """Note each column that is missing."""
        missing = [column for column in columns if column not in self.columns]
        for column in missing:
            problems.add(f"missing; the header has {', '.join(self.columns)}", line=1, column=column)

    def numbers(self, column: str, problems: Problems, *, empty: bool = False) -> np.ndarray:
        """Return a column as float64 [n]; with ``empty``, cells left blank become NaN instead of problems."""
        return self._convert(column, _number, problems, empty=empty, dtype=np.float64, missing=math.nan)

    def dates(self, column: str, problems: Problems) -> np.ndarray:
        """Return a column of ISO dates as datetime64[D] [n]."""
        return self._convert(column, _date, problems, dtype="datetime64[D]", missing=np.datetime64("NaT"))

    def times(self, column: str, problems: Problems, *, empty: bool = False) -> np.ndarray:
        """Return a column of local ISO date-times without a zone as datetime64[ms] [n]; with ``empty``, blank cells become NaT."""
        return self._convert(column, _time, problems, empty=empty, dtype="datetime64[ms]", missing=np.datetime64("NaT"))

    def booleans(self, column: str, problems: Problems) -> np.ndarray:
        """Return a column of 0, 1, true or false as bool [n]."""
        return self._convert(column, _boolean, problems, dtype=bool, missing=False)

    def texts(self, column: str, problems: Problems) -> np.ndarray:
        """Return a column of labels, none of them empty, as str objects [n]."""
        return self._convert(column, str, problems, dtype=object, missing="")

    def prose(self, column: str) -> list[str]:
        """Return a column of free text as it stands, n strings; a missing cell is an empty text."""
        return [cell if isinstance(cell, str) else "" for cell in self.cells[column].tolist()]

    def _convert(
        self, column: str, convert: Callable[[Any], Any], problems: Problems, *, dtype: Any, missing: Any, empty: bool = False
    ) -> np.ndarray:
        values = []
        known: dict[Any, Any] = {}  # dates and labels repeat: each distinct cell is converted once
        for cell, line in zip(self.cells[column].tolist(), self.lines.tolist(), strict=True):
            value = known.get(cell)
            if value is None:
                if _is_empty(cell):
                    if not empty:
                        problems.add("empty; expected a value", line=line, column=column)
                    values.append(missing)
                    continue
                try:
                    value = known[cell] = convert(cell.strip() if isinstance(cell, str) else cell)
                except ValueError as error:
                    problems.add(str(error), line=line, column=column)
                    value = missing
            values.append(value)
        return np.array(values, dtype=dtype)


def read_table(path: Path) -> Table:
    """Read a CSV (``.csv``, ``.csv.gz``: UTF-8, comma, one header line) or Parquet file.

    Raises
    ------
    DataError
        If the file is missing, empty, not UTF-8, not a table, or ragged; every ragged row is named.
    """
    path = Path(path)
    problems = Problems(path)
    if not path.is_file():
        problems.add(f"no such file: {path}")
        problems.check()
    table = _read_parquet(path, problems) if path.suffix == ".parquet" else _read_csv(path, problems)
    _check_header(table, problems)
    if not len(table):
        problems.add("no rows below the header", line=1)
    problems.check()
    return table


def _read_parquet(path: Path, problems: Problems) -> Table:
    try:
        cells = pd.read_parquet(path)
    except (OSError, ValueError) as error:
        problems.add(f"not readable as Parquet: {error}")
        problems.check()
    cells.columns = cells.columns.map(str)
    return Table(path, cells, np.arange(2, len(cells) + 2))


def _read_csv(path: Path, problems: Problems) -> Table:
    rows: list[list[str]] = []
    lines: list[int] = []
    reader = csv.reader(io.StringIO(_text(path, problems), newline=""), strict=True)
    header: list[str] = []
    line = 1
    try:
        for row in reader:
            if not header:
                header = [name.strip() for name in row]
            elif row and len(row) != len(header):
                problems.add(f"expected {len(header)} fields as in the header, got {len(row)}", line=line)
            elif row:
                rows.append(row)
                lines.append(line)
            line = reader.line_num + 1
    except csv.Error as error:
        problems.add(f"not readable as CSV: {error}", line=line)
    if not header:
        problems.add("empty file; expected a header line and rows")
    problems.check()
    cells = pd.DataFrame(rows, columns=pd.Index(header, dtype=object), dtype=object)
    return Table(path, cells, np.array(lines, dtype=np.int64))


def _text(path: Path, problems: Problems) -> str:
    content = path.read_bytes()
    try:
        if path.suffix == ".gz":
            content = gzip.decompress(content)
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        problems.add(f"not UTF-8: byte 0x{content[error.start]:02x}; save the file with UTF-8 encoding", line=line)
    except (EOFError, OSError, zlib.error) as error:
        problems.add(f"not readable as gzip: {error}")
    problems.check()
    raise AssertionError("unreachable: a problem was noted above")


def _check_header(table: Table, problems: Problems) -> None:
    seen: set[str] = set()
    for position, name in enumerate(table.columns, start=1):
        if not name:
            problems.add(f"column {position} has no name", line=1)
        elif name in seen:
            problems.add("appears more than once", line=1, column=name)
        seen.add(name)


def _is_empty(cell: object) -> bool:
    return not cell.strip() if isinstance(cell, str) else bool(pd.isna(cell))


def _number(cell: object) -> float:
    try:
        if isinstance(cell, str) and "_" in cell:  # Python alone reads 1_000 as a number
            raise ValueError
        value = float(cell)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise ValueError(f'expected a number, got "{cell}"') from None
    if not math.isfinite(value):
        raise ValueError(f'expected a finite number, got "{cell}"')
    return value


def _date(cell: object) -> np.datetime64:
    try:
        if isinstance(cell, datetime):
            if cell.time() != datetime.min.time():
                raise ValueError
            return np.datetime64(cell.date(), "D")
        if isinstance(cell, str) and not _ISO_DATE.fullmatch(cell):
            raise ValueError
        return np.datetime64(cell if isinstance(cell, date) else date.fromisoformat(cell), "D")  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise ValueError(f'expected a date as YYYY-MM-DD, got "{cell}"') from None


def _time(cell: object) -> np.datetime64:
    try:
        if not isinstance(cell, datetime) and not _ISO_TIME.fullmatch(str(cell)):
            raise ValueError
        value = cell if isinstance(cell, datetime) else datetime.fromisoformat(str(cell))
        if value.tzinfo is not None:
            raise ValueError
        return np.datetime64(value.replace(tzinfo=None), "ms")
    except ValueError:
        raise ValueError(f'expected a local date-time as YYYY-MM-DDTHH:MM:SS, without a zone, got "{cell}"') from None


def _boolean(cell: object) -> bool:
    known = {"0": False, "1": True, "0.0": False, "1.0": True, "false": False, "true": True}
    try:
        return known[str(cell).lower()]
    except KeyError:
        raise ValueError(f'expected 0, 1, true or false, got "{cell}"') from None
