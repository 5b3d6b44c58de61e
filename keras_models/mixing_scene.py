"""The stems of a mix as its objective sees them: band powers and peaks by segments of time. Twin of the runtime's mixing/scene.ts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from datasets.stem_bands import BANDS, Bands, band_edges

SEGMENTS = 96  # at most; short ones of eight frames where the music is shorter
FRAMES_PER_SEGMENT = 8
ABSOLUTE_GATE_LUFS, RELATIVE_GATE_LU = -70.0, -10.0
# ITU-R BS.1770-4, tables 1 and 2: the filters at 48 kHz as (b, a).
_SHELF = ((1.53512485958697, -2.69169618940638, 1.19839281085285), (1.0, -1.69065929318241, 0.73248077421585))
_HIGH_PASS = ((1.0, -2.0, 1.0), (1.0, -1.99004745483398, 0.99007225036621))


@dataclass(frozen=True, eq=False)
class SceneStem:
    """One stem.

    Attributes
    ----------
    left, right
        float64 [segments, 40]: mean-square amplitude.
    peaks
        float64 [segments]: largest squared sample of either channel.
    active
        bool [segments]: loud enough to count, after BS.1770-4's two gates.
    """

    left: np.ndarray
    right: np.ndarray
    peaks: np.ndarray
    active: np.ndarray

    @property
    def silent(self) -> bool:
        """Whether nothing of it can be heard."""
        return not self.active.any()


def k_weights() -> np.ndarray:
    """float64 [40]: K-weighting as power gain, averaged over each band."""
    edges = band_edges()
    grid = np.linspace(edges[:-1], edges[1:], 17, axis=1)
    z = np.exp(-2j * np.pi * grid / 48_000)
    gain = np.ones_like(z)
    for b, a in (_SHELF, _HIGH_PASS):
        gain = gain * np.polyval(b[::-1], z) / np.polyval(a[::-1], z)
    return (np.abs(gain) ** 2).mean(axis=1)


def scene(stems: Sequence[np.ndarray], bands: Sequence[Bands]) -> list[SceneStem]:
    """Segments of all stems over the time of the longest.

    Parameters
    ----------
    stems
        float [samples, 1 or 2] each, of any lengths.
    bands
        Their band powers.
    """
    frames, length = max(len(each.left) for each in bands), max(map(len, stems))
    count = min(SEGMENTS, -(-frames // FRAMES_PER_SEGMENT))
    weights = k_weights()
    made = []
    for samples, each in zip(stems, bands, strict=True):
        left, right = (_averaged(channel, frames, count) for channel in (each.left, each.right))
        made.append(SceneStem(left, right, _peaks(samples, length, count), _active((left + right) @ weights)))
    return made


def lufs(power: np.ndarray | float) -> np.ndarray:
    """Loudness of a K-weighted mean square."""
    return -0.691 + 10 * np.log10(np.maximum(power, 1e-20))


def _averaged(frames: np.ndarray, length: int, count: int) -> np.ndarray:
    whole = np.zeros((length, BANDS))
    whole[: len(frames)] = frames
    cuts = np.arange(count + 1) * length // count
    return np.add.reduceat(whole, cuts[:-1], axis=0) / np.diff(cuts)[:, None]


def _peaks(samples: np.ndarray, length: int, count: int) -> np.ndarray:
    cuts = np.arange(count + 1) * length // count
    squares = np.zeros(length)
    squares[: len(samples)] = np.square(samples.astype(np.float64)).max(axis=1)
    return np.maximum.reduceat(squares, cuts[:-1])


def _active(power: np.ndarray) -> np.ndarray:
    audible = lufs(power) > ABSOLUTE_GATE_LUFS
    if not audible.any():
        return audible
    return audible & (lufs(power) > lufs(power[audible].mean()) + RELATIVE_GATE_LU)
