"""Keys over time, made steady: what windows say by themselves, weighed with how seldom music changes its key.

``web_runtime/src/music/key-path.ts`` is its twin.
"""

from __future__ import annotations

import numpy as np

_LEAST = 1e-9


def steady_keys(windows: np.ndarray, *, stay: float, trust: float) -> np.ndarray:
    """Probabilities of the keys in each window given all windows: the forward-backward algorithm (Rabiner, 1989).

    Parameters
    ----------
    windows
        [n, keys]: probabilities by each window alone.
    stay
        How likely the next window is in the same key; any other is alike.
    trust
        Exponent of what a window says: windows overlap and are no independent witnesses.

    Returns
    -------
    np.ndarray
        [n, keys], rows that sum to 1.
    """
    heard = np.maximum(np.asarray(windows, np.float64), _LEAST) ** trust
    together = heard * _expected(heard, stay) * _expected(heard[::-1], stay)[::-1]
    return together / together.sum(axis=1, keepdims=True)


def _expected(heard: np.ndarray, stay: float) -> np.ndarray:
    """What each window is expected to be in by those before it."""
    belief, expected = np.ones(heard.shape[1]), []
    for row in heard:
        expected.append(stay * belief + (1 - stay) * (belief.sum() - belief) / (len(belief) - 1))
        belief = expected[-1] * row
        belief /= belief.sum()
    return np.array(expected).reshape(heard.shape)
