"""Reads a call of the engagement model, as the browser takes it: a post, or a list of posts, each with its page's history."""

from __future__ import annotations

import math
import numbers
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from datasets.post_features import post_features
from datasets.posts import LARGEST, MEDIA, TARGETS, Posts
from keras_models.checkpoint import Checkpoint

EPOCH = datetime(1970, 1, 1)
FIRST_MOMENT, LAST_MOMENT = datetime(1990, 1, 1), datetime(2100, 1, 1)


class PostError(ValueError):
    """A post or its history is not what the model reads."""


def encode(checkpoint: Checkpoint, arguments: tuple[Any, ...]) -> dict[str, np.ndarray]:
    """One post with its history, or a list of such."""
    posts = arguments[0] if isinstance(arguments[0], list | tuple) else [arguments[0]]
    read = [_read(post, where=f"post {row}" if isinstance(arguments[0], list | tuple) else "post") for row, post in enumerate(posts)]
    rows = np.cumsum([len(each) for each in read]) - 1  # a post stands behind its history
    together = [(page, *one) for page, each in enumerate(read) for one in each]
    page, published, text, title, media, counts, followers, created = zip(*together, strict=True)
    numbers_of = (np.array(column, dtype=np.float64) for column in (followers, created))
    named = tuple(str(place) for place in range(len(read)))
    gathered = Posts(named, np.array(page), np.array(published), text, title, np.array(media), np.array(counts), *numbers_of)
    learned = {name: checkpoint.config[name] for name in ("prior", "effects")}
    return {"features_raw": post_features(gathered, rows, **learned).astype(np.float32)}


def _read(post: Any, *, where: str) -> list[tuple[Any, ...]]:
    """The history's posts and then the post: time, text, title, medium, counts, followers, account's first moment."""
    history = _field(post, "history", where)
    if not isinstance(history, list | tuple):
        raise PostError(f"engagement: {where}: history expects a list of posts, got {type(history).__name__}")
    earlier = [_one(each, where=f"{where}: history[{place}]", counts=_settled_counts) for place, each in enumerate(history)]
    return [*earlier, _one(post, where=where, counts=lambda *_: (0, 0, 0))]


def _one(post: Any, *, where: str, counts: Any) -> tuple[Any, ...]:
    media, text, title = _field(post, "media", where), _field(post, "text", where), post.get("title", "")
    if media not in MEDIA:
        raise PostError(f"engagement: {where}: media expects one of {', '.join(MEDIA)}, got {media!r}")
    for name, value in {"text": text, "title": title}.items():
        if not isinstance(value, str):
            raise PostError(f"engagement: {where}: {name} expects a string, got {value!r}")
    published = _moment(_field(post, "publishedAt", where), f"{where}: publishedAt")
    created = _moment(post["accountCreatedAt"], f"{where}: accountCreatedAt") if "accountCreatedAt" in post else math.nan
    followers = _number(post["followerCount"], f"{where}: followerCount") if "followerCount" in post else math.nan
    return published, text, title, MEDIA.index(media), counts(post, where), followers, created


def _settled_counts(post: Mapping[str, Any], where: str) -> tuple[int, ...]:
    values = [_number(_field(post, name, where), f"{where}: {name}") for name in TARGETS]
    for name, value in zip(TARGETS, values, strict=True):
        if value != int(value):
            raise PostError(f"engagement: {where}: {name} expects a whole number, got {value!r}")
    return tuple(map(int, values))


def _field(post: Any, name: str, where: str) -> Any:
    if not isinstance(post, Mapping) or name not in post:
        raise PostError(f"engagement: {where}: expected an object with {name}, got {list(post) if isinstance(post, Mapping) else post!r}")
    return post[name]


def _number(value: Any, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, numbers.Real) or not 0 <= value <= LARGEST:
        raise PostError(f"engagement: {where} expects a number from 0 to {LARGEST:g}, got {value!r}")
    return float(value)


def _moment(value: Any, where: str) -> int:
    try:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is not None or not FIRST_MOMENT <= moment < LAST_MOMENT or "T" not in value:
            raise ValueError
    except (TypeError, ValueError):
        raise PostError(f"engagement: {where} expects a local date-time as YYYY-MM-DDTHH:MM:SS, without a zone, got {value!r}") from None
    return (moment - EPOCH) // timedelta(milliseconds=1)


def as_call(posts: Posts, row: int, *, counted: bool) -> dict[str, Any]:
    """A post as a call states it; ``counted`` with what became of it, as in a history."""
    moment = EPOCH + timedelta(milliseconds=int(posts.published[row]))
    call = {"text": posts.text[row], "title": posts.title[row], "publishedAt": moment.isoformat(), "media": MEDIA[posts.media[row]]}
    return call | (dict(zip(TARGETS, posts.counts[row].tolist(), strict=True)) if counted else {})
