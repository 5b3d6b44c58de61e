"""Reads what a caller wants of every draft, and judges texts by it; twin: ``web_runtime/src/content/constraints.ts``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from datasets.tokens import normalized, tokens
from keras_models.content_layout import MOST_TAGS

MOST = 30
PLACED = ("hashtag", "link", "mention")  # kinds of texts that have a place of their own in a draft

Range = tuple[int, int] | None


class Constraints:
    """What every draft must keep.

    Attributes
    ----------
    hashtags, emoji
        Least and most of them; None where any number will do.
    must
        Texts that stand in every draft.
    """

    def __init__(self, wanted: Mapping[str, Any]) -> None:
        self.hashtags, self.emoji = (_range(wanted.get(name)) for name in ("hashtags", "emoji"))
        self.must = [normalized(each) for each in wanted.get("mustInclude", [])]
        self._most = wanted.get("maxLength")
        self._forbidden = [normalized(each).lower() for each in wanted.get("forbid", [])]
        self._kinds = [_kind(each) for each in self.must]

    def must_be(self, kind: str) -> list[str]:
        """Texts that must stand in every draft and are one hashtag, link or mention; with an empty kind, all the others."""
        return [each for each, own in zip(self.must, self._kinds, strict=True) if own == kind]

    def allowed(self, candidates: Sequence[str]) -> list[str]:
        """Candidates without anything forbidden."""
        return [each for each in candidates if not any(forbidden in each.lower() for forbidden in self._forbidden)]

    def are_kept_by(self, text: str) -> bool:
        """Whether a text keeps every constraint."""
        kinds = [token.kind for token in tokens(text)]
        return (
            (self._most is None or len(text.encode("utf-16-le")) // 2 <= self._most)
            and _within(kinds.count("hashtag"), self.hashtags)
            and _within(kinds.count("emoji"), self.emoji)
            and all(each in text for each in self.must)
            and text in self.allowed([text])
        )


def clamped(count: int, bounds: Range) -> int:
    """The number within bounds that is nearest."""
    return count if bounds is None else min(max(count, bounds[0]), bounds[1])


def _within(count: int, bounds: Range) -> bool:
    return bounds is None or bounds[0] <= count <= bounds[1]


def _range(wanted: Any) -> Range:
    """Least and most of a constraint: a number, a yes or no, or ``{min, max}``."""
    if wanted is None:
        return None
    if isinstance(wanted, bool):
        return (1, MOST_TAGS) if wanted else (0, 0)
    if isinstance(wanted, int):
        return wanted, wanted
    return wanted.get("min", 0), wanted.get("max", MOST)


def _kind(text: str) -> str:
    found = tokens(text)
    return found[0].kind if len(found) == 1 and found[0].kind in PLACED and found[0].text == text else ""
