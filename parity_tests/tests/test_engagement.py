"""What the engagement model alone promises in the browser: text features as in Python on thousands of real posts, hours and reasons."""

import numpy as np
import pandas as pd
import pytest

from datasets.post_features import vocabulary, wording
from datasets.posts import TARGETS, load
from datasets.registry import DataMissingError, find, places
from datasets.text_features import TEXT_FEATURES, text_features
from keras_models.checkpoint import load_checkpoint
from keras_models.engagement import SPEC
from parity_tests.harness import PageError, exported

MODEL = "engagement"
TEXTS = 10_000
TWEETS = "text/emoji_tweets_2017.parquet"


def call(page, method, *arguments):
    (answer,) = page.call("predict", "wasm", MODEL, method, [list(arguments)])
    return answer


@pytest.fixture(scope="module")
def post():
    return SPEC.golden(None).args[0][0]


@pytest.fixture(scope="module")
def texts():
    """10,000 real texts: tweets rich in emoji, posts in other scripts, posts of musicians."""
    try:
        musicians, others = (pd.unique(pd.Series(load(find(name)).text)) for name in SPEC.datasets)
    except DataMissingError as missing:
        pytest.skip(str(missing))
    foreign = [text for text in others if not text.isascii()]
    tweets = next((folder / TWEETS for folder in places() if (folder / TWEETS).is_file()), None)
    emoji = pd.read_parquet(tweets)["text"].drop_duplicates().tolist()[:3000] if tweets else []
    spread = np.linspace(0, len(foreign) - 1, 4000).astype(int)
    return [*emoji, *(foreign[at] for at in spread), *musicians][:TEXTS]


@pytest.fixture(scope="module")
def described(page, texts):
    post = {"publishedAt": "2016-06-01T12:00:00", "media": "none", "history": []}
    return page.call("predict", "wasm", MODEL, "describe", [[post | {"text": text}] for text in texts])


def test_text_features_are_equal_on_real_posts(texts, described):
    assert len(described) == TEXTS
    differing = {}
    for text, got in zip(texts, described, strict=True):
        expected = dict(zip(TEXT_FEATURES, text_features(text), strict=True))
        wrong = {name: (value, got[name]) for name, value in expected.items() if got[name] != value}
        if wrong:
            differing[text] = wrong
    assert differing == {}


def test_the_wording_is_equal_on_real_posts(texts, described):
    expected = wording([vocabulary(text, "") for text in texts], load_checkpoint(MODEL).config["effects"])
    got = np.array([[features[f"{target}_wording"] for target in TARGETS] for features in described])
    assert (got != 0).mean() > 0.5
    assert np.abs(got - expected).max() < 1e-12


def test_an_explanation_names_every_feature_and_agrees_with_the_prediction(page, post):
    explained = call(page, "explain", post)
    said, predicted = explained["prediction"], call(page, "predict", post)
    assert said.pop("outlook") == predicted.pop("outlook")
    assert said == pytest.approx(predicted, rel=1e-5)
    assert {effect["feature"] for effect in explained["effects"]} == {feature["name"] for feature in exported(MODEL)["features"]}
    strength = [max(abs(np.log(factor)) for factor in effect["factor"].values()) for effect in explained["effects"]]
    assert strength == sorted(strength, reverse=True) and strength[0] > 0
    strongest = explained["effects"][0]
    typical = exported(MODEL)["preprocessing"]["typical"]
    names = [feature["name"] for feature in exported(MODEL)["features"]]
    assert strongest["typical"] == typical[names.index(strongest["feature"])]


def test_the_best_hour_holds_what_a_prediction_for_it_says_of_the_clock(page, post):
    hours = call(page, "bestHours", post)
    assert len(hours) == 168 and hours == sorted(hours, key=lambda hour: -hour["likes"])
    own = next(hour for hour in hours if (hour["weekday"], hour["hour"]) == _clock(post["publishedAt"]))
    assert own["likes"] == pytest.approx(call(page, "predict", post)["likes"], rel=1e-5)


def _clock(moment):
    at = pd.Timestamp(moment)
    return at.weekday(), at.hour


@pytest.mark.parametrize("field", ["text", "publishedAt", "media", "history"])
def test_a_missing_field_is_named(page, post, field):
    with pytest.raises(PageError, match=f"{field} is missing") as refused:
        call(page, "predict", {name: value for name, value in post.items() if name != field})
    assert (refused.value.name, refused.value.code) == ("InputError", "input")
