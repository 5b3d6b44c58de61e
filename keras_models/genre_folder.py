"""A user's own music to learn genres from: a folder with a subfolder of audio files for each genre, features kept between runs."""

from __future__ import annotations

import hashlib
import io
from collections import Counter
from functools import cache
from pathlib import Path

import numpy as np
import tensorflow as tf
from rich.console import Console
from rich.progress import track as with_bar

from datasets.clips import AudioError, read_mono
from datasets.files import sha256_of, write_atomically
from datasets.music_features import PATCH, SPARSE, even_starts, log_mel, patches_at, sparse_mel
from datasets.registry import cache as cache_folder
from datasets.tables import DataError, Problem
from keras_models.checkpoint import load_checkpoint
from keras_models.genre_data import Tracks
from keras_models.musicnn_trunk import trunk_graph

SECONDS, SHORTEST = 30, 3
STORED_PATCHES = 28  # of 30 s, as in the published tags
FEWEST = 10  # files of a genre, so that each fold has some of it
stderr = Console(stderr=True)


def read_folder(path: Path) -> Tracks:
    """Features of every readable file; those that are not are listed and skipped.

    A file's middle 30 s count; a shorter one is repeated. Features are kept in the cache by content: a run that was broken off goes on.

    Raises
    ------
    DataError
        If there are fewer than two genres with ten readable files.
    """
    files = [(folder.name, file) for folder in _subfolders(path) for file in _files(folder)]
    held, unread = [], []
    for genre, file in with_bar(files, description=f"{path.name}: features", console=stderr, disable=not files):
        try:
            held.append((genre, str(file.relative_to(path)), *features(file)))
        except AudioError as error:
            unread.append(str(error))
    for problem in unread:
        stderr.print(f"skipped: {problem}", highlight=False, markup=False)
    if unread:
        stderr.print(f"{len(unread)} of {len(files)} files could not be read and were skipped", highlight=False)
    counts = Counter(genre for genre, *_ in held)
    names = tuple(sorted(name for name, count in counts.items() if count >= FEWEST))
    few = {folder.name: counts[folder.name] for folder in _subfolders(path) if counts[folder.name] < FEWEST}
    for name, count in few.items():
        stderr.print(f"left out: {name}, {count} readable files where {FEWEST} are needed", highlight=False, markup=False)
    if len(names) < 2:
        raise DataError(path, [Problem(f"expected two subfolders or more, one a genre, each with {FEWEST} readable audio files or more")])
    stderr.print(f"{len(names)} genres: {', '.join(f'{name} ({counts[name]})' for name in names)}", highlight=False, markup=False)
    kept = [entry for entry in held if entry[0] in names]
    genre = np.array([names.index(each) for each, *_ in kept])
    track, mel, tags = (tuple(entry[column] for entry in kept) for column in (1, 2, 3))
    return Tracks(names, np.array(track), genre, np.full(len(kept), ""), mel=np.stack(mel), tags=tags)


def features(file: Path) -> tuple[np.ndarray, np.ndarray]:
    """Spectrogram [387, 128] and logits of tags [28, 50] of a file's middle 30 s.

    Raises
    ------
    AudioError
        If it is no audio, or shorter than 3 s.
    """
    kept = cache_folder() / "genre_features" / f"{sha256_of(file)}-{load_checkpoint('musicnn').sha256[:12]}.npz"
    if kept.is_file():
        with np.load(kept) as stored:
            return stored["mel"], stored["tags"]
    mel = sparse_mel(_middle(read_mono(file, SPARSE.sampleRate), SPARSE.sampleRate, file))
    spectrogram = log_mel(_middle(read_mono(file, PATCH.sampleRate), PATCH.sampleRate, file))
    tags = _tags(patches_at(spectrogram, even_starts(len(spectrogram), STORED_PATCHES)))
    content = io.BytesIO()
    np.savez(content, mel=mel, tags=tags)
    write_atomically(kept, content.getvalue())
    return mel, tags


def _middle(samples: np.ndarray, rate: int, file: Path) -> np.ndarray:
    if len(samples) < SHORTEST * rate:
        raise AudioError(f"{file}: expected at least {SHORTEST} s of audio, got {len(samples) / rate:.2f} s")
    wanted = SECONDS * rate
    start = max(len(samples) - wanted, 0) // 2
    return np.resize(samples[start : start + wanted], wanted)


@cache
def _trunk() -> tf.types.experimental.PolymorphicFunction:
    weights = {name: tf.constant(value) for name, value in load_checkpoint("musicnn").weights.items()}
    return tf.function(lambda patches: trunk_graph(weights, patches), reduce_retracing=True)


def _tags(patches: np.ndarray) -> np.ndarray:
    return _trunk()(tf.constant(patches)).numpy()


def folder_digest(path: Path) -> str:
    """SHA-256 over the names and contents of all files that ``read_folder`` looks at."""
    digest = hashlib.sha256()
    for file in (file for folder in _subfolders(path) for file in _files(folder)):
        digest.update(f"{file.relative_to(path)} {sha256_of(file)}\n".encode())
    return digest.hexdigest()


def _subfolders(path: Path) -> list[Path]:
    return sorted(entry for entry in path.iterdir() if entry.is_dir() and not entry.name.startswith("."))


def _files(folder: Path) -> list[Path]:
    return sorted(file for file in folder.rglob("*") if file.is_file() and not file.name.startswith("."))
