"""Click tracks and made-up signals: tempi that are exact, and sounds that have none."""

from __future__ import annotations

import numpy as np

RATE = 22_050
SECONDS = 14.0


def click_track(bpm: float, seconds: float, *, seed: int = 0, accents: int = 0, noise: float = 0.0) -> np.ndarray:
    """Short tones at a tempo, float32 [n] at 22,050 Hz.

    Parameters
    ----------
    accents
        Every so many clicks is higher and louder; 0 for none.
    noise
        Deviation of white noise under the clicks.
    """
    random = np.random.default_rng(seed)
    samples = random.normal(0, noise, round(seconds * RATE)) if noise else np.zeros(round(seconds * RATE))
    length, decay, pitch = int(random.integers(200, 1500)), random.uniform(60, 400), random.uniform(600, 2500)
    time = np.arange(length)
    start, place = random.uniform(0, 60 / bpm), 0
    while (first := round(start * RATE)) < len(samples):
        strong = bool(accents) and place % accents == 0
        tone = np.sin(2 * np.pi * pitch * (1.5 if strong else 1) * time / RATE) * np.exp(-time / decay) * (0.8 if strong else 0.5)
        part = tone[: len(samples) - first]
        samples[first : first + len(part)] += part
        start, place = start + 60 / bpm, place + 1
    return samples.astype(np.float32)


def click_tracks(count: int, *, seed: int, seconds: float = SECONDS) -> list[tuple[float, np.ndarray]]:
    """Tempi from 60 to 200 BPM with their tracks, some with accents, some in noise."""
    random = np.random.default_rng(seed)
    tempi = 60 * (200 / 60) ** ((np.arange(count) + random.random(count)) / count)
    return [
        (
            float(bpm),
            click_track(
                bpm, seconds, seed=seed + at, accents=int(random.choice((0, 0, 3, 4))), noise=float(random.choice((0, 0.001, 0.01)))
            ),
        )
        for at, bpm in enumerate(tempi)
    ]
