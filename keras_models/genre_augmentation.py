"""What another album would have changed in a recording's spectrogram: equaliser, level, pitch, tempo, and how deep its silences are.

The artists of a genre are few, and their records sound alike by their mastering; a model of few tracks learns that instead of the music.
Copies with other mastering take it away.
"""

from __future__ import annotations

import numpy as np

from keras_models.genre_statistics import BANDS, FRAMES

WAVES, TILT, GAIN = 4, 3.0, 4.0  # cosines of an equaliser's curve, dB of the first of them, dB of the level: standard deviations
SHIFT, STRETCH = 3, 0.15  # most bands by which pitch moves, and largest logarithm by which tempo does
DEPTHS = (55.0, 80.0)  # dB below the loudest value at which a spectrogram is cut


def augmented(mel: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """A changed copy of log-mel spectrograms [n, 387, 128] in dB, frames first.

    Tempo changes by the nearest frame, since the frames are too sparse for interpolation; what runs over the end comes from the start.
    """
    return np.stack([_changed(each, random) for each in mel])


def _changed(mel: np.ndarray, random: np.random.Generator) -> np.ndarray:
    place = (np.arange(BANDS) + 0.5) / BANDS
    curve = sum(random.normal(0, TILT / wave) * np.cos(np.pi * wave * place) for wave in range(1, WAVES + 1)) + random.normal(0, GAIN)
    bands = np.clip(np.arange(BANDS) + random.integers(-SHIFT, SHIFT + 1), 0, BANDS - 1)
    rate = np.exp(random.uniform(-STRETCH, STRETCH))
    frames = np.floor(np.arange(FRAMES) * rate + random.uniform(0, FRAMES)).astype(int) % FRAMES
    changed = mel[frames][:, bands] + curve
    return np.maximum(changed, changed.max() - random.uniform(*DEPTHS)).astype(np.float32)
