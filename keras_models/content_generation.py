"""Drafts posts in a voice and ranks them by predicted engagement and match; twin: ``web_runtime/src/content/generate.ts``."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from datasets.tokens import normalized, tokens
from keras_models.content_guard import Guard
from keras_models.content_hashtags import suggest, tag_key, tagged
from keras_models.content_random import Random
from keras_models.content_style import Vectors, similarity, vectors_of, word_counts
from keras_models.content_writer import ABOUT_READ, Subject, Writer
from keras_models.content_writing import sentences_of

TRIES, POOL = 240, 32
MOST_SENTENCES, MOST_EMOJI, MOST_TAGS = 3, 4, 6
CANDIDATES = 20  # hashtags and emoji to choose from
OWN_POSTS = 20
LEAST_DISTINCT, MOST_ALIKE = 0.8, 0.5
LOWER, SHOUTED, TITLED, LOWER_START = 0.5, 0.5, 0.75, 0.5  # shares of a voice from which its casing is taken over
TIE = 1e-5  # relative; scores nearer than that count as equal, since backends round differently
NOTABLE = 1.05
POST = {"publishedAt": "2016-06-01T12:00:00", "media": "none", "history": []}
QUOTES = {"(": ")", "[": "]", "{": "}", "“": "”", "«": "»"}

Predict = Callable[[Sequence[Mapping[str, Any]]], Sequence[Mapping[str, float]]]


def generate(request: Mapping[str, Any], learned: Mapping[str, Any], usual_match: Mapping[str, float], predict: Predict) -> dict[str, Any]:
    """Variants of a post in a voice, the best first.

    Parameters
    ----------
    request
        ``voice`` and, where wanted, ``about``, ``goal``, ``constraints``, ``count``, ``seed``, ``post``: as the runtime's ``generate``.
    predict
        Posts -> likes, comments and shares expected of each, as the engagement model answers.
    """
    voice, constraints = request["voice"], request.get("constraints", {})
    count, goal = request.get("count", 5), request.get("goal", "likes")
    if constraints.get("language", "en") != "en":
        return {"variants": [], "note": f"the pack has learned en, not {constraints['language']}"}
    about = "".join(list(request.get("about", ""))[:ABOUT_READ])
    draft = Drafter(voice, about, constraints, learned)
    pool: list[str] = []
    for attempt in range(TRIES):
        if len(pool) == POOL:
            break
        text = draft.draft(Random(request.get("seed", 0), attempt))
        if text is not None and text not in pool and draft.holds(text):
            pool.append(text)
    own = voice["texts"][-OWN_POSTS:]
    post = {**POST, **request.get("post", {})}
    expected = [dict(each) for each in predict([{**post, "text": text} for text in [*pool, *own]])] if pool else []
    median = _median([each[goal] for each in expected[len(pool) :]])
    profile = Vectors(**voice["vectors"])
    matches = [similarity(vectors_of([text], learned), profile, learned) for text in pool]
    ratios = [1.0 if median is None else (1 + each[goal]) / (1 + median) for each in expected[: len(pool)]]
    scores = [ratio * match for ratio, match in zip(ratios, matches, strict=True)]
    chosen = _chosen(pool, scores, count)
    variants = [
        {
            "text": pool[at],
            "score": scores[at],
            "match": matches[at],
            "engagement": expected[at],
            "lift": ratios[at],
            "reason": _reason(goal, ratios[at], matches[at], usual_match),
        }
        for at in chosen
    ]
    note = None if len(chosen) == count else f"{len(chosen)} of {count} variants: no more keep every constraint and differ enough"
    return {"variants": variants, "note": note}


class Drafter:
    """Drafts posts and judges whether they may go out."""

    def __init__(self, voice: Mapping[str, Any], about: str, constraints: Mapping[str, Any], learned: Mapping[str, Any]) -> None:
        self._texts = voice["texts"]
        self._style = {name: each["mean"] for name, each in voice["style"].items()}
        self._writer = Writer(learned["writing"], self._texts)
        subject = Subject(about, self._writer.known)
        self._subject = subject if subject.title else None
        self._guard = Guard(learned["guard"], self._texts)
        self._tag_range, self._emoji_range = (_range(constraints.get(name)) for name in ("hashtags", "emoji"))
        self._most = constraints.get("maxLength")
        self._must = [normalized(each) for each in constraints.get("mustInclude", [])]
        self._forbidden = [normalized(each).lower() for each in constraints.get("forbid", [])]
        self._shapes = [_shape(text) for text in self._texts] or [(1, 0, 0)]
        known = [tagged(text, learned) for text in self._texts]
        asked = ["#" + token.text[1:] for token in tokens(about) if token.kind == "hashtag"]
        suggested = suggest(about, known, learned, count=CANDIDATES)
        # Only where nothing else is at hand, what many use will do.
        suited = [each["tag"] for each in suggested if _suits(each)]
        self._tags = self._allowed([*asked, *suited]) or self._allowed([each["tag"] for each in suggested])
        emoji = [each["text"] for each in voice["emoji"]] or list(learned["emoji"]["posts"])
        self._emoji = self._allowed(emoji)[:CANDIDATES]
        self._must_tags = [each for each in self._must if _kind(each) == "hashtag"]
        self._must_tail = [each for each in self._must if _kind(each) in ("link", "mention")]
        self._must_lines = [each for each in self._must if _kind(each) == ""]

    def draft(self, random: Random) -> str | None:
        """A text in the shape of one of the voice's posts; None where no sentence came about."""
        sentences, emoji, tags = self._shapes[random.below(len(self._shapes))]
        lines: list[str] = []
        for place in range(sentences):
            line = self._writer.about(random, self._subject) if place == 0 and self._subject else self._writer.free(random)
            if line is None or line in lines:
                return None
            lines.append(line)
        body = " ".join(self._cased(_ended(line) if place + 1 < len(lines) else line) for place, line in enumerate(lines))
        body = " ".join([body, *(each for each in self._must_lines if each not in body)])
        picked = _picked(random, self._emoji, _clamped(emoji, self._emoji_range))
        keys = {tag_key(each) for each in self._must_tags}
        free = [tag for tag in self._tags if tag_key(tag) not in keys]
        wanted = max(_clamped(tags, self._tag_range) - len(self._must_tags), 0)
        listed = [*self._must_tags, *_picked(random, free, wanted)]
        return " ".join(part for part in (body, "".join(picked), *self._must_tail, " ".join(listed)) if part)

    def holds(self, text: str) -> bool:
        """Whether a text keeps every constraint, is well-formed, and repeats nobody."""
        kinds = [token.kind for token in tokens(text)]
        lower = text.lower()
        return (
            (self._most is None or len(text.encode("utf-16-le")) // 2 <= self._most)
            and _within(kinds.count("hashtag"), self._tag_range)
            and _within(kinds.count("emoji"), self._emoji_range)
            and all(each in text for each in self._must)
            and not any(each in lower for each in self._forbidden)
            and is_well_formed(text)
            and text not in self._texts
            and not self._guard.repeats(text)
        )

    def _allowed(self, candidates: Sequence[str]) -> list[str]:
        return [each for each in candidates if not any(forbidden in each.lower() for forbidden in self._forbidden)]

    def _cased(self, line: str) -> str:
        if self._style["all_lower_case"] > LOWER:
            return line.lower()
        if self._style["shouted_words"] > SHOUTED:
            return line.upper()
        if self._style["capitalised_words"] > TITLED:
            return " ".join(word[0].upper() + word[1:] for word in line.split(" "))
        return line if self._style["lower_case_start"] > LOWER_START else line[0].upper() + line[1:]


def is_well_formed(text: str) -> bool:
    """Whether quotation marks and brackets are balanced, every sign of a hashtag has its tag, and no slot, blank or half emoji is left."""
    open_marks: list[str] = []
    for character in text:
        if character in QUOTES:
            open_marks.append(QUOTES[character])
        elif character in QUOTES.values() and (not open_marks or open_marks.pop() != character):
            return False
    found = tokens(text)
    signs = text.count("#") + text.count("＃")
    tags = sum(token.kind == "hashtag" or (token.kind in ("link", "emoji") and "#" in token.text) for token in found)
    is_plain = text == normalized(text) and "\ufffd" not in text and "  " not in text and text == text.strip(" ") and bool(found)
    return is_plain and not open_marks and text.count('"') % 2 == 0 and signs == tags


def alike(one: str, other: str) -> float:
    """Cosine of the counts of words, hashtags and emoji of two texts."""
    first, second = word_counts(tokens(one)), word_counts(tokens(other))
    shared = sum(count * second.get(key, 0) for key, count in first.items())
    sizes = sum(count * count for count in first.values()) * sum(count * count for count in second.values())
    return shared / math.sqrt(sizes) if sizes else 0.0


def distinct_2(texts: Sequence[str]) -> float:
    """Share of different pairs of neighbouring words among all of them; 1 where there is none."""
    pairs = [f"{one} {two}" for text in texts for one, two in pairwise(text.lower().split(" "))]
    return len(set(pairs)) / len(pairs) if pairs else 1.0


def _chosen(pool: Sequence[str], scores: Sequence[float], count: int) -> list[int]:
    """The best that differ enough from those before."""
    left, chosen = list(range(len(pool))), []
    while left and len(chosen) < count:
        best = max(scores[at] for at in left)
        at = next(each for each in left if scores[each] >= best * (1 - TIE))
        left.remove(at)
        texts = [pool[each] for each in [*chosen, at]]
        if all(alike(pool[each], pool[at]) <= MOST_ALIKE for each in chosen) and distinct_2(texts) >= LEAST_DISTINCT:
            chosen.append(at)
    return chosen


def _reason(goal: str, ratio: float, match: float, usual: Mapping[str, float]) -> str:
    level = "more" if ratio >= NOTABLE else "fewer" if ratio * NOTABLE <= 1 else "about as many"
    near = "close to" if match >= usual["own"] else "near" if 2 * match >= usual["own"] + usual["other"] else "far from"
    return f"{level} {goal} expected than of the voice's median post, {near} the voice"


def _suits(suggested: Mapping[str, Any]) -> bool:
    """Whether a hashtag is the voice's own, named in the subject, or common property that the subject's words call for."""
    reasons = suggested["reasons"]
    return any(one in reasons for one in ("voice", "named")) or (suggested["breadth"] == "broad" and reasons[0] in ("words", "beside"))


def _ended(line: str) -> str:
    """A line that another follows ends in a mark."""
    return line if line[-1] in ".!?" else f"{line}."


def _shape(text: str) -> tuple[int, int, int]:
    """Sentences, emoji and hashtags of a post, within what a draft may have."""
    found = tokens(text)
    kinds = [token.kind for token in found]
    spoken = sum(any(token.kind == "word" for token in sentence) for sentence, _ in sentences_of(found))
    return min(max(spoken, 1), MOST_SENTENCES), min(kinds.count("emoji"), MOST_EMOJI), min(kinds.count("hashtag"), MOST_TAGS)


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


def _median(values: Sequence[float]) -> float | None:
    if not values:
        return None
    ordered, middle = sorted(values), len(values) // 2
    return ordered[middle] if len(values) % 2 else (ordered[middle - 1] + ordered[middle]) / 2
