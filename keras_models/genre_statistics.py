"""What a whole track says beyond any single moment: means, spreads, changes, rhythm and correlations of its log-mel spectrogram.

On few tracks a linear model of these beats convolutions: spreads of deltas and the modulation spectrum describe how music moves, which
pictures of three seconds hide. Everything is TF ops, so that training and the browser compute the same.
"""

from __future__ import annotations

import numpy as np
import scipy.fft
import tensorflow as tf

FRAMES, BANDS = 387, 128
PARTS = 9  # into which the frames divide evenly
COEFFICIENTS, GROUPS = 40, 16  # MFCCs; groups of eight bands
WINDOW, WINDOW_STEP = 128, 64  # frames of a modulation spectrum: 10 s, and from one to the next
RATES = (1, 2, 3, 5, 8, 13, 22, 38, 64)  # edges of modulation bands, in bins of 0.1 Hz
REGIONS = (0, 24, 48, 72, 96, 128)  # of bands: tonality and contrast
FLUX_REGIONS = (0, 16, 48, 80, 128)
SMOOTHING = 9  # bands over which a spectrum is smoothed to find peaks
FLOOR = 0.01  # dB squared: what is constant stays finite in logarithms, whichever way a device rounds
MODULATION_FLOOR = 1.0


def statistics(mel: tf.Tensor) -> tf.Tensor:
    """Statistics [batch, 386] of log-mel spectrograms [batch, 387, 128] in dB, frames first."""
    flat = tf.reshape(mel, (-1, BANDS))
    coefficients = tf.reshape(tf.matmul(flat, _cosines()), (-1, FRAMES, COEFFICIENTS))
    # From the first frame on: a band that does not move is exactly 0 then, however a device rounds.
    moved = tf.reshape(mel - mel[:, :1], (-1, BANDS))
    groups = tf.reshape(tf.matmul(moved, _averages(np.arange(0, BANDS + 1, BANDS // GROUPS))), (-1, FRAMES, GROUPS))
    mean, spread = _mean_and_spread(coefficients)
    _, delta_spread = _mean_and_spread(coefficients[:, 1:] - coefficients[:, :-1])
    return tf.concat(
        [mean, spread, delta_spread, _modulation(groups), _correlations(groups), _tonality(mel, flat), _flux(mel)],
        axis=1,
    )


def _mean_and_spread(values: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Mean over time and logarithm of the standard deviation."""
    mean = tf.reduce_mean(values, axis=1, keepdims=True)
    variance = tf.reduce_mean(tf.square(values - mean), axis=1)
    return mean[:, 0], 0.5 * tf.math.log(variance + FLOOR)


def _modulation(groups: tf.Tensor) -> tf.Tensor:
    """[batch, 16 * 8]: logarithm of the power at which each group of bands swells and fades, per band of rates."""
    starts = range(0, FRAMES - WINDOW + 1, WINDOW_STEP)
    rows = tf.transpose(groups, (0, 2, 1))
    windows = tf.stack([rows[:, :, start : start + WINDOW] for start in starts], axis=2)
    waves = tf.matmul(tf.reshape(windows, (-1, WINDOW)), _fourier())
    power = tf.matmul(tf.square(waves), _rate_bands())
    power = tf.reduce_mean(tf.reshape(power, (-1, GROUPS, len(starts), len(RATES) - 1)), axis=2)
    return tf.reshape(tf.math.log(power + MODULATION_FLOOR), (-1, GROUPS * (len(RATES) - 1)))


def _correlations(groups: tf.Tensor) -> tf.Tensor:
    """[batch, 120]: which groups of bands move together."""
    centred = groups - _mean_in_parts(groups)
    scaled = centred / tf.sqrt(_mean_in_parts(tf.square(centred)) + FLOOR)
    # Products of two tensors in a batch come out wrong on webgl; these of one column with the others do not.
    pairs = [scaled[:, :, group : group + 1] * scaled[:, :, group + 1 :] for group in range(GROUPS - 1)]
    return _mean_in_parts(tf.concat(pairs, axis=2))[:, 0]


def _mean_in_parts(values: tf.Tensor) -> tf.Tensor:
    """[batch, 1, k]: mean over the frames, of means over parts of them: one long sum rounds too coarsely in a browser."""
    parts = tf.reshape(values, (-1, PARTS, FRAMES // PARTS, values.shape[2]))
    return tf.reduce_mean(tf.reduce_mean(parts, axis=2), axis=1, keepdims=True)


def _tonality(mel: tf.Tensor, flat: tf.Tensor) -> tf.Tensor:
    """[batch, 10]: how far spectra stand out from their smoothed selves, and the spread of that, per region."""
    smooth = tf.nn.avg_pool2d(mel[..., None], (1, SMOOTHING), 1, "SAME")
    peaks = flat - tf.reshape(smooth, (-1, BANDS))
    regions = _averages(np.array(REGIONS))
    size = len(REGIONS) - 1
    height = tf.matmul(tf.abs(peaks), regions)
    variance = tf.matmul(tf.square(peaks), regions) - tf.square(tf.matmul(peaks, regions))
    spread = tf.sqrt(tf.nn.relu(variance) + FLOOR)
    return tf.reduce_mean(tf.reshape(tf.concat([height, spread], axis=1), (-1, FRAMES, 2 * size)), axis=1)


def _flux(mel: tf.Tensor) -> tf.Tensor:
    """[batch, 8]: logarithms of mean and spread of the spectral flux, per region."""
    rises = tf.nn.relu(mel[:, 1:] - mel[:, :-1])
    flux = tf.matmul(tf.reshape(rises, (-1, BANDS)), _averages(np.array(FLUX_REGIONS)))
    flux = tf.reshape(flux, (-1, FRAMES - 1, len(FLUX_REGIONS) - 1))
    mean, spread = _mean_and_spread(flux)
    return tf.concat([tf.math.log(mean + FLOOR), spread], axis=1)


def _cosines() -> np.ndarray:
    """[128, 40]: the orthonormal DCT-II, whose product with decibels is the MFCCs."""
    return scipy.fft.dct(np.eye(BANDS), norm="ortho")[:, :COEFFICIENTS].astype(np.float32)


def _averages(edges: np.ndarray) -> np.ndarray:
    """[128, regions]: means over the bands between consecutive edges."""
    inside = (np.arange(BANDS)[:, None] >= edges[:-1]) & (np.arange(BANDS)[:, None] < edges[1:])
    return (inside / np.diff(edges)).astype(np.float32)


def _fourier() -> np.ndarray:
    """[128, 2 * 64]: cosines and sines of the rates 1 to 64, of a window less its mean under a Hann curve."""
    time = np.arange(WINDOW)
    waves = np.exp(-2j * np.pi * np.outer(time, np.arange(1, WINDOW // 2 + 1)) / WINDOW) * np.hanning(WINDOW)[:, None]
    centred = waves - waves.mean(axis=0)
    return np.concatenate([centred.real, centred.imag], axis=1).astype(np.float32)


def _rate_bands() -> np.ndarray:
    """[2 * 64, 8]: mean power between consecutive edges of RATES."""
    rates, edges = np.arange(1, WINDOW // 2 + 1)[:, None], np.array(RATES)
    inside = (rates >= edges[:-1]) & (rates < edges[1:])
    return np.concatenate([inside / inside.sum(axis=0)] * 2).astype(np.float32)
