"""From samples to a tempo: what is analysed once, the candidates within a range, a refined tempo, loops, and the choice without a model.

Candidates are found and refined in all frames, and described in every third or so: the spectrograms that most is learned from hold no more,
and a network hears the same in both.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import librosa
import numpy as np

from datasets.tempo_candidates import candidates, feature_names, features, salience
from datasets.tempo_periodicity import RHYTHM, Periodicity, Rhythm, onset_curves, periodicity
from datasets.tempo_refinement import level_curve, refine

Range = tuple[float, float]
# Features of the candidates [n, features] -> their probabilities [n].
Chooser = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Analysis:
    """What is computed of a recording before anything is decided.

    Attributes
    ----------
    curves
        Onset strength, float64 [4, frames].
    log_mel
        float32 [frames, bands] in dB.
    """

    curves: np.ndarray
    found: Periodicity
    log_mel: np.ndarray
    rate: float

    def candidates(self, between: Range | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Tempi in BPM [n], and their features [n, features]."""
        places, values = candidates(self.found, between=between), salience(self.found)
        rows = [features(view.found, values, view.curves, view.log_mel, view.rate, places) for view in self.views]
        return RHYTHM.tempo_at(places), np.mean(rows, axis=0)

    @cached_property
    def views(self) -> list[Analysis]:
        """The same recording at the coarse rate, once for each phase; itself where it is coarse."""
        if self.rate < 2 * RHYTHM.coarseRate:
            return [self]
        return [analyse_mel(coarse(self.log_mel, self.rate, phase), RHYTHM.coarseRate) for phase in RHYTHM.coarsePhases]

    def refine(self, bpm: float) -> float:
        """A tempo near that of a candidate."""
        return refine(self.curves[0], level_curve(self.log_mel), self.rate, bpm)

    @property
    def salience(self) -> float:
        """Of the most salient tempo that is a candidate."""
        tempi = RHYTHM.tempi
        return float(salience(self.found)[(tempi >= RHYTHM.slowest) & (tempi <= RHYTHM.fastest)].max())

    @property
    def has_beat(self) -> bool:
        """Whether there are onsets, and they repeat."""
        return bool(self.curves[0].mean() >= RHYTHM.leastFlux) and self.salience >= RHYTHM.leastSalience

    @property
    def strength(self) -> float:
        """How clearly it repeats, 0 to 1."""
        return float(np.clip((self.salience - RHYTHM.weakSalience) / (RHYTHM.strongSalience - RHYTHM.weakSalience), 0, 1))


@dataclass(frozen=True)
class Tempo:
    """A decision.

    Attributes
    ----------
    bpm
        None where there is no beat.
    confidence
        0 to 1.
    """

    bpm: float | None
    confidence: float


def analyse(samples: np.ndarray) -> Analysis:
    """Analyse samples [n] at 22,050 Hz."""
    return analyse_mel(log_mel(samples), RHYTHM.rate)


def analyse_mel(spectrogram: np.ndarray, rate: float) -> Analysis:
    """Analyse a log-mel spectrogram [frames, bands] in dB."""
    curves = onset_curves(spectrogram, rate)
    return Analysis(curves, periodicity(curves, rate), spectrogram, rate)


def coarse(spectrogram: np.ndarray, rate: float, phase: float) -> np.ndarray:
    """Frames of a spectrogram [frames, bands] nearest below even steps of the coarse rate, the first ``phase`` steps in."""
    step = rate / RHYTHM.coarseRate
    places = np.floor((np.arange(int(len(spectrogram) / step) + 1) + phase) * step).astype(int)
    return spectrogram[places[places < len(spectrogram)]]


def log_mel(samples: np.ndarray, rhythm: Rhythm = RHYTHM) -> np.ndarray:
    """Librosa's log-mel spectrogram in dB, float32 [frames, bands]."""
    power = librosa.feature.melspectrogram(
        y=samples, sr=rhythm.sampleRate, n_fft=rhythm.nFft, hop_length=rhythm.hop, n_mels=rhythm.bands, pad_mode="constant"
    )
    return librosa.power_to_db(power).T.astype(np.float32)


@dataclass(frozen=True)
class Question:
    """A recording up to the decision.

    Attributes
    ----------
    seconds
        Length of a loop, which was repeated before it was analysed; None for what is none.
    """

    analysis: Analysis
    tempi: np.ndarray
    features: np.ndarray
    seconds: float | None = None

    def refined(self, best: int) -> float:
        """Tempo of a candidate in BPM."""
        bpm = self.analysis.refine(float(self.tempi[best]))
        return bpm if self.seconds is None else whole_beats(bpm, self.seconds)


def question(samples: np.ndarray, *, between: Range | None = None, loop: bool | None = None) -> Question | None:
    """Analyse samples at 22,050 Hz; None where they have no beat.

    Parameters
    ----------
    loop
        Whether the samples are a loop, which is repeated so that its beats are counted over its end; told by ``is_loop`` where not given.
    """
    seconds = len(samples) / RHYTHM.sampleRate
    if seconds < RHYTHM.shortest or np.abs(samples).max() < RHYTHM.silence:
        return None
    analysis = analyse(samples)
    looped = is_loop(analysis, seconds) if loop is None else loop
    if looped:
        analysis = analyse(np.tile(samples, int(np.ceil(RHYTHM.loopFilled / seconds))))
    return Question(analysis, *analysis.candidates(between), seconds if looped else None) if analysis.has_beat else None


def estimate(samples: np.ndarray, choose: Chooser, *, between: Range | None = None, loop: bool | None = None) -> Tempo:
    """Tempo of samples at 22,050 Hz.

    Parameters
    ----------
    choose
        The model, or ``by_prior``.
    """
    asked = question(samples, between=between, loop=loop)
    if asked is None:
        return Tempo(None, 0.0)
    probability = choose(asked.features)
    best = int(probability.argmax())
    return Tempo(asked.refined(best), float(probability[best]) * asked.analysis.strength)


def is_loop(analysis: Analysis, seconds: float, rhythm: Rhythm = RHYTHM) -> bool:
    """Whether a short recording seems to be cut to be repeated: it lasts whole bars of four or three beats of a salient tempo.

    Chance alone makes one recording in seven seem so; without bars of three it would be one in ten.
    """
    if seconds >= rhythm.loopSeconds or not analysis.has_beat:
        return False
    heard = rhythm.tempo_at(candidates(analysis.found)[: rhythm.loopHeard])
    beats = np.array([analysis.refine(float(bpm)) for bpm in heard]) * seconds / 60
    bars, off = np.array(rhythm.loopBars)[:, None], np.array(rhythm.loopBeats)[:, None]
    return bool(((np.abs(beats - bars * np.round(beats / bars)) <= off) & (beats >= bars - 0.5)).any())


def whole_beats(bpm: float, seconds: float) -> float:
    """The tempo near ``bpm`` at which a loop lasts whole beats; ``bpm`` itself where none is near."""
    beats = bpm * seconds / 60
    return 60 * round(beats) / seconds if abs(beats - round(beats)) <= 0.02 * beats else bpm


def by_prior(described: np.ndarray, rhythm: Rhythm = RHYTHM) -> np.ndarray:
    """Probabilities of candidates without a model: salience, times a log-normal prior, scaled to sum to 1."""
    octaves = described[:, _column("log tempo")] + np.log2(120 / rhythm.priorTempo)
    weights = np.maximum(described[:, _column("salience")], 0) ** 2 * np.exp(-0.5 * (octaves / rhythm.priorOctaves) ** 2)
    return weights / max(weights.sum(), 1e-9)


def _column(name: str) -> int:
    return feature_names().index(name)
