"""Recordings with a known tempo as the model reads them: features of candidates, kept in the cache between runs."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import librosa
import numpy as np
import pandas as pd

from datasets import tempo_analysis, tempo_candidates, tempo_clicks, tempo_periodicity
from datasets.clips import AudioError, clip_table, read_mono
from datasets.files import sha256_of, write_atomically
from datasets.registry import cache, find
from datasets.renders import render, render_all
from datasets.tables import DataError, Problem
from datasets.tempo_analysis import Question, analyse_mel, by_prior, question, whole_beats
from datasets.tempo_candidates import feature_names
from datasets.tempo_periodicity import RHYTHM
from datasets.tempo_refinement import level_curve, refine
from datasets.tempo_renders import Piece

WIDTH = len(feature_names())
HELD_OUT = 5  # every fifth recording of a user's table judges
SPARSE_RATE = 387.5 / 30  # frames per second of GTZAN's published spectrograms


@dataclass
class Clip:
    """One recording: its tempo, its candidates and what is needed to refine them.

    Attributes
    ----------
    bpm
        The right one.
    tempi, features
        Of the candidates; empty where no beat is found.
    curve, level
        Onset strength and amplitude [frames], at ``rate`` frames a second.
    seconds
        Length of a loop; 0 for what is none.
    librosa
        Tempo by ``librosa.feature.tempo``; 0 where it was not asked.
    """

    name: str
    bpm: float
    tempi: np.ndarray
    features: np.ndarray
    curve: np.ndarray
    level: np.ndarray
    rate: float
    seconds: float = 0.0
    librosa: float = 0.0
    _refined: dict[int, float] = field(default_factory=dict)

    def told(self, best: int) -> float | None:
        """Tempo of a candidate, refined; None where there is none."""
        if len(self.tempi) == 0:
            return None
        if best not in self._refined:
            bpm = refine(self.curve, self.level, self.rate, float(self.tempi[best]))
            self._refined[best] = whole_beats(bpm, self.seconds) if self.seconds else bpm
        return self._refined[best]

    def by_prior(self) -> float | None:
        """Tempo by the pipeline without a model."""
        return self.told(int(by_prior(self.features).argmax())) if len(self.tempi) else None


def inputs_of(clips: Sequence[Clip]) -> dict[str, np.ndarray]:
    """The graph's inputs: candidates [n, 16, width] and which places hold a candidate [n, 16]."""
    features = np.zeros((len(clips), RHYTHM.candidates, WIDTH), np.float32)
    present = np.zeros((len(clips), RHYTHM.candidates), np.float32)
    for row, clip in enumerate(clips):
        features[row, : len(clip.features)] = clip.features
        present[row, : max(len(clip.features), 1)] = 1
    return {"candidates": features, "present": present}


def targets_of(clips: Sequence[Clip]) -> np.ndarray:
    """Which candidates lie within 4 % of the right tempo, scaled to sum to 1, or all 0, float32 [n, 16]."""
    wanted = np.zeros((len(clips), RHYTHM.candidates), np.float32)
    for row, clip in enumerate(clips):
        hits = np.abs(clip.tempi / clip.bpm - 1) <= 0.04
        wanted[row, : len(hits)] = hits / max(hits.sum(), 1)
    return wanted


def clip_of(name: str, bpm: float, samples: np.ndarray) -> Clip:
    """A recording at 22,050 Hz as products hear it."""
    return _clip(name, bpm, question(samples), samples)


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


def mel_clip(name: str, bpm: float, mel: np.ndarray, rate: float) -> Clip:
    """A log-mel spectrogram [frames, 128] in dB at ``rate`` frames a second."""
    analysis = analyse_mel(mel, rate)
    return Clip(name, float(bpm), *analysis.candidates(), analysis.curves[0], level_curve(mel), rate)


def heard_clips() -> list[Clip]:
    """GTZAN's clips with audio at hand, as products hear them: they judge."""
    return [
        _kept(f"{track} {sha256_of(path)}", track, bpm, lambda name, bpm, path=path: clip_of(name, bpm, read_mono(path, RHYTHM.sampleRate)))
        for track, path, bpm in _heard()
    ]


def scaled_heard_clips(scales: Sequence[float]) -> list[Clip]:
    """The same as if played ``scales`` times as fast, to learn from."""
    clips = []
    for track, path, bpm in _heard():
        make = _at_scale(lambda path=path: read_mono(path, RHYTHM.sampleRate))
        clips += [_kept(f"{track} {sha256_of(path)} x {scale!r}", track, bpm * scale, make(scale)) for scale in scales]
    return clips


def _heard() -> list[tuple[str, Path, float]]:
    table = clip_table()
    labels = pd.read_csv(find("gtzan_labels")).set_index("track")["bpm"]
    return list(zip(table["track"], table["path"], labels[table["track"]], strict=True))


def rendered_clips(pieces: Sequence[Piece]) -> list[Clip]:
    """Renders as products hear them."""
    _prepare(pieces, _whole)
    return [
        _kept(_whole(piece), piece.name, piece.bpm, lambda name, bpm, piece=piece: clip_of(name, bpm, mono_render(piece)))
        for piece in pieces
    ]


def scaled_clips(pieces: Sequence[Piece], scales: Sequence[float]) -> list[Clip]:
    """Renders as if played ``scales`` times as fast: each is another recording to learn from."""
    _prepare(pieces, lambda piece: _at_speed(piece, scales[-1]))
    return [clip for piece in pieces for clip in _scaled(piece, scales)]


def _scaled(piece: Piece, scales: Sequence[float]) -> list[Clip]:
    make = _at_scale(lambda: mono_render(piece))
    return [_kept(_at_speed(piece, scale), piece.name, piece.bpm * scale, make(scale)) for scale in scales]


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
    wanted = [piece.render for piece in pieces if not _place(identity(piece)).is_file()]
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
            clips.append(_kept(f"file {sha256_of(file)}", row["file"], bpm, lambda name, bpm, samples=samples: clip_of(name, bpm, samples)))
        except (ValueError, TypeError, OSError, AudioError) as error:
            problems.append(Problem(str(error), line=line))
    if problems:
        raise DataError(path, problems)
    return clips


def _clip(name: str, bpm: float, asked: Question | None, samples: np.ndarray) -> Clip:
    if asked is None:
        return Clip(name, float(bpm), np.zeros(0), np.zeros((0, WIDTH)), np.zeros(1), np.zeros(1), RHYTHM.rate)
    analysis = asked.analysis
    heard = tempo_analysis.log_mel(samples) if asked.seconds else analysis.log_mel
    envelope = librosa.onset.onset_strength(S=heard.T, sr=RHYTHM.sampleRate)
    told = float(librosa.feature.tempo(onset_envelope=envelope, sr=RHYTHM.sampleRate)[0])
    return Clip(
        name,
        float(bpm),
        asked.tempi,
        asked.features,
        analysis.curves[0],
        level_curve(analysis.log_mel),
        analysis.rate,
        asked.seconds or 0.0,
        told,
    )


def _kept(identity: str, name: str, bpm: float, make: Callable[[str, float], Clip]) -> Clip:
    """A recording whose analysis is kept in the cache, by what it is and by the code that analyses."""
    path = _place(identity)
    if not path.is_file():
        clip = make(name, bpm)
        content = io.BytesIO()
        np.savez(
            content,
            tempi=clip.tempi,
            features=clip.features,
            curves=np.stack([clip.curve, clip.level]),
            told=np.array([clip.rate, clip.seconds, clip.librosa]),
        )
        write_atomically(path, content.getvalue())
    with np.load(path) as held:
        rate, seconds, told = held["told"].tolist()
        return Clip(name, float(bpm), held["tempi"], held["features"], *held["curves"], rate, seconds, told)


def _place(identity: str) -> Path:
    return cache() / "tempo_features" / f"{hashlib.sha256(f'{identity} {_code()}'.encode()).hexdigest()}.npz"


@lru_cache(maxsize=1)
def _code() -> str:
    """Digest of what the analysis is made of."""
    modules = (tempo_analysis, tempo_candidates, tempo_periodicity)
    return " ".join([repr(RHYTHM), *(sha256_of(Path(module.__file__)) for module in modules)])
