"""How the genre model learns: three small heads over features that hold for few tracks, calibrated and weighted on folds kept out."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import tensorflow as tf
from rich.progress import track as with_bar
from scipy.optimize import minimize
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from datasets.files import sha256_of
from datasets.registry import find
from keras_models.checkpoint import Checkpoint
from keras_models.genre_data import DATA, Tracks, grouped_folds, load, random_folds, registered
from keras_models.genre_graph import LIMIT, MEMBERS, genre_graph, tag_quantiles
from keras_models.genre_scores import scores
from keras_models.genre_statistics import statistics
from keras_models.report import revision
from keras_models.spec import TrainRequest

# Chosen by cross-validation inside GTZAN's train split, in runs of neighbouring tracks.
SEEDS, HIDDEN, DECAY, PASSES = 8, 32, 1.0, 25  # transfer: networks side by side, units, L2, epochs
STATISTICS_C, JOINT_C, JOINT_SHARE = 0.02, 0.1, 0.35  # inverse L2; weight of a statistic beside a tag in the joint member
PHASES = 3  # neighbours of each patch that the joint member sees as well
FOLDS, RANDOM_FOLDS = 5, 10
HELD_OUT = 5  # every fifth file of a folder is kept to judge
BATCH = 64
Weights = dict[str, np.ndarray]


def train(request: TrainRequest) -> Checkpoint:
    """Train on GTZAN's train split, or on a user's folder of audio, one subfolder a genre."""
    tracks = registered() if request.data is None else load(request.data)
    part = split_of(tracks, request.seed)
    rows = tracks.take(part == "train")
    folds = grouped_folds(rows, FOLDS) if request.data is None else random_folds(rows.genre, FOLDS, request.seed)
    kept_out = out_of_fold(rows, folds, seed=request.seed)
    weights = calibrated(fit(rows, seed=request.seed), kept_out, rows.genre)
    names = list(DATA) if request.data is None else [request.data.name]
    files = [find(name) for name in DATA] if request.data is None else []
    digests = [sha256_of(file) for file in files] or [folder_sha256(request.data)]
    record = {"tracks": len(rows.track), "folds kept out": scores(rows.genre, ensemble(kept_out, weights))}
    if request.data is None:
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


def fit(tracks: Tracks, *, seed: int) -> Weights:
    """Weights of ``genre_graph`` from tracks with tags and spectrograms, each member as it comes, votes equal."""
    count = len(tracks.names)
    described = np.concatenate([statistics(tf.constant(tracks.mel[at : at + BATCH])).numpy() for at in range(0, len(tracks.track), BATCH)])
    phases = [tag_quantiles(tf.constant(tracks.patches(phase))).numpy() for phase in range(PHASES)]
    weights = {**_scaler("statistics", described), **_scaler("quantiles", np.concatenate(phases))}
    described = _scaled(weights, "statistics", described)
    weights |= _linear("statistics", described, tracks.genre, count, STATISTICS_C)
    rows = np.concatenate([np.hstack([_scaled(weights, "quantiles", each), JOINT_SHARE * described]) for each in phases])
    joint = _linear("joint", rows, np.tile(tracks.genre, len(phases)), count, JOINT_C / len(phases))
    joint["joint/kernel"][-described.shape[1] :] *= JOINT_SHARE
    return weights | joint | _transfer(tracks, count, seed) | {f"ensemble/{name}": np.array([1 / len(MEMBERS)]) for name in MEMBERS}


def _transfer(tracks: Tracks, count: int, seed: int) -> Weights:
    """Several small networks over single patches, put side by side into one whose logits are their mean."""
    rows = np.concatenate(tracks.tags)
    genre = np.repeat(tracks.genre, [len(each) for each in tracks.tags])
    scaler = _scaler("tags", rows)
    rows = (rows - scaler["tags/mean"]) / scaler["tags/scale"]
    networks = [_network(rows, genre, seed + each) for each in range(SEEDS)]
    return scaler | {
        "hidden/kernel": np.concatenate([network.coefs_[0] for network in networks], axis=1),
        "hidden/bias": np.concatenate([network.intercepts_[0] for network in networks]),
        "transfer/kernel": np.concatenate([_all_classes(network.coefs_[1], network.classes_, count) for network in networks]) / SEEDS,
        "transfer/bias": sum(_all_classes(network.intercepts_[1], network.classes_, count) for network in networks) / SEEDS,
    }


def _network(rows: np.ndarray, genre: np.ndarray, seed: int) -> MLPClassifier:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # the number of passes is the recipe's
        return MLPClassifier((HIDDEN,), alpha=DECAY, max_iter=PASSES, random_state=seed).fit(rows, genre)


def _linear(name: str, rows: np.ndarray, genre: np.ndarray, count: int, inverse: float) -> Weights:
    model = LogisticRegression(C=inverse, max_iter=1000).fit(rows, genre)
    kernel = _all_classes(model.coef_.T, model.classes_, count)
    return {f"{name}/kernel": kernel, f"{name}/bias": _all_classes(model.intercept_, model.classes_, count)}


def _all_classes(values: np.ndarray, classes: np.ndarray, count: int) -> np.ndarray:
    """Columns of all classes; one that a fold has no track of gets the lowest logit there is."""
    filled = np.full((*values.shape[:-1], count), values.min())
    filled[..., classes] = values
    return filled


def _scaler(name: str, rows: np.ndarray) -> Weights:
    return {f"{name}/mean": rows.mean(axis=0), f"{name}/scale": np.maximum(rows.std(axis=0), 1e-3)}


def _scaled(weights: Weights, name: str, rows: np.ndarray) -> np.ndarray:
    return np.clip((rows - weights[f"{name}/mean"]) / weights[f"{name}/scale"], -LIMIT, LIMIT)


def member_logs(weights: Weights, tracks: Tracks) -> dict[str, np.ndarray]:
    """Logarithms of each member's probabilities [n, genres]."""
    held = {name: tf.constant(value, tf.float32) for name, value in weights.items()}
    tags = tracks.patches()
    parts = [
        genre_graph(held, tf.constant(tags[at : at + BATCH]), tf.constant(tracks.mel[at : at + BATCH])) for at in range(0, len(tags), BATCH)
    ]
    return {name: np.log(np.concatenate([part[name].numpy() for part in parts]) + 1e-12).astype(np.float64) for name in MEMBERS}


def out_of_fold(tracks: Tracks, folds: np.ndarray, *, seed: int) -> dict[str, np.ndarray]:
    """Each member's log probabilities of every track, by members that were fitted on the other folds."""
    logs = {name: np.zeros((len(tracks.track), len(tracks.names))) for name in MEMBERS}
    for fold in with_bar(np.unique(folds), description=f"{len(np.unique(folds))} folds", transient=True):
        said = member_logs(fit(tracks.take(folds != fold), seed=seed), tracks.take(folds == fold))
        for name in MEMBERS:
            logs[name][folds == fold] = said[name]
    return logs


def calibrated(weights: Weights, kept_out: dict[str, np.ndarray], genre: np.ndarray) -> Weights:
    """Weights whose members are calibrated by a temperature each, and whose votes are weighted, by likelihood on folds kept out."""
    learned = dict(weights)
    for name in MEMBERS:
        (factor,) = _likeliest(lambda factors, name=name: factors[0] * kept_out[name], 1, genre)
        for part in ("kernel", "bias"):
            learned[f"{name}/{part}"] = weights[f"{name}/{part}"] * factor
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


def leaking_scores(tracks: Tracks, seed: int) -> dict[str, dict[str, float]]:
    """Ten random folds over all tracks with tags: the usual protocol, in which clips of one artist lie on both sides."""
    logs = out_of_fold(tracks, random_folds(tracks.genre, RANDOM_FOLDS, seed), seed=seed)
    said = {name: np.exp(value) for name, value in logs.items()}
    said["ensemble"] = np.exp(_log_softmax(sum(logs.values()) / len(logs)))
    return {name: scores(tracks.genre, probability) for name, probability in said.items()}


def svm_scores(tracks: Tracks, judged: Tracks) -> dict[str, float]:
    """Accuracy of the published baseline, an SVM on mean and spread of the tags over time, trained on the same tracks."""
    rows, others = (np.stack([np.r_[each.mean(axis=0), each.std(axis=0)] for each in part.tags]) for part in (tracks, judged))
    said = make_pipeline(StandardScaler(), SVC(C=1.0)).fit(rows, tracks.genre).predict(others)
    return {"accuracy": 100 * float((said == judged.genre).mean())}
