r"""What a post's words say without being understood: length, hashtags, links, emoji, readability, sentiment. The twin of ``src/text``.

Everything that both languages must agree on is a regular expression of the dialect that Python and JavaScript share, with its
characters spelled out: properties such as ``\w`` follow the Unicode version of whoever runs them. ``patterns()`` goes into the
manifest and is read from there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from functools import cache

from emoji import EMOJI_DATA
from vaderSentiment import vaderSentiment

SPACE = r"\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
PUNCTUATION = (
    r"!-&(-\/:-@\[-\^`{-~\xa1\xab\xb7\xbb\xbf\u2010-\u2017\u201c-\u2027\u2030-\u205e"
    r"\u3001-\u3003\u3008-\u3011\uff01-\uff0f\uff1a-\uff20"
)
_TAG = rf"^{SPACE}{PUNCTUATION}'\u2018\u2019\ufe0f\u20e3"
TEXT_FEATURES = {
    "post_length": ("characters", "Unicode characters of the text"),
    "sentiment_score": ("-1 to 1", "VADER's compound score"),
    "sentiment_polarity": ("-1, 0 or 1", "Negative, neutral or positive by VADER's score, from 0.05 on"),
    "hashtag_count": ("hashtags", "Hashtags in the text"),
    "emoji_count": ("emoji", "Emoji in the text, a flag or a joined family counting once"),
    "link_count": ("links", "Web addresses in the text"),
    "exclamation_count": ("marks", "Exclamation marks"),
    "question_count": ("marks", "Question marks"),
    "text_complexity": ("LIX", "Words per sentence and the percentage of words of more than six characters"),
}
POLAR = 0.05  # Hutto and Gilbert: from here on a text counts as positive, below its negative as negative
LONG_WORD = 6  # characters; words beyond are long


@cache
def patterns() -> dict[str, str]:
    """Regular expressions by what they find: one match a hashtag, emoji, link, word, sentence end, exclamation or question mark."""
    return {
        "hashtag": rf"(?<![A-Za-z0-9_\/&])[#\uff03]([0-9]*[{_TAG}0-9][{_TAG}]*)",
        "emoji": emoji_pattern(EMOJI_DATA),
        "link": rf"https?:\/\/[^{SPACE}]+",
        "word": rf"[^{SPACE}{PUNCTUATION}]+",
        "sentence": rf"[.!?\u2026\u061f\u06d4]+(?![^{SPACE}])|[\u3002\uff01\uff1f\u0964]+",
        "exclamation": r"[!\xa1\uff01]",
        "question": r"[?\xbf\uff1f\u061f]",
    }


@cache
def _compiled(name: str) -> re.Pattern[str]:
    return re.compile(patterns()[name])


def emoji_pattern(sequences: Iterable[str]) -> str:
    """A regular expression whose matches are the longest of these character sequences, as short as sharing prefixes makes it."""
    root: dict = {}
    for sequence in sequences:
        node = root
        for character in sequence:
            node = node.setdefault(character, {})
        node[""] = {}
    return _branches(root)


def _branches(node: dict) -> str:
    """Pattern of everything that may follow: characters with equal continuations share a class."""
    classes: dict[str, list[str]] = {}
    for character, below in node.items():
        if character:
            classes.setdefault(_branches(below), []).append(character)
    parts = [_class(characters) + rest for rest, characters in sorted(classes.items())]
    pattern = parts[0] if len(parts) == 1 else f"(?:{'|'.join(parts)})" if parts else ""
    return f"(?:{pattern})?" if "" in node and pattern else pattern


def _class(characters: list[str]) -> str:
    points = sorted(map(ord, characters))
    runs: list[list[int]] = []
    for point in points:
        if runs and point == runs[-1][1] + 1:
            runs[-1][1] = point
        else:
            runs.append([point, point])
    spelled = "".join(_spelled(first) if first == last else f"{_spelled(first)}-{_spelled(last)}" for first, last in runs)
    return spelled if len(points) == 1 else f"[{spelled}]"


def _spelled(point: int) -> str:
    if point in map(ord, "*"):
        return "\\" + chr(point)
    return chr(point) if point > 0xFFFF or point < 0x7F else f"\\u{point:04x}"


def hashtags(text: str) -> list[str]:
    """Hashtags in their order, lower case, without the sign; a number alone is none."""
    return [tag.lower() for tag in _compiled("hashtag").findall(text)] if "#" in text or "＃" in text else []


def words(text: str) -> list[str]:
    """Words of a text without its links, lower case, in their order."""
    return _compiled("word").findall(_compiled("link").sub(" ", text).lower())


def emoji_count(text: str) -> int:
    """Emoji as a person sees them, each flag, keycap, skin tone or joined family once: what ``emoji.emoji_count`` counts."""
    return 0 if text.isascii() else len(_compiled("emoji").findall(text))


def readability(text: str) -> float:
    """LIX of the text without its links: words per sentence, and the percentage of words of more than six characters; 0 without words.

    References
    ----------
    Björnsson, "Läsbarhet" (1968).
    """
    plain = _compiled("link").sub(" ", text)
    lengths = [len(word) for word in _compiled("word").findall(plain)]
    if not lengths:
        return 0.0
    sentences = max(len(_compiled("sentence").findall(plain)), 1)
    return len(lengths) / sentences + 100 * sum(length > LONG_WORD for length in lengths) / len(lengths)


@cache
def _analyzer() -> vaderSentiment.SentimentIntensityAnalyzer:
    return vaderSentiment.SentimentIntensityAnalyzer()


def sentiment(text: str) -> float:
    """VADER's compound score, -1 to 1, four decimals (Hutto and Gilbert, "VADER", 2014); meant for English, about 0 elsewhere."""
    return _analyzer().polarity_scores(text)["compound"]


def text_features(text: str) -> list[float]:
    """The values of ``TEXT_FEATURES`` for one text: length in Unicode characters, counts, LIX, and sentiment from -1 to 1."""
    score = sentiment(text)
    counts = [float(len(_compiled(name).findall(text))) for name in ("link", "exclamation", "question")]
    tags, emoji = float(len(hashtags(text))), float(emoji_count(text))
    polarity = float(score >= POLAR) - float(score <= -POLAR)
    return [float(len(text)), score, polarity, tags, emoji, *counts, readability(text)]


def sentiment_lexicon() -> bytes:
    """All tables of the package ``vaderSentiment`` as JSON, for the browser's scorer: nothing of them is typed a second time."""
    tables = {
        "words": _analyzer().lexicon,
        "emoji": _analyzer().emojis,
        "boosters": vaderSentiment.BOOSTER_DICT,
        "idioms": vaderSentiment.SPECIAL_CASES,
        "negations": vaderSentiment.NEGATE,
        "capitals": vaderSentiment.C_INCR,
        "negation": vaderSentiment.N_SCALAR,
    }
    return json.dumps(tables, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
