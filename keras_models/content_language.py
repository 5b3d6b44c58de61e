"""Tells whether texts are in the language that the pack learned; twin: ``web_runtime/src/content/language.ts``.

Function words tell: a third of English words are such. Spanish ones stand for the languages whose articles and prepositions are alike;
scripts of their own, and long texts with hardly an English function word, for the others.
"""

from __future__ import annotations

from collections.abc import Iterable

from datasets.tokens import tokens
from keras_models.content_style import FUNCTION_WORDS, word_key

LEARNED = "en"
SPANISH = "spanish"  # its list of function words
CLEAR = 2  # more Spanish than English function words
ENOUGH, FEWEST = 25, 0.1  # different words from which so small a share of English function words tells
NOT_ASCII = 0.4  # share of words from which others are meant
_ENGLISH_WORDS = frozenset(word for name, listed in FUNCTION_WORDS.items() if name != SPANISH for word in listed.split())
_SPANISH_WORDS = frozenset(FUNCTION_WORDS[SPANISH].split())


def is_english(texts: Iterable[str]) -> bool:
    """Whether nothing speaks against English: few words never do."""
    words = [word_key(token.text) for text in texts for token in tokens(text) if token.kind == "word"]
    english, spanish = (sum(word in listed for word in words) for listed in (_ENGLISH_WORDS, _SPANISH_WORDS))
    foreign = sum(not word.isascii() for word in words)
    is_sparse = len(set(words)) >= ENOUGH and english < FEWEST * len(words)
    return english + CLEAR > spanish and foreign <= NOT_ASCII * len(words) and not is_sparse
