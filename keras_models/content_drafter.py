"""Drafts posts in the layout of a voice's own; twin: ``web_runtime/src/content/drafter.ts``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from datasets.tokens import tokens
from keras_models.content_constraints import Constraints, clamped
from keras_models.content_draft_tags import CANDIDATES, DraftTags, picked_of
from keras_models.content_guard import Guard
from keras_models.content_language import LEARNED, is_english
from keras_models.content_layout import MOST_SENTENCES, is_well_formed, laid_out, layout_of
from keras_models.content_random import Random
from keras_models.content_slots import Slots
from keras_models.content_style import word_counts
from keras_models.content_subject import Subject
from keras_models.content_writer import NOTHING, Writer

FIRST_EMOJI = 0x2190  # signs before it, such as a copyright sign, are emoji by Unicode alone
LOWER, SHOUTED, TITLED, LOWER_START = 0.5, 0.5, 0.75, 0.5  # shares of a voice from which its casing is taken over
REPEATED = 0.5  # share of posts with repeated exclamation marks from which they are taken over


class Drafter:
    """Drafts posts and judges whether they may go out.

    Attributes
    ----------
    is_foreign
        Whether voice or subject are of a language that the pack has not learned: only their own words are used then.
    """

    def __init__(self, voice: Mapping[str, Any], about: str, constraints: Mapping[str, Any], learned: Mapping[str, Any]) -> None:
        self._texts = voice["texts"]
        self._style = {name: each["mean"] for name, each in voice["style"].items()}
        self._constraints = wanted = Constraints(constraints)
        subject = Subject(about)
        self._subject = subject if subject.phrases else None
        self._guard = Guard(learned["guard"], self._texts)
        self._layouts = [layout_of(text) for text in self._texts] or [[("line", 1)]]
        self._links = list(dict.fromkeys([*wanted.must_be("link"), *wanted.allowed(subject.links)]))
        self._must_mention = wanted.must_be("mention")
        self._mentions = list(dict.fromkeys([*self._must_mention, *wanted.allowed(subject.mentions)]))
        self._tags = DraftTags(voice, about, subject.tags, wanted, learned)
        self._emoji = self._emoji_of(voice, about, learned)
        is_own, is_told = is_english(self._texts), is_english([about])
        language = constraints.get("language")
        self.is_foreign = language != LEARNED and (language is not None or not is_own or not is_told)
        # Sentences of two languages do not mix.
        own = self._texts if is_own != self.is_foreign else []
        slots = Slots([about, *wanted.must], subject.title)
        self._writer = Writer(NOTHING if self.is_foreign else learned["writing"], own, slots)

    def draft(self, random: Random) -> str | None:
        """A text in the layout of one of the voice's posts; None where no sentence came about."""
        layout = self._layouts[random.below(len(self._layouts))]
        usual = {kind: sum(count for other, count in layout if other == kind) for kind in ("line", "emoji", "mention", "hashtags")}
        lines = self._lines(random, usual["line"])
        if lines is None:
            return None
        emoji = picked_of(random, self._emoji, clamped(usual["emoji"], self._constraints.emoji))
        said = {token.text for line in lines for token in tokens(line)} if self._links or self._mentions else set()
        mentions = [each for at, each in enumerate(self._mentions) if at < max(len(self._must_mention), usual["mention"])]
        blocks = {
            "emoji": emoji,
            "mention": [each for each in mentions if each not in said],
            "link": [each for each in self._links if each not in said],
            "hashtags": self._tags.picked(random, usual["hashtags"]),
        }
        return laid_out(layout, lines, blocks)

    def holds(self, text: str) -> bool:
        """Whether a text keeps every constraint, names the subject, is well-formed, and repeats nobody."""
        return (
            self._constraints.are_kept_by(text)
            and (self._subject is None or self._subject.is_named_in(text))
            and is_well_formed(text)
            and text not in self._texts
            and not self._guard.repeats(text)
        )

    def _emoji_of(self, voice: Mapping[str, Any], about: str, learned: Mapping[str, Any]) -> list[str]:
        """Emoji of the voice, or of the pack where it has none; those that go with the subject's words first."""
        used = [each["text"] for each in voice["emoji"]] or list(learned["emoji"]["posts"])
        near = learned["emoji"]["near"]
        suited = {one for word in word_counts(tokens(about)) for one in near.get(word, {})}
        emoji = sorted((each for each in used if ord(each[0]) >= FIRST_EMOJI), key=lambda each: each not in suited)
        return self._constraints.allowed(emoji)[:CANDIDATES]

    def _lines(self, random: Random, count: int) -> list[str] | None:
        """Sentences as the voice writes them, each once and each but the last with an end mark; None where one did not come about."""
        if self._subject is None:
            lines = [self._writer.free(random) for _ in range(count)]
        else:
            # A subject alone makes a short post: often a sentence goes with it.
            count = min(count + random.below(3), MOST_SENTENCES)
            place = random.below(count) // 2
            lines = [self._writer.about(random, self._subject) if at == place else self._writer.beside(random) for at in range(count)]
        written = [line for line in lines if line is not None]
        if (self._subject is None and len(written) < len(lines)) or _says_twice(written):
            return None
        voiced = [self._voiced(line) for line in written]
        missing = [each for each in self._constraints.must_be("") if not any(each in line for line in voiced)]
        whole = [*voiced, " ".join(missing)] if missing else voiced
        return [*(self._ended(line) for line in whole[:-1]), whole[-1]]

    def _voiced(self, line: str) -> str:
        """A line in the voice's casing and with its exclamation marks; links and mentions stay as they are."""
        cased = self._cased(line.replace("!", "!!") if self._style["repeated_exclamations"] > REPEATED else line)
        for each in (*self._links, *self._mentions):
            cased = cased.replace(self._cased(each), each)
        return cased

    def _cased(self, line: str) -> str:
        if self._style["all_lower_case"] > LOWER:
            return line.lower()
        if self._style["shouted_words"] > SHOUTED:
            return line.upper()
        if self._style["capitalised_words"] > TITLED:
            return " ".join(word[0].upper() + word[1:] for word in line.split(" "))
        return line if self._style["lower_case_start"] > LOWER_START else line[0].upper() + line[1:]

    def _ended(self, line: str) -> str:
        """A line that another follows ends in a mark, which a link would take in."""
        return line if line[-1] in ".!?" or line.split(" ")[-1] in self._links else f"{line}."


def _says_twice(lines: Sequence[str]) -> bool:
    """Whether all words of one line stand in another."""
    words = [set(line.lower().rstrip(".!?").split(" ")) for line in lines]
    return any(one <= other for at, one in enumerate(words) for place, other in enumerate(words) if at != place)
