"""A stem as the ear divides it: power over time in forty equal bands of the ERB scale. The runtime computes the same."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

BANDS = 40
LOWEST_HZ, HIGHEST_HZ = 20.0, 20_000.0
WINDOW_SECONDS = 0.09288  # 4,096 samples at 44,100 Hz; elsewhere the nearest power of two
_CHUNK = 512  # frames transformed at once


@dataclass(frozen=True, eq=False)
class Bands:
    """Mean-square amplitude per frame and band, and what only the samples tell.

    Attributes
    ----------
    left, right
        float64 [frames, 40]; half a window from frame to frame.
    width
        1 - |correlation of left and right|: 0 for a panned mono source, however it is panned.
    peak
        Largest sum of the squares of both channels' samples, the same however a mono source is panned.
    frames_per_second
        Frame rate.
    """

    left: np.ndarray
    right: np.ndarray
    width: float
    peak: float
    frames_per_second: float

    @property
    def power(self) -> np.ndarray:
        """float64 [frames, 40]: both channels together."""
        return self.left + self.right


def band_edges() -> np.ndarray:
    """float64 [41], Hz: equal steps of ``21.4 log10(1 + 0.00437 f)`` (Glasberg and Moore 1990) from 20 Hz to 20 kHz."""
    low, high = (21.4 * np.log10(1 + 0.00437 * f) for f in (LOWEST_HZ, HIGHEST_HZ))
    return (10 ** (np.linspace(low, high, BANDS + 1) / 21.4) - 1) / 0.00437


def band_centres() -> np.ndarray:
    """float64 [40], Hz: geometric means of the edges."""
    edges = band_edges()
    return np.sqrt(edges[1:] * edges[:-1])


def window_length(rate: float) -> int:
    """Samples of the power of two nearest to 93 ms."""
    return int(2 ** np.round(np.log2(WINDOW_SECONDS * rate)))


def stem_bands(samples: np.ndarray, rate: float) -> Bands:
    """Band powers of one stem.

    Parameters
    ----------
    samples
        float [samples, 1 or 2]; mono counts as the same in both channels at -3 dB each.
    rate
        Samples per second.
    """
    samples = samples.astype(np.float64)
    left, right = (samples.T * np.sqrt(0.5)).repeat(2, axis=0) if samples.shape[1] == 1 else samples.T
    size = window_length(rate)
    product = np.sqrt(np.sum(left**2) * np.sum(right**2))
    width = 1 - abs(np.sum(left * right)) / product if product > 0 else 0.0
    peak = float(np.max(left**2 + right**2))
    return Bands(_channel(left, rate, size), _channel(right, rate, size), float(width), peak, 2 * rate / size)


def _channel(samples: np.ndarray, rate: float, size: int) -> np.ndarray:
    hop = size // 2
    frames = 1 + len(samples) // hop  # each centred on a multiple of the hop, with zeros beyond both ends
    padded = np.zeros((frames + 1) * hop)
    padded[hop : hop + len(samples)] = samples
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(size) / size)
    band = np.searchsorted(band_edges(), np.arange(1, size // 2) * rate / size, side="right") - 1
    inside = (band >= 0) & (band < BANDS)
    gather = np.zeros((size // 2 - 1, BANDS))
    gather[np.flatnonzero(inside), band[inside]] = 2 / (size * np.sum(window**2))
    views = np.lib.stride_tricks.sliding_window_view(padded, size)[::hop]
    parts = []
    for start in range(0, frames, _CHUNK):
        spectrum = np.fft.rfft(views[start : start + _CHUNK] * window, axis=1)[:, 1 : size // 2]
        parts.append((spectrum.real**2 + spectrum.imag**2) @ gather)
    return np.concatenate(parts)
