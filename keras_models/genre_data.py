"""Tracks to learn genres from: log-mel spectrograms and MusiCNN's tags, out of two kinds of .npz files or a folder of audio files.

A file of spectrograms holds ``mel_u8, range_db, top_db, genre, genre_names, track`` (dB = range_db * (mel_u8 / 255 - 1) + top_db,
[tracks, 128, 387]) and may hold ``split``; a file of tags holds ``tags, genre, genre_names, track``, a row for each patch of three seconds.
Genres without names are indices in the order of a model's labels.
A folder with such files means their tracks in common; a folder with a subfolder of audio for each genre is read by ``genre_folder``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from datasets.registry import find
from datasets.tables import DataError, Problem

DATA = ("gtzan_logmel", "gtzan_musicnn_tags")
PATCHES = 10  # of a track that the model reads, evenly spread
RUNS = {  # numbers of GTZAN's train tracks with which another artist, or another few, begins
    "blues": (40, 73, 85),
    "classical": (50, 80, 90),
    "country": (65, 85, 95),
    "disco": (22, 35, 49),
    "hiphop": (16, 28, 55),
    "jazz": (41, 56, 66),
    "metal": (46, 59, 79),
    "pop": (16, 31, 80),
    "reggae": (16, 42, 54),
    "rock": (16, 57, 91),
}
RAREST = 1e-6  # a published probability of 0 or 1 has a finite logit


@dataclass(frozen=True)
class Tracks:
    """Tracks with their genres.

    Attributes
    ----------
    names
        Genres.
    track, genre, split
        [n] name; index of the genre; ``train``, ``valid``, ``dev``, or empty where a file has no splits.
    mel
        float32 [n, 387, 128] in dB, frames first; None where there are only tags.
    tags
        Logits over time for each track, [patches, 50]; None where there are only spectrograms.
    """

    names: tuple[str, ...]
    track: np.ndarray
    genre: np.ndarray
    split: np.ndarray
    mel: np.ndarray | None = None
    tags: tuple[np.ndarray, ...] | None = None

    def take(self, rows: np.ndarray) -> Tracks:
        """Some of the tracks, by mask or index."""
        rows = np.flatnonzero(rows) if rows.dtype == bool else rows
        tags = None if self.tags is None else tuple(self.tags[row] for row in rows)
        mel = None if self.mel is None else self.mel[rows]
        return replace(self, track=self.track[rows], genre=self.genre[rows], split=self.split[rows], mel=mel, tags=tags)

    def patches(self, phase: int = 0) -> np.ndarray:
        """Logits of ten patches of each track, [n, 10, 50]; another phase takes neighbours of the patches."""
        chosen = [np.minimum(np.rint(np.linspace(0, len(each) - 1, PATCHES)).astype(int) + phase, len(each) - 1) for each in self.tags]
        return np.stack([each[rows] for each, rows in zip(self.tags, chosen, strict=True)]).astype(np.float32)


def load(path: Path) -> Tracks:
    """Read a file of spectrograms or tags, a folder of such files joined on their tracks, or a folder of audio.

    Raises
    ------
    DataError
        If it is none of these.
    """
    if path.is_dir():
        files = sorted(path.glob("*.npz"))
        if files:
            return joined([load(file) for file in files], path)
        from keras_models.genre_folder import read_folder

        return read_folder(path)
    try:
        with np.load(path) as file:
            held = {name: file[name] for name in file.files}
    except (OSError, ValueError) as error:
        raise DataError(path, [Problem(f"expected a .npz file or a folder, got {error}")]) from error
    if {"mel_u8", "range_db", "top_db", "genre", "track"} <= held.keys():
        return _of_spectrograms(held)
    if {"tags", "genre", "track"} <= held.keys():
        return _of_tags(held)
    expected = "mel_u8, range_db, top_db, genre, track or tags, genre, track"
    raise DataError(path, [Problem(f"expected arrays {expected}, got {', '.join(sorted(held))}")])


def registered() -> Tracks:
    """GTZAN's tracks that have spectrogram and tags."""
    return joined([load(find(name)) for name in DATA], find(DATA[0]).parent)


def joined(parts: Sequence[Tracks], path: Path) -> Tracks:
    """Tracks that all parts have, with what each part knows of them."""
    common = [name for name in parts[0].track if all(name in set(part.track.tolist()) for part in parts[1:])]
    if not common:
        raise DataError(path, [Problem("the files have no track in common")])
    places = [{name: row for row, name in enumerate(part.track.tolist())} for part in parts]
    ordered = [part.take(np.array([place[name] for name in common])) for part, place in zip(parts, places, strict=True)]
    mel = next((part.mel for part in ordered if part.mel is not None), None)
    tags = next((part.tags for part in ordered if part.tags is not None), None)
    with_split = next((part for part in ordered if part.split.any()), ordered[0])
    return replace(with_split, mel=mel, tags=tags)


def _genres(held: dict[str, np.ndarray]) -> tuple[tuple[str, ...], np.ndarray]:
    """Names and index of each row's genre, which a file holds as names, as indices of ``genre_names``, or as bare indices."""
    genre = held["genre"]
    if genre.dtype.kind in "US":
        names, genre = np.unique(genre, return_inverse=True)
        return tuple(names.tolist()), genre
    names = held.get("genre_names", np.arange(int(genre.max(initial=0)) + 1).astype(str))
    return tuple(names.tolist()), genre.astype(int)


def _of_spectrograms(held: dict[str, np.ndarray]) -> Tracks:
    decibels = held["range_db"][:, None, None] * (held["mel_u8"].astype(np.float32) / 255 - 1) + held["top_db"][:, None, None]
    split = held.get("split", np.full(len(held["track"]), ""))
    mel = np.ascontiguousarray(decibels.transpose(0, 2, 1), np.float32)
    names, genre = _genres(held)
    return Tracks(names, held["track"], genre, split, mel=mel)


def _of_tags(held: dict[str, np.ndarray]) -> Tracks:
    track, first = np.unique(held["track"], return_index=True)
    probability = np.clip(held["tags"].astype(np.float64), RAREST, 1 - RAREST)
    logits = np.log(probability / (1 - probability))
    tags = tuple(logits[held["track"] == name] for name in track)
    names, genre = _genres(held)
    return Tracks(names, track, genre[first], np.full(len(track), ""), tags=tags)


def artist_folds(tracks: Tracks) -> np.ndarray:
    """Fold of each of GTZAN's train tracks, int [n], so that hardly an artist is in two of them.

    GTZAN names no artists, but its clips were gathered artist after artist: each genre is cut into four runs of numbers, where numbers
    are missing or the sound changes for good. Runs that meet in a fold are of other genres' other places.
    """
    number = np.array([int(name.rsplit(".", 1)[1]) for name in tracks.track.tolist()])
    folds = np.zeros(len(number), int)
    for at, (genre, starts) in enumerate(RUNS.items()):
        rows = tracks.genre == tracks.names.index(genre)
        folds[rows] = (np.searchsorted(starts, number[rows], side="right") + at) % (len(starts) + 1)
    return folds


def random_folds(genre: np.ndarray, count: int, seed: int) -> np.ndarray:
    """Fold of each track, stratified by genre, drawn by seed: clips of one artist end up in several folds."""
    random = np.random.default_rng(seed)
    folds = np.zeros(len(genre), int)
    for each in np.unique(genre):
        rows = random.permutation(np.flatnonzero(genre == each))
        folds[rows] = np.arange(len(rows)) % count
    return folds
