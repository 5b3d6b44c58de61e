"""Reads event logs strictly and fast: a row each event, with user, time, event and amount; what can't be read is named by its line."""

from __future__ import annotations

import csv
import gzip
import sys
from pathlib import Path

import polars as pl

from datasets.tables import Problems, read_table

COLUMNS = ("user", "time", "event")
AMOUNT = "amount"
# A date, or a date and a time of day to any precision, in UTC unless an offset is given. The runtime knows the same form.
_CLOCK = r"[T ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,9})?)?"
_OFFSET = r"[+-]([01][0-9]|2[0-3]):[0-5][0-9]"
TIME = rf"^[1-9][0-9]{{3}}-[0-9]{{2}}-[0-9]{{2}}({_CLOCK}(Z|{_OFFSET})?)?$"
EXPECTED = {
    "user": "a user's name or number",
    "time": "a date or an ISO time such as 2026-03-01T18:30:00Z",
    "event": "an event's name",
    AMOUNT: "a finite number or nothing",
}
MOST_NAMED = 1000
MINUTES = 24 * 60


def read_events(path: Path) -> pl.DataFrame:
    """Read an event log.

    Parameters
    ----------
    path
        ``.csv``, ``.csv.gz`` (UTF-8, comma, one header line) or ``.parquet`` with the columns user, time, event and, where there are
        any amounts, amount; others are left out, which is said on stderr. Cells are stripped of white space around them.

    Returns
    -------
    pl.DataFrame
        user (Categorical), day (Int32, days from 1970-01-01 to the UTC day), event (Categorical), amount (Float64, null where empty); in
        the order of the file, repeated rows included.

    Raises
    ------
    DataError
        If the file is missing, no table, without events, or has cells that are not what ``EXPECTED`` says: each with its line, up to 1000.
    """
    path = Path(path)
    problems = Problems(path)
    if not path.is_file():
        problems.add(f"no such file: {path}")
        problems.check()
    try:
        return _read(path, problems)
    except (pl.exceptions.PolarsError, OSError) as error:
        read_table(path)  # names the line where the table itself is at fault
        problems.add(f"not readable: {error}")
        problems.check()
        raise AssertionError("unreachable: a problem was noted above") from error


def _read(path: Path, problems: Problems) -> pl.DataFrame:
    cells = _scan(path)
    schema = cells.collect_schema()
    _check_header(schema.names(), problems)
    parsed = _parsed(schema)
    wrong = _wrong(parsed, schema)
    events = cells.select(**parsed, wrong=pl.any_horizontal(*wrong.values())).collect(engine="streaming")
    if events["wrong"].any():
        _name_cells(cells, wrong, problems)
    elif not len(events):
        problems.add("no events below the header; expected one at least", line=1)
    problems.check()
    return events.drop("wrong")


def _scan(path: Path) -> pl.LazyFrame:
    """Cells of a file; those of CSV are text, and rows without any are left out: blank lines, or the empty end of a spreadsheet."""
    if path.suffix == ".parquet":
        return pl.scan_parquet(path)
    return pl.scan_csv(path, infer_schema=False).filter(pl.any_horizontal(pl.all().str.strip_chars() != ""))


def _check_header(names: list[str], problems: Problems) -> None:
    for column in COLUMNS:
        if column not in names:
            problems.add(f"missing; the header has {', '.join(names)}", line=1, column=column)
    for column in (*COLUMNS, AMOUNT):
        if f"{column}_duplicated_0" in names:  # what polars calls the second of a name
            problems.add("appears more than once", line=1, column=column)
    problems.check()
    others = [name for name in names if name not in (*COLUMNS, AMOUNT)]
    if others:
        print(f"{problems.path.name}: not read: {', '.join(others)}", file=sys.stderr)


def _parsed(schema: pl.Schema) -> dict[str, pl.Expr]:
    """What becomes of a row's cells: null where one can't be read."""
    return {
        "user": _name("user").cast(pl.Categorical),
        "day": _day(schema["time"]),
        "event": _name("event").cast(pl.Categorical),
        "amount": _amount(schema),
    }


def _name(column: str) -> pl.Expr:
    text = _text(column)
    return pl.when(text != "").then(text)


def _text(column: str) -> pl.Expr:
    return pl.col(column).cast(pl.String).str.strip_chars()


def _day(kind: pl.DataType) -> pl.Expr:
    """Day of a time; a time with an offset may lie in the day before or after the one it names."""
    if kind.is_temporal():
        time = pl.col("time")
        in_utc = time.dt.convert_time_zone("UTC") if getattr(kind, "time_zone", None) else time
        return in_utc.cast(pl.Date).cast(pl.Int32)
    text = _text("time")
    day = pl.when(text.str.contains(TIME)).then(text.str.slice(0, 10)).str.to_date("%Y-%m-%d", strict=False).cast(pl.Int32)
    sign = pl.when(text.str.slice(-6, 1) == "+").then(1).otherwise(-1)
    minutes = _minutes(text, 11) - sign * _minutes(text.str.slice(-5), 0)
    return day + pl.when(text.str.contains(f"{_OFFSET}$")).then(minutes.floordiv(MINUTES)).otherwise(0)


def _minutes(text: pl.Expr, at: int) -> pl.Expr:
    """Minutes of the ``hh:mm`` that starts at a position."""
    hours, minutes = (text.str.slice(at + offset, 2).cast(pl.Int32, strict=False) for offset in (0, 3))
    return 60 * hours + minutes


def _amount(schema: pl.Schema) -> pl.Expr:
    if AMOUNT not in schema:
        return pl.lit(None, pl.Float64)
    number = (_text(AMOUNT) if schema[AMOUNT] == pl.String else pl.col(AMOUNT)).cast(pl.Float64, strict=False)
    return pl.when(number.is_finite()).then(number)


def _wrong(parsed: dict[str, pl.Expr], schema: pl.Schema) -> dict[str, pl.Expr]:
    """Column -> whether its cell can't be read."""
    wrong = {column: parsed["day" if column == "time" else column].is_null() for column in COLUMNS}
    if AMOUNT in schema:
        wrong[AMOUNT] = parsed["amount"].is_null() & (_text(AMOUNT).fill_null("") != "")
    return wrong


def _name_cells(cells: pl.LazyFrame, wrong: dict[str, pl.Expr], problems: Problems) -> None:
    flags = {f"wrong {column}": flag for column, flag in wrong.items()}
    marked = cells.with_row_index("row number").with_columns(**flags)
    rows = marked.filter(pl.any_horizontal(*flags)).head(MOST_NAMED).collect().to_dicts()
    lines = _lines(problems.path, {row["row number"] for row in rows})
    for row in rows:
        for column in (column for column in wrong if row[f"wrong {column}"]):
            cell = "" if row[column] is None else str(row[column]).strip()
            got = f'got "{cell}"' if cell else "got nothing"
            problems.add(f"expected {EXPECTED[column]}, {got}", line=lines[row["row number"]], column=column)


def _lines(path: Path, rows: set[int]) -> dict[int, int]:
    """Where rows stand in a file: a quoted cell may run over several lines. Rows of a Parquet file count as if a header were line 1."""
    if path.suffix == ".parquet":
        return {row: row + 2 for row in rows}
    lines = {}
    with (gzip.open if path.suffix == ".gz" else open)(path, "rt", encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file)
        next(reader)
        start, row = reader.line_num + 1, 0
        for cells in reader:
            if any(cell.strip() for cell in cells):
                if row in rows:
                    lines[row] = start
                row += 1
            start = reader.line_num + 1
            if len(lines) == len(rows):
                break
    return lines
