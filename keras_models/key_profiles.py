"""Key profiles that others have published, the baseline of learning: how much each degree is heard in a major and a minor key."""

from __future__ import annotations

import numpy as np

# From the tonic on, major and minor.
PROFILES: dict[str, tuple[tuple[float, ...], tuple[float, ...]]] = {
    # Listeners' ratings (Krumhansl and Kessler, 1982).
    "Krumhansl": (
        (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88),
        (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17),
    ),
    # Adjusted by hand (Temperley, 1999).
    "Temperley": ((5, 2, 3.5, 2, 4.5, 4, 2, 4.5, 2, 3.5, 1.5, 4), (5, 2, 3.5, 4.5, 2, 4, 2, 4.5, 3.5, 2, 1.5, 4)),
    # Means over electronic dance music (Faraldo, Gomez, Jorda and Herrera, 2016).
    "EDM": (
        (1.0, 0.2875, 0.5020, 0.4048, 0.6050, 0.5614, 0.3205, 0.7966, 0.3159, 0.4506, 0.4202, 0.3889),
        (1.0, 0.3096, 0.4415, 0.5827, 0.3262, 0.4948, 0.2889, 0.7804, 0.4328, 0.2903, 0.5331, 0.3217),
    ),
    # Adjusted for disc jockeys (Sha'ath, 2011).
    "KeyFinder": (
        (6.6, 2.0, 3.5, 2.3, 4.6, 4.0, 2.5, 5.2, 2.4, 3.7, 2.3, 3.4),
        (6.5, 2.7, 3.5, 5.4, 2.6, 3.5, 2.5, 5.2, 4.0, 2.7, 4.3, 3.2),
    ),
}


def correlation_kernel() -> np.ndarray:
    """float32 [12, 12 * 2 * profiles]: a unit vector of centred chroma times this is its correlation by tonic, profile and mode."""
    rows = np.array([mode for modes in PROFILES.values() for mode in modes])
    rows = rows - rows.mean(axis=1, keepdims=True)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    turned = np.stack([np.roll(rows, tonic, axis=1) for tonic in range(12)])  # [tonic, profile and mode, pitch class]
    return turned.reshape(-1, 12).T.astype(np.float32)
