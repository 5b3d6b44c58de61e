"""Writes sentences: filled templates and Markov walks that a voice bends; twin: ``web_runtime/src/content/writer.ts``."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from datasets.tokens import Token, tokens
from keras_models.content_random import Random
from keras_models.content_style import word_key
from keras_models.content_writing import I_WORDS, LEAST_WORDS, LONGEST_SENTENCE, START, plain_words, sentences_of

VOICE = 3  # how often a step of the voice counts
BACK_OFF = 4  # one step in so many looks at one word only
END = "$"
ENDINGS = (".", "!", "?", END)
LONGEST_TITLED = 6  # pieces of a template that takes the subject
LONGEST_TITLE, LONGEST_ABOUT = 5, 8
ABOUT_READ = 300  # characters of the subject
# No sentence ends on these.
_DANGLING = "the a an of to in for on and with at my your our his her their is are was be or but so as if than from by i we he she they i'm"
_DANGLING += " what when how why where who very really most more have has had can will would should could do did that's it's what's"
DANGLING = frozenset(_DANGLING.split())
_SLOT = re.compile(r"\{(\w+)\}")
Steps = Mapping[str, tuple[list[str], list[int]]]


class Subject:
    """What posts are to be about: a title, and what fills the other slots."""

    def __init__(self, about: str, known: set[str]) -> None:
        found = tokens(about)
        words = [token.text for token in found if token.kind == "word"]
        self.title = _title(found, known) or " ".join(words[:LONGEST_TITLE])
        self.fills = {"title": self.title} if self.title else {}
        for token in found:
            if token.kind in ("date", "time", "number", "link", "mention"):
                self.fills.setdefault(token.kind, token.text)
        plain = plain_words(found)
        self.line = _joined(plain) if plain and LEAST_WORDS <= len(plain) <= LONGEST_ABOUT else ""


class Writer:
    """Writes sentences of a pack and a voice."""

    def __init__(self, writing: Mapping[str, Any], texts: Sequence[str]) -> None:
        words = writing["words"]
        self.known = set(words)
        self._pack = {2: _steps(writing["bigrams"], words, 1), 3: _steps(writing["trigrams"], words, 2)}
        self._voice = self._steps_of(texts)
        slots = {template: _SLOT.findall(template) for template in writing["templates"]}
        self._plain = [template for template, wanted in slots.items() if not wanted]
        self._titled = [
            (template, wanted) for template, wanted in slots.items() if "title" in wanted and len(template.split(" ")) <= LONGEST_TITLED
        ]

    def about(self, random: Random, subject: Subject) -> str | None:
        """A sentence about the subject: a template, or the subject's own words."""
        kind = random.below(10)
        if subject.line and kind < 3:
            return subject.line + ("!" if random.below(2) else ".")
        fitting = [template for template, wanted in self._titled if all(slot in subject.fills for slot in wanted)]
        if not fitting or kind == 9:
            return subject.title + ("!" if random.below(2) else "")
        return _SLOT.sub(lambda slot: subject.fills[slot[1]], fitting[random.below(len(fitting))])

    def free(self, random: Random) -> str | None:
        """A sentence about nothing in particular; None where the walk leads nowhere."""
        if self._plain and random.below(3) == 0:
            return self._plain[random.below(len(self._plain))]
        return self._walk(random)

    def _walk(self, random: Random) -> str | None:
        before, last, words = START, START, []
        while len(words) <= LONGEST_SENTENCE:
            following, counts = self._next(3, f"{before} {last}")
            if not following or random.below(BACK_OFF) == 0:
                following, counts = self._next(2, last)
            if not following:
                return None
            step = following[random.weighted(counts)]
            if step in ENDINGS:
                is_sound = len(words) >= LEAST_WORDS and words[-1] != "," and word_key(words[-1]) not in DANGLING
                return _joined(words) + ("" if step == END else step) if is_sound else None
            words.append(step)
            before, last = last, step
        return None

    def _next(self, order: int, context: str) -> tuple[list[str], list[int]]:
        words, counts = self._pack[order].get(context, ([], []))
        own, often = self._voice[order].get(context, ([], []))
        return [*words, *own], [*counts, *(VOICE * count for count in often)]

    def _steps_of(self, texts: Sequence[str]) -> dict[int, Steps]:
        """Steps of the voice's own sentences: words as it writes them, but first and shouted ones in lower case where known."""
        counts: dict[int, dict[str, dict[str, int]]] = {2: {}, 3: {}}
        for text in texts:
            for sentence, end in sentences_of(tokens(text)):
                words = plain_words(sentence) or []
                if not LEAST_WORDS <= len(words) <= LONGEST_SENTENCE:
                    continue
                path = [START, START, *(self._usual(word, place) for place, word in enumerate(words)), end or END]
                for at in range(2, len(path)):
                    for order, context in ((2, path[at - 1]), (3, f"{path[at - 2]} {path[at - 1]}")):
                        following = counts[order].setdefault(context, {})
                        following[path[at]] = following.get(path[at], 0) + 1
        return {
            order: {context: (list(following), list(following.values())) for context, following in of.items()}
            for order, of in counts.items()
        }

    def _usual(self, word: str, place: int) -> str:
        key = word_key(word)
        if key in I_WORDS:
            return key[0].upper() + key[1:]
        is_shouted = len(word) > 1 and word == word.upper()
        return key if (place == 0 or is_shouted) and key in self.known else word


def _steps(rows: Sequence[Sequence[int]], words: Sequence[str], context: int) -> Steps:
    return {
        " ".join(words[at] for at in row[:context]): ([words[at] for at in row[context::2]], list(row[context + 1 :: 2])) for row in rows
    }


def _joined(words: Sequence[str]) -> str:
    return " ".join(words).replace(" ,", ",")


def _title(found: Sequence[Token], known: set[str]) -> str:
    """What stands in double quotation marks, else the longest run of names."""
    places = [at for at, token in enumerate(found) if token.text in ('"', "“", "”")]
    if len(places) > 1:
        inner = [token.text for token in found[places[0] + 1 : places[1]] if token.kind in ("word", "number")]
        if 0 < len(inner) <= LONGEST_TITLE:
            return " ".join(inner)
    best: list[str] = []
    run: list[str] = []
    for at, token in enumerate(found):
        is_name = token.kind == "word" and token.text[0] != token.text[0].lower() and not (at == 0 and word_key(token.text) in known)
        run = [*run, token.text] if is_name else []
        best = run if len(best) < len(run) <= LONGEST_TITLE else best
    return " ".join(best)
