"""Drafts posts in the layout of a voice's own, under constraints; twin: ``web_runtime/src/content/drafter.ts``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from datasets.tokens import normalized, tokens
from keras_models.content_guard import Guard
from keras_models.content_hashtags import suggest, tag_key, tagged
from keras_models.content_layout import MOST_SENTENCES, MOST_TAGS, is_well_formed, laid_out, layout_of
from keras_models.content_random import Random
from keras_models.content_style import word_counts
from keras_models.content_subject import Subject
from keras_models.content_writer import Writer

CANDIDATES = 20  # hashtags and emoji to choose from
FIRST_EMOJI = 0x2190  # signs before it, such as a copyright sign, are emoji by Unicode alone
HABIT = 2  # posts of the voice with a hashtag that suits any of its posts
LOWER, SHOUTED, TITLED, LOWER_START = 0.5, 0.5, 0.75, 0.5  # shares of a voice from which its casing is taken over
REPEATED = 0.5  # share of posts with repeated exclamation marks from which they are taken over


class Drafter:
    """Drafts posts and judges whether they may go out."""

    def __init__(self, voice: Mapping[str, Any], about: str, constraints: Mapping[str, Any], learned: Mapping[str, Any]) -> None:
        self._texts = voice["texts"]
        self._style = {name: each["mean"] for name, each in voice["style"].items()}
        self._writer = Writer(learned["writing"], self._texts)
        subject = Subject(about)
        self._subject = subject if subject.phrases else None
        self._guard = Guard(learned["guard"], self._texts)
        self._tag_range, self._emoji_range = (_range(constraints.get(name)) for name in ("hashtags", "emoji"))
        self._most = constraints.get("maxLength")
        self._must = [normalized(each) for each in constraints.get("mustInclude", [])]
        self._forbidden = [normalized(each).lower() for each in constraints.get("forbid", [])]
        self._layouts = [layout_of(text) for text in self._texts] or [[("line", 1)]]
        self._must_lines = [each for each in self._must if _kind(each) == ""]
        given = [each for each in self._must if _kind(each) in ("link", "mention")]
        self._links = list(dict.fromkeys([*given, *self._allowed(subject.links)]))
        must_tags = [each for each in self._must if _kind(each) == "hashtag"]
        most = MOST_TAGS if self._tag_range is None else self._tag_range[1]
        asked = self._allowed(subject.tags)[: max(most - len(must_tags), 0)]
        self._given_tags = list({tag_key(each): each for each in reversed([*must_tags, *asked])}.values())[::-1]
        given_keys = {tag_key(each) for each in self._given_tags}
        suggested = suggest(about, [tagged(text, learned) for text in self._texts], learned, count=CANDIDATES)
        free = [each for each in suggested if tag_key(each["tag"]) not in given_keys]
        habits = {tag_key(each["text"]) for each in voice["hashtags"] if each["count"] >= (HABIT if self._subject else 1)}
        self._tags = self._allowed([each["tag"] for each in free if tag_key(each["tag"]) in habits or _suits(each)])
        self._other_tags = self._allowed([each["tag"] for each in free if each["tag"] not in self._tags])
        used = [each["text"] for each in voice["emoji"]] or list(learned["emoji"]["posts"])
        near = learned["emoji"]["near"]
        suited = {one for word in word_counts(tokens(about)) for one in near.get(word, {})}
        emoji = sorted((each for each in used if ord(each[0]) >= FIRST_EMOJI), key=lambda each: each not in suited)
        self._emoji = self._allowed(emoji)[:CANDIDATES]

    def draft(self, random: Random) -> str | None:
        """A text in the layout of one of the voice's posts; None where no sentence came about."""
        layout = self._layouts[random.below(len(self._layouts))]
        lines = self._lines(random, sum(count for kind, count in layout if kind == "line"))
        if lines is None:
            return None
        emoji = _picked(random, self._emoji, _clamped(sum(count for kind, count in layout if kind == "emoji"), self._emoji_range))
        tags = self._picked_tags(random, sum(count for kind, count in layout if kind == "hashtags"))
        return laid_out(layout, lines, {"emoji": emoji, "link": self._links, "hashtags": tags})

    def holds(self, text: str) -> bool:
        """Whether a text keeps every constraint, names the subject, is well-formed, and repeats nobody."""
        kinds = [token.kind for token in tokens(text)]
        lower = text.lower()
        return (
            (self._most is None or len(text.encode("utf-16-le")) // 2 <= self._most)
            and _within(kinds.count("hashtag"), self._tag_range)
            and _within(kinds.count("emoji"), self._emoji_range)
            and all(each in text for each in self._must)
            and not any(each in lower for each in self._forbidden)
            and (self._subject is None or self._subject.is_named_in(text))
            and is_well_formed(text)
            and text not in self._texts
            and not self._guard.repeats(text)
        )

    def _lines(self, random: Random, count: int) -> list[str] | None:
        """Sentences as the voice writes them, each once and each but the last with an end mark; None where one did not come about."""
        if self._subject is None:
            lines = [self._writer.free(random) for _ in range(count)]
        else:
            # A subject alone makes a short post: often a sentence goes with it.
            count = min(count + random.below(3), MOST_SENTENCES)
            place = random.below(count) // 2
            lines = [self._writer.about(random, self._subject) if at == place else self._writer.beside(random) for at in range(count)]
        if None in lines or len(set(lines)) < len(lines):
            return None
        voiced = [self._voiced(line) for line in lines]
        missing = [each for each in self._must_lines if not any(each in line for line in voiced)]
        whole = [*voiced, " ".join(missing)] if missing else voiced
        return [*(_ended(line) for line in whole[:-1]), whole[-1]]

    def _picked_tags(self, random: Random, usual: int) -> list[str]:
        """The given tags, and others that suit; for want of those, what many use."""
        wanted = _clamped(usual, self._tag_range) - len(self._given_tags)
        picked = _picked(random, self._tags, wanted)
        least = 0 if self._tag_range is None else self._tag_range[0]
        missing = least - len(self._given_tags) - len(picked)
        return [*self._given_tags, *picked, *_picked(random, self._other_tags, missing)]

    def _allowed(self, candidates: Sequence[str]) -> list[str]:
        return [each for each in candidates if not any(forbidden in each.lower() for forbidden in self._forbidden)]

    def _voiced(self, line: str) -> str:
        """A line in the voice's casing and with its exclamation marks."""
        return self._cased(line.replace("!", "!!") if self._style["repeated_exclamations"] > REPEATED else line)

    def _cased(self, line: str) -> str:
        if self._style["all_lower_case"] > LOWER:
            return line.lower()
        if self._style["shouted_words"] > SHOUTED:
            return line.upper()
        if self._style["capitalised_words"] > TITLED:
            return " ".join(word[0].upper() + word[1:] for word in line.split(" "))
        return line if self._style["lower_case_start"] > LOWER_START else line[0].upper() + line[1:]


def _suits(suggested: Mapping[str, Any]) -> bool:
    """Whether a hashtag is spelled out in the subject, or common property that the subject's words call for."""
    reasons = suggested["reasons"]
    return "named" in reasons or (suggested["breadth"] == "broad" and reasons[0] in ("words", "beside"))


def _ended(line: str) -> str:
    """A line that another follows ends in a mark."""
    return line if line[-1] in ".!?" else f"{line}."


def _picked(random: Random, candidates: Sequence[str], count: int) -> list[str]:
    """Some candidates, each once, the earlier ones more often."""
    left, picked = list(candidates), []
    while left and len(picked) < count:
        picked.append(left.pop(random.weighted([len(left) - place for place in range(len(left))])))
    return picked


def _range(wanted: Any) -> tuple[int, int] | None:
    """Least and most of a constraint: a number, a yes or no, or ``{min, max}``."""
    if wanted is None:
        return None
    if isinstance(wanted, bool):
        return (1, MOST_TAGS) if wanted else (0, 0)
    if isinstance(wanted, int):
        return wanted, wanted
    return wanted.get("min", 0), wanted.get("max", 30)


def _clamped(count: int, bounds: tuple[int, int] | None) -> int:
    return count if bounds is None else min(max(count, bounds[0]), bounds[1])


def _within(count: int, bounds: tuple[int, int] | None) -> bool:
    return bounds is None or bounds[0] <= count <= bounds[1]


def _kind(text: str) -> str:
    """Kind of a text that is one hashtag, link or mention; empty for any other."""
    found = tokens(text)
    return found[0].kind if len(found) == 1 and found[0].kind in ("hashtag", "link", "mention") and found[0].text == text else ""
