"""A tempo to a tenth of a BPM: first where its multiples carry most of the onset strength, then most of the level itself.

Onset strength finds the tempo of music whose level tells little; but rises of decibels do not move evenly with a stroke that lies between
two frames, so a tempo whose beats are nearly whole frames apart is drawn there. The amplitude does move evenly.
"""

from __future__ import annotations

import numpy as np

from datasets.tempo_periodicity import RHYTHM, Rhythm, normalised, waves_at, windowed


def level_curve(log_mel: np.ndarray) -> np.ndarray:
    """Amplitude over time, the mean over bands, float64 [frames], of a log-mel spectrogram [frames, bands] in dB."""
    return (10 ** (log_mel.astype(np.float64) / 20)).mean(axis=1)


def refine(curve: np.ndarray, level: np.ndarray, rate: float, bpm: float, rhythm: Rhythm = RHYTHM) -> float:
    """The tempo near ``bpm``.

    Parameters
    ----------
    curve, level
        Onset strength and amplitude, [frames] each, at ``rate`` frames a second.
    """
    near = _sweep(curve, rate, bpm, rhythm.refineShare, rhythm.refinePoints, rhythm) or bpm
    return _sweep(level, rate, near, rhythm.exactShare, rhythm.exactPoints, rhythm) or near


def _sweep(curve: np.ndarray, rate: float, bpm: float, share: float, points: int, rhythm: Rhythm) -> float | None:
    """Where the magnitudes of the transform at multiples of a tempo, summed over windows, peak near ``bpm``; None if nowhere."""
    windows = normalised(windowed(curve[None], rate, rhythm))[:, 0]
    tempi = bpm * (1 + np.linspace(-share, share, points))
    total = np.zeros(points)
    for ratio in rhythm.refineRatios:
        # A multiple counts where half the frame rate leaves all of it: else that edge would look like a peak.
        if tempi[-1] * ratio / 60 < rate / 2:
            total += np.abs(windows @ waves_at(tempi * ratio, windows.shape[1], rate)).sum(axis=0)
    peak = int(total.argmax())
    if not 0 < peak < points - 1:
        return None
    left, middle, right = total[peak - 1 : peak + 2]
    curvature = left - 2 * middle + right
    offset = 0.5 * (left - right) / curvature if curvature < 0 else 0.0
    return float(bpm * (1 - share + 2 * share * (peak + offset) / (points - 1)))
