"""What parity asks of the content pack: real posts, every kind of request, and whatever a hostile caller might send."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from datasets.brand_posts import load_brand_posts
from datasets.registry import DataMissingError, find
from datasets.tokens import tokens
from keras_models.checkpoint import Checkpoint, load_checkpoint, load_dequantized
from keras_models.content_cases import HOSTILE, OTHER_VOICES, SUBJECTS, WRITTEN, made_up
from keras_models.content_drafts import REQUESTS, engagement_predictor, voices_of
from keras_models.content_experiment import experiment
from keras_models.content_generation import generate
from keras_models.content_hashtags import suggest, tagged
from keras_models.content_metric import PROFILE
from keras_models.content_training import DATA, learned_of, split_posts
from keras_models.content_voice import build_voice, match
from keras_models.pack import PackCheck
from keras_models.spec import ParityCase

CASES, DRAFTED = 1000, 10


def parity(checkpoint: Checkpoint) -> list[PackCheck]:
    """What Python and the browser must answer alike."""
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
        PackCheck(stage="decisions", method="experiment", cases=_experiments(), answer=experiment),
        PackCheck(stage="decisions", method="generate", cases=_requests(voices, learned), answer=_generator(checkpoint)),
    ]


def _experiments() -> list[ParityCase]:
    """Drawn tests of two to four variants, and counts at the ends of their ranges."""
    random = np.random.default_rng(0)
    drawn = []
    for place in range(60):
        shown = random.integers(1, 10 ** random.integers(1, 5), size=random.integers(2, 5))
        results = [{"shown": int(count), "reacted": int(random.binomial(count, random.uniform(0, 0.4)))} for count in shown]
        readers = [f"reader {place} {number} ü🎵" for number in range(5)]
        drawn.append({"variants": len(results), "results": results, "seed": place, "readers": readers})
    ends = [[(0, 0), (0, 0)], [(5, 0), (5, 5)], [(9, 9), (9, 9)], [(1, 0), (100_000, 30_000)], [(50_000, 500), (50_000, 700)]]
    odd = [{"variants": 2, "results": [{"shown": shown, "reacted": reacted} for shown, reacted in each]} for each in ends]
    cases = [ParityCase(name=f"drawn test {place}", args=(request,)) for place, request in enumerate(drawn)]
    return [
        *cases,
        *(ParityCase(name=f"ends {place}", args=(request,), edge=True) for place, request in enumerate([{"variants": 3}, *odd])),
    ]


def _requests(voices: Sequence[Mapping[str, Any]], learned: Mapping[str, Any]) -> list[ParityCase]:
    """Every kind of request in several voices, and what a hostile caller might ask."""
    usual = [
        ParityCase(name=f"request {kind} of voice {place}", args=({**request, "voice": voice, "seed": 7 * place + kind},))
        for place, voice in enumerate(voices[:DRAFTED])
        for kind, request in enumerate(REQUESTS)
    ]
    told = [
        ParityCase(name=f"about {about} in voice {place}", args=({"voice": voices[place % len(voices)], "about": about, "seed": place},))
        for place, about in enumerate(SUBJECTS)
    ]
    hostile = build_voice([text for name, text in HOSTILE.items() if name != "prototype"], learned)
    edges = {
        "no posts": {"voice": build_voice([], learned)},
        "hostile voice": {"voice": hostile, "seed": 2**32 - 1},
        "nothing can be kept": {"voice": voices[0], "constraints": {"forbid": [" "], "mustInclude": ["a b"]}},
        "another language": {"voice": voices[0], "constraints": {"language": "de"}},
        **{f"about {name}": {"voice": voices[1], "about": text} for name, text in HOSTILE.items()},
        **{f"must include {name}": {"voice": voices[2], "constraints": {"mustInclude": [text]}} for name, text in HOSTILE.items() if text},
    }
    others = {name: build_voice(texts, learned) for name, texts in OTHER_VOICES.items()}
    for name, voice in others.items():
        must = {"mustInclude": ["@Anna", "2 days"]}
        edges |= {
            f"{name} about {about[:9]}": {"voice": voice, "about": about, "seed": 9}
            for about in (WRITTEN, "秋の全国ツアーが決まりました", "")
        }
        edges |= {f"{name} in {language}": {"voice": voice, "constraints": {**must, "language": language}} for language in ("en", "es")}
    return [*usual, *told, *(ParityCase(name=name, args=(request,), edge=True) for name, request in edges.items())]


def _generator(checkpoint: Checkpoint) -> Any:
    """The twin of the browser's ``generate``, with the engagement model's weights as the browser has them; counts are its own parity."""
    predict = engagement_predictor(load_dequantized(load_checkpoint("engagement")))

    def answer(request: Mapping[str, Any]) -> dict[str, Any]:
        generated = generate(request, learned_of(checkpoint), checkpoint.config["usualMatch"], predict)
        variants = [{name: one[name] for name in ("text", "match", "reason")} for one in generated["variants"]]
        return {"variants": variants, "note": generated["note"]}

    return answer


def _token_answer(text: str) -> list[dict[str, Any]]:
    return [{"kind": token.kind, "text": token.text, "spaced": token.spaced} for token in tokens(text)]


def _suggested(text: str, options: Mapping[str, Any], learned: Mapping[str, Any]) -> list[dict[str, Any]]:
    return suggest(text, [tagged(post, learned) for post in options["voice"]["texts"]], learned, count=options["count"])


def _texts() -> list[str]:
    """Real posts where they are at hand, evenly spread; made-up ones elsewhere."""
    try:
        texts = load_brand_posts(find(DATA[0])).text
    except DataMissingError:
        return made_up(CASES)
    return [texts[at] for at in np.linspace(0, len(texts) - 1, CASES).astype(int)]


def _voices(learned: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Voices of ten posts each of pages kept out; made-up ones elsewhere."""
    try:
        return voices_of(split_posts(load_brand_posts(find(DATA[0])))["kept out"], learned)
    except DataMissingError:
        return [build_voice(made_up(PROFILE, seed=seed), learned) for seed in range(DRAFTED)]
