"""The content pack: privacy of what it holds, voices, hashtags and experiments that do what they say."""

from __future__ import annotations

import re
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets.brand_posts import BrandPosts, load_brand_posts
from datasets.registry import find
from datasets.tokens import tokens
from keras_models.content import DATA, PACK
from keras_models.content_experiment import experiment
from keras_models.content_guard import Guard, learn_guard
from keras_models.content_hashtags import suggest, tag_key, tagged
from keras_models.content_lines import LONGEST_RUN
from keras_models.content_metric import learn_metric
from keras_models.content_random import Random
from keras_models.content_slots import SLOT, Slots
from keras_models.content_tags import learn_emoji, learn_tags
from keras_models.content_training import KEPT_OUT, OTHERS, learned_of, split_posts
from keras_models.content_voice import build_voice, match
from keras_models.content_writer import Writer
from keras_models.content_writing import learn_writing
from keras_models.spec import TrainRequest
from keras_models.tests.content_voices import CALM, LOUD


def test_no_page_is_on_both_sides(posts) -> None:
    parts = split_posts(load_brand_posts(find(DATA[0])))
    assert not set(posts.brand) & set(parts["kept out"].brand) and set(parts["kept out"].brand) == set(KEPT_OUT)
    assert posts.published.max() < parts["later"].published.min()


def test_the_pack_holds_no_address_mention_or_link(learned) -> None:
    lines = [*learned["idf"], *learned["tags"], *learned["writing"]["words"], *learned["writing"]["templates"]]
    assert [line for line in lines if {token.kind for token in tokens(line)} & {"mention", "email", "phone", "link"}] == []
    assert [line for line in lines if re.search(r"@\w|https?:|[0-9]{7}", line)] == []


def test_no_phrase_of_six_words_of_one_author_is_in_the_pack(learned, posts) -> None:
    long = [_words(part) for template in learned["writing"]["templates"] for part in re.split(r"\{\w+\}", template)]
    phrases = {f" {' '.join(words[at : at + LONGEST_RUN + 1])} " for words in long for at in range(len(words) - LONGEST_RUN)}
    written: dict[str, list[str]] = {}
    for part in (posts, load_brand_posts(find(OTHERS))):
        for brand, text in zip(part.brand, part.text, strict=True):
            written.setdefault(brand, []).append(text)
    lines = [f" {' '.join(_words(' '.join(texts)))} " for texts in written.values()]
    assert phrases and {phrase for phrase in phrases if sum(phrase in line for line in lines) < 2} == set()


def test_a_phrase_of_six_words_that_one_author_repeats_stays_out() -> None:
    own = ["our secret garden opens this evening friends"] * 4 + ["come and see"] * 4
    alone = BrandPosts(["a"] * 8, np.arange(8), own, np.zeros(8))
    beside = BrandPosts(["a"] * 8 + ["b"] * 8, np.arange(16), [*own, *(text.replace("secret", "open") for text in own)], np.zeros(16))
    for made in (alone, beside):
        templates = learn_writing(made)["writing"]["templates"]
        assert "come and see." in templates and not [line for line in templates if "garden" in line]


def test_a_quoted_title_becomes_a_slot_and_a_line_of_two_brands_stays() -> None:
    texts = ['Watch "Red Rain" now!', "Are you ready?", "watch out now", "our ready crew"]
    made = BrandPosts(["a"] * 4 + ["b"] * 4, np.arange(8), [*texts, *texts], np.zeros(8))
    assert {"watch {title} now!", "are you ready?"} <= set(learn_writing(made)["writing"]["templates"])


def test_links_mentions_and_numbers_become_slots_and_words_of_one_case_stay_out() -> None:
    texts = ["more here: https://a.example/x", "photo by @someone", "3 days to go!", "see you on May 3", "in 2012"]
    told = ["here we go", "a photo by me", "two days to go", "more of you", "see my heart on may first"]
    made = BrandPosts(["a"] * 10 + ["b"] * 10 + ["c"] * 10, np.arange(30), [*texts, *told] * 3, np.zeros(30))
    templates = learn_writing(made)["writing"]["templates"]
    assert {"more here: {link}", "photo by {mention}.", "{number} days to go!", "see you on {date}."} <= set(templates)
    assert not [line for line in templates if re.search(r"[0-9@]|https|in {", line)]


def test_the_pack_has_every_kind_of_slot(learned) -> None:
    kinds = {slot for template in learned["writing"]["templates"] for slot in SLOT.findall(template)}
    assert kinds == {"title", "link", "mention", "number", "date", "time"}


def test_ngrams_have_their_support(learned) -> None:
    for order in ("bigrams", "trigrams"):
        context = {"bigrams": 1, "trigrams": 2}[order]
        assert all(count >= 2 for row in learned["writing"][order] for count in row[context + 1 :: 2])


def test_a_walk_backs_off_to_one_word_and_keeps_to_sentences() -> None:
    words = ["$", ".", "^", "a", "b", "c", "d"]
    bigrams = [[2, 3, 2], [3, 4, 2], [4, 5, 2], [5, 1, 2]]
    writing = {"words": words, "bigrams": bigrams, "trigrams": [[2, 2, 3, 2], [2, 3, 4, 2], [4, 5, 1, 2]], "templates": []}
    nothing = Slots([], "")
    assert {Writer(writing, [], nothing).beside(Random(seed, 0)) for seed in range(20)} == {"a b c."}
    # Without two-word contexts more steps would hang on one word than may.
    assert {Writer({**writing, "trigrams": []}, [], nothing).beside(Random(seed, 0)) for seed in range(20)} == {None}


def test_idf_is_the_logarithm_of_rarity_and_prunes_what_few_posts_have() -> None:
    made = BrandPosts(["a"] * 4 + ["b"] * 4, np.arange(8), ["love the night", "love it"] * 2 + ["love the day", "love"] * 2, np.zeros(8))
    learned = learn_metric(made, seed=0)
    assert learned["idf"] == {"love": 0.0, "the": pytest.approx(np.log(9 / 5), abs=1e-3)}
    assert learned["rare"] == pytest.approx(np.log(9 / 2), abs=1e-3)


def test_words_go_with_tags_and_emoji_beyond_chance_alone() -> None:
    texts = ["show #tour 🔥", "show #tour 🔥", "show #love", "calm #love", "calm #love", "rain #love", *["good night"] * 6] * 3
    made = BrandPosts(["a", "b"] * 18, np.arange(36), texts, np.zeros(36))
    # A sixth of all posts have #tour and 🔥, and two thirds of those with "show"; #love they have as often as all others.
    assert learn_tags(made)["near"]["show"] == {"tour": 0.667}
    assert learn_emoji(made)["emoji"]["near"] == {"show": {"🔥": 0.667}}
    beside = BrandPosts(["a"] * 12, np.arange(12), ["one #tour #live"] * 3 + ["two #love"] * 3 + ["three"] * 6, np.zeros(12))
    everywhere = BrandPosts(["a"] * 6, np.arange(6), ["one #tour #live"] * 6, np.zeros(6))
    assert learn_tags(beside)["beside"] == {"live": {"tour": 1.0}, "tour": {"live": 1.0}} and learn_tags(everywhere)["beside"] == {}


def test_words_of_one_brand_stay_out_of_the_chains() -> None:
    texts = ["we love our secretword today"] * 3 + ["we love our music today"] * 3
    made = BrandPosts(["a"] * 4 + ["b"] * 2, np.arange(6), texts, np.zeros(6))
    words = learn_writing(made)["writing"]["words"]
    assert "music" in words and "secretword" not in words


def test_the_guard_knows_every_run_of_a_training_post(posts, learned) -> None:
    guard = Guard(learned["guard"], [])
    plain = [text for text in posts.text if {token.kind for token in tokens(text)} <= {"word", "mark", "number", "break", "emoji"}]
    long = [text for text in plain if len(re.findall(r"\w+", text)) > 12][:500]
    assert long
    for text in long:
        words = re.findall(r"\w+", text)
        assert guard.repeats(" ".join(words[2:10])), text


@given(st.lists(st.sampled_from(["one", "two", "three", "four", "five", "six", "seven"]), min_size=7, max_size=12))
def test_a_guard_never_misses_what_it_learned(words) -> None:
    assert Guard(learn_guard([" ".join(words)])["guard"], []).repeats("so " + ", ".join(words).upper())


def test_a_voice_knows_its_own_posts_from_another(learned) -> None:
    loud, calm = build_voice(LOUD[:6], learned), build_voice(CALM[:4], learned)
    assert match(LOUD[8], loud, learned)["similarity"] > match(LOUD[8], calm, learned)["similarity"]
    assert match(CALM[5], calm, learned)["similarity"] > match(CALM[5], loud, learned)["similarity"]
    off = {each["feature"]: each["spreads"] for each in match(CALM[5], loud, learned)["off"]}
    assert off and all(abs(one) >= abs(other) for one, other in pairwise(off.values()))
    assert match(LOUD, loud, learned)["similarity"] == pytest.approx(1, abs=0.05)


def test_hashtags_are_known_distinct_and_not_in_the_text(learned) -> None:
    voice = [tagged(post, learned) for post in LOUD]
    found = suggest("Show in Berlin #LIVE", voice, learned, count=10)
    keys = [tag_key(one["tag"]) for one in found]
    assert "tour" in keys and "live" not in keys and len(set(keys)) == len(keys)
    known = set(learned["tags"]) | {"tour", "live", "show", "berlin"}
    assert set(keys) <= known


def test_two_words_make_no_tag_without_evidence(learned) -> None:
    found = suggest("Purple Elephant Parade tonight", [], learned, count=30)
    assert "purpleelephant" not in [tag_key(one["tag"]) for one in found]
    voice = [tagged("Love it #Purple_Elephant", learned)]
    assert "#Purple_Elephant" in [one["tag"] for one in suggest("Purple Elephant Parade tonight", voice, learned, count=30)]


def test_an_experiment_splits_readers_evenly_and_tells_too_little_from_no_difference() -> None:
    readers = [f"reader {place}" for place in range(3000)]
    assigned = experiment({"variants": 3, "readers": readers})["assigned"]
    assert min(np.bincount(assigned, minlength=3)) > 900
    assert (
        assigned
        == experiment({"variants": 3, "readers": readers})["assigned"]
        != experiment({"variants": 3, "seed": 1, "readers": readers})["assigned"]
    )

    def verdict(*results):
        answer = experiment({"variants": len(results), "results": [{"shown": shown, "reacted": reacted} for shown, reacted in results]})
        return [each["verdict"] for each in answer["comparisons"]]

    assert verdict((20, 2), (20, 5)) == ["too little data"] and verdict((0, 0), (0, 0)) == ["too little data"]
    assert verdict((50_000, 5000), (50_000, 5010)) == ["no difference seen"]
    assert verdict((2000, 200), (2000, 300), (2000, 120)) == ["better", "worse"]


def test_a_random_number_hangs_on_seed_stream_and_place_alone() -> None:
    first, again = Random(7, 3), Random(7, 3)
    assert [first.below(1000) for _ in range(9)] == [again.below(1000) for _ in range(9)]
    drawn = [Random(seed, 0).below(10) for seed in range(2000)]
    assert min(np.bincount(drawn)) > 140


def test_a_users_own_posts_make_a_pack(tmp_path) -> None:
    path = tmp_path / "posts.csv"
    lines = [f"loud,2025-01-{1 + at:02}T10:00:00,{text}" for at, text in enumerate(LOUD)]
    lines += [f'calm,2025-02-{1 + at:02}T10:00:00,"{text}"' for at, text in enumerate(CALM)]
    path.write_text("brand,published_at,text\n" + "\n".join(lines))
    checkpoint = PACK.train(TrainRequest(data=path, seed=20, folder=tmp_path))
    assert checkpoint.config["brands"] == 2 and {"live", "tour"} <= set(learned_of(checkpoint)["tags"])
    assert "tell your friends." in learned_of(checkpoint)["writing"]["templates"]
    assert PACK.evaluations(checkpoint, path, "all") is not None


def test_each_brand_of_a_users_own_keeps_its_newest_posts_apart() -> None:
    early, late = np.arange(20), np.arange(100, 120)
    made = BrandPosts(["a"] * 20 + ["b"] * 20, np.concatenate([early, late]), [f"post {at}" for at in range(40)], np.zeros(40))
    parts = split_posts(made)
    assert [set(part.brand) for part in (parts["learning"], parts["later"])] == [{"a", "b"}] * 2
    assert len(parts["later"]) == 6 and not len(parts["kept out"])


def _words(text):
    return re.findall(r"[a-z0-9']+", text.lower().replace("’", "'"))
