"""Fills the slots of ready sentences with what the caller gave, and with nothing else; twin: ``web_runtime/src/content/slots.ts``.

What a mention, number, date or time says hangs on the word beside it: of "3 days with @someone" come "3 days" and "with @someone", and
not "3 years" or "by @someone". A sentence without the title says nothing more than that, but that a link leads to more.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from datasets.tokens import Token, tokens
from keras_models.content_style import word_key
from keras_models.content_subject import CALENDAR, LITTLE

SLOT = re.compile(r"\{(\w+)\}")
TITLE = "title"
DATED = ("date", "time")  # slots that a frame has where the caller fills them: no "out now" of what is out on Friday
# What may be said of any link.
_OFFERED = "more here info information details look see check find out learn follow latest"
OFFERED = frozenset(_OFFERED.split())
EDGES = ",:.!?-–"  # marks beside the words of a frame


@dataclass(frozen=True)
class Given:
    """What may fill a slot, with the keys of the words that stood beside it; empty where none did."""

    kind: str
    text: str
    before: str
    after: str


class Slots:
    """What the texts of a caller fill: the quoted title of the subject, and their links, mentions, numbers, dates and times."""

    def __init__(self, texts: Sequence[str], title: str) -> None:
        self._title, self._given, self._words = title, [], set()
        for text in texts:
            found = tokens(text)
            self._given += [_given(found, at) for at in range(len(found))]
            self._words |= {word_key(token.text) for token in found}
        self._is_dated = any(given.kind in DATED for given in self._given)

    def filled(self, frames: Sequence[str], *, titled: bool) -> list[str]:
        """The sentences that the frames with a slot for the title, or those without one, come to; frames that do not fit are left out."""
        return [line for frame in frames if (f"{{{TITLE}}}" in frame) == titled and (line := self._fill(frame, titled))]

    def _fill(self, frame: str, titled: bool) -> str:
        kinds = SLOT.findall(frame)
        if self._leaves_the_date_out(kinds) if titled else self._says_more(frame, kinds):
            return ""
        fills = [self._fill_of(kind, *_beside(frame, slot)) for kind, slot in zip(kinds, SLOT.finditer(frame), strict=True)]
        left = iter(fills)
        return SLOT.sub(lambda _: next(left), frame) if all(fills) else ""

    def _leaves_the_date_out(self, kinds: Sequence[str]) -> bool:
        return self._is_dated and not set(DATED) & set(kinds)

    def _says_more(self, frame: str, kinds: Sequence[str]) -> bool:
        said = self._words | LITTLE | (OFFERED if "link" in kinds else frozenset())
        return not said.issuperset(frame_words(frame))

    def _fill_of(self, kind: str, before: str, after: str) -> str:
        if kind == TITLE:
            return self._title
        return next((each.text for each in self._given if each.kind == kind and _fits(each, before, after)), "")


def frame_words(frame: str) -> list[str]:
    """The words of a frame, without slots and marks."""
    words = [piece.strip(EDGES) for piece in frame.split(" ") if "{" not in piece]
    return [word for word in words if word]


def hangs_on_a_word(frame: str) -> bool:
    """Whether each slot that needs a word beside it has one that tells what it means."""
    return all(slot[1] in (TITLE, "link") or _tells(slot[1], *_beside(frame, slot)) for slot in SLOT.finditer(frame))


def _tells(kind: str, before: str, after: str) -> bool:
    return bool({before, after} - LITTLE - {""}) if kind == "number" else bool(before)


def _fits(given: Given, before: str, after: str) -> bool:
    """Whether what the frame says beside the slot stood there in the caller's text: what a number counts, what comes before all others."""
    if given.kind == "link":
        return True
    if given.kind == "number":
        return (before == given.before and before not in LITTLE | {""}) or (after == given.after and after not in LITTLE | {""})
    return before == given.before and before != ""


def _given(found: Sequence[Token], at: int) -> Given:
    kind = "date" if word_key(found[at].text) in CALENDAR else found[at].kind
    before, after = (
        word_key(found[place].text) if 0 <= place < len(found) and found[place].kind == "word" else "" for place in (at - 1, at + 1)
    )
    return Given(kind, found[at].text, before, after)


def _beside(frame: str, slot: re.Match[str]) -> tuple[str, str]:
    """The words of a frame before and after a slot; empty where there is none."""
    before, after = frame[: slot.start()].rstrip(" ").split(" ")[-1], frame[slot.end() :].lstrip(" ").split(" ")[0]
    return before.strip(EDGES), after.strip(EDGES)
