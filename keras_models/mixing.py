"""Automatic mixing: what the browser needs to know of roles, levels and masking to balance stems, and what it is judged by."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from datasets import stem_bands, stem_features
from datasets.multitracks import ROLES
from datasets.registry import DataMissingError
from datasets.renders import synthesizer_version
from keras_models import mixing_scene
from keras_models.checkpoint import Checkpoint
from keras_models.mixing_objective import COMPRESSOR, EQ_BANDS, RULES, StemSettings, objective
from keras_models.mixing_roles import AIMS, certain, from_config
from keras_models.mixing_training import DATA, Stems, level_errors, load_stems, train
from keras_models.pack import Measured, PackCheck, PackSpec
from keras_models.spec import ParityCase, Split

CASES, RATE, SAMPLES = 40, 8_000, 6_000
LEVELS = {"even": "POP909 and Groove renders, parts at one velocity", "played": "POP909 and Groove renders, as played"}


def _data(checkpoint: Checkpoint) -> bytes:
    config = checkpoint.config
    content = {
        "bands": {
            "edgesHz": stem_bands.band_edges().tolist(),
            "kWeights": mixing_scene.k_weights().tolist(),
            "windowSeconds": stem_bands.WINDOW_SECONDS,
        },
        "scene": {
            "segments": mixing_scene.SEGMENTS,
            "framesPerSegment": mixing_scene.FRAMES_PER_SEGMENT,
            "absoluteGateLufs": mixing_scene.ABSOLUTE_GATE_LUFS,
            "relativeGateLu": mixing_scene.RELATIVE_GATE_LU,
        },
        "features": {
            "names": stem_features.STEM_FEATURES,
            "mean": config["mean"],
            "scale": config["scale"],
            "activeDb": stem_features.ACTIVE_DB,
            "floorDb": stem_features.FLOOR_DB,
            "shareFloor": stem_features.SHARE_FLOOR,
            "onsetDb": stem_features.ONSET_DB,
        },
        "roles": {"names": ROLES, "weights": config["weights"], "bias": config["bias"]},
        "levels": {"roles": config["role_levels"], "features": config["feature_levels"], "limit": config["level_limit"]},
        "aims": AIMS,
        "rules": RULES,
        "eqBands": EQ_BANDS,
        "compressor": COMPRESSOR,
    }
    return json.dumps(content, separators=(",", ":")).encode()


def _constants(checkpoint: Checkpoint) -> dict[str, Any]:
    return {"roles": list(ROLES), "objective": RULES["weights"]}


def _evaluations(checkpoint: Checkpoint, data: Path | None, split: Split) -> list[Measured]:
    if data is not None:
        raise ValueError("mixing: is judged on renders of the registry's songs and takes no file; leave --data out")
    if (here := synthesizer_version()) != (known := checkpoint.training["synthesizer"]):
        raise DataMissingError(f"mixing: was judged on renders of FluidSynth {known}, here is {here}; remedy: `make train MODEL=mixing`")
    return [
        measured
        for levels, label in LEVELS.items()
        for measured in _measured(checkpoint, load_stems("test" if split == "all" else split, (levels,)), label)
    ]


def _measured(checkpoint: Checkpoint, stems: Stems, label: str) -> list[Measured]:
    """Roles by stem, and by mix how far levels are from the balanced mix's, in the median."""
    model = from_config(checkpoint.config)
    odds = model.odds(stems.features)
    right = np.array(ROLES)[odds.argmax(axis=1)] == stems.role
    commonest = max(np.mean(stems.role == role) for role in ROLES)
    drawn = np.random.default_rng(checkpoint.provenance["seed"]).uniform(-12, 12, len(stems.loudness))
    levels = {
        "pack": model.levels(stems.features, odds),
        "roles given": model.levels(stems.features, certain(stems.role)),
        "mean of the role": certain(stems.role) @ model.role_levels,
        "equal loudness": np.zeros(len(stems.loudness)),
        "gains of +-12 dB, untouched": stems.loudness + drawn,
    }
    errors = {who: float(np.median(level_errors(predicted, stems))) for who, predicted in levels.items()}
    roles = {"pack": {"role_accuracy": float(right.mean())}, "commonest role": {"role_accuracy": float(commonest)}}
    return [
        Measured(data=f"{label}: stems", n=len(right), scores=roles),
        Measured(
            data=f"{label}: mixes", n=len(np.unique(stems.song)), scores={who: {"level_error": error} for who, error in errors.items()}
        ),
    ]


def _parity(checkpoint: Checkpoint) -> list[PackCheck]:
    """What the browser hears in made-up stems, and what it thinks of random settings."""
    drawn = [_drawn(seed) for seed in range(CASES)]
    heard = [ParityCase(name=f"drawn {seed}", args=(stems,)) for seed, (stems, _) in enumerate(drawn)]
    judged = [ParityCase(name=f"drawn {seed}", args=(stems, {"settings": settings})) for seed, (stems, settings) in enumerate(drawn)]
    return [
        PackCheck(stage="features", method="describe", cases=heard, answer=lambda stems: _describe(checkpoint, stems), tolerance=1e-5),
        PackCheck(stage="outputs", method="score", cases=judged, answer=lambda *call: _score(checkpoint, *call), tolerance=1e-5),
    ]


def _drawn(seed: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Two to four stems of tones, bursts and noise, and settings for each."""
    random = np.random.default_rng(seed)
    stems, settings = [], []
    for _ in range(random.integers(2, 5)):
        length = int(random.integers(SAMPLES // 2, SAMPLES))
        time = np.arange(length) / RATE
        tone = np.sin(2 * np.pi * random.uniform(60, 2500) * time)
        sound = random.uniform(0, 0.4) * tone + random.uniform(0, 0.2) * random.normal(size=length)
        sound = sound * (1 - random.uniform(0, 1) * (np.sin(2 * np.pi * random.uniform(2, 8) * time) > 0))
        channels = np.round(np.stack([sound * random.uniform(0.1, 1) for _ in range(random.integers(1, 3))]), 4)
        stems.append({"channels": channels.tolist(), "sampleRate": RATE})
        settings.append(
            {
                "highPassHz": float(random.choice([0, 40, 100])),
                "eqDb": np.round(random.uniform(-6, 6, 4) * (random.uniform(size=4) < 0.5), 2).tolist(),
                "ratio": float(random.choice([1, 1.5, 3])),
                "gainDb": round(random.uniform(-12, 12), 2),
                "pan": round(random.uniform(-1, 1), 2),
            }
        )
    return stems, settings


def _looked_at(checkpoint: Checkpoint, stems: Sequence[dict[str, Any]]) -> tuple[list[Any], np.ndarray, np.ndarray]:
    """Scene, features and odds."""
    # The browser holds samples as float32.
    samples = [np.array(stem["channels"], dtype=np.float32).T.astype(np.float64) for stem in stems]
    weights = mixing_scene.k_weights()
    samples = [each - each.mean(axis=0) for each in samples]
    bands = [stem_bands.stem_bands(each, RATE) for each in samples]
    features = [list(stem_features.stem_features(each, weights).values()) for each in bands]
    seen = mixing_scene.scene(samples, bands)
    return seen, np.array(features), from_config(checkpoint.config).odds(np.array(features))


def _describe(checkpoint: Checkpoint, stems: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    seen, features, odds = _looked_at(checkpoint, stems)
    aims = from_config(checkpoint.config).aims(features, odds)
    weights = mixing_scene.k_weights()
    return [
        {
            "role": ROLES[int(chances.argmax())],
            "roleOdds": dict(zip(ROLES, map(float, chances), strict=True)),
            "features": dict(zip(stem_features.STEM_FEATURES, map(float, values), strict=True)),
            "loudness": float(mixing_scene.lufs(((each.left + each.right) @ weights)[each.active].mean())),
            "wantedLevelDb": aim.levelDb,
            "notes": [],
        }
        for each, values, chances, aim in zip(seen, features, odds, aims, strict=True)
    ]


def _score(checkpoint: Checkpoint, stems: Sequence[dict[str, Any]], options: dict[str, Any]) -> dict[str, float]:
    seen, features, odds = _looked_at(checkpoint, stems)
    settings = [StemSettings(**each | {"eqDb": tuple(each["eqDb"])}) for each in options["settings"]]
    return dict(objective(seen, settings, from_config(checkpoint.config).aims(features, odds), RATE))


PACK = PackSpec(
    name="mixing",
    version="0.1.0",
    title="Automatic mixing",
    summary="Turns 2 to 16 stems into a balanced mix: level, position, high-pass, equalizer and compressor of each, found by minimising a "
    "stated objective. Roles and levels were learned from stems rendered at a known balance.",
    licence="POP909: MIT (the compilation). Groove MIDI: CC BY 4.0. Fluid (R3) GM: MIT.",
    datasets=DATA,
    train=train,
    data=_data,
    constants=_constants,
    evaluations=_evaluations,
    parity=_parity,
    units={"role_accuracy": "fraction", "level_error": "dB"},
    gates=(),
    largest=40_000,
)
