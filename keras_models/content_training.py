"""Makes a content pack from posts: masks, counts, prunes, and packs all that the runtime reads into one file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np

from datasets.brand_posts import BrandPosts, load_brand_posts
from datasets.formats import content_sha256
from datasets.registry import find
from datasets.text_features import sentiment_lexicon
from keras_models.checkpoint import Checkpoint, has_checkpoint, load_checkpoint
from keras_models.content_guard import learn_guard
from keras_models.content_metric import calibrated, learn_metric, usual_match
from keras_models.content_tags import learn_emoji, learn_tags
from keras_models.content_writing import learn_writing
from keras_models.report import revision
from keras_models.spec import TrainRequest

DATA = ("musician_posts", "emoji_tweets", "other_posts")
# Drawn once among the musicians' pages; the other pages are learned from, and those of VALIDATION were what choices were made on.
KEPT_OUT = ("bobmarley", "chilipeppers", "chrisbrown", "demilovato", "guccimane", "justinbieber", "selena", "souljaboy")
VALIDATION = ("beyonce", "bowwow", "michaeljackson", "mileycyrus", "pink", "thalia")
LATER = 0.15  # of the posts that are learned from, the newest: they judge, too
LEARNED = "learned.json"
OTHERS = DATA[2]  # pages that tell which sentences many write


@lru_cache(maxsize=2)
def _parsed(content: bytes) -> dict[str, Any]:
    return json.loads(content)


def learned_of(checkpoint: Checkpoint) -> dict[str, Any]:
    """What the pack learned, as the runtime reads it."""
    return _parsed(checkpoint.blobs[LEARNED])


def train(request: TrainRequest) -> Checkpoint:
    """Learn from the registry's posts, or from a table of a user's own."""
    path = request.data or find(DATA[0])
    parts = split_posts(load_brand_posts(path))
    others = None if request.data else load_brand_posts(find(OTHERS))
    learned = learn(parts["learning"], others, seed=request.seed)
    if request.data and has_checkpoint("content"):
        _carry_lines(learned["writing"], learned_of(load_checkpoint("content"))["writing"])
    sources = [(path.name, path)] if request.data else [(name, find(name)) for name in DATA]
    return Checkpoint(
        model="content",
        weights={},
        config={"posts": len(parts["learning"]), "brands": len(set(parts["learning"].brand)), "usualMatch": learned.pop("usualMatch")},
        provenance={
            "data": [{"name": name, "sha256": content_sha256(source)} for name, source in sources],
            "revision": revision(),
            "seed": request.seed,
        },
        blobs={LEARNED: packed(learned)},
    )


def _carry_lines(writing: dict[str, Any], before: Mapping[str, Any]) -> None:
    """Ready sentences that many pages share stay in a pack of few brands, which could not tell them from their own."""
    writing["templates"] = list(dict.fromkeys([*writing["templates"], *before["templates"]]))


def split_posts(posts: BrandPosts) -> dict[str, BrandPosts]:
    """Posts to learn from; the newest of the same brands; pages kept out. A user's own table keeps none out."""
    brands = np.array(posts.brand)
    is_out = np.isin(brands, KEPT_OUT)
    # Over all pages of the registry one moment parts what is known from what comes; each brand of a user's own has newest posts of its own.
    groups = [~is_out] if is_out.any() else [brands == brand for brand in np.unique(brands)]
    is_later = np.zeros(len(posts), dtype=bool)
    for group in groups:
        is_later |= group & (posts.published > np.quantile(posts.published[group], 1 - LATER, method="lower"))
    return {
        "learning": posts.where(~is_out & ~is_later),
        "later": posts.where(~is_out & is_later),
        "kept out": posts.where(is_out),
        "validation": posts.where(np.isin(brands, VALIDATION)),
    }


def learn(posts: BrandPosts, others: BrandPosts | None, *, seed: int) -> dict[str, Any]:
    """All parts of a pack. The scale of the match is set on brands that its axes did not see, where there are some."""
    held = np.isin(np.array(posts.brand), VALIDATION)
    metric = learn_metric(posts, seed=seed)
    if held.any():
        constant = calibrated(learn_metric(posts.where(~held), seed=seed), posts.where(held), seed=seed)
        usual = usual_match(constant, posts.where(held), seed=seed)
        metric["style"]["weights"] = constant["style"]["weights"]
    else:
        metric = calibrated(metric, posts, seed=seed)
        usual = usual_match(metric, posts, seed=seed)
    parts = (metric, learn_tags(posts), learn_emoji(posts), learn_writing(posts, others), learn_guard(posts.text))
    learned: dict[str, Any] = {"usualMatch": usual, "sentiment": json.loads(sentiment_lexicon())}
    for part in parts:
        learned |= part
    return learned


def packed(learned: Mapping[str, Any]) -> bytes:
    """The file that the runtime reads; the order of its keys is part of what was learned."""
    return json.dumps(learned, ensure_ascii=False, separators=(",", ":")).encode()
