"""What the content pack alone promises in the browser: the same tokens on 20,000 real posts, and refusals that name the field."""

import json

import numpy as np
import pandas as pd
import pytest

from datasets.brand_posts import load_brand_posts
from datasets.registry import DataMissingError, find
from datasets.tokens import tokens
from keras_models.content import DATA
from parity_tests.harness import PageError

PACK = "content"
TEXTS = 20_000
AT_ONCE = 2000


def call(page, method, *arguments):
    (answer,) = page.call("predict", "wasm", PACK, method, [list(arguments)])
    return answer


@pytest.fixture(scope="module")
def texts():
    """20,000 different real texts: tweets rich in emoji, and posts of musicians."""
    try:
        posts, tweets = load_brand_posts(find(DATA[0])).text, pd.read_parquet(find(DATA[1]))["text"].tolist()
    except DataMissingError as missing:
        pytest.skip(str(missing))
    return list(dict.fromkeys([*tweets[:8500], *posts, *tweets[8500:]]))[:TEXTS]


def test_tokens_are_equal_on_20000_real_posts(page, texts):
    assert len(texts) == TEXTS
    for start in range(0, TEXTS, AT_ONCE):
        some = texts[start : start + AT_ONCE]
        answers = json.loads(page.call("predictText", "wasm", PACK, "tokens", [[text] for text in some]))
        got = [[(token["kind"], token["text"], token["spaced"]) for token in answer] for answer in answers]
        expected = [[(token.kind, token.text, token.spaced) for token in tokens(text)] for text in some]
        assert [pair for pair in zip(some, got, expected, strict=True) if pair[1] != pair[2]] == []


def test_drafts_take_less_than_100_ms(page):
    posts = ["Out now! 🎉 #newmusic", "Thank you all ❤️", "Who's coming tonight? #tour", "So good to be back...", "Studio day"]
    voice = call(page, "voice", posts * 2)
    requests = [[{"voice": voice, "seed": seed}] for seed in range(31)]
    first, *warm = page.call("time", ["wasm"], PACK, "generate", requests)["wasm"]
    assert np.median(warm) < 100, f"first {first:.0f} ms"


def test_generated_text_is_text_whatever_is_asked(page):
    hostile = "<script>alert(1)</script>"
    voice = call(page, "voice", [hostile, "a" * 100_000, "", "So good! #love"])
    for seed in range(5):
        for variant in call(page, "generate", {"voice": voice, "about": hostile + "x" * 100_000, "seed": seed})["variants"]:
            assert "<" not in variant["text"] and len(variant["text"]) < 2000


@pytest.mark.parametrize(
    ("method", "arguments", "message"),
    [
        ("tokens", [7], "content: tokens: text expects a string, got 7"),
        ("voice", ["one post"], 'content: voice: posts expects a list of strings, got "one post"'),
        ("voice", [["a", None]], r"content: voice: posts\[1\] expects a string"),
        ("match", ["text", {"texts": []}], "content: match: voice expects what content.voice"),
        ("generate", [{"voice": {}}], "content: generate: voice expects what content.voice"),
        ("hashtags", ["text", {"count": 0}], "content: hashtags: count expects a whole number from 1 to 30, got 0"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(page, method, arguments, message):
    with pytest.raises(PageError, match=message) as refused:
        call(page, method, *arguments)
    assert (refused.value.name, refused.value.code) == ("InputError", "input")
