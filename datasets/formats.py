"""Turns what a source publishes into the file that our loaders read, and says which content its hash is taken of."""

from __future__ import annotations

import gzip
import hashlib
import io
import warnings
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from datasets.files import sha256_of

CHART_TABLE = ("Date", "Position", "Streams", "track_ID", "Artist", "Track")


class FormatError(Exception):
    """A download is damaged or is not what it should be."""


class Unpacked(NamedTuple):
    """What a download becomes: the content that is hashed, and the bytes that are stored."""

    content: bytes
    stored: bytes


def from_zip(archive: Path, member: str) -> Unpacked:
    """Take a UTF-8 text out of a ZIP archive, with LF line ends, stored with gzip."""
    try:
        with zipfile.ZipFile(archive) as opened:
            content = opened.read(member).replace(b"\r\n", b"\n")
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise FormatError(f"expected a whole ZIP archive, got {error}") from error
    except KeyError:
        raise FormatError(f"expected {member} in the ZIP archive; it is not there") from None
    return Unpacked(content, gzip.compress(content, mtime=0))


def from_rda(archive: Path, member: str) -> Unpacked:
    """Take a chart's data frame out of an R data file, ordered by date and position, stored as Parquet."""
    import rdata

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # R's class Date is unknown to rdata; its days are read as numbers below
            frame = rdata.read_rda(archive, default_encoding="utf-8")[member][list(CHART_TABLE)]
    except Exception as error:  # rdata raises whatever the damaged byte leads to
        raise FormatError(
            f"expected an R data file with {member} ({', '.join(CHART_TABLE)}), got {type(error).__name__}: {error}"
        ) from error
    if pd.api.types.is_numeric_dtype(frame["Date"]):
        frame = frame.assign(Date=pd.to_datetime(frame["Date"], unit="D"))  # R counts days from 1970-01-01
    frame = frame.astype({"Date": "datetime64[ms]", "Position": "int16", "Streams": "int32"})
    frame = frame.sort_values(["Date", "Position"], ignore_index=True)
    return Unpacked(table_text(frame), frame.to_parquet(index=False))


def from_wheel(archive: Path, member: str) -> Unpacked:
    """Keep a wheel as it is; ``member`` is its file name."""
    content = archive.read_bytes()
    if not zipfile.is_zipfile(archive):
        raise FormatError(f"expected the wheel {member}, got no ZIP archive")
    return Unpacked(content, content)


FORMATS: dict[str, Callable[[Path, str], Unpacked]] = {"zip": from_zip, "rda": from_rda, "wheel": from_wheel}


def table_text(frame: pd.DataFrame) -> bytes:
    """Write a table as CSV, the same whichever version of Parquet stored it."""
    return frame.to_csv(index=False, lineterminator="\n", date_format="%Y-%m-%d").encode()


def content_sha256(path: Path) -> str:
    """SHA-256 of a file's content: of the unpacked text for ``.gz``, of the rows as CSV for ``.parquet``, else of the file."""
    try:
        if path.suffix == ".gz":
            return hashlib.sha256(gzip.decompress(path.read_bytes())).hexdigest()
        if path.suffix == ".parquet":
            return hashlib.sha256(table_text(pd.read_parquet(io.BytesIO(path.read_bytes())))).hexdigest()
    except (EOFError, OSError, ValueError, zlib.error):
        return "unreadable"
    return sha256_of(path)
