"""Sounds in no key, from which a key model learns to doubt: drummers alone, and as loops, noise of all colours, tones of no scale."""

from __future__ import annotations

import numpy as np

from datasets import groove
from datasets.key_songs import KITS, RATE, SECONDS
from datasets.midi import Voice
from datasets.pop909 import Split
from datasets.registry import find
from datasets.renders import Render

_LOOP_BARS = (1, 2, 4)


def drums_alone(split: Split, count: int) -> list[Render]:
    """What renders drummers without any other instrument, spread over a split: as they played, and every second one as a short loop."""
    found = [it for it in groove.load(find("groove_midi")) if it.split == split and it.kind == "beat"]
    chosen = [found[at] for at in np.linspace(0, len(found) - 1, count).astype(int)]
    renders = []
    for place, drummer in enumerate(chosen):
        bars = _LOOP_BARS[place // 2 % len(_LOOP_BARS)]
        part = drummer.part.repeated(bars * 4 * 60 / drummer.bpm, SECONDS) if place % 2 else drummer.part.cut(0, SECONDS)
        voice = Voice(part=part, program=KITS[place // 2 % len(KITS)], drums=True)
        renders.append(Render(voices=(voice,), seconds=SECONDS, rate=RATE))
    return renders


def atonal(*, seed: int, count: int = 12) -> list[np.ndarray]:
    """Signals in no key, float32 [SECONDS * RATE] each: noise of various colours, and tones drawn from all twelve pitch classes alike."""
    random = np.random.default_rng(seed)
    length = int(SECONDS * RATE)
    frequency = np.maximum(np.fft.rfftfreq(length, 1 / RATE), 20.0)
    noises = [np.fft.irfft(np.fft.rfft(random.normal(size=length)) * frequency ** -random.uniform(0, 1), length) for _ in range(count)]
    return [(each / np.abs(each).max() * 0.5).astype(np.float32) for each in (*noises, *(_row_of_tones(random) for _ in range(3 * count)))]


def _row_of_tones(random: np.random.Generator) -> np.ndarray:
    """Tones with harmonics, several at once; every twelve of them are all pitch classes in random order."""
    samples, duration = np.zeros(int(SECONDS * RATE)), random.uniform(0.1, 0.5)
    voices = int(random.integers(1, 5))
    for _ in range(voices):
        pitches = np.concatenate([random.permutation(12) for _ in range(int(SECONDS / duration / 12) + 1)])
        for place, pitch in enumerate(pitches[: int(SECONDS / duration)]):
            first, last = int(place * duration * RATE), int((place + 1) * duration * RATE)
            time = np.arange(last - first) / RATE
            hz = 440 * 2 ** ((pitch + 12 * random.integers(-2, 2) + 3) / 12)
            tone = sum(0.6**harmonic * np.sin(2 * np.pi * hz * (harmonic + 1) * time) for harmonic in range(6))
            samples[first:last] += tone * np.exp(-time / duration)
    return samples
