"""Writes sentences: ready ones, phrases of a subject, Markov walks that a voice bends; twin: ``web_runtime/src/content/writer.ts``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from datasets.tokens import tokens
from keras_models.content_random import Random
from keras_models.content_sentences import DANGLING, I_WORDS, joined, plain_words, sentences_of
from keras_models.content_slots import SLOT, Slots
from keras_models.content_style import word_key
from keras_models.content_subject import Subject
from keras_models.content_writing import LEAST_WORDS, LONGEST_SENTENCE, START

VOICE = 3  # how often a step of the voice counts
LONGEST_WALK = 10  # words
STATED = 4  # words of a phrase that may end in a full stop; a shorter one is called out
BACKED_OFF = 1  # steps of a walk that may hang on one word only
WALKED, FRAMED, EXCLAIMED = 4, 3, 2  # one sentence in so many
END = "$"
ENDINGS = (".", "!", "?", END)
NOTHING: Mapping[str, Any] = {"words": [], "bigrams": [], "trigrams": [], "templates": []}  # for what a pack cannot write
Steps = Mapping[str, tuple[list[str], list[int]]]


class Writer:
    """Writes sentences of a pack and a voice, their slots filled with what a caller gave."""

    def __init__(self, writing: Mapping[str, Any], texts: Sequence[str], slots: Slots) -> None:
        words = writing["words"]
        self._known = set(words)
        self._pack = {2: _steps(writing["bigrams"], words, 1), 3: _steps(writing["trigrams"], words, 2)}
        self._voice = self._steps_of(texts)
        self._lines = [template for template in writing["templates"] if not SLOT.search(template)]
        frames = [template for template in writing["templates"] if SLOT.search(template)]
        self._titled, self._others = (slots.filled(frames, titled=titled) for titled in (True, False))

    def about(self, random: Random, subject: Subject) -> str:
        """A sentence about the subject: a frame around its title, or a phrase of the subject's own."""
        if self._titled and random.below(FRAMED) == 0:
            return self._titled[random.below(len(self._titled))]
        # The whole first, and the earlier a phrase stands the more often.
        phrase = subject.phrases[random.weighted(list(range(len(subject.phrases), 0, -1)))]
        is_stated = random.below(EXCLAIMED) > 0 and len(phrase.split(" ")) >= STATED
        return phrase + ("." if is_stated else "!")

    def beside(self, random: Random) -> str | None:
        """A sentence that may stand beside the subject; None where the walk leads nowhere."""
        if self._others and random.below(FRAMED) == 0:
            return self._others[random.below(len(self._others))]
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
                # Words that no blank parts, as in Chinese, do not make a line again.
                is_parted = all(token.spaced for token in sentence[1:] if token.kind == "word")
                words = (plain_words(sentence) if is_parted else None) or []
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
