"""Counts of one post what its style is made of, and how a word counts; twin: ``web_runtime/src/content/style.ts``."""

from __future__ import annotations

import math
from collections.abc import Sequence

from datasets.text_features import LONG_WORD, POLAR, sentiment
from datasets.tokens import Token

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


def _ends_sentence(token: Token) -> bool:
    return token.kind == "break" or (token.kind == "mark" and token.text[0] in ".!?…。！？")


def _has_capital(word: str) -> bool:
    return word[0] != word[0].lower()
