"""Suggests hashtags that a post's words, its other tags and its voice give reason for; twin: ``web_runtime/src/content/hashtags.ts``.

Only tags that someone used are candidates: those of the pack, those of the voice, and a word of the text itself. Words are joined to one
tag only where that very tag is known.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from datasets.tokens import tokens
from keras_models.content_style import word_counts

# What each reason counts; chosen on validation pages.
REASONS = {"voice": 1.0, "alike": 2.0, "beside": 0.6, "words": 0.5, "named": 1.5, "common": 0.2, "word": 0.06}
LONGEST_JOINED = 3  # words that may be written as one known tag
LEAST_LETTERS = 3  # of a word that is suggested as a tag
RISING, FADING = 1.5, 0.67
BROAD = 3  # brands; a tag that fewer used is specific
_MARKS = re.compile("[\u0300-\u036f]")


@dataclass(frozen=True)
class TaggedPost:
    """A post of the voice: its tags by key, and its other words as a vector of length 1."""

    tags: Mapping[str, str]
    words: Mapping[str, float]


def tag_key(tag: str) -> str:
    """What spellings of one tag share: lower case, without sign, underscores and accents."""
    return _MARKS.sub("", unicodedata.normalize("NFD", tag.lower())).lstrip("#＃").replace("_", "")


def tags_in(text: str) -> dict[str, str]:
    """Key -> spelling without the sign, of each tag of a text, the first spelling of each."""
    found: dict[str, str] = {}
    for token in tokens(text):
        if token.kind == "hashtag":
            found.setdefault(tag_key(token.text), token.text[1:])
    return found


def tagged(text: str, learned: Mapping[str, Any]) -> TaggedPost:
    """A post as ``suggest`` reads it."""
    weights = {key: learned["idf"].get(key, learned["rare"]) for key in word_counts(tokens(text)) if key[0] not in "#＃"}
    total = 0.0
    for weight in weights.values():
        total += weight * weight
    length = math.sqrt(total)
    return TaggedPost(tags_in(text), {key: weight / length for key, weight in weights.items()} if length > 0 else {})


def suggest(text: str, voice: Sequence[TaggedPost], learned: Mapping[str, Any], *, count: int) -> list[dict[str, Any]]:
    """The best ``count`` tags that the text does not have, each with its score, reasons and standing.

    Parameters
    ----------
    voice
        Posts of the voice; none where there is none.
    """
    post = tagged(text, learned)
    scores: dict[str, dict[str, float]] = {}
    spellings: dict[str, str] = {}

    def add(key: str, reason: str, value: float, spelling: str) -> None:
        if key in post.tags or value <= 0:
            return
        reasons = scores.setdefault(key, {})
        reasons[reason] = reasons.get(reason, 0.0) + REASONS[reason] * value
        spellings.setdefault(key, spelling)

    known = learned["tags"]
    _from_voice(post, voice, add)
    for tag in post.tags:
        for other, share in learned["beside"].get(tag, {}).items():
            add(other, "beside", share, known[other]["tag"])
    for word, weight in post.words.items():
        for other, share in learned["near"].get(word, {}).items():
            add(other, "words", weight * share, known[other]["tag"])
    _named(text, voice, known, learned, add)
    for key in learned["broadest"]:
        add(key, "common", known[key]["share"], known[key]["tag"])
    totals = {key: _total(reasons) for key, reasons in scores.items()}
    best = sorted(totals, key=lambda key: -totals[key])[:count]
    return [_answer(key, totals[key], scores[key], known.get(key), spellings[key]) for key in best]


def _from_voice(post: TaggedPost, voice: Sequence[TaggedPost], add) -> None:
    """Tags of the voice: how often it used them, also beside the post's tags, and in posts with the same words."""
    for past in voice:
        same = 0.0
        for word, weight in post.words.items():
            same += weight * past.words.get(word, 0.0)
        shared = any(tag in post.tags for tag in past.tags)
        for key, spelling in past.tags.items():
            add(key, "voice", 1 / len(voice), spelling)
            add(key, "alike", same, spelling)
            add(key, "beside", shared / len(voice), spelling)


def _named(text: str, voice: Sequence[TaggedPost], known: Mapping[str, Any], learned: Mapping[str, Any], add) -> None:
    """Tags that the text spells out: one to three words that are a known tag, or a name in it."""
    used = {key: spelling for past in voice for key, spelling in past.tags.items()}
    words: list[str] = []
    for token in tokens(text):
        if token.kind != "word":
            words = []
            continue
        words = [*words, token.text][-LONGEST_JOINED:]
        for length in range(1, len(words) + 1):
            key = tag_key("".join(words[-length:]))
            if key in used or key in known:
                rarity = learned["idf"].get(token.text.lower(), learned["rare"]) / learned["rare"]
                add(key, "named", rarity if length == 1 else 1.0, used[key] if key in used else known[key]["tag"])
        plain = token.text
        if plain[0] != plain[0].lower() and len(plain) >= LEAST_LETTERS and "'" not in plain and "’" not in plain:
            add(tag_key(plain), "word", learned["idf"].get(plain.lower(), learned["rare"]) / learned["rare"], plain)


def _total(reasons: Mapping[str, float]) -> float:
    total = 0.0
    for value in reasons.values():
        total += value
    return total


def _answer(key: str, score: float, reasons: Mapping[str, float], known: Mapping[str, Any] | None, spelling: str) -> dict[str, Any]:
    trend, breadth, effect = "unknown", "unknown", 1.0
    if known:
        trend = "rising" if known["trend"] >= RISING else "fading" if known["trend"] <= FADING else "steady"
        breadth, effect = "broad" if known["brands"] >= BROAD else "specific", known["effect"]
    why = sorted(reasons, key=lambda reason: -reasons[reason])
    return {"tag": f"#{spelling}", "score": score, "reasons": why, "trend": trend, "breadth": breadth, "effect": effect}
