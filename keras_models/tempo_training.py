"""How the tempo model learns: a listwise choice among each recording's candidates, on sets that balance slow and fast music."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np
import pandas as pd

from datasets.formats import content_sha256
from datasets.registry import find
from datasets.renders import synthesizer_version
from datasets.tempo_periodicity import RHYTHM
from datasets.tempo_renders import groove_pieces, pattern_pieces, pop_pieces
from keras_models.checkpoint import Checkpoint
from keras_models.report import revision
from keras_models.spec import TrainRequest
from keras_models.tempo_data import (
    HELD_OUT,
    WIDTH,
    Clip,
    click_clips,
    inputs_of,
    read_table,
    scaled_clips,
    sparse_clips,
    targets_of,
)
from keras_models.tempo_graph import LIMIT
from keras_models.training import seed_everything

DATA = ("gtzan_logmel", "gtzan_labels", "groove_midi", "pop909", "fluid_r3")
# Chosen on GTZAN's dev spectrograms and renders of Groove's validation split.
SEEDS, HIDDEN, DECAY, NOISE, DROPOUT, PASSES, BATCH, RATE = 4, 16, 3e-4, 0.3, 0.2, 40, 64, 3e-3
SCALES = (1.0, 0.84, 1.19)  # a recording played slower and faster is another recording
PATTERNS, SONGS, CLICKS = 300, 100, 60
WEIGHTS = {"sparse": 1.0, "groove": 1.0, "stretched": 1.0, "patterns": 1.0, "songs": 0.5, "clicks": 0.5}
Weights = dict[str, np.ndarray]


def train(request: TrainRequest) -> Checkpoint:
    """Train on GTZAN's spectrograms, Groove, POP909, written patterns and clicks, or on these renders and a user's table of recordings."""
    sets = training_sets(request.data)
    clips = [clip for part in sets.values() for clip in part]
    importance = np.concatenate([np.full(len(part), WEIGHTS.get(name, 1.0)) for name, part in sets.items()])
    weights = fit(clips, importance, seed=request.seed)
    names = list(DATA) if request.data is None else [request.data.name]
    files = [find(name) for name in DATA] if request.data is None else [request.data]
    return Checkpoint(
        model="tempo",
        weights=weights,
        config={"features": WIDTH},
        provenance={
            "data": [{"name": name, "sha256": content_sha256(file)} for name, file in zip(names, files, strict=True)],
            "revision": revision(),
            "seed": request.seed,
        },
        training={"recordings": {name: len(part) for name, part in sets.items()}, "synthesizer": synthesizer_version()},
    )


def training_sets(data: Path | None) -> dict[str, list[Clip]]:
    """Recordings to learn from, by set; a user's table takes the place of GTZAN."""
    pieces = {
        "groove": groove_pieces("train"),
        "stretched": groove_pieces("train", stretched=True)[::2],
        "patterns": pattern_pieces(PATTERNS, seed=11),
        "songs": pop_pieces("train", SONGS),
    }
    rendered = {name: scaled_clips(part, SCALES) for name, part in pieces.items()}
    own = {"sparse": sparse_clips(learned_tracks(), scales=SCALES)} if data is None else {"own": learned_rows(data)}
    return {**own, **rendered, "clicks": click_clips(CLICKS, seed=7)}


def learned_tracks() -> pd.Series:
    """GTZAN's tracks to learn from: of its train and valid splits those without audio at hand, whose clips judge."""
    labels = pd.read_csv(find("gtzan_labels"))
    return labels["track"][(labels["split"] != "dev") & (labels["has_audio"] == 0)]


def learned_rows(data: Path) -> list[Clip]:
    """Recordings of a user's table to learn from: four of five."""
    return [clip for row, clip in enumerate(read_table(data)) if row % HELD_OUT]


def fit(clips: Sequence[Clip], importance: np.ndarray, *, seed: int) -> Weights:
    """Weights of ``tempo_graph``: several small networks side by side, whose logits are averaged.

    Recordings none of whose candidates is right teach nothing and are left out.
    """
    inputs, wanted = inputs_of(clips), targets_of(clips)
    kept = wanted.sum(axis=1) > 0
    features, present, wanted, importance = inputs["candidates"][kept], inputs["present"][kept], wanted[kept], importance[kept]
    rows = features[present > 0]
    mean, scale = rows.mean(axis=0), np.maximum(rows.std(axis=0), 1e-3)
    scaled = np.clip((features - mean) / scale, -LIMIT, LIMIT) * present[..., None]
    networks = [_network(scaled, present, wanted, importance, seed + each) for each in range(SEEDS)]
    hidden, bias, choice, offset = zip(*networks, strict=True)
    weights = {
        "features/mean": mean,
        "features/scale": scale,
        "hidden/kernel": np.concatenate(hidden, axis=1),
        "hidden/bias": np.concatenate(bias),
        "choice/kernel": np.concatenate(choice, axis=0) / SEEDS,
        "choice/bias": sum(offset) / SEEDS,
    }
    return {name: np.ascontiguousarray(value, np.float32) for name, value in weights.items()}


def _network(features: np.ndarray, present: np.ndarray, wanted: np.ndarray, importance: np.ndarray, seed: int) -> list[np.ndarray]:
    """Kernel and bias of the hidden and of the output layer of one network."""
    seed_everything(seed)
    inputs = keras.Input((RHYTHM.candidates, WIDTH))
    masked = keras.Input((RHYTHM.candidates,))
    decay = keras.regularizers.L2(DECAY)
    hidden = keras.layers.GaussianNoise(NOISE)(inputs)
    hidden = keras.layers.Dense(HIDDEN, activation="relu", kernel_regularizer=decay)(hidden)
    hidden = keras.layers.Dropout(DROPOUT)(hidden)
    logits = keras.layers.Reshape((RHYTHM.candidates,))(keras.layers.Dense(1, kernel_regularizer=decay)(hidden))
    model = keras.Model([inputs, masked], logits + (masked - 1.0) * 30.0)
    steps = PASSES * -(-len(features) // BATCH)
    rate = keras.optimizers.schedules.CosineDecay(RATE, steps)
    model.compile(keras.optimizers.Adam(rate), keras.losses.CategoricalCrossentropy(from_logits=True))
    model.fit([features, present], wanted, sample_weight=importance, epochs=PASSES, batch_size=BATCH, verbose=0)
    return [np.asarray(value) for value in model.get_weights()[:4]]
