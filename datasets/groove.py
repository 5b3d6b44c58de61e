"""Groove MIDI: drummers playing beats and fills to a click, with the official split."""

from __future__ import annotations

import csv
import io
import tarfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from datasets.midi import Part, read


@dataclass(frozen=True, kw_only=True)
class Performance:
    """One recording of a drummer.

    Attributes
    ----------
    bpm
        Tempo of the click.
    kind
        ``beat`` or ``fill``.
    meter
        Time signature, like ``4-4``.
    split
        ``train``, ``validation`` or ``test``, as published.
    midi
        The file; read on first use, because that takes a while.
    """

    name: str
    style: str
    bpm: int
    kind: str
    meter: str
    split: str
    midi: bytes

    @cached_property
    def part(self) -> Part:
        """The notes, pitches after General MIDI's drum map."""
        return next(iter(read(self.midi).values()))


def load(path: Path) -> list[Performance]:
    """Read all performances of the archive, in the order of its table.

    Raises
    ------
    ValueError
        If the archive has no table ``groove/info.csv``, or lacks a file that the table names.
    """
    with tarfile.open(path) as archive:
        files = {member.name: archive.extractfile(member).read() for member in archive if member.name.endswith((".mid", ".csv"))}  # type: ignore[union-attr]
    try:
        table = csv.DictReader(io.StringIO(files["groove/info.csv"].decode()))
        return [_performance(row, files[f"groove/{row['midi_filename']}"]) for row in table]
    except KeyError as missing:
        raise ValueError(f"{path}: expected groove/info.csv and the files it names, {missing} is missing") from missing


def _performance(row: dict[str, str], midi: bytes) -> Performance:
    return Performance(
        name=row["id"],
        style=row["style"],
        bpm=int(row["bpm"]),
        kind=row["beat_type"],
        meter=row["time_signature"],
        split=row["split"],
        midi=midi,
    )
