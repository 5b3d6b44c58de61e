"""How a content pack is judged: voices told apart, hidden hashtags found again, on pages and posts that it did not learn from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score

from datasets.brand_posts import BrandPosts
from datasets.registry import find
from datasets.tokens import tokens
from keras_models.content_hashtags import suggest, tag_key, tagged, tags_in
from keras_models.content_metric import PROFILE, learn_metric, matches
from keras_models.content_tags import learn_tags
from keras_models.pack import Measured

GROUPS = {"post": 1, "five": 5}
DRAWS = 3  # voices of each page
SUGGESTED, PER_BRAND = 10, 60
TWEETS_LEARNED, TWEETS_JUDGED = 0.7, 1000


@dataclass(frozen=True)
class Hidden:
    """A post one of whose hashtags was taken out, and what its brand posted just before."""

    text: str
    tag: str
    before: Sequence[str]


def judge_voices(learned: Mapping[str, Any], posts: BrandPosts, data: str) -> Measured | None:
    """AUC of same against other brand, single posts and groups of five, and medians; None where there are too few brands or posts."""
    scores: dict[str, float] = {}
    count = 0
    for name, group in GROUPS.items():
        found = [one for draw in range(DRAWS) for one in matches(learned, posts, group=group, seed=draw)]
        match, same = np.array([one for one, _ in found]), np.array([own for _, own in found], dtype=bool)
        if not same.any() or same.all():
            return None
        scores[f"{name}_auc"] = float(roc_auc_score(same, match))
        scores[f"{name}_match"] = float(np.median(match[same]))
        scores[f"{name}_match_of_others"] = float(np.median(match[~same]))
        count = count or len(found)
    return Measured(data=f"{data} voices", n=count, scores={"pack": scores})


def judge_hashtags(learned: Mapping[str, Any], hidden: Sequence[Hidden], data: str) -> Measured | None:
    """Share of hidden hashtags among ten suggestions; baselines: the pack's most frequent tags, and those of the ten posts before."""
    if not hidden:
        return None
    frequent = list(learned["tags"])[:SUGGESTED]
    hits: Counter[str] = Counter()
    for one in hidden:
        voice = [tagged(text, learned) for text in one.before]
        own = [key for key, _ in Counter(key for past in voice for key in past.tags).most_common()]
        listed = {
            "pack": _keys(suggest(one.text, voice, learned, count=SUGGESTED)),
            "pack without a voice": _keys(suggest(one.text, [], learned, count=SUGGESTED)),
            "most frequent tags": frequent,
            "most frequent of the ten posts before": list(dict.fromkeys([*own, *frequent]))[:SUGGESTED],
        }
        hits.update(name for name, keys in listed.items() if one.tag in keys)
    names = ("pack", "pack without a voice", "most frequent tags", "most frequent of the ten posts before")
    scores = {name: {"recall_at_10": hits[name] / len(hidden)} for name in names}
    scores["pack"]["recall_over_most_frequent"] = hits["pack"] / max(hits["most frequent tags"], 1)
    return Measured(data=f"{data} hashtags", n=len(hidden), scores=scores)


def hide(posts: BrandPosts, judged: np.ndarray) -> list[Hidden]:
    """Posts of a mask with a hashtag hidden, up to sixty a brand, each with the ten posts of its brand before it."""
    random = np.random.default_rng(0)
    brands = np.array(posts.brand)
    hidden = []
    for brand in np.unique(brands):
        rows = np.flatnonzero(brands == brand)
        places = [place for place in range(PROFILE, len(rows)) if judged[rows[place]] and tags_in(posts.text[rows[place]])]
        for place in random.permutation(places)[:PER_BRAND]:
            text, tag = _without_one(posts.text[rows[place]], random)
            hidden.append(Hidden(text, tag, [posts.text[row] for row in rows[place - PROFILE : place]]))
    return hidden


def judge_tweets() -> Measured:
    """The method on another medium: tags learned from the first tweets of a night, one tag of each of a thousand later ones hidden."""
    table = pd.read_parquet(find("emoji_tweets")).drop_duplicates("text").sort_values("created_at", kind="stable")
    moments = pd.to_datetime(table["created_at"]).to_numpy().astype("datetime64[ms]").astype(np.int64)
    posts = BrandPosts(["tweets"] * len(table), moments, table["text"].tolist(), np.full(len(table), np.nan))
    first = round(TWEETS_LEARNED * len(posts))
    learning, later = posts.where(np.arange(len(posts)) < first), posts.where(np.arange(len(posts)) >= first)
    random = np.random.default_rng(0)
    rows = [row for row in random.permutation(len(later)) if tags_in(later.text[row])][:TWEETS_JUDGED]
    hidden = [Hidden(*_without_one(later.text[row], random), []) for row in rows]
    learned = {**learn_metric(learning, seed=0), **learn_tags(learning)}
    measured = judge_hashtags(learned, hidden, "tweets, learned from those before;")
    assert measured is not None
    scores = {name: measured.scores[name] for name in ("pack", "most frequent tags")}
    return Measured(data=measured.data, n=measured.n, scores=scores)


def _without_one(text: str, random: np.random.Generator) -> tuple[str, str]:
    """The text without one of its tags, in whatever spelling, and that tag's key."""
    spelled = [token.text for token in tokens(text) if token.kind == "hashtag"]
    key = tag_key(spelled[random.integers(len(spelled))])
    for one in sorted({one for one in spelled if tag_key(one) == key}, key=lambda one: (-len(one), one)):
        text = text.replace(one, " ")
    return text, key


def _keys(suggested: Sequence[Mapping[str, Any]]) -> list[str]:
    return [tag_key(one["tag"]) for one in suggested]
