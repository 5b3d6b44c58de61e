"""How the tempo model learns: a listwise choice among each recording's candidates, on sets that balance slow and fast music.

Every part of the ensemble learns from all renders, and from GTZAN without the split that it is to be judged on.
"""

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
from datasets.tempo_renders import SECONDS, groove_pieces, pattern_pieces, pop_pieces
from keras_models.checkpoint import Checkpoint
from keras_models.report import revision
from keras_models.spec import TrainRequest
from keras_models.tempo_clips import WIDTH, Clip, inputs_of, targets_of
from keras_models.tempo_data import HELD_OUT, click_clips, read_table, scaled_clips, scaled_heard_clips, sparse_clips, splits_of
from keras_models.tempo_graph import LIMIT, PARTS
from keras_models.training import seed_everything

DATA = ("gtzan_logmel", "gtzan_labels", "groove_midi", "pop909", "fluid_r3")
# Chosen on GTZAN, each track by what never heard its split, and on renders of Groove's validation split.
HIDDEN, DECAY, NOISE, DROPOUT, PASSES, BATCH, RATE = 24, 1e-3, 0.3, 0.2, 40, 64, 3e-3
SCALES = (1.0, 0.84, 1.19)  # a recording played slower and faster is another recording
PATTERNS, SONGS, CLICKS = 900, 100, 150
COMMON = {"sparse": 3.0, "heard": 3.0, "own": 3.0, "songs": 0.5}
# How many networks of each part learn from sets of which importance: some hear more drummers, some more fast patterns.
BALANCES = (
    (3, COMMON | {"groove": 2.0, "stretched": 2.0, "patterns": 0.7, "clicks": 4.0}),
    (2, COMMON | {"groove": 1.5, "stretched": 1.0, "patterns": 1.0, "clicks": 3.0}),
)
Weights = dict[str, np.ndarray]


def train(request: TrainRequest) -> Checkpoint:
    """Train on GTZAN's spectrograms, Groove, POP909, written patterns and clicks, or on these renders and a user's table of recordings."""
    sets = training_sets(request.data)
    clips = [clip for part in sets.values() for clip in part]
    balances = [
        (count, np.concatenate([np.full(len(part), shares.get(name, 1.0)) for name, part in sets.items()])) for count, shares in BALANCES
    ]
    splits = splits_of(clips) if request.data is None else np.full(len(clips), "")
    weights = fit(clips, balances, splits, seed=request.seed)
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
        "groove": [*groove_pieces("train", seconds=SECONDS), *groove_pieces("train", seed=15)],
        "stretched": groove_pieces("train", stretched=True, seconds=SECONDS)[::2],
        "patterns": pattern_pieces(PATTERNS, seed=11),
        "songs": pop_pieces("train", SONGS),
    }
    rendered = {name: scaled_clips(part, SCALES) for name, part in pieces.items()}
    if data is None:
        tracks = pd.read_csv(find("gtzan_labels"))["track"]
        own = {"sparse": sparse_clips(tracks, scales=SCALES), "heard": scaled_heard_clips(SCALES)}
    else:
        own = {"own": learned_rows(data)}
    return {**own, **rendered, "clicks": click_clips(CLICKS, seed=7)}


def learned_rows(data: Path) -> list[Clip]:
    """Recordings of a user's table to learn from: four of five."""
    return [clip for row, clip in enumerate(read_table(data)) if row % HELD_OUT]


def fit(clips: Sequence[Clip], balances: Sequence[tuple[int, np.ndarray]], splits: np.ndarray, *, seed: int) -> Weights:
    """Weights of ``tempo_graph``: for each part several small networks side by side, whose logits are averaged.

    Recordings none of whose candidates is right teach nothing and are left out.

    Parameters
    ----------
    balances
        So many networks of each part learn with these importances of the recordings [n].
    splits
        GTZAN's split of each recording, or "" for what every part hears.
    """
    inputs, wanted = inputs_of(clips), targets_of(clips)
    kept = wanted.sum(axis=1) > 0
    features, present, wanted = inputs["candidates"][kept], inputs["present"][kept], wanted[kept]
    rows = features[present > 0]
    mean, scale = rows.mean(axis=0), np.maximum(rows.std(axis=0), 1e-3)
    scaled = np.clip((features - mean) / scale, -LIMIT, LIMIT) * present[..., None]
    weights = {"features/mean": mean, "features/scale": scale}
    for place, (split, part) in enumerate(PARTS.items()):
        heard = splits[kept] != split
        rows = (scaled[heard], present[heard], wanted[heard])
        networks = [
            _network(*rows, importance[kept][heard], seed + place * count + each) for count, importance in balances for each in range(count)
        ]
        hidden, bias, choice, offset = zip(*networks, strict=True)
        weights[f"{part}/hidden/kernel"] = np.concatenate(hidden, axis=1)
        weights[f"{part}/hidden/bias"] = np.concatenate(bias)
        weights[f"{part}/choice/kernel"] = np.concatenate(choice, axis=0) / len(networks)
        weights[f"{part}/choice/bias"] = sum(offset) / len(networks)
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
