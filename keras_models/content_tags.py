"""Learns which hashtags and emoji go together and with which words, from posts of several brands; supports are pruned, links never read."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

import numpy as np

from datasets.brand_posts import BrandPosts
from datasets.tokens import tokens
from keras_models.content_hashtags import BROAD, tags_in
from keras_models.content_style import word_counts

LEAST_POSTS = 3  # of a tag or an emoji
LEAST_TOGETHER = 2
LEAST_LIFT = 2.0  # of a pair over chance
MOST_BESIDE = 12
BROADEST = 40
RECENT = 0.3  # of the time that the posts span
DRAW = 5.0  # posts that "no effect" counts for


def learn_tags(posts: BrandPosts) -> dict[str, Any]:
    """Parts ``tags``, ``beside``, ``near`` and ``broadest`` of what a pack holds."""
    found = [tags_in(text) for text in posts.text]
    counts = Counter(key for tags in found for key in tags)
    spellings: dict[str, Counter] = defaultdict(Counter)
    brands: dict[str, set[str]] = defaultdict(set)
    for tags, brand in zip(found, posts.brand, strict=True):
        for key, spelling in tags.items():
            spellings[key][spelling] += 1
            brands[key].add(brand)
    kept = sorted((key for key, count in counts.items() if count >= LEAST_POSTS), key=lambda key: (-counts[key], key))
    trends, effects = _trends(posts, found, kept), _effects(posts, found, kept)
    tags = {
        key: {
            "tag": min(spellings[key], key=lambda spelling: (-spellings[key][spelling], spelling)),
            "share": round(counts[key] / len(posts), 6),
            "brands": len(brands[key]),
            "trend": trends[key],
            "effect": effects[key],
        }
        for key in kept
    }
    least = min(BROAD, len(set(posts.brand)))
    words = [[key for key in word_counts(tokens(text)) if key[0] not in "#＃"] for text in posts.text]
    word_totals = Counter(word for listed in words for word in listed)
    own, chance = [list(each) for each in found], {key: counts[key] / len(posts) for key in kept}
    return {
        "tags": tags,
        "beside": _shares(own, own, counts, chance),
        "near": _shares(words, own, word_totals, chance),
        "broadest": sorted((key for key in kept if len(brands[key]) >= least), key=lambda key: (-len(brands[key]), -counts[key], key))[
            :BROADEST
        ],
    }


def learn_emoji(posts: BrandPosts) -> dict[str, Any]:
    """Part ``emoji``: each one's posts, and for emoji and words the emoji that go with them beyond chance, by lift."""
    found = [[token.text for token in tokens(text) if token.kind == "emoji"] for text in posts.text]
    words = [[key for key in word_counts(tokens(text)) if key[0] not in "#＃"] for text in posts.text]
    counts = Counter(one for listed in found for one in dict.fromkeys(listed))
    kept = [one for one, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])) if count >= LEAST_POSTS]
    chance = {one: counts[one] / len(posts) for one in kept}
    totals = Counter(word for listed in words for word in dict.fromkeys(listed))
    return {"emoji": {"posts": {one: counts[one] for one in kept}, "near": _shares(words, found, totals, chance)}}


def _shares(given, wanted, totals: Counter, chance: dict[str, float]) -> dict[str, dict[str, float]]:
    """Given key -> wanted key -> share of the given key's posts that have it, where its lift over all posts' share is enough."""
    together: dict[str, Counter] = defaultdict(Counter)
    for keys, others in zip(given, wanted, strict=True):
        others = [other for other in dict.fromkeys(others) if other in chance]
        for key in dict.fromkeys(keys) if others else ():
            together[key].update(other for other in others if other != key)
    shares: dict[str, dict[str, float]] = {}
    for key in sorted(together):
        enough = [other for other, count in together[key].items() if count >= LEAST_TOGETHER and totals[key] >= LEAST_POSTS]
        pairs = {other: together[key][other] / totals[key] for other in enough}
        pairs = {other: share for other, share in pairs.items() if share > LEAST_LIFT * chance[other]}
        best = sorted(pairs, key=lambda other: (-pairs[other], other))[:MOST_BESIDE]
        if best:
            shares[key] = {other: round(pairs[other], 3) for other in best}
    return shares


def _trends(posts: BrandPosts, found, kept) -> dict[str, float]:
    """How much more often a tag is used in the last part of the time than before, per post; drawn toward 1."""
    first, last = posts.published.min(), posts.published.max()
    recent = posts.published >= last - RECENT * (last - first)
    late = Counter(key for tags, is_late in zip(found, recent, strict=True) if is_late for key in tags)
    early = Counter(key for tags, is_late in zip(found, recent, strict=True) if not is_late for key in tags)
    ratio = (~recent).sum() / max(recent.sum(), 1)
    return {key: round(float((late[key] * ratio + 2) / (early[key] + 2)), 3) for key in kept}


def _effects(posts: BrandPosts, found, kept) -> dict[str, float]:
    """By what factor likes of posts with a tag differ from the brand's usual, drawn toward 1."""
    logs = np.log1p(posts.likes)
    brands = np.array(posts.brand)
    usual = {
        brand: np.nanmean(logs[brands == brand]) if np.isfinite(logs[brands == brand]).any() else np.nan for brand in np.unique(brands)
    }
    beyond: dict[str, list[float]] = defaultdict(list)
    for tags, value, brand in zip(found, logs, brands, strict=True):
        if np.isfinite(value):
            for key in tags:
                beyond[key].append(value - usual[brand])
    return {key: round(float(np.exp(sum(beyond[key]) / (len(beyond[key]) + DRAW))), 3) for key in kept}
