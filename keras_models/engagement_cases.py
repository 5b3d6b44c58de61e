"""Calls that prove the engagement model equal in the browser: real posts with their history, made-up ones, and odd ones."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import numpy as np

from datasets.posts import MEDIA, TARGETS, load
from datasets.registry import DataMissingError
from keras_models.checkpoint import Checkpoint
from keras_models.engagement_calls import as_call
from keras_models.engagement_data import registered_file, split_posts
from keras_models.spec import ParityCase

REAL_CASES, HISTORY = 600, 40


def parity_cases(checkpoint: Checkpoint) -> list[ParityCase]:
    """Real posts, or drawn ones where no data is at hand, and the odd ones."""
    try:
        cases = _real_cases(checkpoint)
    except DataMissingError:
        cases = [ParityCase(name=f"drawn {seed}", args=(_made_up(seed),)) for seed in range(REAL_CASES)]
    return [*cases, *_edge_cases()]


def _real_cases(checkpoint: Checkpoint) -> list[ParityCase]:
    """Posts that judge the model, evenly spread, each with up to 40 posts before it."""
    posts = load(registered_file(checkpoint))
    rows = split_posts(posts, cut=checkpoint.config["cut"])["later posts"]
    order = np.lexsort((posts.published, posts.page))
    places = np.argsort(order)
    cases = []
    for row in rows[np.linspace(0, len(rows) - 1, REAL_CASES).astype(int)]:
        before = order[max(places[row] - HISTORY, 0) : places[row]]
        history = [as_call(posts, each, counted=True) for each in before if posts.page[each] == posts.page[row]]
        cases.append(ParityCase(name=f"post {row}", args=({**as_call(posts, row, counted=False), "history": history},)))
    return cases


def _made_up(seed: int) -> dict[str, Any]:
    """A post with a history, the same on every machine."""
    random = np.random.default_rng(seed)
    lines = (
        "New song out now! 🎉",
        "Tonight 8 pm, see you there 😍 #live",
        "Thank you all ❤️",
        "Not a good day...",
        "",
        "¿Listos? https://a.b/c",
    )
    start = datetime(2024, 1, 1) + timedelta(hours=int(random.integers(8760)))

    def made(place: int) -> dict[str, Any]:
        moment = start + timedelta(minutes=int(place * 60 * 9 + random.integers(400)))
        return {"text": lines[random.integers(len(lines))], "publishedAt": moment.isoformat(), "media": MEDIA[random.integers(len(MEDIA))]}

    level = random.uniform(0, 9)
    counts = [np.expm1(np.maximum(random.normal(level - drop, 1, 60), 0)).astype(int).tolist() for drop in (0, 2, 3)]
    history = [made(place) | {name: counts[at][place] for at, name in enumerate(TARGETS)} for place in range(60)]
    return {**made(60), "history": history}


def _edge_cases() -> list[ParityCase]:
    usual = _made_up(7)
    texts = {
        "empty text": "",
        "only emoji": "👨‍👩‍👧‍👦🇩🇪👍🏽#️⃣❤️😂😂",
        "right to left": "مرحبا بكم! #موسيقى שלום לכולם 🎵",
        "10,000 characters": "So good!!! #love 😍 " * 500,
        "one word of 10,000 letters": "a" * 10_000,
        "broken emoji": "🇩 \u200d👍🏽\u200d ©️ ™ 👩\u200d🦰\u200d🦰",
        "capitals": "THIS IS GREAT, but NOT good?? ... isn't it",
    }
    posts = {name: usual | {"text": text} for name, text in texts.items()}
    posts["no history"] = usual | {"history": []}
    posts["history too young"] = usual | {"history": usual["history"][-2:]}
    posts["huge counts"] = usual | {"history": [each | dict.fromkeys(TARGETS, 10**12) for each in usual["history"]]}
    posts["no counts"] = usual | {"history": [each | dict.fromkeys(TARGETS, 0) for each in usual["history"]]}
    posts["followers known"] = usual | {"followerCount": 12_345, "accountCreatedAt": "2020-02-29T00:00:00"}
    posts["history backwards"] = usual | {"history": usual["history"][::-1]}
    cases = [ParityCase(name=name, args=(post,), edge=True) for name, post in posts.items()]
    return [*cases, ParityCase(name="batch of edges", args=(list(posts.values()),), edge=True)]


def golden(checkpoint: Checkpoint) -> ParityCase:
    """Posts that no page wrote."""
    return ParityCase(name="made-up posts", args=([_made_up(seed) for seed in range(4)],))
