from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets.tokens import MASKED, normalized, tokens


def kinds(text: str) -> list[tuple[str, str]]:
    return [(token.kind, token.text) for token in tokens(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Don’t go, @user!", [("word", "Don’t"), ("word", "go"), ("mark", ","), ("mention", "@user"), ("mark", "!")]),
        ("#日本 #love_2", [("hashtag", "#日本"), ("hashtag", "#love_2")]),
        ("❤️🇩🇪👨‍👩‍👧 ok", [("emoji", "❤️"), ("emoji", "🇩🇪"), ("emoji", "👨‍👩‍👧"), ("word", "ok")]),
        ("日本", [("word", "日"), ("word", "本")]),
        ("on June 5th, 2016 at 8:30 pm", [("word", "on"), ("date", "June 5th, 2016"), ("word", "at"), ("time", "8:30 pm")]),
        ("see www.a.com/b?c and a.de", [("word", "see"), ("link", "www.a.com/b?c"), ("word", "and"), ("link", "a.de")]),
        ("me@x.org +1 (555) 123-4567", [("email", "me@x.org"), ("phone", "+1 (555) 123-4567")]),
        ("3,000 fans 2pac 1st", [("number", "3,000"), ("word", "fans"), ("word", "2pac"), ("number", "1st")]),
        ("a\n\nb", [("word", "a"), ("break", "\n\n"), ("word", "b")]),
    ],
)
def test_tokens_have_their_kinds(text, expected) -> None:
    assert kinds(text) == expected


def test_composed_and_decomposed_forms_are_one() -> None:
    assert kinds("e\u0301te\u0301") == kinds("été") == [("word", "été")]


@given(st.text())
def test_tokens_hold_all_but_white_space_in_order(text) -> None:
    plain, at = normalized(text), 0
    for token in tokens(text):
        at = plain.index(token.text, at) + len(token.text)
    assert not any("\u202a" <= character <= "\u202e" or "\ud800" <= character <= "\udfff" for character in plain)


@given(st.from_regex(r"[a-z]{1,9}[._+][a-z]{1,9}@[a-z]{1,9}\.(com|org|co\.uk)", fullmatch=True))
def test_an_address_is_never_a_word(address) -> None:
    assert [token.kind for token in tokens(f"write {address} now")] == ["word", "email", "word"]
    assert "email" in MASKED


@pytest.mark.parametrize("unit", ["a", "1", "a.", "1 ", "#", "@", "12-", "a-", "('", "!", "a@", "👩\u200d"])
def test_no_text_takes_long(unit) -> None:
    start = time.process_time()
    tokens(unit * (100_000 // len(unit)))
    assert time.process_time() - start < 5
