"""Random numbers and hashes of 32 bits that are the same in Python and in the browser; twin: ``web_runtime/src/content/random.ts``."""

from __future__ import annotations

from collections.abc import Sequence

MASK = 0xFFFFFFFF
_BASIS, _PRIME = 2166136261, 16777619


def mixed(value: int) -> int:
    """MurmurHash3's finalizer (Appleby, public domain): every bit of the input changes half of the output's."""
    value &= MASK
    value = ((value ^ (value >> 16)) * 0x85EBCA6B) & MASK
    value = ((value ^ (value >> 13)) * 0xC2B2AE35) & MASK
    return value ^ (value >> 16)


def hashed(text: str) -> int:
    """FNV-1a over the code points of a text (Fowler, Noll, Vo)."""
    return hashed_points([ord(character) for character in text])


def hashed_points(points: Sequence[int]) -> int:
    """FNV-1a over code points."""
    value = _BASIS
    for point in points:
        value = ((value ^ point) * _PRIME) & MASK
    return value


class Random:
    """Counter-based: the n-th number of a seed and stream hangs on nothing else."""

    def __init__(self, seed: int, stream: int) -> None:
        self._key = mixed(seed ^ mixed(stream + 0x9E3779B9))
        self._count = 0

    def below(self, limit: int) -> int:
        """A whole number from 0 to ``limit`` - 1."""
        self._count += 1
        return mixed(self._key ^ mixed(self._count)) % limit

    def weighted(self, weights: Sequence[int]) -> int:
        """A place, as likely as its weight, whole numbers above 0."""
        left = self.below(sum(weights))
        for place, weight in enumerate(weights):
            left -= weight
            if left < 0:
                return place
        raise AssertionError("weights add up")
