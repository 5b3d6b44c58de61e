r"""Cuts posts into typed tokens, the same ones in Python and in the browser; ``web_runtime/src/text/tokens.ts`` is the twin.

As in ``text_features``, everything that both languages must agree on is a regular expression of their shared dialect with its characters
spelled out. ``token_patterns()`` goes into the manifest and is read from there. All repetitions that could rescan a long text are bounded.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache

from datasets.text_features import PUNCTUATION, SPACE, patterns

CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
QUOTES = r"'\u2018\u2019"
# Neither letters nor punctuation: joiners and selectors left over from broken emoji.
LEFTOVER = r"\ufe0e\ufe0f\u20e3\u200d"
# What no reader sees, and what turns the reading direction: dropped before anything else.
UNSEEN = r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff"
MONTHS = (
    "Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?"
)
DOMAINS = "com|net|org|tv|fm|me|it|ly|co|uk|de|fr|es|us|io|be|gl|gd|cc|info|biz|mx|br|ca|at"
MASKED = frozenset({"mention", "email", "phone", "link"})
WORDLIKE = frozenset({"word", "number", "hashtag"})


@dataclass(frozen=True)
class Token:
    """One piece of a text.

    Attributes
    ----------
    kind
        link, email, mention, hashtag, date, time, phone, number, emoji, word, break (a new line) or mark.
    text
        As it stands in the normalized text.
    spaced
        Whether white space stands before it.
    """

    kind: str
    text: str
    spaced: bool


@cache
def token_patterns() -> dict[str, str]:
    """Kind -> regular expression, in the order in which they are tried at each place of a text."""
    letters = rf"[^{SPACE}{PUNCTUATION}{QUOTES}{LEFTOVER}{CJK}{_emoji_starts()}]"
    shared = patterns()
    return {
        "email": r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,4}",
        "link": rf"{shared['link']}|(?<![A-Za-z0-9@])[A-Za-z0-9-]{{1,63}}(?:\.[A-Za-z0-9-]{{1,63}}){{0,3}}\.(?:{DOMAINS})"
        rf"(?:\/[^{SPACE}]*|(?![A-Za-z0-9@]))",
        "mention": r"(?<![A-Za-z0-9_])[@\uff20][A-Za-z0-9_]{1,50}",
        "emoji": shared["emoji"],
        "hashtag": shared["hashtag"],
        "date": rf"(?<![A-Za-z])(?:{MONTHS})\.? [0-9]{{1,2}}(?:st|nd|rd|th)?(?:,? [0-9]{{4}})?(?![0-9])"
        r"|(?<![0-9\/.-])[0-9]{1,4}(?:\/[0-9]{1,2}\/|-[0-9]{1,2}-|\.[0-9]{1,2}\.)[0-9]{2,4}(?![0-9])"
        r"|(?<![0-9\/])[0-9]{1,2}\/[0-9]{1,2}(?![0-9\/])",
        "time": r"(?<![0-9])[0-9]{1,2}(?::[0-9]{2})? ?[AaPp]\.?[Mm](?![A-Za-z])\.?|(?<![0-9:])[0-9]{1,2}:[0-9]{2}(?![0-9:])",
        "phone": r"(?<![0-9])(?:\+[0-9]{1,3}[ .-]?)?(?:\([0-9]{2,4}\)[ .-]?|[0-9]{2,4}[ .-])(?:[0-9]{2,4}[ .-]?){1,3}[0-9]{2,4}(?![0-9])"
        r"|(?<![0-9])\+?[0-9]{9,15}(?![0-9])",
        "number": rf"[0-9]{{1,20}}(?:[.,:][0-9]{{1,20}}){{0,5}}(?:st|nd|rd|th|%)?(?!{letters})",
        "word": rf"[{CJK}]|{letters}+(?:['\u2019]{letters}+)*",
        "break": r"[\r\n\u2028\u2029]+",
        "mark": rf"[!?]{{1,20}}|\.{{1,20}}|[{PUNCTUATION}{QUOTES}]",
    }


@cache
def _emoji_starts() -> str:
    """Characters with which emoji begin, but those of keycaps."""
    from emoji import EMOJI_DATA

    return "".join(sorted({sequence[0] for sequence in EMOJI_DATA if not sequence[0].isascii()}))


@cache
def _compiled() -> re.Pattern[str]:
    return re.compile("|".join(f"(?P<{kind}>{pattern})" for kind, pattern in token_patterns().items()))


@cache
def _unseen() -> re.Pattern[str]:
    return re.compile(f"[{UNSEEN}]")


@cache
def _space() -> re.Pattern[str]:
    return re.compile(f"[{SPACE}]")


def normalized(text: str) -> str:
    """Unicode's composed form (NFC), without characters that no reader sees."""
    return unicodedata.normalize("NFC", _unseen().sub("", text))


def tokens(text: str) -> list[Token]:
    """The typed tokens of a text in their order; white space and what is left of broken emoji stand in none."""
    plain = normalized(text)
    return [
        Token(match.lastgroup or "", match.group(), match.start() == 0 or _space().match(plain, match.start() - 1) is not None)
        for match in _compiled().finditer(plain)
    ]
