"""The one resampler, so that audio of any rate means the same to training and to the browser: a polyphase Kaiser-windowed sinc.

``resampler.json`` holds what the filter must do. The runtime's generated code reads the same file, and designs the same taps from it in
``web_runtime/src/audio/resample.ts``.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.signal import resample_poly

RESAMPLER = Path(__file__).with_name("resampler.json")


@dataclass(frozen=True, kw_only=True)
class FilterDesign:
    """What the low-pass filter must do.

    Attributes
    ----------
    passband, stopband
        Where the one ends and the other begins, as shares of the lower rate's Nyquist frequency.
    attenuation
        In the stop band, dB; the pass band's ripple is as small.
    multiple
        Each phase has a multiple of so many taps, an even number; the browser's SIMD takes 8 at once.
    """

    passband: float
    stopband: float
    attenuation: float
    multiple: int

    def __post_init__(self) -> None:
        if not 0 < self.passband < self.stopband <= 1 or self.attenuation < 50 or self.multiple % 2:
            raise ValueError(f"expected 0 < passband < stopband <= 1, at least 50 dB and an even multiple, got {self}")


DESIGN = FilterDesign(**json.loads(RESAMPLER.read_text(encoding="utf-8")))


@dataclass(frozen=True)
class Polyphase:
    """A filter for one pair of rates.

    Attributes
    ----------
    up, down
        The ratio of the rates in lowest terms.
    taps
        [2 * width * up - 1], symmetric, at ``up`` times the source's rate; its sum is ``up``, nearly.
    """

    up: int
    down: int
    taps: np.ndarray


def design(source: int, target: int, *, filter_design: FilterDesign = DESIGN) -> Polyphase:
    """Design the filter from one rate to another.

    Length and shape of the window follow Kaiser (1974): ``beta = 0.1102 (A - 8.7)``, and ``(A - 7.95) / 2.285`` radians of transition.

    Parameters
    ----------
    source, target
        Samples per second, whole numbers.
    """
    divisor = math.gcd(source, target)
    up, down = target // divisor, source // divisor
    a = filter_design.attenuation
    scale = min(1.0, target / source)
    transition = math.pi * (filter_design.stopband - filter_design.passband)
    length = (a - 7.95) / (2.285 * transition) / scale
    width = math.ceil(length / filter_design.multiple) * filter_design.multiple // 2
    cutoff = scale * (filter_design.passband + filter_design.stopband) / 2
    at = np.arange(1 - width * up, width * up) / up
    window = np.kaiser(2 * width * up + 1, 0.1102 * (a - 8.7))[1:-1]
    return Polyphase(up, down, cutoff * np.sinc(cutoff * at) * window)


def resample(samples: np.ndarray, source: int, target: int) -> np.ndarray:
    """Resample [samples] to [ceil(samples * target / source)], float32; zeros lie beyond both ends.

    Raises
    ------
    ValueError
        If a rate is no positive whole number.
    """
    if source != int(source) or target != int(target) or min(source, target) < 1:
        raise ValueError(f"expected rates as positive whole numbers of Hz, got {source} and {target}")
    if source == target:
        return np.asarray(samples, np.float32)
    filters = design(int(source), int(target))
    # resample_poly scales a window by `up` and expects it to sum to 1 there; these taps carry that factor already.
    taps = filters.taps / filters.up
    return resample_poly(np.asarray(samples, np.float64), filters.up, filters.down, window=taps).astype(np.float32)
