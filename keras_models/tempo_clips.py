"""One recording as the tempo model reads it: features of candidates beside the right tempo, and how their analysis is kept between runs."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import librosa
import numpy as np

from datasets import tempo_analysis, tempo_candidates, tempo_periodicity, tempo_refinement
from datasets.files import sha256_of, write_atomically
from datasets.registry import cache
from datasets.tempo_analysis import Question, analyse_mel, by_prior, question, whole_beats
from datasets.tempo_candidates import feature_names
from datasets.tempo_periodicity import RHYTHM
from datasets.tempo_refinement import level_curve, refine

WIDTH = len(feature_names())


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


def mel_clip(name: str, bpm: float, mel: np.ndarray, rate: float) -> Clip:
    """A log-mel spectrogram [frames, 128] in dB at ``rate`` frames a second."""
    analysis = analyse_mel(mel, rate)
    return Clip(name, float(bpm), *analysis.candidates(), analysis.curves[0], level_curve(mel), rate)


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


def kept(identity: str, name: str, bpm: float, make: Callable[[str, float], Clip]) -> Clip:
    """A recording whose analysis is kept in the cache, by what it is and by the code that analyses."""
    path = place_of(identity)
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


def place_of(identity: str) -> Path:
    """Where the analysis of a recording is kept."""
    return cache() / "tempo_features" / f"{hashlib.sha256(f'{identity} {_code()}'.encode()).hexdigest()}.npz"


@lru_cache(maxsize=1)
def _code() -> str:
    """Digest of what the analysis is made of."""
    modules = (tempo_analysis, tempo_candidates, tempo_periodicity, tempo_refinement)
    return " ".join([repr(RHYTHM), *(sha256_of(Path(module.__file__)) for module in modules)])
