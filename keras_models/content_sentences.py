"""Cuts tokens into sentences, for learning and for writing; twin: ``web_runtime/src/content/sentences.ts``."""

from __future__ import annotations

from collections.abc import Sequence

from datasets.tokens import Token

I_WORDS = frozenset({"i", "i'm", "i'll", "i've", "i'd"})
# No sentence ends on these.
_DANGLING = "the a an of to in for on and with at my your our his her their is are was be or but so as if than from by i we he she they i'm"
_DANGLING += " what when how why where who very really most more have has had can will would should could do did that's it's what's vs"
DANGLING = frozenset(_DANGLING.split())

Sentence = tuple[list[Token], str]
Told = tuple[str, list[Token], str]


def ends_sentence(token: Token) -> bool:
    """Whether a token is a mark that ends a sentence."""
    return token.kind == "mark" and token.text[0] in ".!?…"


def sentences_of(found: Sequence[Token]) -> list[Sentence]:
    """Tokens between line breaks, emoji and sentence ends, each with the mark that ends it: ``.``, ``!``, ``?`` or none."""
    sentences: list[Sentence] = []
    current: list[Token] = []
    for token in found:
        ends = ends_sentence(token)
        if not ends and token.kind not in ("break", "emoji"):
            current.append(token)
            continue
        if current:
            is_mark = ends and token.text in (".", "!", "!!", "!!!")
            sentences.append((current, "?" if "?" in token.text else token.text[0] if is_mark else ""))
        current = []
    return [*sentences, (current, "")] if current else sentences


def plain_words(sentence: Sequence[Token]) -> list[str] | None:
    """Words and commas of a sentence, straight apostrophes; None where it holds anything else."""
    if all(token.kind == "word" or token.text == "," for token in sentence):
        return [token.text.replace("’", "'") for token in sentence]
    return None


def joined(words: Sequence[str]) -> str:
    """Words and commas as a line."""
    return " ".join(words).replace(" ,", ",")
