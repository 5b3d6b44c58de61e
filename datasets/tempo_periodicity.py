"""How strongly a recording repeats at each tempo: onset strength of a few bands, its autocorrelation and its Fourier transform.

``web_runtime/src/tempo`` computes the same. Both sides read the constants from ``rhythm.json``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path

import numpy as np

CONSTANTS = Path(__file__).with_name("rhythm.json")
BANDS = ("all", "low", "mid", "high")


@dataclass(frozen=True, kw_only=True)
class Rhythm:
    """Constants of the analysis, named as in the browser.

    Attributes
    ----------
    sampleRate, nFft, hop, bands
        Of the log-mel spectrogram: Hz, samples, samples, mel bands.
    lowBands, highBands
        The bands below 200 Hz are those before ``lowBands``; those above 2 kHz begin at ``highBands``.
    rise
        Seconds over which a rise in level is measured.
    coarseRate, coarsePhases
        Frames per second at which candidates are described, and where in its interval the frame is taken: the mean of all phases counts.
    window, step
        Seconds of a window of analysis, and about so many from one to the next.
    lowest, perOctave, points
        The grid of tempi: lowest in BPM, points in an octave, number of points.
    exponent
        Of the magnitudes in the generalised autocorrelation.
    longest
        Longest lag as a share of the window.
    slowest, fastest
        Candidates lie between, BPM.
    best, related, relations, apart, candidates
        So many peaks are candidates, so many of them with these multiples, further apart than this share, and so many at most.
    ratios
        Multiples of a candidate at which repetition is a feature, of all bands together and of each.
    refineShare, refinePoints, exactShare, exactPoints, refineRatios
        How far a tempo is refined to either side and in how many steps, by onset strength and then by level, at which multiples.
    priorTempo, priorOctaves
        Centre in BPM and deviation in octaves of the prior by which the unlearned pipeline chooses.
    silence, shortest, leastFlux, leastSalience
        Largest sample, seconds, mean onset strength in dB, and salience below which there is no beat.
    weakSalience, strongSalience
        Between them, confidence grows from none to the decision's own.
    loopSeconds, loopFilled, loopBars, loopBeats, loopHeard
        What is shorter may be a loop, which is repeated to last so many seconds; bars of how many beats its length may be whole ones of,
        how many beats it may be off for each, and by how many of the most salient candidates that is judged.
    """

    sampleRate: int
    nFft: int
    hop: int
    bands: int
    lowBands: int
    highBands: int
    rise: float
    coarseRate: float
    coarsePhases: tuple[float, ...]
    window: float
    step: float
    lowest: float
    perOctave: int
    points: int
    exponent: float
    longest: float
    slowest: float
    fastest: float
    best: int
    related: int
    relations: tuple[float, ...]
    apart: float
    candidates: int
    ratios: tuple[float, ...]
    refineShare: float
    refinePoints: int
    exactShare: float
    exactPoints: int
    refineRatios: tuple[float, ...]
    priorTempo: float
    priorOctaves: float
    silence: float
    shortest: float
    leastFlux: float
    leastSalience: float
    weakSalience: float
    strongSalience: float
    loopSeconds: float
    loopFilled: float
    loopBars: tuple[int, ...]
    loopBeats: tuple[float, ...]
    loopHeard: int

    def __post_init__(self) -> None:
        if not 0 < self.lowBands < self.highBands < self.bands:
            raise ValueError(f"expected 0 < lowBands < highBands < bands, got {self.lowBands}, {self.highBands} and {self.bands}")
        if not self.lowest <= self.slowest < self.fastest <= self.tempo_at(self.points - 1):
            raise ValueError(f"expected candidates within the grid, got {self.slowest} to {self.fastest} BPM")

    @property
    def rate(self) -> float:
        """Frames per second."""
        return self.sampleRate / self.hop

    @property
    def tempi(self) -> np.ndarray:
        """The grid in BPM, float64 [points]."""
        return self.tempo_at(np.arange(self.points))

    def tempo_at(self, place: float | np.ndarray) -> float | np.ndarray:
        """BPM at a place of the grid."""
        return self.lowest * 2 ** (place / self.perOctave)

    def place_of(self, bpm: float | np.ndarray) -> float | np.ndarray:
        """Where a tempo in BPM lies on the grid."""
        return self.perOctave * np.log2(bpm / self.lowest)


def _read() -> Rhythm:
    held = json.loads(CONSTANTS.read_text(encoding="utf-8"))
    known = {each.name for each in fields(Rhythm)}
    return Rhythm(**{name: tuple(value) if isinstance(value, list) else value for name, value in held.items() if name in known})


RHYTHM = _read()


@dataclass(frozen=True)
class Periodicity:
    """Repetition by tempo.

    Attributes
    ----------
    acf
        Generalised autocorrelation of each band at the lag of each tempo, mean over windows, float64 [4, points].
    spectrum
        Hann-windowed Fourier transform of each window and band, in standard deviations of the window, complex [windows, 4, points].
    """

    acf: np.ndarray
    spectrum: np.ndarray

    @property
    def magnitude(self) -> np.ndarray:
        """Mean magnitude over windows, float64 [4, points]."""
        return np.abs(self.spectrum).mean(axis=0)


def onset_curves(log_mel: np.ndarray, rate: float, rhythm: Rhythm = RHYTHM) -> np.ndarray:
    """Onset strength of all bands and of the low, middle and high ones, in dB.

    Parameters
    ----------
    log_mel
        [frames, bands] in dB.
    rate
        Frames per second.

    Returns
    -------
    np.ndarray
        float64 [4, frames]: the mean over a band's rises from ``rise`` seconds before; 0 where there is no such frame.
    """
    lag = max(round(rhythm.rise * rate), 1)
    rises = np.zeros(log_mel.shape)
    rises[lag:] = np.maximum(log_mel[lag:].astype(np.float64) - log_mel[:-lag], 0)
    edges = ((0, rhythm.bands), (0, rhythm.lowBands), (rhythm.lowBands, rhythm.highBands), (rhythm.highBands, rhythm.bands))
    return np.stack([rises[:, start:end].mean(axis=1) for start, end in edges])


def window_starts(frames: int, rate: float, rhythm: Rhythm = RHYTHM) -> tuple[np.ndarray, int]:
    """First frames of windows that evenly cover a recording, and their length; a shorter recording is one window."""
    length = min(int(rhythm.window * rate), frames)
    count = int((frames - length) / (rhythm.step * rate) + 0.5) + 1
    return np.floor(np.arange(count) * (frames - length) / max(count - 1, 1)).astype(int), length


def windowed(curves: np.ndarray, rate: float, rhythm: Rhythm = RHYTHM) -> np.ndarray:
    """Windows of curves [curves, frames] without their means, [windows, curves, length]."""
    starts, length = window_starts(curves.shape[1], rate, rhythm)
    windows = np.stack([curves[:, start : start + length] for start in starts])
    return windows - windows.mean(axis=2, keepdims=True)


def normalised(windows: np.ndarray) -> np.ndarray:
    """Windows in units of their standard deviations."""
    return windows / np.maximum(np.sqrt((windows**2).mean(axis=2, keepdims=True)), 1e-9)


def periodicity(curves: np.ndarray, rate: float, rhythm: Rhythm = RHYTHM) -> Periodicity:
    """Autocorrelation and spectrum of onset curves [4, frames] on the grid of tempi.

    The generalised autocorrelation compresses the spectrum's magnitudes (Tolonen and Karjalainen, 2000; Percival and Tzanetakis, 2014).
    """
    windows = windowed(curves, rate, rhythm)
    spectrum = normalised(windows) @ _waves(windows.shape[2], rate, rhythm)
    return Periodicity(_autocorrelation(windows, rate, rhythm).mean(axis=0), spectrum)


def _autocorrelation(windows: np.ndarray, rate: float, rhythm: Rhythm) -> np.ndarray:
    """[windows, 4, points]: 1 at lag 0, corrected for the shrinking overlap; linear between frames, 0 beyond the longest lag."""
    length = windows.shape[2]
    size = 1 << int(2 * length - 1).bit_length()
    acf = np.fft.irfft(np.abs(np.fft.rfft(windows, size)) ** rhythm.exponent, size)[..., :length]
    acf = acf / np.maximum(acf[..., :1], 1e-9) / (1 - np.arange(length) / length)
    lags = 60 * rate / rhythm.tempi
    told = lags <= rhythm.longest * length
    lower = np.minimum(lags.astype(int), max(length - 2, 0))
    share = lags - lower
    return np.where(told, acf[..., lower] * (1 - share) + acf[..., np.minimum(lower + 1, length - 1)] * share, 0.0)


@lru_cache(maxsize=64)
def _waves(length: int, rate: float, rhythm: Rhythm) -> np.ndarray:
    """Complex [length, points]: windowed waves of each tempo; none beyond half the rate."""
    waves = waves_at(rhythm.tempi, length, rate)
    return np.where(rhythm.tempi / 60 < rate / 2, waves, 0)


def waves_at(tempi: np.ndarray, length: int, rate: float) -> np.ndarray:
    """Complex [length, tempi]: Hann-windowed waves, scaled so that a sine of deviation 1 has magnitude 1."""
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * (np.arange(length) + 0.5) / length)
    turns = np.arange(length)[:, None] * (tempi / 60 / rate)
    return np.exp(-2j * np.pi * turns) * (hann * np.sqrt(2) / hann.sum())[:, None]
