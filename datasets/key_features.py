"""What the key model hears of a recording: peaks folded to tuned pitch classes, the chords they spell, and which chord follows which.

The browser computes the same in ``web_runtime/src/music/pitches.ts`` and ``chords.ts``; the constants go there through the manifest.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

import numpy as np

KINDS = 2  # of chroma: by amplitude, and by how far a peak stands out of its surroundings
CHORDS = 24  # major triads from C on, then minor ones
_BLOCK = 64  # frames transformed at once


@dataclass(frozen=True, kw_only=True)
class Heard:
    """Constants of the features.

    Attributes
    ----------
    sampleRate, nFft, hop
        Samples per second; of a frame, with a periodic Hann window; and from one frame to the next.
    lowest, highest
        Where peaks are looked for, Hz.
    share
        Peaks below this share of their frame's largest magnitude are left out.
    width
        Semitones on either side of a pitch class within which a peak still counts for it.
    surroundings
        A peak's surroundings reach from its frequency divided by this factor to its frequency times it.
    outstanding
        Most that a peak may stand out.
    quiet
        Frames below this share of the loudest one's largest magnitude are not heard.
    reach
        Frames on either side over which chroma is averaged before chords are told.
    sharpness
        How decidedly: the factor of a triad's correlation in the exponent.
    lags
        Frames from a chord to the one that counts as following it.
    frames
        Fewer frames than these are repeated to make as many.
    """

    sampleRate: int = 22_050
    nFft: int = 8192
    hop: int = 4096
    lowest: float = 100.0
    highest: float = 2200.0
    share: float = 0.005
    width: float = 0.6
    surroundings: float = 2**0.5
    outstanding: float = 30.0
    quiet: float = 1e-3
    reach: int = 2
    sharpness: float = 16.0
    lags: tuple[int, ...] = (5, 10)
    frames: int = 16


HEARD = Heard()


def constants(heard: Heard = HEARD) -> dict[str, Any]:
    """The constants as the manifest carries them."""
    return asdict(heard) | {"lags": list(heard.lags)}


@dataclass(frozen=True, eq=False)
class Peaks:
    """Spectral peaks of a recording, each an array [n]: its frame; MIDI pitch; magnitude; and how far it stands out, as a factor."""

    frame: np.ndarray
    pitch: np.ndarray
    magnitude: np.ndarray
    outstanding: np.ndarray

    def tuning(self) -> float:
        """Semitones in (-0.5, 0.5] that the recording is tuned above A = 440 Hz: the circular mean of its peaks, by magnitude."""
        turned = (self.magnitude * np.exp(2j * np.pi * self.pitch)).sum()
        return float(np.angle(turned) / (2 * np.pi)) if abs(turned) > 0 else 0.0


@dataclass(frozen=True, eq=False)
class Heading:
    """A recording frame by frame, frames without sound left out.

    Attributes
    ----------
    frame
        int [n]: which frames these are; frame ``i`` is centred on sample ``i * hop``.
    chroma
        [n, 2, 12] from C on, the largest of each row 1: by magnitude, and by how far peaks stand out.
    chords
        [n, 2, 24]: how likely each triad is by either chroma.
    tuning
        Semitones above A = 440 Hz.
    """

    frame: np.ndarray
    chroma: np.ndarray
    chords: np.ndarray
    tuning: float

    def between(self, first: int, last: int) -> Heading:
        """Frames ``first <= frame < last``."""
        taken = (self.frame >= first) & (self.frame < last)
        return Heading(self.frame[taken], self.chroma[taken], self.chords[taken], self.tuning)


def hear(samples: np.ndarray, heard: Heard = HEARD) -> Heading:
    """Chroma and chords of a recording.

    Parameters
    ----------
    samples
        [n] at ``heard.sampleRate``.
    """
    peaks = find_peaks(samples, heard)
    tuning = peaks.tuning()
    frame, row = np.unique(peaks.frame, return_inverse=True)
    kinds = (peaks.magnitude, np.minimum(peaks.outstanding, heard.outstanding))
    folded = np.stack([_fold(row, peaks.pitch - tuning, weight, len(frame), heard) for weight in kinds], axis=1)
    return heading(frame, folded, tuning, heard)


def heading(frame: np.ndarray, folded: np.ndarray, tuning: float, heard: Heard = HEARD) -> Heading:
    """From pitch classes [n, 2, 12] of any scale: frames in which no pitch class sounds are left out."""
    largest = folded.max(axis=2, initial=0)
    sounding = (largest > 0).all(axis=1)
    chroma = folded[sounding] / largest[sounding][:, :, None]
    return Heading(frame[sounding], chroma, _chords(chroma, heard), tuning)


def describe(heading: Heading, heard: Heard = HEARD) -> dict[str, np.ndarray]:
    """What the model reads.

    Returns
    -------
    dict
        ``pitch_classes`` float32 [6, 12]: means of chroma by magnitude and outstanding, of major and minor chords by the one and the other;
        ``transitions`` float32 [24, 24]: how often one chord is followed by another, over both lags and both kinds. Zeros without sound.
    """
    count = len(heading.frame)
    if count == 0:
        return {"pitch_classes": np.zeros((3 * KINDS, 12), np.float32), "transitions": np.zeros((CHORDS, CHORDS), np.float32)}
    rows = np.arange(max(count, heard.frames)) % count
    chroma, chords = heading.chroma[rows], heading.chords[rows]
    means = np.concatenate([chroma.mean(axis=0), chords.mean(axis=0).reshape(2 * KINDS, 12)])
    following = [np.einsum("nki,nkj->ij", chords[:-lag], chords[lag:]) / (KINDS * (len(rows) - lag)) for lag in heard.lags]
    return {"pitch_classes": means.astype(np.float32), "transitions": np.mean(following, axis=0).astype(np.float32)}


def find_peaks(samples: np.ndarray, heard: Heard = HEARD) -> Peaks:
    """Spectral peaks, their places refined by a parabola through the logarithms of three magnitudes (Smith and Serra, 1987)."""
    found = [np.concatenate(parts) for parts in zip(*_frame_peaks(samples, heard), strict=True)]
    frame, pitch, magnitude, outstanding, largest = found
    audible = largest >= heard.quiet * largest.max(initial=0)
    return Peaks(frame[audible].astype(int), pitch[audible], magnitude[audible], outstanding[audible])


def _frame_peaks(samples: np.ndarray, heard: Heard) -> Iterator[tuple[np.ndarray, ...]]:
    """Frame, pitch, magnitude, outstanding, and the frame's largest magnitude of each peak, some frames at a time."""
    size, hop = heard.nFft, heard.hop
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(size) / size)
    count = 1 + len(samples) // hop
    padded = np.pad(np.asarray(samples, np.float64), size // 2)
    framed = np.lib.stride_tricks.sliding_window_view(padded, size)[::hop][:count]
    first, last = int(np.ceil(heard.lowest * size / heard.sampleRate)), int(np.floor(heard.highest * size / heard.sampleRate))
    low, high = surroundings(heard)
    for start in range(0, count, _BLOCK):
        spectrum = np.abs(np.fft.rfft(framed[start : start + _BLOCK] * window, axis=1).astype(np.complex64))
        magnitude = np.sqrt((spectrum * spectrum).astype(np.float64))
        sums = np.pad(np.cumsum(magnitude, axis=1), ((0, 0), (1, 0)))
        before, here, after = (magnitude[:, first + shift : last + 1 + shift] for shift in (-1, 0, 1))
        largest = here.max(axis=1, keepdims=True)
        frame, column = np.nonzero((here > before) & (here >= after) & (here >= heard.share * largest))
        left, middle, right = (np.log(np.maximum(values[frame, column], 1e-30)) for values in (before, here, after))
        shift = 0.5 * (left - right) / (left - 2 * middle + right)
        peak = np.exp(middle - 0.25 * (left - right) * shift)
        around = (sums[:, high[first : last + 1]] - sums[:, low[first : last + 1]]) / (high - low)[first : last + 1]
        pitch = 69 + 12 * np.log2((first + column + shift) * heard.sampleRate / size / 440)
        yield frame + start, pitch, peak, peak / around[frame, column], largest[frame, 0]


@lru_cache(maxsize=1)
def surroundings(heard: Heard) -> tuple[np.ndarray, np.ndarray]:
    """First bin of each bin's surroundings, and the one after the last, int [bins]."""
    bins = np.arange(heard.nFft // 2 + 1)
    low = np.floor(bins / heard.surroundings).astype(int)
    return low, np.minimum(np.ceil(bins * heard.surroundings).astype(int) + 1, len(bins))


def _fold(row: np.ndarray, pitch: np.ndarray, weight: np.ndarray, count: int, heard: Heard) -> np.ndarray:
    """Pitch classes [count, 12]: each peak adds its weight times the squared cosine of its distance (Gomez, 2006)."""
    folded = np.zeros((count, 12))
    for pitch_class in range(12):
        away = np.abs((pitch - pitch_class + 6) % 12 - 6)
        near = away < heard.width
        share = np.cos(np.pi / 2 * away[near] / heard.width) ** 2
        folded[:, pitch_class] = np.bincount(row[near], weights=weight[near] * share, minlength=count)
    return folded


def _chords(chroma: np.ndarray, heard: Heard) -> np.ndarray:
    """Probabilities of triads [n, 2, 24]: a softmax of their correlations with chroma [n, 2, 12] that is averaged over some frames."""
    if len(chroma) == 0:
        return np.zeros((0, KINDS, CHORDS))
    padded = np.pad(chroma, ((heard.reach, heard.reach), (0, 0), (0, 0)), mode="edge")
    averaged = np.mean([padded[at : at + len(chroma)] for at in range(2 * heard.reach + 1)], axis=0)
    unit = averaged / np.linalg.norm(averaged, axis=2, keepdims=True)
    logits = heard.sharpness * unit @ triads().T
    odds = np.exp(logits - logits.max(axis=2, keepdims=True))
    return odds / odds.sum(axis=2, keepdims=True)


def triads() -> np.ndarray:
    """Unit vectors [24, 12] of the pitch classes of each triad."""
    rows = np.zeros((CHORDS, 12))
    for chord in range(CHORDS):
        rows[chord, [(chord + step) % 12 for step in (0, 4 if chord < 12 else 3, 7)]] = 1 / np.sqrt(3)
    return rows
