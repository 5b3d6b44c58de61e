"""Learns by which features voices differ: what is usual, the axes that part pages (LDA), and the scale of the cosine."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy.linalg import eigh

from datasets.brand_posts import BrandPosts
from datasets.tokens import tokens
from keras_models.content_style import style_of, word_counts
from keras_models.content_vectors import CLIP, Vectors, char_counts, similarity, vectors_of

AXES, SHRINKAGE = 6, 0.1
PER_PAGE = 150  # posts of a page that the metric reads: large pages must not rule it
BUCKETS = 512
LEAST_SCALE = 0.05
LEAST_POSTS = 3  # a word counts once so many posts used it
WEIGHTS = {"style": 4.0, "chars": 0.5, "words": 1.0}
PROFILE, KEPT = 10, 60  # posts that make a voice, and that judge it
USUAL_MATCH = 0.87  # what a page's own further post reads in the median


def learn_metric(posts: BrandPosts, *, seed: int) -> dict[str, Any]:
    """Parts ``style``, ``chars``, ``idf`` and ``rare`` of what a pack holds, from posts of several pages."""
    sample = _sample(posts, seed)
    found = [tokens(text) for text in sample.text]
    brands = np.array(sample.brand)
    style = np.array([style_of(text, each) for text, each in zip(sample.text, found, strict=True)])
    within = np.sqrt(np.mean([style[brands == brand].var(axis=0) for brand in np.unique(brands)], axis=0)) + LEAST_SCALE
    scaled = np.clip((style - style.mean(axis=0)) / within, -CLIP, CLIP)
    everywhere = [tokens(text) for text in posts.text]
    return {
        "style": {
            "mean": _rounded(style.mean(axis=0)),
            "scale": _rounded(within),
            "axes": [_rounded(axis) for axis in _axes(scaled, brands).T],
            "weights": {**WEIGHTS, "constant": 0.0},
        },
        "chars": _rounded(_idf(np.array([np.array(char_counts(each, BUCKETS)) > 0 for each in found]).sum(axis=0), len(found))),
        **_word_idf(everywhere),
    }


def calibrated(learned: Mapping[str, Any], posts: BrandPosts, *, seed: int) -> dict[str, Any]:
    """The same with the constant at which a page's own further posts read ``USUAL_MATCH`` in the median.

    A constant c beside vectors of total weight w turns their cosine s into (w s + c) / (w + c): order and AUC stay as they are.
    """
    found = [match for match, same in matches(learned, posts, group=1, seed=seed) if same]
    own = np.median(found) if found else USUAL_MATCH
    weight = sum(WEIGHTS.values())
    constant = weight * (USUAL_MATCH - own) / (1 - USUAL_MATCH)
    weights = {**WEIGHTS, "constant": round(max(float(constant), 0.0), 4)}
    return {**learned, "style": {**learned["style"], "weights": weights}}


def usual_match(learned: Mapping[str, Any], posts: BrandPosts, *, seed: int) -> dict[str, float]:
    """What a single further post of the same brand, and one of another, reads in the median."""
    found = matches(learned, posts, group=1, seed=seed)
    medians = {name: [match for match, same in found if same == own] for name, own in (("own", True), ("other", False))}
    return {name: round(float(np.median(values)), 3) if values else 0.0 for name, values in medians.items()}


def matches(learned: Mapping[str, Any], posts: BrandPosts, *, group: int, seed: int) -> list[tuple[float, bool]]:
    """Every page's voice of ten posts against groups of other posts: how well they match, and whether they are the page's own."""
    random = np.random.default_rng(seed)
    brands = np.array(posts.brand)
    voices: dict[str, Vectors] = {}
    judged: dict[str, list[Vectors]] = {}
    for brand in np.unique(brands):
        rows = random.permutation(np.flatnonzero(brands == brand))
        if len(rows) < PROFILE + 2 * group:
            continue
        voices[brand] = vectors_of([posts.text[row] for row in rows[:PROFILE]], learned)
        kept = rows[PROFILE : PROFILE + KEPT]
        starts = range(0, len(kept) - group + 1, group)
        judged[brand] = [vectors_of([posts.text[row] for row in kept[start : start + group]], learned) for start in starts]
    return [
        (similarity(one, voice, learned), own == brand) for brand, voice in voices.items() for own, group in judged.items() for one in group
    ]


def _axes(scaled: np.ndarray, brands: np.ndarray) -> np.ndarray:
    """[features, AXES]: directions in which pages differ most, for how much their own posts do (Fisher, 1936)."""
    groups = [scaled[brands == brand] for brand in np.unique(brands)]
    groups = [group for group in groups if len(group) > 1]
    within = np.mean([np.cov(group.T) for group in groups], axis=0)
    within = (1 - SHRINKAGE) * within + SHRINKAGE * np.trace(within) / len(within) * np.eye(len(within))
    between = np.cov(np.array([group.mean(axis=0) for group in groups]).T) if len(groups) > 1 else np.eye(len(within))
    _, vectors = eigh(between, within)
    axes = vectors[:, ::-1][:, :AXES]
    return axes * np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(axes.shape[1])])


def _word_idf(found: Sequence[Sequence]) -> dict[str, Any]:
    documents = Counter(key for each in found for key in word_counts(each))
    kept = sorted((key for key, count in documents.items() if count >= LEAST_POSTS), key=lambda key: (-documents[key], key))
    idf = {key: round(math.log((1 + len(found)) / (1 + documents[key])), 3) for key in kept}
    return {"idf": idf, "rare": round(math.log((1 + len(found)) / 2), 3)}


def _idf(documents: np.ndarray, total: int) -> np.ndarray:
    return np.log((1 + total) / (1 + documents))


def _sample(posts: BrandPosts, seed: int) -> BrandPosts:
    random = np.random.default_rng(seed)
    brands = np.array(posts.brand)
    rows = [random.permutation(np.flatnonzero(brands == brand))[:PER_PAGE] for brand in np.unique(brands)]
    return posts.where(np.sort(np.concatenate(rows)))


def _rounded(values: np.ndarray) -> list[float]:
    return [round(float(value), 5) for value in values]
