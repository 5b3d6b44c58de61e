"""Drafts of the content pack: they keep to subject, voice, language and constraints, and quote no line of anyone's post."""

from __future__ import annotations

import re
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datasets.brand_posts import load_brand_posts
from datasets.registry import find
from datasets.tokens import tokens
from keras_models.content_cases import SUBJECTS
from keras_models.content_drafts import REQUESTS, keeps
from keras_models.content_generation import alike, distinct_2, generate
from keras_models.content_hashtags import tag_key
from keras_models.content_language import is_english
from keras_models.content_layout import is_well_formed
from keras_models.content_slots import Slots
from keras_models.content_style import word_key
from keras_models.content_subject import Subject
from keras_models.content_training import OTHERS
from keras_models.content_voice import build_voice
from keras_models.tests.content_voices import CITIES, LOUD


@pytest.fixture(scope="module")
def drafts(learned):
    """Texts of many requests in a voice, with an engagement that prefers long posts."""

    def predict(posts):
        return [dict.fromkeys(("likes", "comments", "shares"), float(len(post["text"]))) for post in posts]

    def run(posts=LOUD, **request):
        return generate({"voice": build_voice(posts, learned), **request}, learned, {"own": 0.87, "other": 0.75}, predict)

    return run


@pytest.mark.parametrize(
    ("about", "phrases"),
    [
        ("Tour dates", ["Tour dates"]),
        ("Northern Lights", ["Northern Lights"]),
        (
            'New single "Midnight Sun" out Friday https://a.example/x',
            ['New single "Midnight Sun" out Friday', 'New single "Midnight Sun"', '"Midnight Sun" out Friday', '"Midnight Sun"'],
        ),
        ("behind the scenes of our video shoot", ["behind the scenes of our video shoot", "our video shoot"]),
        ("our Berlin show in May", ["our Berlin show in May", "our Berlin show"]),
        ("<script>alert('x')</script>", ["script"]),
        ("#tour 🎵 !!", []),
        ("", []),
    ],
)
def test_a_subject_falls_into_phrases_that_may_stand_alone(about, phrases) -> None:
    assert Subject(about).phrases == phrases


@pytest.mark.parametrize(
    "about", ['New single "Midnight Sun" out Friday', "Tour dates", "our Berlin show in May", "thank you to all our fans"]
)
def test_every_draft_names_its_subject_and_has_its_link(drafts, about) -> None:
    subject = Subject(about)
    for seed in range(3):
        texts = [one["text"] for one in drafts(about=f"{about} https://a.example/x", seed=seed)["variants"]]
        assert texts and all(subject.is_named_in(text) and "https://a.example/x" in text for text in texts)


FRAMES = (
    "{number} days to go!",
    "season {number}.",
    "by {mention}.",
    "with {mention}.",
    "at {time}.",
    "it's {date}.",
    "tickets: {link}",
    "more: {link}",
)


@pytest.mark.parametrize(
    ("about", "lines"),
    [
        ("3 days until our show", []),
        ("only 3 days to go until our show", ["3 days to go!"]),
        ("2 new songs in season 2, with @someone", ["season 2.", "with @someone."]),
        ("a photo by @someone with Anna", ["by @someone."]),
        ("doors open at 7:30pm, it's Friday", ["at 7:30pm.", "it's Friday."]),
        ("tickets https://a.example/x", ["tickets: https://a.example/x", "more: https://a.example/x"]),
        ("hear it https://a.example/x", ["more: https://a.example/x"]),
        ("<b>1 000 000 {number} {mention}</b>", []),
    ],
)
def test_slots_take_what_the_caller_gave_and_say_no_more(about, lines) -> None:
    assert Slots([about], "").filled(FRAMES, titled=False) == lines


def test_a_frame_around_a_title_tells_its_date_where_there_is_one() -> None:
    frames = ("{title} - out now.", "{title} on {date}.", "new {title}: {link}")
    assert Slots(['"Red Rain"'], '"Red Rain"').filled(frames, titled=True) == ['"Red Rain" - out now.']
    assert Slots(['"Red Rain" on Friday'], '"Red Rain"').filled(frames, titled=True) == ['"Red Rain" on Friday.']
    assert Slots(["no title"], "").filled(frames, titled=True) == []


def test_no_draft_has_a_mention_number_date_or_link_that_nobody_gave(drafts) -> None:
    kinds, found = {"mention", "number", "date", "time", "link", "email", "phone"}, set()
    for seed, about in enumerate([*SUBJECTS, "only 3 days to go: season 2 by @someone at 7:30pm https://a.example/x"] * 2):
        given = f"{about} @Anna https://b.example/y".lower()
        for must in ([], ["@Anna", "https://b.example/y"]):
            for one in drafts(about=about, seed=seed, constraints={"mustInclude": must})["variants"]:
                told = {token.text.rstrip(".") for token in tokens(one["text"]) if token.kind in kinds}  # "pm." of a last word
                assert all(each.lower() in given for each in told) and set(must) <= told, one["text"]
                found |= told
    assert {"@someone", "@Anna", "https://a.example/x"} <= found


def test_links_and_mentions_stay_as_they_are_in_any_casing(drafts) -> None:
    for voice in (LOUD, [post.lower() for post in LOUD]):
        for seed in range(4):
            for one in drafts(voice, about="Hear it with @SomeOne https://a.example/Xy", seed=seed)["variants"]:
                told = {token.text for token in tokens(one["text"]) if token.kind in ("link", "mention")}
                assert "https://a.example/Xy" in told <= {"https://a.example/Xy", "@SomeOne"}


def test_a_mention_stands_where_the_voice_puts_mentions(drafts) -> None:
    voice = [f"@someone So good in {city}! 🔥" for city in CITIES]
    for one in drafts(voice, about="our summer show", constraints={"mustInclude": ["@Anna"]})["variants"]:
        assert tokens(one["text"])[0].text == "@Anna"


GERMAN = (
    "Unser neues Album ist endlich da! Hört rein",
    "Heute Abend spielen wir in Hamburg",
    "Danke für einen unglaublichen Sommer mit euch",
    "Wir freuen uns auf euch alle",
    "Bis bald in Wien",
    "Das war ein schöner Abend",
    "Neue Termine stehen fest",
)
SPANISH = (
    "Gracias a todos por venir anoche",
    "Los quiero mucho",
    "Nos vemos en la próxima ciudad",
    "Hoy es un gran día para todos",
    "Ya está aquí el nuevo video",
    "Qué noche tan bonita en Madrid",
    "Con mi gente de siempre",
)


@pytest.mark.parametrize(("posts_", "about"), [(GERMAN, "Neues Album am Freitag"), (SPANISH, "Nuevo single este viernes"), (SPANISH, "")])
def test_a_voice_of_another_language_gets_its_own_words_alone(drafts, learned, posts_, about) -> None:
    own = {word_key(token.text) for text in (*posts_, about) for token in tokens(text) if token.kind == "word"}
    answers = [drafts(posts_, about=about, seed=seed) for seed in range(3)]
    words = [token.text for answer in answers for one in answer["variants"] for token in tokens(one["text"]) if token.kind == "word"]
    assert (words or not about) and {word_key(word) for word in words} <= own
    for answer in answers:
        assert len(answer["variants"]) == 5 or "only words of the voice's and the subject's own" in answer["note"]


def test_a_language_that_neither_pack_nor_voice_has_is_told(drafts) -> None:
    assert drafts(constraints={"language": "de"}) == {"variants": [], "note": "the pack has learned en, not de"}
    assert drafts(GERMAN, constraints={"language": "de"})["variants"]
    for one in drafts(GERMAN, constraints={"language": "en"})["variants"]:
        assert is_english([one["text"]])


def test_words_without_blanks_are_not_parted(drafts) -> None:
    voice, about = ["新しいアルバムが出ました！🎵", "今夜は東京でライブです"], "来週の土曜日に新曲を発表します、ぜひ来てください"
    texts = [one["text"] for seed in range(3) for one in drafts(voice, about=about, seed=seed)["variants"]]
    assert texts and all("来週の土曜日に新曲を発表します" in text for text in texts)


def test_hashtags_of_drafts_have_evidence(drafts) -> None:
    voice = [f"So good in {city}! #tour #live" for city in CITIES]
    for about in (
        'New single "Midnight Sun" out Friday',
        "behind the scenes of our video shoot",
        "tickets for our Berlin show are on sale",
    ):
        for seed in range(3):
            tags = {
                tag_key(token.text)
                for one in drafts(voice, about=about, seed=seed)["variants"]
                for token in tokens(one["text"])
                if token.kind == "hashtag"
            }
            assert tags <= {"tour", "live", "newsingle", "behindthescenes", "midnightsun"}


def test_no_line_of_a_draft_is_said_twice(drafts) -> None:
    for seed in range(5):
        for one in drafts(about="only 3 days to go", seed=seed)["variants"]:
            assert one["text"].lower().count("3 days") == 1


def test_emoji_that_go_with_the_subject_come_first(drafts, learned) -> None:
    word, near = next(
        (word, list(near)) for word, near in learned["emoji"]["near"].items() if word.isascii() and ord(next(iter(near))[0]) > 0x2190
    )
    other = next(one for one in learned["emoji"]["posts"] if one not in near and ord(one[0]) > 0x2190)
    voice = [f"So good in {city}! {other}" for city in CITIES] + [f"Hello again! {near[0]}"]
    texts = [
        one["text"]
        for seed in range(8)
        for one in drafts(voice, about=f"our {word} night", seed=seed, constraints={"emoji": 1})["variants"]
    ]
    assert sum(near[0] in text for text in texts) > len(texts) / 2


def test_a_draft_takes_over_where_the_voice_puts_emoji_and_hashtags(drafts) -> None:
    voice = [f"🔥🔥 So good in {city}! #live #tour" for city in CITIES]
    for one in drafts(voice, seed=1)["variants"]:
        assert next(token.kind for token in tokens(one["text"])) == "emoji"
        assert [token.kind for token in tokens(one["text"])][-2:] == ["hashtag", "hashtag"]


@pytest.mark.parametrize("request_", REQUESTS)
def test_every_variant_keeps_every_constraint_or_there_is_a_note(drafts, request_) -> None:
    for seed in range(3):
        answer = drafts(seed=seed, **request_)
        assert all(keeps(one["text"], request_.get("constraints", {})) for one in answer["variants"])
        assert (answer["note"] is None) == (len(answer["variants"]) == request_.get("count", 5))


def test_one_seed_gives_one_text_and_another_seed_others(drafts) -> None:
    texts = [[one["text"] for one in drafts(seed=seed)["variants"]] for seed in (3, 3, 4)]
    assert texts[0] == texts[1] != texts[2]


def test_variants_differ_are_well_formed_and_stand_by_score(drafts) -> None:
    variants = drafts(count=8, about='New single "Midnight Sun"')["variants"]
    texts, scores = [one["text"] for one in variants], [one["score"] for one in variants]
    assert distinct_2(texts) >= 0.7 and all(alike(one, other) < 0.6 for one, other in combinations(texts, 2))
    assert all(is_well_formed(text) for text in texts) and scores == sorted(scores, reverse=True)
    assert any("midnight sun" in text.lower() for text in texts)


def test_no_generated_text_has_eight_consecutive_words_of_a_training_post(drafts, posts) -> None:
    brands = np.array(posts.brand)
    generated: set[str] = set()
    for brand in ("mtv", "ludacris", "snoopdogg"):
        own = [posts.text[row] for row in np.flatnonzero(brands == brand)[:40]]
        for seed, about in enumerate(["", "", "", 'New single "Midnight Sun" out Friday', "Tour dates", "thank you to all our fans"]):
            texts = [one["text"] for one in drafts(own, seed=seed, about=about, count=10)["variants"]]
            assert texts
            generated.update(run for text in texts for run in _runs_of_8(text))
    trained = (text for part in (posts, load_brand_posts(find(OTHERS))) for text in part.text)
    assert generated and [run for text in trained for run in _runs_of_8(text) if run in generated] == []


def test_a_voice_of_one_long_post_is_not_quoted(drafts) -> None:
    post = "tonight we play every single song of our very first record from the start"
    texts = [one["text"] for seed in range(20) for one in drafts([post], seed=seed)["variants"]]
    assert texts and not [run for text in texts for run in _runs_of_8(text) if run in _runs_of_8(post)]


@settings(max_examples=10, deadline=None)
@given(about=st.text(max_size=200), must=st.text(min_size=1, max_size=20), forbid=st.text(min_size=1, max_size=3))
def test_whatever_is_asked_comes_back_harmless(drafts, about, must, forbid) -> None:
    constraints = {"mustInclude": [must], "forbid": [forbid]}
    for one in drafts(about=about, constraints=constraints)["variants"]:
        assert keeps(one["text"], constraints) and is_well_formed(one["text"])


def test_markup_and_100_kb_leave_no_mark(drafts) -> None:
    for about in ("<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "a" * 100_000, "so good " * 12_500, "\x00\x1b[31m"):
        for one in drafts([*LOUD, about[:2000]], about=about)["variants"]:
            assert not re.search(r"[<>\x00-\x1f]", one["text"]) and len(one["text"]) < 2000


def _runs_of_8(text):
    words = re.findall(r"\w+", text.lower())
    return [" ".join(words[at : at + 8]) for at in range(len(words) - 7)]


def test_goal_says_what_is_ranked_by(learned) -> None:
    def predict(posts):
        return [{"likes": float(len(post["text"])), "comments": 1000 / len(post["text"]), "shares": 0.0} for post in posts]

    answers = {
        goal: generate({"voice": build_voice(LOUD, learned), "goal": goal}, learned, {"own": 0.87, "other": 0.75}, predict)["variants"]
        for goal in ("likes", "comments", "shares")
    }
    longest = {goal: len(variants[0]["text"]) for goal, variants in answers.items()}
    assert longest["likes"] > longest["comments"] and all(one["lift"] == 1 for one in answers["shares"])
    assert all(goal in one["reason"] for goal, variants in answers.items() for one in variants)
