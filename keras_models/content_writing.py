"""Learns how posts are put together: words, Markov chains and sentence templates with typed slots, pruned so that nobody is quoted.

A word goes in where two brands used it (three times, where there is one brand) and it is no name and not harsh; an n-gram where it
occurs twice; a template where no run of its words that only one brand used is longer than five. Names become slots.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from datasets.brand_posts import BrandPosts
from datasets.text_features import sentiment, sentiment_lexicon
from datasets.tokens import Token, tokens
from keras_models.content_style import FUNCTION_WORDS, word_key

SUPPORT = 2
LONGEST_RUN = 5  # words in a row that only one brand used
LONGEST_SENTENCE, LONGEST_TEMPLATE = 14, 12
LEAST_WORDS = 2
HARSH = -1.5  # valence of a word, by VADER: nobody wants such words suggested
LETTERS = frozenset({"i", "a", "u"})  # other single letters are what is left of abbreviations
START, ENDS = "^", (".", "!", "?", "")
SLOTS = ("title", "date", "time", "number", "link", "mention")
I_WORDS = frozenset({"i", "i'm", "i'll", "i've", "i'd"})

Sentence = tuple[list[Token], str]


def sentences_of(found: Sequence[Token]) -> list[Sentence]:
    """Tokens between line breaks, emoji and sentence ends, each with the mark that ends it: one of ``ENDS``."""
    sentences: list[Sentence] = []
    current: list[Token] = []
    for token in found:
        ends = token.kind == "mark" and token.text[0] in ".!?…"
        if not ends and token.kind not in ("break", "emoji"):
            current.append(token)
            continue
        if current:
            sentences.append(
                (current, "?" if "?" in token.text else token.text[0] if ends and token.text in (".", "!", "!!", "!!!") else "")
            )
        current = []
    return [*sentences, (current, "")] if current else sentences


def plain_words(sentence: Sequence[Token]) -> list[str] | None:
    """Words and commas of a sentence, straight apostrophes; None where it holds anything else."""
    if all(token.kind == "word" or token.text == "," for token in sentence):
        return [token.text.replace("’", "'") for token in sentence]
    return None


def learn_writing(posts: BrandPosts) -> dict[str, Any]:
    """Part ``writing`` of what a pack holds: words, bigrams, trigrams and templates."""
    told = [(brand, sentence, end) for brand, text in _english(posts) for sentence, end in sentences_of(tokens(text))]
    shown, common = _words(told)
    chains: Counter[tuple[str, ...]] = Counter()
    for _, sentence, end in told:
        words = plain_words(sentence)
        keys = [word if word == "," else word_key(word) for word in words or []]
        if not LEAST_WORDS <= len(keys) <= LONGEST_SENTENCE or any(key != "," and key not in common for key in keys):
            continue
        path = [START, START, *(key if key == "," else shown[key] for key in keys), end or "$"]
        chains.update(tuple(path[at : at + 2]) for at in range(1, len(path) - 1))
        chains.update(tuple(path[at : at + 3]) for at in range(len(path) - 2))
    kept = {gram: count for gram, count in chains.items() if count >= SUPPORT}
    words = sorted({word for gram in kept for word in gram})
    number = {word: place for place, word in enumerate(words)}
    return {
        "writing": {
            "words": words,
            "bigrams": _grouped(kept, 2, number),
            "trigrams": _grouped(kept, 3, number),
            "templates": _templates(told, shown, common),
        }
    }


def _english(posts: BrandPosts) -> Iterable[tuple[str, str]]:
    """Posts with at least as many English as Spanish function words, which one may have."""
    english, spanish = (set(FUNCTION_WORDS[name].split()) for name in ("english", "spanish"))
    for brand, text in zip(posts.brand, posts.text, strict=True):
        words = [word_key(token.text) for token in tokens(text) if token.kind == "word"]
        if sum(word in english for word in words) >= sum(word in spanish for word in words) and all(word.isascii() for word in words):
            yield brand, text


def _words(told: Sequence[tuple[str, list[Token], str]]) -> tuple[dict[str, str], set[str]]:
    """How each word is written within a sentence, and which words are common property."""
    written: dict[str, Counter] = defaultdict(Counter)
    brands: dict[str, set[str]] = defaultdict(set)
    counts: Counter[str] = Counter()
    for brand, sentence, _ in told:
        for place, token in enumerate(sentence):
            if token.kind == "word":
                key = word_key(token.text)
                brands[key].add(brand)
                counts[key] += 1
                if place and token.text != token.text.upper():
                    written[key][token.text.replace("’", "'")] += 1
    shown = {key: min(forms, key=lambda form: (-forms[form], form)) for key, forms in written.items()}
    shown |= {key: key[0].upper() + key[1:] for key in I_WORDS}
    alone = len({brand for brand, _, _ in told}) < 2
    valence = json.loads(sentiment_lexicon())["words"]
    common = {
        key
        for key in counts
        if (counts[key] > SUPPORT if alone else len(brands[key]) >= SUPPORT)
        and (shown.get(key, key) == key or key in I_WORDS)  # names stay out
        and (len(key) > 1 or key in LETTERS)
        and valence.get(key, 0) > HARSH
    }
    return {key: shown.get(key, key) for key in counts}, common


def _grouped(grams: dict[tuple[str, ...], int], length: int, number: dict[str, int]) -> list[list[int]]:
    """[context..., next, count, next, count, ...] a row, contexts and next words in order."""
    rows: dict[tuple[int, ...], list[int]] = {}
    for gram in sorted((gram for gram in grams if len(gram) == length), key=lambda gram: [number[word] for word in gram]):
        *context, following = (number[word] for word in gram)
        rows.setdefault(tuple(context), list(context)).extend((following, grams[gram]))
    return list(rows.values())


def _templates(told: Sequence[tuple[str, list[Token], str]], shown: dict[str, str], common: set[str]) -> list[str]:
    """Sentences of common words with typed slots, the more brands used them the earlier."""
    brands: dict[str, set[str]] = defaultdict(set)
    counts: Counter[str] = Counter()
    for brand, sentence, end in told:
        template = _template(sentence, end, shown, common)
        if template:
            brands[template].add(brand)
            counts[template] += 1
    kept = [one for one in counts if _longest_run(one) <= LONGEST_RUN or len(brands[one]) > 1]
    # Lines that deny or complain suit no other subject than their own.
    return sorted((one for one in kept if sentiment(one) >= 0 and "n't" not in one), key=lambda one: (-len(brands[one]), -counts[one], one))


def _template(sentence: Sequence[Token], end: str, shown: dict[str, str], common: set[str]) -> str | None:
    """The sentence with names, dates, numbers and addresses as slots; None where it can't be one."""
    line, last, titles, words = "", "", 0, 0
    for token in sentence:
        key = word_key(token.text)
        if token.kind == "word":
            if token.text == token.text.lower() and key not in common:
                return None
            name = shown[key] != shown[key].lower() and key not in I_WORDS
            piece = "{title}" if name or key not in common else shown[key]
        elif token.kind in SLOTS:
            piece = f"{{{token.kind}}}"
        elif token.text in (",", ":"):
            piece = token.text
        else:
            return None
        words += piece[0] not in "{,:"
        if piece == "{title}" == last:
            continue
        titles += piece == "{title}"
        line += (" " if token.spaced and line else "") + piece
        last = piece
    is_sound = words and titles <= 1 and not line.endswith((",", ":")) and len(line.split()) <= LONGEST_TEMPLATE
    return line + end if is_sound and (words >= LEAST_WORDS or titles) and line[0] not in ",:" else None


def _longest_run(template: str) -> int:
    longest = run = 0
    for piece in template.split():
        run = 0 if piece.startswith("{") else run + 1
        longest = max(longest, run)
    return longest
