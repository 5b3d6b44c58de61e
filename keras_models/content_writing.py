"""Learns how posts are put together: words, Markov chains and ready sentences, pruned so that nobody is quoted.

A word goes in where two brands used it (three times, where there is one brand) and it is no name and not harsh; an n-gram where it
occurs twice; a ready sentence where several pages wrote it, see ``content_lines``.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

import numpy as np

from datasets.brand_posts import BrandPosts
from datasets.text_features import sentiment_lexicon
from datasets.tokens import tokens
from keras_models.content_lines import learn_templates
from keras_models.content_sentences import I_WORDS, Told, plain_words, sentences_of
from keras_models.content_style import FUNCTION_WORDS, word_key

SUPPORT = 2
LONGEST_SENTENCE = 14
LEAST_WORDS = 2
PER_BRAND = 700  # posts of a brand that the chains read, the newest: one that posts all day must not rule them
HARSH = -1.5  # valence of a word, by VADER: nobody wants such words suggested
LETTERS = frozenset({"i", "a"})  # other single letters are what is left of abbreviations
START = "^"
SHORT = 60  # characters of a sentence that might be a ready one
_BREAK = re.compile(r"(?<=[.!?…])\s+|[\r\n]+")


def learn_writing(posts: BrandPosts, others: BrandPosts | None = None) -> dict[str, Any]:
    """Part ``writing`` of what a pack holds: words, bigrams, trigrams and templates.

    Parameters
    ----------
    others
        Posts of further pages, which tell what many write; none of their words go in that ``posts`` do not use.
    """
    told = list(_told(posts))
    shown, common, brands = _words(told)
    chains: Counter[tuple[str, ...]] = Counter()
    for _, sentence, end in _told(_evened(posts)):
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
    names = set(posts.brand)
    every = chain(told, [] if others is None else _short(others))
    templates = learn_templates(every, brands, common, names, alone=len(names) < 2)
    return {
        "writing": {
            "words": words,
            "bigrams": _grouped(kept, 2, number),
            "trigrams": _grouped(kept, 3, number),
            "templates": [_first_person(template) for template in templates],
        }
    }


def _told(posts: BrandPosts) -> Iterator[Told]:
    """Sentences of posts with at least as many English as Spanish function words, which one may have."""
    english, spanish = (set(FUNCTION_WORDS[name].split()) for name in ("english", "spanish"))
    for brand, text in zip(posts.brand, posts.text, strict=True):
        found = tokens(text)
        words = [word_key(token.text) for token in found if token.kind == "word"]
        if sum(word in english for word in words) >= sum(word in spanish for word in words) and all(word.isascii() for word in words):
            for sentence, end in sentences_of(found):
                yield brand, sentence, end


def _short(posts: BrandPosts) -> Iterator[Told]:
    """Sentences short enough for a ready one, each once a brand."""
    parts = {(brand, part) for brand, text in zip(posts.brand, posts.text, strict=True) for part in _BREAK.split(text)}
    for brand, part in sorted(pair for pair in parts if len(pair[1]) <= SHORT):
        for sentence, end in sentences_of(tokens(part)):
            yield brand, sentence, end


def _evened(posts: BrandPosts) -> BrandPosts:
    brands = np.array(posts.brand)
    rows = [np.flatnonzero(brands == brand)[-PER_BRAND:] for brand in np.unique(brands)]
    return posts.where(np.sort(np.concatenate(rows)))


def _words(told: Sequence[Told]) -> tuple[dict[str, str], set[str], dict[str, set[str]]]:
    """How each word is written within a sentence, which words are common property, and which brands use each."""
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
    return {key: shown.get(key, key) for key in counts}, common, brands


def _grouped(grams: dict[tuple[str, ...], int], length: int, number: dict[str, int]) -> list[list[int]]:
    """[context..., next, count, next, count, ...] a row, contexts and next words in order."""
    rows: dict[tuple[int, ...], list[int]] = {}
    for gram in sorted((gram for gram in grams if len(gram) == length), key=lambda gram: [number[word] for word in gram]):
        *context, following = (number[word] for word in gram)
        rows.setdefault(tuple(context), list(context)).extend((following, grams[gram]))
    return list(rows.values())


def _first_person(template: str) -> str:
    """The template with every form of "I" as it is written."""
    return " ".join(word[0].upper() + word[1:] if word.rstrip(",.!?") in I_WORDS else word for word in template.split(" "))
