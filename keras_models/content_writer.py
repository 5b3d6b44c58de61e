"""Writes sentences: ready ones, phrases of a subject, Markov walks that a voice bends; twin: ``web_runtime/src/content/writer.ts``."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from datasets.tokens import tokens
from keras_models.content_random import Random
from keras_models.content_sentences import DANGLING, I_WORDS, joined, plain_words, sentences_of
from keras_models.content_style import word_key
from keras_models.content_subject import Subject
from keras_models.content_writing import LEAST_WORDS, LONGEST_SENTENCE, START

VOICE = 3  # how often a step of the voice counts
LONGEST_WALK = 10  # words
STATED = 4  # words of a phrase that may end in a full stop; a shorter one is called out
BACKED_OFF = 1  # steps of a walk that may hang on one word only
WALKED, FRAMED, EXCLAIMED = 4, 3, 2  # one sentence in so many
DATED = ("date", "time")  # slots that a frame has where the subject fills them: no "out now" of what is out on Friday
END = "$"
ENDINGS = (".", "!", "?", END)
_SLOT = re.compile(r"\{(\w+)\}")
Steps = Mapping[str, tuple[list[str], list[int]]]


class Writer:
    """Writes sentences of a pack and a voice."""

    def __init__(self, writing: Mapping[str, Any], texts: Sequence[str]) -> None:
        words = writing["words"]
        self._known = set(words)
        self._pack = {2: _steps(writing["bigrams"], words, 1), 3: _steps(writing["trigrams"], words, 2)}
        self._voice = self._steps_of(texts)
        slots = {template: _SLOT.findall(template) for template in writing["templates"]}
        self._lines = [template for template, wanted in slots.items() if not wanted]
        self._frames = [(template, wanted) for template, wanted in slots.items() if wanted]

    def about(self, random: Random, subject: Subject) -> str:
        """A sentence about the subject: a frame around its title, or a phrase of the subject's own."""
        dated = {slot for slot in DATED if slot in subject.fills}
        fitting = [template for template, wanted in self._frames if dated <= set(wanted) <= set(subject.fills)]
        if fitting and random.below(FRAMED) == 0:
            return _SLOT.sub(lambda slot: subject.fills[slot[1]], fitting[random.below(len(fitting))])
        # The whole first, and the earlier a phrase stands the more often.
        phrase = subject.phrases[random.weighted(list(range(len(subject.phrases), 0, -1)))]
        is_stated = random.below(EXCLAIMED) > 0 and len(phrase.split(" ")) >= STATED
        return phrase + ("." if is_stated else "!")

    def beside(self, random: Random) -> str | None:
        """A sentence that may stand beside any subject."""
        return self._lines[random.below(len(self._lines))] if self._lines else self._walk(random)

    def free(self, random: Random) -> str | None:
        """A sentence about nothing in particular; None where the walk leads nowhere."""
        return self._walk(random) if random.below(WALKED) == 0 else self.beside(random)

    def _walk(self, random: Random) -> str | None:
        before, last, words, backed_off = START, START, [], 0
        while len(words) <= LONGEST_WALK:
            following, counts = self._next(3, f"{before} {last}")
            if not following:
                following, counts = self._next(2, last)
                backed_off += 1
            if not following or backed_off > BACKED_OFF:
                return None
            step = following[random.weighted(counts)]
            if step in ENDINGS:
                is_sound = len(words) >= LEAST_WORDS and words[-1] != "," and word_key(words[-1]) not in DANGLING
                return joined(words) + ("" if step == END else step) if is_sound else None
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
        return key if (place == 0 or is_shouted) and key in self._known else word


def _steps(rows: Sequence[Sequence[int]], words: Sequence[str], context: int) -> Steps:
    return {
        " ".join(words[at] for at in row[:context]): ([words[at] for at in row[context::2]], list(row[context + 1 :: 2])) for row in rows
    }
