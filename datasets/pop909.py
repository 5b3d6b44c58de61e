"""POP909: pop songs as a melody, a bridge (second voices) and a piano, played by people, with the beats they keep and their keys."""

from __future__ import annotations

import re
import tarfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np

from datasets.midi import Part, read

Split = Literal["train", "validation", "test"]
_SONG = re.compile(r"POP909/(\d{3})/(?:\1\.(mid)|(beat_midi|key_audio)\.txt)$")


@dataclass(frozen=True, kw_only=True, eq=False)
class Song:
    """One song.

    Attributes
    ----------
    midi
        The file; read on first use, because that takes 30 ms.
    beats
        float64 [n], seconds.
    keys
        Those of its sections in order, as published: ``Gb:maj``.
    """

    name: str
    midi: bytes
    beats: np.ndarray
    keys: tuple[str, ...] = ()

    @cached_property
    def parts(self) -> dict[str, Part]:
        """MELODY, BRIDGE and PIANO."""
        return read(self.midi)

    @property
    def beat_seconds(self) -> float:
        """Median time from beat to beat."""
        return float(np.median(np.diff(self.beats)))

    @property
    def split(self) -> Split:
        """Of five songs by number, one is for test and one for validation: the set has no split of its own."""
        return ("test", "validation", "train", "train", "train")[int(self.name) % 5]  # type: ignore[return-value]


def load(path: Path) -> list[Song]:
    """Read all songs of the archive, by name.

    Raises
    ------
    ValueError
        If the archive holds no song, or a song lacks its beats or keys.
    """
    files: dict[str, dict[str, bytes]] = {}
    with tarfile.open(path) as archive:
        for member in archive:
            if found := _SONG.match(member.name):
                files.setdefault(found[1], {})[found[2] or found[3]] = archive.extractfile(member).read()  # type: ignore[union-attr]
    if not files or any(len(parts) != 3 for parts in files.values()):
        raise ValueError(
            f"{path}: expected POP909/NNN/NNN.mid, beat_midi.txt and key_audio.txt of each song, got {len(files)} songs, not all with them"
        )
    return [
        Song(name=name, midi=parts["mid"], beats=_beats(parts["beat_midi"]), keys=_keys(parts["key_audio"]))
        for name, parts in sorted(files.items())
    ]


def _beats(content: bytes) -> np.ndarray:
    return np.array([float(line.split()[0]) for line in content.decode().splitlines() if line.strip()])


def _keys(content: bytes) -> tuple[str, ...]:
    return tuple(line.split()[2] for line in content.decode().splitlines() if line.strip())
