"""What makes a voice, in numbers: style, character and word vectors of posts, and their cosine; twin: ``web_runtime/src/content/style.ts``.

Both languages reach the same bits: counts, square roots, and sums from left to right; whatever needs a logarithm was computed in training.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from datasets.text_features import LONG_WORD, POLAR, sentiment
from datasets.tokens import MASKED, Token, tokens
from keras_models.content_random import hashed_points

FUNCTION_WORDS = {
    "english": "the a an and of to in is for on it this that with be are at so all was just from have not but has been they he she his her",
    "spanish": "de la que el en y a los se del las por un para con una su al es lo como más mi tu te me no",
    "first_person": "i my me mine i'm i've i'll im",
    "second_person": "you your u ur yours you're",
    "we": "we our us ours we're we've",
}
STYLE = {
    "words": "square root of the number of words",
    "words_per_sentence": "square root of words per sentence",
    "sentences": "square root of the number of sentences",
    "emoji": "square root of the number of emoji",
    "has_emoji": "share of posts with emoji",
    "emoji_kinds": "square root of the number of different emoji",
    "hashtags": "square root of the number of hashtags",
    "has_hashtags": "share of posts with hashtags",
    "hashtag_capitals": "share of hashtags with capitals",
    "links": "square root of the number of links",
    "mentions": "square root of the number of mentions",
    "new_lines": "square root of the number of line breaks",
    "numbers": "square root of the number of numbers, dates and times",
    "sentiment": "VADER's compound score, -1 to 1",
    "positive": "share of posts with positive sentiment",
    "negative": "share of posts with negative sentiment",
    "word_length": "characters per word",
    "long_words": "share of words of more than six characters",
    "distinct_words": "share of words that are different",
    "non_ascii_words": "share of words with characters beyond ASCII",
    **{name: f"share of words that are {name.replace('_', ' ')} function words" for name in FUNCTION_WORDS},
    "exclamations": "square root of the number of exclamation marks",
    "repeated_exclamations": "share of posts with several exclamation or question marks in a row",
    "questions": "square root of the number of question marks",
    "full_stops": "square root of the number of full stops",
    "ellipses": "share of posts with an ellipsis",
    "commas": "square root of the number of commas",
    "colons": "square root of the number of colons",
    "quotes": "square root of the number of double quotation marks",
    "single_quotes": "square root of the number of single quotation marks",
    "dashes": "square root of the number of dashes",
    "brackets": "square root of the number of opening brackets",
    "bars_and_signs": "square root of the number of bars, ampersands, slashes and plus signs",
    "curly_apostrophes": "share of posts with a curly apostrophe in a word",
    "straight_apostrophes": "share of posts with a straight apostrophe in a word",
    "shouted_words": "share of words in capitals",
    "capitalised_words": "share of words that begin with a capital",
    "lower_case_start": "share of posts whose first word begins in lower case",
    "all_lower_case": "share of posts without any capital in a word",
    **{f"ends_with_{kind}": f"share of posts that end with a {kind}" for kind in ("hashtag", "link", "emoji", "mark", "word")},
}
"""Style feature -> what it counts, in the order of all style vectors."""
ENDS = ("hashtag", "link", "emoji", "mark", "word")
CLIP = 3.0
OFF, MOST_OFF = 1.5, 5
STEADY = 5  # posts that the usual spread counts for in a voice's own


@dataclass(frozen=True)
class Vectors:
    """One text or voice: three vectors of length 1, or of zeros where there is nothing to count."""

    style: Sequence[float]
    chars: Sequence[float]
    words: Mapping[str, float]


def style_of(text: str, found: Sequence[Token]) -> list[float]:
    """The values of ``STYLE`` of one post."""
    words = [token.text for token in found if token.kind == "word"]
    lower = [word_key(word) for word in words]
    marks = [token.text for token in found if token.kind == "mark"]
    kinds = [token.kind for token in found]
    emoji = [token.text for token in found if token.kind == "emoji"]
    tags = [token.text for token in found if token.kind == "hashtag"]
    count, score = max(len(words), 1), sentiment(text)
    sentences = max(sum(_ends_sentence(token) for token in found) + (bool(found) and not _ends_sentence(found[-1])), 1)
    function_words = {name: set(listed.split()) for name, listed in FUNCTION_WORDS.items()}

    def share(wanted: Sequence[bool]) -> float:
        return sum(wanted) / count

    def of(first: str) -> float:
        return math.sqrt(sum(mark[0] in first for mark in marks))

    return [
        math.sqrt(len(words)),
        math.sqrt(len(words) / sentences),
        math.sqrt(sentences),
        math.sqrt(len(emoji)),
        float(bool(emoji)),
        math.sqrt(len(set(emoji))),
        math.sqrt(len(tags)),
        float(bool(tags)),
        sum(tag != tag.lower() for tag in tags) / max(len(tags), 1),
        math.sqrt(kinds.count("link")),
        math.sqrt(kinds.count("mention")),
        math.sqrt(kinds.count("break")),
        math.sqrt(kinds.count("number") + kinds.count("date") + kinds.count("time")),
        score,
        float(score >= POLAR),
        float(score <= -POLAR),
        sum(len(word) for word in words) / count,
        share([len(word) > LONG_WORD for word in words]),
        len(set(lower)) / count,
        share([not word.isascii() for word in words]),
        *(share([word in listed for word in lower]) for listed in function_words.values()),
        of("!"),
        float(any(len(mark) > 1 and mark[0] in "!?" for mark in marks)),
        of("?"),
        math.sqrt(marks.count(".")),
        float(any(mark == "…" or mark.startswith("..") for mark in marks)),
        of(","),
        of(":"),
        of('"“”'),
        of("'‘’"),
        of("-–—"),
        of("(["),
        of("|&/+"),
        float(any("’" in word for word in words)),
        float(any("'" in word for word in words)),
        share([len(word) > 1 and word == word.upper() and word != word.lower() for word in words]),
        share([_has_capital(word) for word in words]),
        float(bool(words) and not _has_capital(words[0])),
        float(bool(words) and all(word == word.lower() for word in words)),
        *(float(bool(kinds) and kinds[-1] == kind) for kind in ENDS),
    ]


def word_key(word: str) -> str:
    """How a word counts: lower case, with a straight apostrophe."""
    return word.lower().replace("’", "'")


def word_counts(found: Sequence[Token]) -> dict[str, int]:
    """Words, hashtags and emoji -> how often they stand in a text, in their order."""
    counts: dict[str, int] = {}
    for token in found:
        if token.kind in ("word", "hashtag", "emoji"):
            key = word_key(token.text)
            counts[key] = counts.get(key, 0) + 1
    return counts


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


def _ends_sentence(token: Token) -> bool:
    return token.kind == "break" or (token.kind == "mark" and token.text[0] in ".!?…。！？")


def _has_capital(word: str) -> bool:
    return word[0] != word[0].lower()


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
