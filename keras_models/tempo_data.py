"""Where recordings with a known tempo come from: GTZAN, renders, clicks, and a user's own table."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd

from datasets import tempo_analysis, tempo_clicks
from datasets.clips import AudioError, clip_table, read_mono
from datasets.files import sha256_of
from datasets.music_features import SPREAD
from datasets.registry import find
from datasets.renders import render, render_all
from datasets.tables import DataError, Problem
from datasets.tempo_periodicity import RHYTHM
from datasets.tempo_renders import Piece
from keras_models.tempo_clips import Clip, clip_of, kept, mel_clip, place_of

HELD_OUT = 5  # every fifth recording of a user's table judges
SPARSE_RATE = SPREAD / 30  # frames per second of GTZAN's published spectrograms


def splits_of(clips: Sequence[Clip]) -> np.ndarray:
    """GTZAN's split of each recording, "" of what is none of its tracks."""
    known = pd.read_csv(find("gtzan_labels")).set_index("track")["split"].to_dict()
    return np.array([known.get(clip.name, "") for clip in clips])


def sparse_clips(tracks: pd.Series, *, scales: Sequence[float] = (1.0,)) -> list[Clip]:
    """GTZAN's published spectrograms of some tracks, each also as if played ``scales`` times as fast."""
    with np.load(find("gtzan_logmel")) as file:
        held = {name: file[name] for name in ("mel_u8", "range_db", "top_db", "track")}
    labels = pd.read_csv(find("gtzan_labels")).set_index("track")["bpm"]
    rows = {name: row for row, name in enumerate(held["track"].tolist())}
    clips = []
    for track in tracks:
        row = rows[track]
        mel = held["range_db"][row] * (held["mel_u8"][row].T.astype(np.float32) / 255 - 1) + held["top_db"][row]
        clips += [mel_clip(track, labels[track] * scale, mel.astype(np.float32), SPARSE_RATE * scale) for scale in scales]
    return clips


def heard_clips() -> list[Clip]:
    """GTZAN's clips with audio at hand, as products hear them: they judge."""
    return [
        kept(f"{track} {sha256_of(path)}", track, bpm, lambda name, bpm, path=path: clip_of(name, bpm, read_mono(path, RHYTHM.sampleRate)))
        for track, path, bpm in _heard()
    ]


def scaled_heard_clips(scales: Sequence[float]) -> list[Clip]:
    """The same as if played ``scales`` times as fast, to learn from."""
    clips = []
    for track, path, bpm in _heard():
        make = _at_scale(lambda path=path: read_mono(path, RHYTHM.sampleRate))
        clips += [kept(f"{track} {sha256_of(path)} x {scale!r}", track, bpm * scale, make(scale)) for scale in scales]
    return clips


def _heard() -> list[tuple[str, Path, float]]:
    table = clip_table()
    labels = pd.read_csv(find("gtzan_labels")).set_index("track")["bpm"]
    return list(zip(table["track"], table["path"], labels[table["track"]], strict=True))


def rendered_clips(pieces: Sequence[Piece]) -> list[Clip]:
    """Renders as products hear them."""
    _prepare(pieces, _whole)
    return [
        kept(_whole(piece), piece.name, piece.bpm, lambda name, bpm, piece=piece: clip_of(name, bpm, mono_render(piece)))
        for piece in pieces
    ]


def scaled_clips(pieces: Sequence[Piece], scales: Sequence[float]) -> list[Clip]:
    """Renders as if played ``scales`` times as fast: each is another recording to learn from."""
    _prepare(pieces, lambda piece: _at_speed(piece, scales[-1]))
    return [clip for piece in pieces for clip in _scaled(piece, scales)]


def _scaled(piece: Piece, scales: Sequence[float]) -> list[Clip]:
    make = _at_scale(lambda: mono_render(piece))
    return [kept(_at_speed(piece, scale), piece.name, piece.bpm * scale, make(scale)) for scale in scales]


def _at_scale(samples: Callable[[], np.ndarray]) -> Callable[[float], Callable[[str, float], Clip]]:
    """Makes a clip of samples as if played faster by a factor; their spectrogram is computed once, and only if it is asked for."""

    @lru_cache(maxsize=1)
    def mel() -> np.ndarray:
        return tempo_analysis.log_mel(samples())

    return lambda scale: lambda name, bpm: mel_clip(name, bpm, mel(), RHYTHM.rate * scale)


def _whole(piece: Piece) -> str:
    return f"{piece.name} {piece.render!r}"


def _at_speed(piece: Piece, scale: float) -> str:
    return f"{_whole(piece)} x {scale!r}"


def _prepare(pieces: Sequence[Piece], identity: Callable[[Piece], str]) -> None:
    """Render those that are not analysed yet."""
    wanted = [piece.render for piece in pieces if not place_of(identity(piece)).is_file()]
    if wanted:
        render_all(wanted)


def mono_render(piece: Piece) -> np.ndarray:
    """Samples of a render at 22,050 Hz."""
    return render(piece.render).mean(axis=1)


def click_clips(count: int, *, seed: int) -> list[Clip]:
    """Click tracks from 60 to 200 BPM."""
    return [clip_of(f"clicks {bpm:.2f}", bpm, samples) for bpm, samples in tempo_clicks.click_tracks(count, seed=seed)]


def read_table(path: Path) -> list[Clip]:
    """Recordings of a table ``file,bpm``: paths relative to it, any audio format.

    Raises
    ------
    DataError
        For a missing column, a tempo that is none, or a file that is no audio: all of them, with their lines.
    """
    try:
        rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"))))
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(path, [Problem(f"expected a CSV file file,bpm, got {error}")]) from error
    if not rows or not {"file", "bpm"} <= rows[0].keys():
        raise DataError(path, [Problem(f"expected columns file, bpm and a row or more, got {', '.join(rows[0]) if rows else 'no row'}")])
    clips, problems = [], []
    for line, row in enumerate(rows, start=2):
        try:
            bpm, file = float(row["bpm"]), path.parent / row["file"]
            if not 10 <= bpm <= 500:
                raise ValueError(f"expected a bpm of 10 to 500, got {bpm:g}")
            samples = read_mono(file, RHYTHM.sampleRate)
            clips.append(kept(f"file {sha256_of(file)}", row["file"], bpm, lambda name, bpm, samples=samples: clip_of(name, bpm, samples)))
        except (ValueError, TypeError, OSError, AudioError) as error:
            problems.append(Problem(str(error), line=line))
    if problems:
        raise DataError(path, problems)
    return clips
