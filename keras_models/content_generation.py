"""Drafts posts in a voice and ranks them by predicted engagement and match; twin: ``web_runtime/src/content/generate.ts``."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from datasets.tokens import tokens
from keras_models.content_drafter import Drafter
from keras_models.content_language import LEARNED, is_english
from keras_models.content_random import Random
from keras_models.content_style import word_counts
from keras_models.content_subject import ABOUT_READ
from keras_models.content_vectors import Vectors, similarity, vectors_of

TRIES, POOL = 240, 32
OWN_POSTS = 20
LEAST_DISTINCT, MOST_ALIKE = 0.72, 0.58
TIE = 1e-5  # relative; scores nearer than that count as equal, since backends round differently
NOTABLE = 1.05
POST = {"publishedAt": "2016-06-01T12:00:00", "media": "none", "history": []}

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
    language = constraints.get("language", LEARNED)
    if language != LEARNED and is_english(voice["texts"]):
        return {"variants": [], "note": f"the pack has learned {LEARNED}, not {language}"}
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
    why = f"only words of the voice's and the subject's own, since the pack has learned {LEARNED}, and " if draft.is_foreign else ""
    note = f"{len(chosen)} of {count} variants: {why}no more keep every constraint and differ enough"
    return {"variants": variants, "note": None if len(chosen) == count else note}


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


def _median(values: Sequence[float]) -> float | None:
    if not values:
        return None
    ordered, middle = sorted(values), len(values) // 2
    return ordered[middle] if len(values) % 2 else (ordered[middle - 1] + ordered[middle]) / 2
