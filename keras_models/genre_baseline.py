"""`python -m keras_models.genre_baseline`: the usual network of tutorials, a CNN on pictures of 40 MFCCs, judged beside the genre model.

Three convolutions with max-pooling and dropout, then a dense layer, on crops of ten seconds whose answers are averaged for each track.
It is trained once, on the same tracks, for a fixed number of passes, so that nothing is picked; the result is written beside the checkpoint
and stands in the model card.
"""

from __future__ import annotations

import json
import sys

import keras
import numpy as np
import scipy.fft

from datasets.files import write_atomically
from datasets.registry import find
from keras_models.checkpoint import CHECKPOINTS
from keras_models.genre_data import DATA, Tracks, load
from keras_models.genre_scores import UNITS, scores

RESULT = CHECKPOINTS / "genre" / "baseline.json"
NAME = "CNN on 40 MFCCs x 130 frames"
COEFFICIENTS, CROP = 40, 130  # MFCCs, frames: ten seconds
FILTERS, DROPOUTS, DENSE, DENSE_DROPOUT = (32, 64, 128), (0.3, 0.3, 0.4), 256, 0.5
PASSES, BATCH, RATE, SEED = 30, 32, 1e-3, 20


def main() -> int:
    """Train, judge, print and write."""
    tracks = load(find(DATA[0]))
    rows = {name: tracks.take(tracks.split == split) for name, split in {"train": "train", "validation": "valid", "test": "dev"}.items()}
    keras.utils.set_random_seed(SEED)
    network = baseline(mfcc(rows["train"]), len(tracks.names))
    fit(network, rows["train"])
    judged = {name: {**scores(part.genre, said(network, part)), "n": len(part.genre)} for name, part in rows.items() if name != "train"}
    result = {"network": NAME, "parameters": network.count_params(), "passes": PASSES, "seed": SEED, "judged": judged}
    write_atomically(RESULT, (json.dumps(result, indent=1) + "\n").encode())
    print(json.dumps(result, indent=1))
    return 0


def baseline_scores() -> dict[str, dict[str, float]]:
    """What was judged on the test split, by the network's name; empty where it was never trained."""
    if not RESULT.is_file():
        return {}
    result = json.loads(RESULT.read_text(encoding="utf-8"))
    figures = {metric: value for metric, value in result["judged"]["test"].items() if metric in UNITS}
    return {f"{result['network']}, {result['parameters']:,} parameters": figures}


def baseline(coefficients: np.ndarray, genres: int) -> keras.Model:
    """The network, normalised by the coefficients it will be trained on: crops [batch, 130, 40] -> probabilities [batch, genres]."""
    layers = keras.layers
    crops = keras.Input((CROP, COEFFICIENTS))
    normalisation = layers.Normalization(axis=-1)
    normalisation.adapt(coefficients)
    mapped = layers.Reshape((CROP, COEFFICIENTS, 1))(normalisation(crops))
    for filters, dropout in zip(FILTERS, DROPOUTS, strict=True):
        mapped = layers.Conv2D(filters, 3, padding="same", activation="relu")(mapped)
        mapped = layers.Dropout(dropout)(layers.MaxPooling2D()(mapped))
    dense = layers.Dense(DENSE, activation="relu")(layers.Flatten()(mapped))
    network = keras.Model(crops, layers.Dense(genres, activation="softmax")(layers.Dropout(DENSE_DROPOUT)(dense)))
    network.compile(keras.optimizers.Adam(RATE), "sparse_categorical_crossentropy")
    return network


def fit(network: keras.Model, train: Tracks) -> None:
    """One crop of each track a pass, from wherever chance puts it."""
    coefficients, random = mfcc(train), np.random.default_rng(SEED)
    for _ in range(PASSES):
        starts = random.integers(0, coefficients.shape[1] - CROP + 1, len(coefficients))
        crops = np.stack([each[start : start + CROP] for each, start in zip(coefficients, starts, strict=True)])
        network.fit(crops, train.genre, batch_size=BATCH, verbose=0)


def said(network: keras.Model, tracks: Tracks) -> np.ndarray:
    """Probabilities [n, genres]: means over three crops that cover a track."""
    coefficients = mfcc(tracks)
    starts = np.linspace(0, coefficients.shape[1] - CROP, 3).astype(int)
    return np.mean([network.predict(coefficients[:, start : start + CROP], verbose=0) for start in starts], axis=0)


def mfcc(tracks: Tracks) -> np.ndarray:
    """The first 40 MFCCs [n, 387, 40] of log-mel spectrograms: the orthonormal DCT-II."""
    return scipy.fft.dct(tracks.mel, axis=-1, norm="ortho")[..., :COEFFICIENTS]


if __name__ == "__main__":
    sys.exit(main())
