"""How well tempi are told, as the field measures it (Gouyon et al., 2006), and within whole beats a minute as users do."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

UNITS = {"within_2": "%", "acc1": "%", "acc2": "%", "within_2_octave": "%", "within_0.1": "%", "within_0.1_octave": "%"}
_OCTAVES = (1, 2, 1 / 2)
_RELATIVES = (1, 2, 3, 1 / 2, 1 / 3)


def scores(told: Sequence[float | None], bpm: np.ndarray, *, exact: bool = False) -> dict[str, float]:
    """Shares in % of tempi that are right.

    ``within_2``: within 2 BPM; ``within_2_octave``: the same of the tempo, its half or its double; ``acc1``: within 4 %; ``acc2``: the same
    of the tempo, twice, three times, half or a third of it.

    Parameters
    ----------
    told
        Tempi [n] in BPM; None is never right.
    exact
        Whether ``within_0.1`` is asked as well, and the same of the tempo, its half or its double: of material whose tempo is known as
        exactly.
    """
    values = np.array([np.nan if each is None else each for each in told], float)

    def within(tolerance: float, factors: Sequence[float]) -> np.ndarray:
        return np.any([np.abs(values - bpm * factor) <= tolerance for factor in factors], axis=0)

    def near(factors: Sequence[float]) -> np.ndarray:
        return np.any([np.abs(values - bpm * factor) <= 0.04 * bpm * factor for factor in factors], axis=0)

    found = {"within_2": within(2, (1,)), "acc1": near((1,)), "acc2": near(_RELATIVES), "within_2_octave": within(2, _OCTAVES)}
    if exact:
        found |= {"within_0.1": within(0.1, (1,)), "within_0.1_octave": within(0.1, _OCTAVES)}
    return {name: 100 * float(hits.mean()) for name, hits in found.items()}
