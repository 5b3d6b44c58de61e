"""Pitch classes from a mel spectrogram of 128 bands: coarse, but in this form there are keys for ten times as many recordings as in full.

Notes are found as the non-negative mixture of harmonic spectra, each as the mel bands see it, that comes closest to the frame by
Kullback-Leibler divergence (Lee and Seung, 2001).
"""

from __future__ import annotations

from functools import lru_cache

import librosa
import numpy as np

from datasets.key_features import Heading, heading
from datasets.music_features import SPARSE

LOWEST, HIGHEST = 36, 96  # MIDI pitches whose spectra are known
_COUNTED = 48  # from this pitch on notes count: the bands tell lower ones badly apart
_HARMONICS, _DECAY = 6, 0.6
_NOISE_BANDS, _NOISE_WIDTH = 12, 10  # broad spectra for what is no note
_PASSES = 60
_JOINED = 2  # frames averaged, about 155 ms


def hear_mel(decibels: np.ndarray) -> Heading:
    """Chroma and chords from a log-mel spectrogram.

    Parameters
    ----------
    decibels
        [frames, 128] as ``music_features.sparse_mel`` computes it.
    """
    spectrum = 10 ** (np.asarray(decibels, np.float64).T / 20)
    notes = _mixture(spectrum / spectrum.max())[_COUNTED - LOWEST : HIGHEST + 1 - LOWEST].T
    joined = notes[: len(notes) // _JOINED * _JOINED].reshape(-1, _JOINED, notes.shape[1]).mean(axis=1)
    kinds = np.stack([joined, np.sqrt(joined)], axis=1)
    folded = np.stack([kinds[:, :, pitch_class::12].sum(axis=2) for pitch_class in range(12)], axis=2)  # _COUNTED is a C
    return heading(np.arange(len(folded)), folded, 0.0)


def _mixture(spectrum: np.ndarray) -> np.ndarray:
    """How much of each known spectrum [n, frames] makes up the magnitudes [128, frames]."""
    known = _known_spectra()
    weights = np.full((known.shape[1], spectrum.shape[1]), spectrum.mean())
    for _ in range(_PASSES):
        weights *= known.T @ (spectrum / (known @ weights + 1e-9)) / (known.sum(axis=0)[:, None] + 1e-9)
    return weights


@lru_cache(maxsize=1)
def _known_spectra() -> np.ndarray:
    """Magnitudes [128, notes + noises] of notes with falling harmonics, and of broad bumps."""
    filters = librosa.filters.mel(sr=SPARSE.sampleRate, n_fft=SPARSE.nFft, n_mels=SPARSE.bands)
    time = np.arange(SPARSE.nFft)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * time / SPARSE.nFft)
    notes = []
    for pitch in range(LOWEST, HIGHEST + 1):
        power = np.zeros(SPARSE.bands)
        for harmonic in range(1, _HARMONICS + 1):
            wave = np.cos(2 * np.pi * librosa.midi_to_hz(pitch) * harmonic * time / SPARSE.sampleRate)
            power += _DECAY ** (2 * (harmonic - 1)) * (filters @ np.abs(np.fft.rfft(window * wave)) ** 2)
        notes.append(np.sqrt(power) / np.sqrt(power).sum())
    centres = np.arange(0, SPARSE.bands, _NOISE_BANDS)
    noises = [np.exp(-0.5 * ((np.arange(SPARSE.bands) - centre) / _NOISE_WIDTH) ** 2) for centre in centres]
    return np.stack([*notes, *noises], axis=1)
