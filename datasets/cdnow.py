"""CDNOW: what 23,570 customers of a music shop bought, as an event log."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from datasets.tables import DataError, Problem

EVENT = "purchase"
HEADER = ["customer_id", "date", "number_of_cds", "dollar_value"]


def read_cdnow(path: Path) -> pl.DataFrame:
    """Read the published file, columns of text apart by spaces.

    Returns
    -------
    pl.DataFrame
        user, day, event and amount (US dollars) as ``datasets.events.read_events`` returns them, a row each purchase.

    Raises
    ------
    DataError
        If the file is not CDNOW's.
    """
    lines = path.read_text(encoding="ascii", errors="replace").splitlines()
    if not lines or lines[0].split() != HEADER:
        raise DataError(path, [Problem(f"expected the header {' '.join(HEADER)} of CDNOW's file", line=1)])
    cells = pl.DataFrame({"text": lines[1:]}).select(cells=pl.col("text").str.strip_chars().str.replace_all(" +", " ").str.split(" "))
    cell = pl.col("cells").list
    try:
        return cells.select(
            user=cell.get(0).cast(pl.Categorical),
            day=cell.get(1).str.to_date("%Y%m%d").cast(pl.Int32),
            event=pl.lit(EVENT).cast(pl.Categorical),
            amount=cell.get(3).cast(pl.Float64),
        )
    except pl.exceptions.PolarsError as error:
        raise DataError(path, [Problem(f"not CDNOW's file: {error}")]) from error
