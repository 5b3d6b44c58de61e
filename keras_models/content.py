"""Brand voice, hashtags and captions learned from posts: no language model, no graph, one file of counts and weights."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from datasets.brand_posts import load_brand_posts
from datasets.registry import find
from keras_models.checkpoint import Checkpoint
from keras_models.content_constants import constants
from keras_models.content_drafts import judge_drafts
from keras_models.content_judging import hide, judge_hashtags, judge_tweets, judge_voices
from keras_models.content_parity import parity
from keras_models.content_training import DATA, LEARNED, learned_of, split_posts, train
from keras_models.pack import Measured, PackSpec
from keras_models.spec import Gate, Split

LARGEST = 1_000_000


def _evaluations(checkpoint: Checkpoint, data: Path | None, split: Split) -> list[Measured]:
    path = data or find(DATA[0])
    name = DATA[0] if data is None else path.name.split(".")[0]
    posts, learned = load_brand_posts(path), learned_of(checkpoint)
    usual = checkpoint.config["usualMatch"]
    if split == "all":
        whole = np.ones(len(posts), dtype=bool)
        judged = [
            judge_voices(learned, posts, name),
            judge_hashtags(learned, hide(posts, whole), name),
            judge_drafts(learned, usual, posts, posts.text, name),
        ]
    else:
        parts = split_posts(posts)
        wanted = ("kept out", "later") if split == "test" else ("validation",)
        judged = [each for part in wanted for each in _judged(learned, posts, parts[part], f"{name} {part}")]
        if split == "test":
            judged.append(judge_drafts(learned, usual, parts["kept out"], posts.text, f"{name} kept out"))
        if split == "test" and data is None:
            judged.append(judge_tweets())
    return [each for each in judged if each is not None]


def _judged(learned: Mapping[str, Any], posts, part, name: str) -> list[Measured | None]:
    """Voices of a part's own posts; hashtags of them, each with the posts before it, learned from or not."""
    if not len(part):
        return []
    brands, first = set(part.brand), int(part.published.min())
    rows = np.array([brand in brands and at >= first for brand, at in zip(posts.brand, posts.published, strict=True)])
    return [judge_voices(learned, part, name), judge_hashtags(learned, hide(posts, rows), name)]


PACK = PackSpec(
    name="content",
    version="1.0.0",
    title="Brand voice, hashtags and captions",
    summary="Profiles a brand's voice from ten posts, suggests hashtags and drafts posts under constraints, without a language model.",
    licence="Learned from posts of musicians' pages collected by minimaxir/interactive-facebook-reactions (MIT); sentiment: VADER (MIT).",
    datasets=DATA,
    train=train,
    data=lambda checkpoint: checkpoint.blobs[LEARNED],
    constants=constants,
    evaluations=_evaluations,
    parity=parity,
    units={
        **{f"{group}_{name}": "cosine" for group in ("post", "five") for name in ("match", "match_of_others")},
        "post_auc": "fraction",
        "five_auc": "fraction",
        "recall_at_10": "fraction",
        "recall_over_most_frequent": "times",
        **dict.fromkeys(("constraints_kept", "short_answers_told", "answers_complete", "well_formed"), "fraction"),
        **dict.fromkeys(("least_distinct_2", "sets_above_the_voice"), "fraction"),
        **dict.fromkeys(("draft_match", "most_alike"), "cosine"),
        "median_lift": "times",
        "quotes": "runs of 8 words",
    },
    gates=(
        Gate(metric="post_match", data=f"{DATA[0]} kept out voices", minimum=0.8),
        Gate(metric="post_auc", data=f"{DATA[0]} kept out voices", minimum=0.7),
        Gate(metric="five_auc", data=f"{DATA[0]} kept out voices", minimum=0.85),
        Gate(metric="recall_over_most_frequent", data=f"{DATA[0]} kept out hashtags", minimum=2.0),
        Gate(metric="recall_over_most_frequent", data=f"{DATA[0]} later hashtags", minimum=2.0),
        Gate(metric="constraints_kept", data=f"{DATA[0]} kept out drafts", minimum=1.0),
        Gate(metric="short_answers_told", data=f"{DATA[0]} kept out drafts", minimum=1.0),
        Gate(metric="draft_match", data=f"{DATA[0]} kept out drafts", minimum=0.8),
        Gate(metric="well_formed", data=f"{DATA[0]} kept out drafts", minimum=0.98),
        Gate(metric="least_distinct_2", data=f"{DATA[0]} kept out drafts", minimum=0.7),
        Gate(metric="most_alike", data=f"{DATA[0]} kept out drafts", maximum=0.6),
        Gate(metric="median_lift", data=f"{DATA[0]} kept out drafts", minimum=1.0),
        Gate(metric="quotes", data=f"{DATA[0]} kept out drafts", maximum=0.0),
    ),
    largest=LARGEST,
)
