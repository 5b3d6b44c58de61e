"""Brand voice, hashtags and captions learned from posts: no language model, no graph, one file of counts and weights."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from datasets.brand_posts import load_brand_posts
from datasets.registry import DataMissingError, find
from datasets.text_features import LONG_WORD, POLAR, SPACE
from datasets.tokens import UNSEEN, token_patterns, tokens
from keras_models import content_hashtags as hashtag_rules
from keras_models import content_style as style_rules
from keras_models.checkpoint import Checkpoint
from keras_models.content_hashtags import suggest, tagged
from keras_models.content_judging import hide, judge_hashtags, judge_tweets, judge_voices
from keras_models.content_training import DATA, LEARNED, split_posts, train
from keras_models.content_voice import build_voice, match
from keras_models.pack import Measured, PackCheck, PackSpec
from keras_models.spec import Gate, ParityCase, Split

LARGEST = 1_000_000
CASES, VOICES, PROFILE = 1000, 40, 10
HOSTILE = {
    "empty": "",
    "white space": " \n\t ",
    "markup": "<script>alert('x')</script> <img src=x onerror=alert(1)> &lt;b&gt; #<i>",
    "control characters": "a\x00b\x1b[31m \u202etxet desrever\u202c \ufeff end\x07",
    "unpaired surrogate": "before \ud83d after #tag\udc00",
    "right to left": "مرحبا بكم! #موسيقى שלום לכולם 🎵 ١٢٣",
    "ideographs": "新しいアルバムが出ました！#音楽 새 앨범 发行了。",
    "joined emoji": "👨‍👩‍👧‍👦🇩🇪👍🏽#️⃣❤️😂😂 🏳️‍🌈\u200d",
    "decomposed": "e\u0301te\u0301 #e\u0301te\u0301 ｆｕｌｌ　ｗｉｄｔｈ",
    "one long word": "a" * 5000,
    "many marks": "!?." * 1000,
    "prototype": "__proto__ constructor #__proto__ #constructor toString",
    "private": "write me@example.com or +1 (555) 123-4567, @me, www.me.example.com/x",
    "digits": "1" * 300 + " 1,000.50 12/05/2016 7:30pm 1st 2Pac 555-123-4567",
}


@lru_cache(maxsize=2)
def _parsed(content: bytes) -> dict[str, Any]:
    return json.loads(content)


def learned_of(checkpoint: Checkpoint) -> dict[str, Any]:
    """What the pack learned, as the runtime reads it."""
    return _parsed(checkpoint.blobs[LEARNED])


def _constants(checkpoint: Checkpoint) -> dict[str, Any]:
    return {
        "posts": checkpoint.config["posts"],
        "brands": checkpoint.config["brands"],
        "languages": ["en"],
        "usualMatch": checkpoint.config["usualMatch"],
        "tokens": {"patterns": [list(item) for item in token_patterns().items()], "unseen": UNSEEN, "space": SPACE},
        "style": {
            "features": list(style_rules.STYLE),
            "descriptions": style_rules.STYLE,
            "functionWords": [listed.split() for listed in style_rules.FUNCTION_WORDS.values()],
            "longWord": LONG_WORD,
            "polar": POLAR,
            "clip": style_rules.CLIP,
            "off": style_rules.OFF,
            "mostOff": style_rules.MOST_OFF,
            "steady": style_rules.STEADY,
        },
        "hashtags": {
            "reasons": hashtag_rules.REASONS,
            "longestJoined": hashtag_rules.LONGEST_JOINED,
            "leastLetters": hashtag_rules.LEAST_LETTERS,
            "rising": hashtag_rules.RISING,
            "fading": hashtag_rules.FADING,
            "broad": hashtag_rules.BROAD,
        },
    }


def _evaluations(checkpoint: Checkpoint, data: Path | None, split: Split) -> list[Measured]:
    path = data or find(DATA[0])
    name = DATA[0] if data is None else path.name.split(".")[0]
    posts, learned = load_brand_posts(path), learned_of(checkpoint)
    if split == "all":
        whole = np.ones(len(posts), dtype=bool)
        judged = [judge_voices(learned, posts, name), judge_hashtags(learned, hide(posts, whole), name)]
    else:
        parts = split_posts(posts)
        wanted = ("kept out", "later") if split == "test" else ("validation",)
        judged = [each for part in wanted for each in _judged(learned, posts, parts[part], f"{name} {part}")]
        if data is None and split == "test":
            judged.append(judge_tweets())
    return [each for each in judged if each is not None]


def _judged(learned: Mapping[str, Any], posts, part, name: str) -> list[Measured | None]:
    """Voices of a part's own posts; hashtags of them, each with the posts before it, learned from or not."""
    if not len(part):
        return []
    brands, first = set(part.brand), int(part.published.min())
    rows = np.array([brand in brands and at >= first for brand, at in zip(posts.brand, posts.published, strict=True)])
    return [judge_voices(learned, part, name), judge_hashtags(learned, hide(posts, rows), name)]


def _parity(checkpoint: Checkpoint) -> list[PackCheck]:
    learned = learned_of(checkpoint)
    texts, voices = _texts(), _voices(learned)
    edges = [ParityCase(name=name, args=(text,), edge=True) for name, text in HOSTILE.items()]
    plain = [ParityCase(name=f"text {place}", args=(text,)) for place, text in enumerate(texts)]
    matched = [
        ParityCase(name=f"{case.name} and voice {place % len(voices)}", args=(*case.args, voices[place % len(voices)]), edge=case.edge)
        for place, case in enumerate([*plain[:300], *edges])
    ]
    groups = [ParityCase(name=f"five texts {at}", args=(texts[5 * at : 5 * at + 5], voices[at % len(voices)])) for at in range(20)]
    suggested = [ParityCase(name=case.name, args=(case.args[0], {"voice": case.args[1], "count": 10}), edge=case.edge) for case in matched]
    built = [ParityCase(name=f"voice {place}", args=(voice["texts"],)) for place, voice in enumerate(voices)]
    # A key __proto__ would get lost between the browser and Python.
    odd = [
        ParityCase(name="hostile voice", args=([text for name, text in HOSTILE.items() if name != "prototype"],), edge=True),
        ParityCase(name="no posts", args=([],), edge=True),
    ]
    return [
        PackCheck(stage="features", method="tokens", cases=[*plain, *edges], answer=_token_answer),
        PackCheck(stage="outputs", method="voice", cases=[*built, *odd], answer=lambda posts: build_voice(posts, learned)),
        PackCheck(stage="outputs", method="match", cases=[*matched, *groups], answer=lambda text, voice: match(text, voice, learned)),
        PackCheck(stage="decisions", method="hashtags", cases=suggested, answer=lambda text, options: _suggested(text, options, learned)),
    ]


def _token_answer(text: str) -> list[dict[str, Any]]:
    return [{"kind": token.kind, "text": token.text, "spaced": token.spaced} for token in tokens(text)]


def _suggested(text: str, options: Mapping[str, Any], learned: Mapping[str, Any]) -> list[dict[str, Any]]:
    return suggest(text, [tagged(post, learned) for post in options["voice"]["texts"]], learned, count=options["count"])


def _texts() -> list[str]:
    """Real posts where they are at hand, evenly spread; made-up ones elsewhere."""
    try:
        texts = load_brand_posts(find(DATA[0])).text
    except DataMissingError:
        return _made_up(CASES)
    return [texts[at] for at in np.linspace(0, len(texts) - 1, CASES).astype(int)]


def _voices(learned: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Voices of ten posts each of pages kept out; made-up ones elsewhere."""
    try:
        posts = split_posts(load_brand_posts(find(DATA[0])))["kept out"]
    except DataMissingError:
        return [build_voice(_made_up(PROFILE, seed=seed), learned) for seed in range(VOICES)]
    brands = np.array(posts.brand)
    rows = [np.flatnonzero(brands == brand)[start : start + PROFILE] for start in range(0, 50, PROFILE) for brand in np.unique(brands)]
    return [build_voice([posts.text[row] for row in each], learned) for each in rows[:VOICES] if len(each) == PROFILE]


def _made_up(count: int, seed: int = 0) -> list[str]:
    random = np.random.default_rng(seed)
    lines: Sequence[str] = (
        "Out now! 🎉 #newmusic",
        "Thank you all ❤️",
        "Who's coming tonight?",
        "Watch the video: https://a.b/c",
        "So good to be back... #tour #love",
        "¿Listos?",
        "Studio day",
    )
    return [" ".join(lines[at] for at in random.integers(len(lines), size=1 + random.integers(3))) for _ in range(count)]


PACK = PackSpec(
    name="content",
    version="1.0.0",
    title="Brand voice, hashtags and captions",
    summary="Profiles a brand's voice from ten posts, matches texts with it and suggests hashtags, without a language model.",
    licence="Learned from posts of musicians' pages collected by minimaxir/interactive-facebook-reactions (MIT); sentiment: VADER (MIT).",
    datasets=DATA,
    train=train,
    data=lambda checkpoint: checkpoint.blobs[LEARNED],
    constants=_constants,
    evaluations=_evaluations,
    parity=_parity,
    units={
        **{f"{group}_{name}": "cosine" for group in ("post", "five") for name in ("match", "match_of_others")},
        "post_auc": "fraction",
        "five_auc": "fraction",
        "recall_at_10": "fraction",
        "recall_over_most_frequent": "times",
    },
    gates=(
        Gate(metric="post_match", data=f"{DATA[0]} kept out voices", minimum=0.8),
        Gate(metric="post_auc", data=f"{DATA[0]} kept out voices", minimum=0.7),
        Gate(metric="five_auc", data=f"{DATA[0]} kept out voices", minimum=0.85),
        Gate(metric="recall_over_most_frequent", data=f"{DATA[0]} kept out hashtags", minimum=2.0),
        Gate(metric="recall_over_most_frequent", data=f"{DATA[0]} later hashtags", minimum=2.0),
    ),
    largest=LARGEST,
)
