"""Recordings in known keys as the key model reads them: renders of POP909 songs, GTZAN's clips and spectrograms, and sounds in no key.

Features of whole sources are kept in the cache, under the digest of what they were computed from.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from rich.console import Console
from rich.progress import track

from datasets import key_features, key_songs, keyless, mel_chroma
from datasets.clips import AudioError, clip_table, read_mono
from datasets.files import sha256_of, write_atomically
from datasets.key_features import HEARD, Heading, describe, hear
from datasets.keys import key_index
from datasets.mel_chroma import hear_mel
from datasets.pop909 import Split
from datasets.registry import cache, find
from datasets.renders import render, render_all
from datasets.tables import Problems

NO_KEY = -1
DATA = ("pop909", "groove_midi", "gtzan_logmel", "gtzan_labels")
stderr = Console(stderr=True)
with_bar = partial(track, console=stderr, transient=True)
_SHORTEST_PART = 60  # frames of a random part of a recording, about 11 s


@dataclass(frozen=True, eq=False)
class Recordings:
    """Features with what is known of them, a row each.

    Attributes
    ----------
    name
        Of the recording: rows of one name are parts of it, the first of them the whole.
    key
        Index of ``datasets.keys``, or -1 for sounds in no key.
    split
        As its source says.
    pitch_classes, transitions
        float32 [n, 6, 12] and [n, 24, 24] of ``datasets.key_features.describe``.
    """

    name: np.ndarray
    key: np.ndarray
    split: np.ndarray
    pitch_classes: np.ndarray
    transitions: np.ndarray

    def __len__(self) -> int:
        return len(self.key)

    def take(self, rows: np.ndarray) -> Recordings:
        """Some of the rows, by mask or index."""
        return Recordings(**{name: values[rows] for name, values in vars(self).items()})

    @property
    def whole(self) -> np.ndarray:
        """Mask of the rows that are whole recordings."""
        return np.r_[True, self.name[1:] != self.name[:-1]] if len(self) else np.zeros(0, bool)


def joined(parts: Iterable[Recordings]) -> Recordings:
    """One after the other."""
    rows = [vars(part) for part in parts]
    return Recordings(**{name: np.concatenate([row[name] for row in rows]) for name in rows[0]})


def songs(split: Split, count: int, *, songs: int | None = None, parts: int = 0) -> Recordings:
    """Renders of POP909's songs of one key; see ``datasets.key_songs.excerpts``.

    Parameters
    ----------
    parts
        Random parts of each beside the whole.
    """
    excerpts = [excerpt for excerpt in key_songs.excerpts(split, count, songs=songs) if excerpt.render.voices]

    def heard() -> Iterable[Heading]:
        render_all([excerpt.render for excerpt in excerpts])
        for excerpt in with_bar(excerpts, description="features"):
            yield hear(render(excerpt.render).mean(axis=1))

    said = [(f"{excerpt.song}/{place}", excerpt.key, split) for place, excerpt in enumerate(excerpts)]
    return _kept(f"songs {split} {count} {songs} {sha256_of(find('pop909'))} {sha256_of(Path(key_songs.__file__))}", said, heard, parts)


def clips(*, parts: int = 0) -> Recordings:
    """GTZAN's clips of which the audio is at hand and the key known."""
    table = clip_table()
    table = table[table["key"].notna()]
    said = [(row.track, key_index(row.key), row.split) for row in table.itertuples()]
    heard = (hear(read_mono(path, HEARD.sampleRate)) for path in table["path"])
    return _kept(f"clips {sorted(table['track'])}", said, lambda: heard, parts)


def spectrograms(*, parts: int = 0) -> Recordings:
    """GTZAN's log-mel spectrograms whose key is known: ten times as many tracks as clips."""
    labels = pd.read_csv(find("gtzan_labels")).dropna(subset="key").set_index("track")
    with np.load(find("gtzan_logmel")) as file:
        held = {name: file[name] for name in ("track", "mel_u8", "range_db", "top_db")}
    known = [row for row, name in enumerate(held["track"]) if str(name) in labels.index]

    def heard() -> Iterable[Heading]:
        for row in with_bar(known, description="spectrograms"):
            yield hear_mel((held["range_db"][row] * (held["mel_u8"][row].astype(np.float32) / 255 - 1) + held["top_db"][row]).T)

    names = [str(held["track"][row]) for row in known]
    said = [(name, key_index(labels.loc[name, "key"]), labels.loc[name, "split"]) for name in names]
    return _kept(f"spectrograms {sha256_of(find('gtzan_logmel'))}", said, heard, parts)


def sounds_in_no_key(split: Split, count: int, *, parts: int = 0) -> Recordings:
    """Drummers alone, so many, and a third as many noises and rows of tones; see ``datasets.keyless``."""
    renders, signals = (
        keyless.drums_alone(split, count),
        keyless.atonal(seed=("train", "validation", "test").index(split), count=count // 12),
    )

    def heard() -> Iterable[Heading]:
        render_all(renders)
        for samples in [*(render(each).mean(axis=1) for each in renders), *signals]:
            yield hear(samples)

    said = [(f"no key {place}", NO_KEY, split) for place in range(len(renders) + len(signals))]
    recipe = " ".join(sha256_of(Path(module.__file__)) for module in (keyless, key_songs))
    return _kept(f"no key {count} {recipe}", said, heard, parts)


def read_table(path: Path) -> Recordings:
    """A user's table ``file,key``: audio files, relative to the table, and their keys.

    Raises
    ------
    DataError
        If a column is missing, a key is none, or a file can't be read.
    """
    problems = Problems(path)
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        if missing := {"file", "key"} - set(reader.fieldnames or ()):
            problems.add(f"expected columns file, key; {', '.join(sorted(missing))} is missing", line=1)
        problems.check()
        rows = [(reader.line_num, row["file"] or "", row["key"] or "") for row in reader]
    if not rows:
        problems.add("expected at least one row of file,key", line=2)
    said, headings = [], []
    for line, name, key in with_bar(rows, description="features"):
        try:
            said.append((name, key_index(key), ""))
            headings.append(hear(read_mono(path.parent / name, HEARD.sampleRate)))
        except AudioError as error:
            problems.add(str(error), line=line, column="file")
        except ValueError as error:
            problems.add(str(error), line=line, column="key")
    problems.check()
    return _described(said, headings, 0)


def _kept(source: str, said: list[tuple[str, int, str]], heard: Callable[[], Iterable[Heading]], parts: int) -> Recordings:
    """Rows of a source, from the cache where they were computed before by the same code."""
    code = [sha256_of(Path(module.__file__)) for module in (key_features, mel_chroma)]
    path = cache() / "key_features" / f"{hashlib.sha256(repr((source, said, parts, code)).encode()).hexdigest()}.npz"
    if not path.is_file():
        content = io.BytesIO()
        np.savez(content, **vars(_described(said, heard(), parts)))
        write_atomically(path, content.getvalue())
    with np.load(path) as stored:
        return Recordings(**{name: stored[name] for name in stored.files})


def _described(said: list[tuple[str, int, str]], headings: Iterable[Heading], parts: int) -> Recordings:
    random = np.random.default_rng(0)
    rows, features = [], []
    for row, heading in zip(said, headings, strict=True):
        for each in (heading, *(_part(heading, random) for _ in range(parts))):
            rows.append(row)
            features.append(describe(each))
    name, key, split = (np.array(column) for column in zip(*rows, strict=True))
    return Recordings(name, key, split, *(np.stack([each[part] for each in features]) for part in ("pitch_classes", "transitions")))


def _part(heading: Heading, random: np.random.Generator) -> Heading:
    count = int(heading.frame[-1]) + 1 if len(heading.frame) else 0
    length = int(random.uniform(_SHORTEST_PART, max(count, _SHORTEST_PART + 1)))
    first = int(random.uniform(0, max(count - length, 0) + 1))
    return heading.between(first, first + length)
