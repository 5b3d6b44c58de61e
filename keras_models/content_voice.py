"""A brand's voice from a few posts, and how well a text matches it; twin: ``web_runtime/src/content/voice.ts``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from datasets.tokens import tokens
from keras_models.content_hashtags import tag_key
from keras_models.content_style import STYLE
from keras_models.content_vectors import Vectors, features_off, moments, similarity, vectors_of

MOST_POSTS = 200


def build_voice(posts: Sequence[str], learned: Mapping[str, Any]) -> dict[str, Any]:
    """The profile of some posts; blank ones are left out, and none at all make a voice that matches everything alike."""
    texts = [text for text in posts if tokens(text)][-MOST_POSTS:]
    mean, spread = moments(texts) if texts else ([0.0] * len(STYLE), [0.0] * len(STYLE))
    vectors = vectors_of(texts, learned)
    found = [token for text in texts for token in tokens(text)]
    return {
        "texts": texts,
        "style": {name: {"mean": usual, "spread": own} for name, usual, own in zip(STYLE, mean, spread, strict=True)},
        "vectors": {"style": list(vectors.style), "chars": list(vectors.chars), "words": dict(vectors.words)},
        "hashtags": _counted(["#" + token.text[1:] for token in found if token.kind == "hashtag"], tag_key),
        "emoji": _counted([token.text for token in found if token.kind == "emoji"], str),
    }


def match(text: str | Sequence[str], voice: Mapping[str, Any], learned: Mapping[str, Any]) -> dict[str, Any]:
    """How well a text, or several as one, matches a voice: the cosine, and of a single text the style features that are off."""
    texts = [text] if isinstance(text, str) else list(text)
    own = Vectors(**voice["vectors"])
    off = []
    if len(texts) == 1 and voice["texts"]:
        usual = [each["mean"] for each in voice["style"].values()]
        spread = [each["spread"] for each in voice["style"].values()]
        off = features_off(texts[0], usual, spread, len(voice["texts"]), learned)
    return {"similarity": similarity(vectors_of(texts, learned), own, learned), "off": off}


def _counted(values: Sequence[str], key_of) -> list[dict[str, Any]]:
    """Each once, in its first spelling, the most frequent first."""
    counts: dict[str, list] = {}
    for value in values:
        counts.setdefault(key_of(value), [value, 0])[1] += 1
    return [{"text": value, "count": count} for value, count in sorted(counts.values(), key=lambda item: -item[1])]
