"""Long-term spectra of recordings in third-octave bands, from log-mel spectrograms: what an ear takes for the sound of a genre."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from datasets.tables import DataError, Problem

# Third octaves from 49.6 Hz, where the mel bands begin to tell them apart, to 8 kHz, which 22.05 kHz still hold whole.
FREQUENCIES = 31.25 * 2.0 ** (np.arange(2, 25) / 3)
SPLITS = {"train": "train", "validation": "valid", "test": "dev"}
_SAMPLE_RATE = 22_050
_MEL_BREAK_HZ, _HZ_PER_MEL, _LOG_STEP = 1000.0, 200 / 3, np.log(6.4) / 27


@dataclass(frozen=True)
class LongTermSpectra:
    """Recordings of one split.

    Attributes
    ----------
    levels
        Level of each third octave in dB around the recording's own mean, ``[recordings, bands]``.
    genre
        Name of each recording's genre.
    """

    levels: np.ndarray
    genre: np.ndarray

    def __len__(self) -> int:
        return len(self.genre)


def load(path: Path, split: str) -> LongTermSpectra:
    """Read a file of log-mel spectrograms in GTZAN's layout (``shared/data/README.md`` tells of it).

    Parameters
    ----------
    split
        ``train``, ``validation``, ``test`` or ``all``.

    Raises
    ------
    DataError
        If the file lacks an array.
    """
    with np.load(path, allow_pickle=False) as archive:
        if missing := {"mel_u8", "range_db", "top_db", "genre", "genre_names", "split"} - set(archive.files):
            raise DataError(path, [Problem(f"expected arrays of log-mel spectrograms, found no {', '.join(sorted(missing))}")])
        arrays = {name: archive[name] for name in archive.files}
    kept = np.ones(len(arrays["split"]), bool) if split == "all" else arrays["split"] == SPLITS[split]
    scale = arrays["range_db"][kept, None, None]
    decibels = scale * (arrays["mel_u8"][kept].astype(np.float32) / 255 - 1) + arrays["top_db"][kept, None, None]
    power = (10.0 ** (decibels / 10)).mean(axis=2)
    levels = third_octaves(10 * np.log10(power))
    return LongTermSpectra(levels - levels.mean(axis=1, keepdims=True), arrays["genre_names"][arrays["genre"][kept]])


def third_octaves(mel_db: np.ndarray) -> np.ndarray:
    """Third-octave levels of mel bands.

    A band of Slaney's mel filters has the area 1, so that its value is a power density; a third octave holds density times width, and its
    width grows with its centre.

    Parameters
    ----------
    mel_db
        Mean power of each mel band in dB, ``[recordings, bands]``.

    Returns
    -------
    numpy.ndarray
        Levels in dB up to a constant, ``[recordings, third octaves]``.
    """
    centres = mel_centres(mel_db.shape[1])
    density = np.stack([np.interp(np.log(FREQUENCIES), np.log(centres), row) for row in mel_db])
    return density + 10 * np.log10(FREQUENCIES)


def mel_centres(bands: int) -> np.ndarray:
    """Centres in Hz of Slaney's mel bands between 0 and half the sampling rate (M. Slaney, Auditory Toolbox, 1998)."""
    top = _MEL_BREAK_HZ / _HZ_PER_MEL + np.log(_SAMPLE_RATE / 2 / _MEL_BREAK_HZ) / _LOG_STEP
    mels = np.linspace(0, top, bands + 2)[1:-1]
    straight = mels * _HZ_PER_MEL
    return np.where(straight < _MEL_BREAK_HZ, straight, _MEL_BREAK_HZ * np.exp((mels - _MEL_BREAK_HZ / _HZ_PER_MEL) * _LOG_STEP))
