"""Compares voices: style, character and word vectors of posts, and their cosine; twin: ``web_runtime/src/content/vectors.ts``.

Both languages reach the same bits: counts, square roots, and sums from left to right; whatever needs a logarithm was computed in training.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from datasets.tokens import MASKED, Token, tokens
from keras_models.content_random import hashed_points
from keras_models.content_style import STYLE, style_of, word_counts, word_key

CLIP = 3.0
OFF, MOST_OFF = 1.5, 5
STEADY = 5  # posts that the usual spread counts for in a voice's own


@dataclass(frozen=True)
class Vectors:
    """One text or voice: three vectors of length 1, or of zeros where there is nothing to count."""

    style: Sequence[float]
    chars: Sequence[float]
    words: Mapping[str, float]


def char_counts(found: Sequence[Token], size: int) -> list[int]:
    """[size] counts of hashed runs of three characters, addresses masked and digits alike."""
    line = " "
    for token in found:
        plain = "@" if token.kind in MASKED else "0" if token.kind in ("number", "date", "time") else word_key(token.text)
        line += (" " if token.spaced else "") + plain
    points = [ord(character) for character in line + " "]
    counts = [0] * size
    for at in range(len(points) - 2):
        counts[hashed_points(points[at : at + 3]) % size] += 1
    return counts


def vectors_of(texts: Sequence[str], learned: Mapping[str, Any]) -> Vectors:
    """The vectors of one text, or the mean of several, each of them of length 1 before."""
    metric = learned["style"]
    style, chars, words = [0.0] * len(metric["axes"]), [0.0] * len(learned["chars"]), {}
    for text in texts:
        found = tokens(text)
        _add(style, _unit(_projected(style_of(text, found), metric)))
        counts = char_counts(found, len(chars))
        _add(chars, _unit([math.sqrt(count) * idf for count, idf in zip(counts, learned["chars"], strict=True)]))
        own = {key: math.sqrt(count) * learned["idf"].get(key, learned["rare"]) for key, count in word_counts(found).items()}
        for key, value in zip(own, _unit(list(own.values())), strict=True):
            words[key] = words.get(key, 0.0) + value
    return Vectors(_unit(style), _unit(chars), dict(zip(words, _unit(list(words.values())), strict=True)))


def similarity(one: Vectors, other: Vectors, learned: Mapping[str, Any]) -> float:
    """Cosine of the weighted vectors and a constant that both share, which sets the scale: see ``content_metric.calibrated``."""
    weights = learned["style"]["weights"]
    total = weights["style"] + weights["chars"] + weights["words"] + weights["constant"]
    words = 0.0
    for key, value in one.words.items():
        words += value * other.words.get(key, 0.0)
    parts = weights["style"] * _dot(one.style, other.style) + weights["chars"] * _dot(one.chars, other.chars) + weights["words"] * words
    return (parts + weights["constant"]) / total


def moments(texts: Sequence[str]) -> tuple[list[float], list[float]]:
    """Mean and standard deviation of each style feature over some posts."""
    rows = [style_of(text, tokens(text)) for text in texts]
    mean, spread = [0.0] * len(STYLE), [0.0] * len(STYLE)
    for row in rows:
        _add(mean, row)
    mean = [value / len(rows) for value in mean]
    for row in rows:
        _add(spread, [(value - usual) * (value - usual) for value, usual in zip(row, mean, strict=True)])
    return mean, [math.sqrt(value / len(rows)) for value in spread]


def features_off(text: str, mean: Sequence[float], spread: Sequence[float], posts: int, learned: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Style features in which a text leaves a voice, the farthest first: value, what is usual, and how many spreads lie between."""
    usual = learned["style"]["scale"]
    off = []
    for name, value, middle, own, typical in zip(STYLE, style_of(text, tokens(text)), mean, spread, usual, strict=True):
        width = math.sqrt((posts * own * own + STEADY * typical * typical) / (posts + STEADY))
        away = (value - middle) / width
        if abs(away) >= OFF:
            off.append({"feature": name, "value": value, "usual": middle, "spreads": away})
    return sorted(off, key=lambda each: -abs(each["spreads"]))[:MOST_OFF]


def _projected(style: Sequence[float], metric: Mapping[str, Any]) -> list[float]:
    scaled = [
        max(-CLIP, min(CLIP, (value - mean) / scale)) for value, mean, scale in zip(style, metric["mean"], metric["scale"], strict=True)
    ]
    return [_dot(scaled, axis) for axis in metric["axes"]]


def _dot(one: Sequence[float], other: Sequence[float]) -> float:
    total = 0.0
    for left, right in zip(one, other, strict=True):
        total += left * right
    return total


def _unit(values: Sequence[float]) -> list[float]:
    length = math.sqrt(_dot(values, values))
    return [value / length for value in values] if length > 0 else list(values)


def _add(total: list[float], values: Sequence[float]) -> None:
    for at, value in enumerate(values):
        total[at] += value
