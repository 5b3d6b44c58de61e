"""Chooses the hashtags of drafts: given ones, then those with evidence; twin: ``web_runtime/src/content/draft-tags.ts``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from datasets.tokens import tokens
from keras_models.content_constraints import Constraints, clamped
from keras_models.content_hashtags import suggest, tag_key, tagged
from keras_models.content_layout import MOST_TAGS
from keras_models.content_random import Random
from keras_models.content_style import word_counts

CANDIDATES = 20  # hashtags and emoji to choose from
HABIT = 2  # posts of the voice with a hashtag that suits any of its posts
OWN = frozenset({"voice", "named", "word"})  # reasons that come from the voice or the text itself


class DraftTags:
    """The hashtags of a voice's drafts about a subject, with what else the subject asks for."""

    def __init__(
        self, voice: Mapping[str, Any], about: str, asked: Sequence[str], constraints: Constraints, learned: Mapping[str, Any]
    ) -> None:
        self._range = constraints.hashtags
        must = constraints.must_be("hashtag")
        most = MOST_TAGS if self._range is None else self._range[1]
        given = [*must, *constraints.allowed(asked)[: max(most - len(must), 0)]]
        self._given = list({tag_key(each): each for each in reversed(given)}.values())[::-1]
        keys = {tag_key(each) for each in self._given}
        suggested = suggest(about, [tagged(text, learned) for text in voice["texts"]], learned, count=CANDIDATES)
        free = [each for each in suggested if tag_key(each["tag"]) not in keys]
        habits = {tag_key(each["text"]) for each in voice["hashtags"] if each["count"] >= HABIT}
        words = list(word_counts(tokens(about)))
        suited = [each for each in free if tag_key(each["tag"]) in habits or _suits(each, words)]
        others = sorted((each for each in free if each not in suited), key=lambda each: OWN.isdisjoint(each["reasons"]))
        self._suited, self._others = (constraints.allowed([each["tag"] for each in some]) for some in (suited, others))

    def picked(self, random: Random, usual: int) -> list[str]:
        """The given tags, and others that suit; for want of those, what else is known."""
        picked = picked_of(random, self._suited, clamped(usual, self._range) - len(self._given))
        least = 0 if self._range is None else self._range[0]
        return [*self._given, *picked, *picked_of(random, self._others, least - len(self._given) - len(picked))]


def picked_of(random: Random, candidates: Sequence[str], count: int) -> list[str]:
    """Some candidates, each once, the earlier ones more often."""
    left, picked = list(candidates), []
    while left and len(picked) < count:
        picked.append(left.pop(random.weighted([len(left) - place for place in range(len(left))])))
    return picked


def _suits(suggested: Mapping[str, Any], words: Sequence[str]) -> bool:
    """Whether several words of the subject make a hashtag, or many brands use one that it spells out or that goes with its hashtags.

    That posts with a word of the subject often have a hashtag is too little: one brand may put it below all its posts.
    """
    reasons, is_broad = suggested["reasons"], suggested["breadth"] == "broad"
    if "named" in reasons:
        return is_broad or tag_key(suggested["tag"]) not in words
    return is_broad and reasons[0] == "beside"
