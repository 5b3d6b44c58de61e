"""Keeps generated text from repeating a post: a Bloom filter of all runs of seven words; twin: ``web_runtime/src/content/guard.ts``.

Promised is that no eight consecutive words of a training post come out. The filter holds runs of seven, of letters and digits alone, so
that other ways to count words (an apostrophe, an emoji or a mention between) find no eight either.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from datasets.text_features import PUNCTUATION, SPACE
from datasets.tokens import LEFTOVER, QUOTES, tokens
from keras_models.content_random import hashed, mixed

RUN = 7
BITS_PER_RUN, PROBES = 10, 5  # one false alarm in about a hundred
READ = frozenset({"word", "number", "hashtag", "date", "time"})
PART = rf"[^{SPACE}{PUNCTUATION}{QUOTES}{LEFTOVER}]+"


@cache
def _part() -> re.Pattern[str]:
    return re.compile(PART)


def guard_words(text: str) -> list[str]:
    """Words of a text as the guard counts them: lower case, parted at apostrophes, without mentions, links and emoji."""
    return [part for token in tokens(text) if token.kind in READ for part in _part().findall(token.text.lower())]


def runs(text: str) -> list[str]:
    """All runs of seven words of a text."""
    words = guard_words(text)
    return [" ".join(words[at : at + RUN]) for at in range(len(words) - RUN + 1)]


def learn_guard(texts: Iterable[str]) -> dict[str, Any]:
    """Part ``guard`` of what a pack holds: the filter over all runs of these texts."""
    found = {run for text in texts for run in runs(text)}
    size = max(len(found) * BITS_PER_RUN, 8)
    bits = bytearray((size + 7) // 8)
    for run in found:
        for place in _places(run, size):
            bits[place >> 3] |= 1 << (place & 7)
    return {"guard": {"size": size, "bits": base64.b64encode(bytes(bits)).decode()}}


class Guard:
    """Answers whether a text repeats what must not be repeated."""

    def __init__(self, guard: Mapping[str, Any], own: Sequence[str]) -> None:
        self._size, self._bits = guard["size"], base64.b64decode(guard["bits"])
        self._own = {run for text in own for run in runs(text)}

    def repeats(self, text: str) -> bool:
        """Whether seven consecutive words stand in a training post, as far as the filter tells, or in one of the voice."""
        return any(run in self._own or self._holds(run) for run in runs(text))

    def _holds(self, run: str) -> bool:
        return all(self._bits[place >> 3] >> (place & 7) & 1 for place in _places(run, self._size))


def _places(run: str, size: int) -> list[int]:
    first = hashed(run)
    step = mixed(first) | 1
    return [(first + probe * step) % size for probe in range(PROBES)]
