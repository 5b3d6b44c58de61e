"""How the genre model learns: members fitted to train tracks, calibrated and weighted on folds kept out, judged as others judge theirs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import tensorflow as tf
from rich.progress import track as with_bar
from scipy.optimize import minimize
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from datasets.files import sha256_of
from datasets.registry import find
from keras_models.checkpoint import Checkpoint
from keras_models.genre_data import DATA, Tracks, artist_folds, load, random_folds, registered
from keras_models.genre_graph import MEMBERS, TAGS, genre_graph
from keras_models.genre_layers import Weights
from keras_models.genre_members import BATCH, Features, features, fit
from keras_models.genre_scores import scores
from keras_models.report import revision
from keras_models.spec import TrainRequest

FOLDS, RANDOM_FOLDS = 4, 10
LAYERS = {"transfer": ("transfer", "recording")}  # last layers of a member that has several
HELD_OUT = 5  # every fifth file of a folder is kept to judge


def train(request: TrainRequest) -> Checkpoint:
    """Train on GTZAN's train split, or on a user's folder of audio, one subfolder a genre."""
    tracks = registered() if request.data is None else load(request.data)
    part = split_of(tracks, request.seed)
    rows = tracks.take(part == "train")
    folds = artist_folds(rows) if request.data is None else random_folds(rows.genre, FOLDS, request.seed)
    seen = features(rows, seed=request.seed)
    kept_out = out_of_fold(rows, seen, folds, seed=request.seed)
    weights = calibrated(fit(seen, len(rows.names), seed=request.seed), kept_out, rows.genre)
    names = list(DATA) if request.data is None else [request.data.name]
    files = [find(name) for name in DATA] if request.data is None else []
    digests = [sha256_of(file) for file in files] or [folder_sha256(request.data)]
    record = {"tracks": len(rows.track), "folds kept out": _all_scores(rows.genre, kept_out, weights)}
    if request.data is None:
        record["valid"] = _valid_scores(weights)
        record["ten random folds, artists leak"] = leaking_scores(tracks, request.seed)
    return Checkpoint(
        model="genre",
        weights={name: np.ascontiguousarray(value, np.float32) for name, value in weights.items()},
        config={"labels": list(tracks.names)},
        provenance={
            "data": [{"name": name, "sha256": digest} for name, digest in zip(names, digests, strict=True)],
            "revision": revision(),
            "seed": request.seed,
        },
        training=record,
    )


def split_of(tracks: Tracks, seed: int) -> np.ndarray:
    """Split of each track; where the data names none, every fifth of a genre is ``dev``, drawn by seed: its artists may be in train too."""
    if tracks.split.any():
        return tracks.split
    return np.where(random_folds(tracks.genre, HELD_OUT, seed) == 0, "dev", "train")


def folder_sha256(path: Path) -> str:
    """Digest of a user's data: of the file, or of the names and digests of a folder's files."""
    if path.is_file():
        return sha256_of(path)
    from keras_models.genre_folder import folder_digest

    return folder_digest(path)


def member_logs(weights: Weights, tracks: Tracks) -> dict[str, np.ndarray]:
    """Logarithms of each member's probabilities [n, genres]."""
    held = {name: tf.constant(value, tf.float32) for name, value in weights.items()}
    tags = tracks.patches()
    parts = [
        genre_graph(held, tf.constant(tags[at : at + BATCH]), tf.constant(tracks.mel[at : at + BATCH])) for at in range(0, len(tags), BATCH)
    ]
    return {name: np.log(np.concatenate([part[name].numpy() for part in parts]) + 1e-12).astype(np.float64) for name in MEMBERS}


def out_of_fold(tracks: Tracks, seen: Features, folds: np.ndarray, *, seed: int) -> dict[str, np.ndarray]:
    """Each member's log probabilities of every track, by members that were fitted on the other folds."""
    logs = {name: np.zeros((len(tracks.track), len(tracks.names))) for name in MEMBERS}
    for fold in with_bar(np.unique(folds), description=f"{len(np.unique(folds))} folds", transient=True):
        said = member_logs(fit(seen.take(folds != fold), len(tracks.names), seed=seed), tracks.take(folds == fold))
        for name in MEMBERS:
            logs[name][folds == fold] = said[name]
    return logs


def calibrated(weights: Weights, kept_out: dict[str, np.ndarray], genre: np.ndarray) -> Weights:
    """Weights whose members are calibrated by a temperature each, and whose votes are weighted, by likelihood on folds kept out."""
    learned = dict(weights)
    for name in MEMBERS:
        (factor,) = _likeliest(lambda factors, name=name: factors[0] * kept_out[name], 1, genre)
        for layer in LAYERS.get(name, (name,)):
            for part in ("kernel", "bias"):
                learned[f"{layer}/{part}"] = weights[f"{layer}/{part}"] * factor
        kept_out[name] = _log_softmax(factor * kept_out[name])
    votes = _likeliest(lambda factors: sum(vote * kept_out[name] for vote, name in zip(factors, MEMBERS, strict=True)), len(MEMBERS), genre)
    return learned | {f"ensemble/{name}": np.array([vote]) for vote, name in zip(votes, MEMBERS, strict=True)}


def ensemble(logs: dict[str, np.ndarray], weights: Weights) -> np.ndarray:
    """Probabilities of the weighted vote [n, genres]."""
    return np.exp(_log_softmax(sum(weights[f"ensemble/{name}"] * logs[name] for name in MEMBERS)))


def _likeliest(logits, count: int, genre: np.ndarray) -> np.ndarray:
    """Positive factors under which the true genres are likeliest; what does not help becomes small, never negative."""

    def loss(exponents: np.ndarray) -> float:
        return -float(_log_softmax(logits(np.exp(exponents)))[np.arange(len(genre)), genre].mean())

    return np.exp(minimize(loss, np.full(count, -np.log(count)), method="Nelder-Mead", options={"xatol": 1e-3, "fatol": 1e-6}).x)


def _log_softmax(logits: np.ndarray) -> np.ndarray:
    shifted = logits - logits.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


def _valid_scores(weights: Weights) -> dict[str, dict[str, float]]:
    """Of the member that reads spectrograms alone, since no track of the valid split has stored tags."""
    tracks = load(find(DATA[0]))
    valid = tracks.take(tracks.split == "valid")
    blind = replace(valid, tags=tuple(np.zeros((1, TAGS)) for _ in valid.track))
    return {f"streams (n = {len(valid.track)})": scores(valid.genre, np.exp(member_logs(weights, blind)["streams"]))}


def leaking_scores(tracks: Tracks, seed: int) -> dict[str, dict[str, float]]:
    """Ten random folds over all tracks with tags: the usual protocol, in which clips of one artist lie on both sides."""
    folds = random_folds(tracks.genre, RANDOM_FOLDS, seed)
    logs = out_of_fold(tracks, features(tracks, seed=seed), folds, seed=seed)
    return _all_scores(tracks.genre, logs, {f"ensemble/{name}": np.array([1 / len(MEMBERS)]) for name in MEMBERS})


def _all_scores(genre: np.ndarray, logs: dict[str, np.ndarray], weights: Weights) -> dict[str, dict[str, float]]:
    """Of each member, and of their weighted vote."""
    said = {name: np.exp(value) for name, value in logs.items()} | {"ensemble": ensemble(logs, weights)}
    return {name: scores(genre, probability) for name, probability in said.items()}


def svm_scores(tracks: Tracks, judged: Tracks) -> dict[str, float]:
    """Accuracy of the published baseline, an SVM on mean and spread of the tags over time, trained on the same tracks."""
    rows, others = (np.stack([np.r_[each.mean(axis=0), each.std(axis=0)] for each in part.tags]) for part in (tracks, judged))
    said = make_pipeline(StandardScaler(), SVC(C=1.0)).fit(rows, tracks.genre).predict(others)
    return {"accuracy": 100 * float((said == judged.genre).mean())}
