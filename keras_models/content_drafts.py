"""How generated posts are judged: constraints, form, variety, match and predicted engagement, over twenty voices and ten seeds."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from datasets.brand_posts import BrandPosts
from datasets.tokens import normalized, tokens
from keras_models.checkpoint import load_checkpoint
from keras_models.content_generation import Predict, alike, distinct_2, generate
from keras_models.content_layout import is_well_formed
from keras_models.content_metric import PROFILE
from keras_models.content_voice import build_voice
from keras_models.engagement import SPEC as ENGAGEMENT
from keras_models.inference import runner
from keras_models.pack import Measured

VOICES, SEEDS, COUNT = 20, 10, 5
QUOTED = 8  # words in a row that must not be those of a post
# One request a seed.
REQUESTS: tuple[dict[str, Any], ...] = (
    {},
    {"about": 'New single "Midnight Sun" out Friday'},
    {"constraints": {"maxLength": 80}},
    {"constraints": {"hashtags": 2, "emoji": 1}, "goal": "comments"},
    {"about": "Tour dates", "constraints": {"hashtags": {"min": 1, "max": 3}, "maxLength": 140}},
    {"constraints": {"mustInclude": ["Berlin", "#live"], "hashtags": {"max": 4}}},
    {"constraints": {"forbid": ["love", "!", "new"], "emoji": False}, "goal": "shares"},
    {"about": "Northern Lights", "constraints": {"mustInclude": ["https://a.example/x"], "language": "en"}},
    {"constraints": {"emoji": True, "hashtags": 0}, "count": 8},
    {"about": "Meet the band", "constraints": {"maxLength": 60, "emoji": {"max": 2}}, "count": 10},
)


def engagement_predictor(weights: Mapping[str, np.ndarray] | None = None) -> Predict:
    """What the engagement model expects, with the given weights or those of its checkpoint."""
    checkpoint = load_checkpoint(ENGAGEMENT.name)
    run = runner(ENGAGEMENT, checkpoint)

    def predict(posts: Sequence[Mapping[str, Any]]) -> list[dict[str, float]]:
        outputs = run(weights or checkpoint.weights, ENGAGEMENT.encode(checkpoint, (list(posts),)))
        return [{name: float(outputs[name][row, 0]) for name in ("likes", "comments", "shares")} for row in range(len(posts))]

    return predict


def voices_of(posts: BrandPosts, learned: Mapping[str, Any], *, most: int = VOICES) -> list[dict[str, Any]]:
    """Voices of ten posts in a row each, the brands in turn."""
    brands = np.array(posts.brand)
    longest = max((int((brands == brand).sum()) for brand in np.unique(brands)), default=0)
    rows = [
        np.flatnonzero(brands == brand)[start : start + PROFILE] for start in range(0, longest, 3 * PROFILE) for brand in np.unique(brands)
    ]
    return [build_voice([posts.text[row] for row in each], learned) for each in rows if len(each) == PROFILE][:most]


def judge_drafts(
    learned: Mapping[str, Any], usual: Mapping[str, float], posts: BrandPosts, trained: Iterable[str], data: str
) -> Measured | None:
    """Figures of all variants for every voice and seed; None where there are no voices."""
    predict = engagement_predictor()
    quoted = {run for text in trained for run in _runs(text)}
    found = [
        (request, generate({**request, "voice": voice, "seed": seed}, learned, usual, predict))
        for voice in voices_of(posts, learned)
        for seed, request in enumerate({"count": COUNT, **each} for each in REQUESTS)
    ]
    if not found:
        return None
    variants = [(request, one) for request, answer in found for one in answer["variants"]]
    whole = [len(answer["variants"]) == request["count"] for request, answer in found]
    sets = [[one["text"] for one in answer["variants"]] for _, answer in found]
    pairs = [alike(one, other) for texts in sets for place, one in enumerate(texts) for other in texts[:place]]
    scores = {
        "constraints_kept": float(np.mean([keeps(one["text"], request.get("constraints", {})) for request, one in variants])),
        "short_answers_told": float(np.mean([done or bool(answer["note"]) for done, (_, answer) in zip(whole, found, strict=True)])),
        "answers_complete": float(np.mean(whole)),
        "draft_match": float(np.median([one["match"] for _, one in variants])),
        "well_formed": float(np.mean([is_well_formed(one["text"]) for _, one in variants])),
        "least_distinct_2": min(distinct_2(texts) for texts in sets),
        "most_alike": max(pairs, default=0.0),
        "median_lift": float(
            np.median([np.median([one["lift"] for one in answer["variants"]]) for _, answer in found if answer["variants"]])
        ),
        "sets_above_the_voice": float(np.mean([np.median([one["lift"] for one in a["variants"]]) > 1 for _, a in found if a["variants"]])),
        "quotes": float(sum(run in quoted for texts in sets for text in texts for run in _runs(text))),
    }
    return Measured(data=f"{data} drafts", n=len(variants), scores={"pack": scores})


def keeps(text: str, constraints: Mapping[str, Any]) -> bool:
    """Whether a text keeps constraints, judged apart from the generator's own check."""
    kinds = [token.kind for token in tokens(text)]
    return (
        len(text.encode("utf-16-le")) // 2 <= constraints.get("maxLength", 10**6)
        and _fits(kinds.count("hashtag"), constraints.get("hashtags"))
        and _fits(kinds.count("emoji"), constraints.get("emoji"))
        and all(normalized(each) in text for each in constraints.get("mustInclude", []))
        and not any(each.lower() in text.lower() for each in constraints.get("forbid", []))
    )


def _fits(count: int, wanted: Any) -> bool:
    if wanted is None:
        return True
    if isinstance(wanted, bool):
        return (count > 0) == wanted
    return count == wanted if isinstance(wanted, int) else wanted.get("min", 0) <= count <= wanted.get("max", count)


def _runs(text: str) -> list[str]:
    words = re.findall(r"\w+", text.lower())
    return [" ".join(words[at : at + QUOTED]) for at in range(len(words) - QUOTED + 1)]
