"""What tells a stem's role whatever its level and position: nineteen features of its band powers, as the runtime computes them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from datasets.stem_bands import BANDS, Bands

STEM_FEATURES = (
    *(f"share_{group}" for group in range(8)),
    "activity",
    "level_spread",
    "crest",
    "flux",
    "onset_rate",
    "flatness",
    "peak_share",
    "centroid",
    "centroid_spread",
    "width",
    "peak",
)
ACTIVE_DB = -30.0  # of the loudest frame
FLOOR_DB = -60.0  # of the strongest band of all frames; what is below counts as that
SHARE_FLOOR = 1e-4
ONSET_DB = 1.5  # mean rise over the bands that counts as an onset


def stem_features(bands: Bands, weights: np.ndarray) -> Mapping[str, float] | None:
    """Features of a stem, all unchanged by gain, and by pan but for what pan does to a wide stem.

    Parameters
    ----------
    weights
        float64 [40]: K-weighting as power gain per band.

    Returns
    -------
    Mapping or None
        By the names of ``STEM_FEATURES``; None where the stem is silent.
    """
    power = bands.power
    level = power @ weights
    if not level.max() > 0:
        return None
    active = level > level.max() * 10 ** (ACTIVE_DB / 10)
    spectrum = power[active].mean(axis=0)
    shares = spectrum.reshape(8, BANDS // 8).sum(axis=1) / spectrum.sum()
    level_db = 10 * np.log10(level[active])
    db = 10 * np.log10(np.maximum(power, power.max() * 10 ** (FLOOR_DB / 10)))
    rise = np.maximum(np.diff(db, axis=0, prepend=db[:1]), 0).mean(axis=1)
    each = power[active] / power[active].sum(axis=1, keepdims=True)
    centroid = each @ (np.arange(BANDS) / BANDS)
    values = (
        *10 * np.log10(shares + SHARE_FLOOR),
        active.mean(),
        level_db.std(),
        10 * np.log10(level.max() / level[active].mean()),
        rise[active].mean(),
        _peaks(rise, ONSET_DB) / (len(rise) / bands.frames_per_second),
        10 * (np.log10(each + 1e-6).mean() - np.log10(1 / BANDS)),
        each.max(axis=1).mean(),
        centroid.mean(),
        centroid.std(),
        bands.width,
        10 * np.log10(bands.peak / level[active].mean()),
    )
    return dict(zip(STEM_FEATURES, map(float, values), strict=True))


def _peaks(curve: np.ndarray, least: float) -> int:
    inner = curve[1:-1]
    return int(((inner > least) & (inner > curve[:-2]) & (inner >= curve[2:])).sum())
