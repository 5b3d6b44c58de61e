import random

import emoji
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets.posts import load
from datasets.registry import DataMissingError, find
from datasets.text_features import TEXT_FEATURES, emoji_count, hashtags, readability, sentiment, text_features, words


def values(text):
    return dict(zip(TEXT_FEATURES, text_features(text), strict=True))


def test_every_emoji_of_the_library_is_one():
    assert [sequence for sequence in emoji.EMOJI_DATA if emoji_count(sequence) != 1] == []


def test_emoji_are_counted_as_the_library_does_in_real_posts():
    try:
        path = find("musician_posts")
    except DataMissingError as missing:
        pytest.skip(str(missing))
    texts = [text for text in load(path).text if not text.isascii()][:3000]
    assert len(texts) == 3000
    assert [emoji_count(text) for text in texts] == [emoji.emoji_count(text) for text in texts]


def test_emoji_are_counted_as_the_library_does_however_they_are_mixed():
    generator = random.Random(4)
    parts = [*emoji.EMOJI_DATA, "\u200d", "\ufe0f", "a", " ", "🏽", "🇩", "1", "#"]
    texts = ["".join(generator.choices(parts, k=6)) for _ in range(2000)]
    assert [text for text in texts if emoji_count(text) != emoji.emoji_count(text)] == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("#One two #1 #2nd ##three http://x.com/#four a#five &#39; #️⃣ #नमस्ते #日本語。", ["one", "2nd", "three", "नमस्ते", "日本語"]),
        ("😍#love, #love!", ["love", "love"]),
        ("", []),
    ],
)
def test_hashtags(text, expected):
    assert hashtags(text) == expected


def test_words_leave_links_and_punctuation_out():
    assert words("Don't STOP — see https://a.b/c?d, (now)!") == ["don't", "stop", "see", "now"]


def test_readability_is_lix():
    assert readability("") == 0
    assert readability("One two three. Considerable words follow http://long.example/address!") == 6 / 1 + 100 * 1 / 6
    assert readability("好。好！") == 2 / 2


def test_sentiment_and_polarity_are_vaders():
    assert sentiment("VADER is smart, handsome, and funny.") == 0.8316
    assert [values(text)["sentiment_polarity"] for text in ("I love it!", "a table", "I hate it")] == [1, 0, -1]


@given(st.text(max_size=60))
def test_any_text_has_finite_features_of_its_length(text):
    described = values(text)
    assert described["post_length"] == len(text)
    assert all(pd.notna(value) and abs(value) < 1e6 for value in described.values())
