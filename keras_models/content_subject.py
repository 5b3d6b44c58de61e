"""Reads what posts are to be about: its title, and phrases of the user's own for drafts; twin: ``web_runtime/src/content/subject.ts``."""

from __future__ import annotations

from collections.abc import Sequence

from datasets.tokens import Token, tokens
from keras_models.content_sentences import DANGLING, I_WORDS
from keras_models.content_style import FUNCTION_WORDS, word_key

ABOUT_READ = 300  # characters of the subject
LONGEST_PHRASE, LONGEST_PART, LONGEST_TITLE = 14, 5, 5  # tokens
QUOTATION = ('"', "“", "”")
KEPT = ("word", "number", "date", "time", "mention")
INNER_MARKS = frozenset(",:&'’-–—%$€£")
_DAYS = "monday tuesday wednesday thursday friday saturday sunday today tonight tomorrow"
_MONTHS = "january february march april may june july august september october november december"
CALENDAR = frozenset(f"{_DAYS} {_MONTHS}".split())
# A phrase may end before these.
_JOINTS = "in on at for from with by of to and but or until before after behind about out now is are was were will has have"
JOINTS = frozenset(_JOINTS.split())
# A part of a phrase may begin at these where a joint stands before them.
OPENERS = frozenset({"the", "a", "an", "my", "our", "your", "this", "all"})
# Words that tell nothing of a subject.
LITTLE = frozenset(FUNCTION_WORDS["english"].split()) | DANGLING | JOINTS | OPENERS | I_WORDS

Span = tuple[int, int]


class Subject:
    """What posts are to be about.

    Attributes
    ----------
    phrases
        Phrases of the subject that may stand as a sentence, the whole first; none where the subject says nothing.
    title
        Its title in quotation marks; empty where there is none.
    links, mentions, tags
        Links, mentions and hashtags of the subject.
    """

    def __init__(self, about: str) -> None:
        found = tokens(about)
        whole = _telling_piece(_pieces(found))
        title = _title(whole)
        named = {word_key(token.text) for token in tokens(_written(whole[slice(*title)])) if token.kind == "word"}
        is_quoted = any(token.kind == "title" for token in whole)
        self._named, self._telling = named, set() if is_quoted else _telling(whole)
        self.phrases = self._phrases(whole, title if is_quoted or len(named) > 1 else (0, 0))
        self.title = next((token.text for token in whole if token.kind == "title"), "")
        self.links, self.mentions = (
            list(dict.fromkeys(token.text for token in found if token.kind == kind)) for kind in ("link", "mention")
        )
        self.tags = ["#" + token.text[1:] for token in found if token.kind == "hashtag"]

    def is_named_in(self, text: str) -> bool:
        """Whether a text has all words of the title and, where that is in no quotation marks, half of those that tell something."""
        words = {word_key(token.text) for token in tokens(text)}
        return self._named <= words and 2 * len(self._telling & words) >= len(self._telling)

    def _phrases(self, whole: Sequence[Token], title: Span) -> list[str]:
        keys = [word_key(token.text) for token in whole]
        starts = [at for at in range(len(whole)) if at in (0, title[0]) or (keys[at] in OPENERS and keys[at - 1] in JOINTS)]
        ends = [at for at in range(len(whole), 0, -1) if at in (len(whole), title[1]) or keys[at] in JOINTS]
        parts = [(start, end) for start in starts for end in ends if start < end and _stands(keys[start:end], start in (0, title[0]))]
        phrases = [_written(whole[start:end]) for start, end in parts]
        named = [phrase for phrase in phrases if self.is_named_in(phrase)]
        return list(dict.fromkeys([*([_written(whole)] if whole else []), *named]))


def _stands(keys: Sequence[str], opens: bool) -> bool:
    """Whether a part of a phrase may stand alone: it ends on no little word, and one from the middle is short and of one piece."""
    is_short = len(keys) <= LONGEST_PART and not any(key in JOINTS for key in keys)
    return keys[-1] not in DANGLING and keys[-1] not in INNER_MARKS and (opens or is_short)


def _pieces(found: Sequence[Token]) -> list[list[Token]]:
    """Runs of words, numbers and inner marks; what stands in double quotation marks is one token, a title."""
    pieces: list[list[Token]] = [[]]
    at = 0
    while at < len(found):
        token = found[at]
        ends = range(at + 2, min(at + LONGEST_TITLE + 2, len(found))) if token.text in QUOTATION else ()
        close = next((end for end in ends if found[end].text in QUOTATION), None)
        if close is not None and all(one.kind in ("word", "number") for one in found[at + 1 : close]):
            inner = _written(found[at + 1 : close])
            pieces[-1].append(Token("title", f'"{inner}"', token.spaced))
            at = close
        elif token.kind in KEPT or token.text in INNER_MARKS:
            pieces[-1].append(token)
        else:
            pieces.append([])
        at += 1
    return [_trimmed(piece) for piece in pieces if any(token.kind in ("word", "title") for token in piece)]


def _trimmed(piece: list[Token]) -> list[Token]:
    """A piece from its first to its last token that is no mark, of the length that is read, and of whole words in any script."""
    first = next(at for at, token in enumerate(piece) if token.kind != "mark")
    end = next((at for at in range(first + LONGEST_PHRASE, len(piece)) if piece[at].spaced), len(piece))
    last = max(at for at in range(first, end) if piece[at].kind != "mark")
    return piece[first : last + 1]


def _telling_piece(pieces: Sequence[list[Token]]) -> list[Token]:
    """The first piece with a quoted title, else with the longest name, else with the most words that tell something."""
    if not pieces:
        return []

    def telling(piece: list[Token]) -> tuple[bool, int, int]:
        start, end = _title(piece)
        return any(token.kind == "title" for token in piece), end - start, len(_telling(piece))

    return max(pieces, key=telling)


def _telling(piece: Sequence[Token]) -> set[str]:
    return {word_key(token.text) for token in piece if token.kind == "word" and word_key(token.text) not in LITTLE}


def _title(piece: Sequence[Token]) -> Span:
    """From where to where the title stands: in quotation marks, else the longest run of names; (0, 0) where there is none."""
    best, start = (0, 0), 0
    for at, token in enumerate(piece):
        if token.kind == "title":
            return at, at + 1
        key = word_key(token.text)
        is_name = token.kind == "word" and token.text[0] != token.text[0].lower() and key not in CALENDAR and key not in I_WORDS
        if not is_name:
            start = at + 1
        # Every text begins with a capital: one word there is no name.
        elif max(best[1] - best[0], int(start == 0)) < at + 1 - start <= LONGEST_TITLE:
            best = (start, at + 1)
    return best


def _written(piece: Sequence[Token]) -> str:
    """The tokens as they stand in the text, with one blank where there were any."""
    return "".join((" " if token.spaced and at else "") + token.text for at, token in enumerate(piece))
