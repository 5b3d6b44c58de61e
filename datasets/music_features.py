"""What models of music see of a recording, computed by librosa: a sparse log-mel spectrogram, and the patches that MusiCNN reads.

The browser computes the same with ``web_runtime/src/audio``; the constants go there through the manifest.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import librosa
import numpy as np


@dataclass(frozen=True)
class Grid:
    """A mel spectrogram's constants: Hz, samples, bands, and how many frames a model reads at once."""

    sampleRate: int
    nFft: int
    hop: int
    bands: int
    frames: int


SPARSE = Grid(sampleRate=22_050, nFft=2048, hop=512, bands=128, frames=387)
PATCH = Grid(sampleRate=16_000, nFft=512, hop=256, bands=96, frames=187)
TOP_DB = 80.0
GAIN = 10_000.0  # of the powers, before the logarithm, in MusiCNN's patches
SPREAD = 387.5  # as GTZAN's published spectrograms were sampled


def constants(grid: Grid) -> dict[str, Any]:
    """The grid as the manifest carries it."""
    return asdict(grid)


def sparse_frames(count: int) -> np.ndarray:
    """Which of a signal's ``count`` STFT frames are computed: 387 evenly spread ones, int [387]."""
    return np.floor((np.arange(SPARSE.frames) + 0.5) * count / SPREAD).astype(int)


def sparse_mel(samples: np.ndarray) -> np.ndarray:
    """Log-mel spectrogram at 387 instants.

    Parameters
    ----------
    samples
        [n] at 22,050 Hz, 30 s as a rule.

    Returns
    -------
    np.ndarray
        float32 [387, 128], frames first, in dB of power, cut 80 dB below the loudest value.
    """
    count = 1 + len(samples) // SPARSE.hop
    padded = np.pad(samples, SPARSE.nFft // 2)
    starts = sparse_frames(count) * SPARSE.hop
    window = librosa.filters.get_window("hann", SPARSE.nFft).astype(np.float32)
    framed = np.stack([padded[start : start + SPARSE.nFft] * window for start in starts], axis=1)
    power = np.abs(np.fft.rfft(framed, axis=0).astype(np.complex64)) ** 2
    filters = librosa.filters.mel(sr=SPARSE.sampleRate, n_fft=SPARSE.nFft, n_mels=SPARSE.bands)
    return librosa.power_to_db((filters @ power).T, ref=1.0, top_db=TOP_DB).astype(np.float32)


def log_mel(samples: np.ndarray) -> np.ndarray:
    """MusiCNN's log-mel spectrogram, float32 [frames, 96], of samples at 16,000 Hz: log10(1 + 10,000 times the power)."""
    power = librosa.feature.melspectrogram(
        y=samples, sr=PATCH.sampleRate, n_fft=PATCH.nFft, hop_length=PATCH.hop, n_mels=PATCH.bands, pad_mode="constant"
    )
    return np.log10(1 + GAIN * power.T).astype(np.float32)


def patches_at(spectrogram: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Patches [n, 187, 96] of a log-mel spectrogram [frames, 96] from the frames given."""
    return np.stack([spectrogram[start : start + PATCH.frames] for start in starts])


def even_starts(frames: int, count: int) -> np.ndarray:
    """First frames of ``count`` patches evenly spread over a spectrogram of at least 187 frames, int [count]."""
    return np.floor(np.arange(count) * (frames - PATCH.frames) / max(count - 1, 1)).astype(int)
