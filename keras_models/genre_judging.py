"""What the genre model is judged on, and by what the data tells: tags alone, spectrograms alone, or both."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from datasets.registry import DataMissingError
from keras_models.checkpoint import Checkpoint
from keras_models.genre_baseline import baseline_scores
from keras_models.genre_data import DATA, PATCHES, Tracks, load, registered
from keras_models.genre_graph import ENSEMBLE, MEMBERS, TAGS
from keras_models.genre_scores import UNITS, scores
from keras_models.genre_statistics import BANDS, FRAMES
from keras_models.genre_training import split_of, svm_scores
from keras_models.spec import Arrays, Evaluation, Split


def evaluations(checkpoint: Checkpoint, data: Path | None, split: Split) -> list[Evaluation]:
    """What judges the model: the dev split or a user's kept files, any file whole, or for precisions the tracks that were learned from."""
    tracks = _registered(checkpoint) if data is None else load(data)
    if split == "all":
        return [_evaluation(checkpoint, tracks.take(tracks.split != "train"), _label(data))]
    part = split_of(tracks, checkpoint.provenance["seed"])
    if split == "test":
        return [_evaluation(checkpoint, tracks.take(part == "dev"), _label(data), train=tracks.take(part == "train"))]
    # No track of the valid split has stored tags: precisions are chosen by what changes on the tracks that were learned from.
    return [_evaluation(checkpoint, tracks.take(part == "train"), f"{_label(data)}, train")]


def _label(data: Path | None) -> str:
    if data is None:
        return "GTZAN, fault-filtered"
    files = sorted(data.glob("*.npz")) if data.is_dir() else []
    return " + ".join(file.stem for file in files) or data.stem


def _registered(checkpoint: Checkpoint) -> Tracks:
    name = checkpoint.provenance["data"][0]["name"]
    if name not in DATA:
        raise DataMissingError(f"genre: the checkpoint was trained on {name}, which no registry knows; pass that folder with --data")
    return registered()


def _evaluation(checkpoint: Checkpoint, tracks: Tracks, label: str, *, train: Tracks | None = None) -> Evaluation:
    """Score what the data allows: tags alone judge the transfer member, spectrograms alone the streams one, both the vote as well."""
    genre = indices(checkpoint, tracks)
    told = {"transfer": tracks.tags is not None, "streams": tracks.mel is not None}
    judged = [ENSEMBLE, *MEMBERS] if all(told.values()) else [name for name, there in told.items() if there]
    count = len(tracks.track)
    inputs = {
        "tags": tracks.patches() if told["transfer"] else np.zeros((count, PATCHES, TAGS), np.float32),
        "mel": tracks.mel if told["streams"] else np.zeros((count, FRAMES, BANDS), np.float32),
    }

    def score(outputs: Arrays) -> dict[str, float]:
        first = scores(genre, outputs[judged[0]])
        named = {name: "ensemble" if name == ENSEMBLE else name for name in judged}
        members = {f"{named[name]}_{metric}": value for name in judged for metric, value in scores(genre, outputs[name]).items()}
        return first | members

    def references() -> dict[str, dict[str, float]]:
        if train is None:
            return {}
        return {"SVM (C=1) on mean and spread of tags": svm_scores(train, tracks)} | _recorded(checkpoint)

    return Evaluation(data=label, inputs=inputs, score=score, references=references)


def _recorded(checkpoint: Checkpoint) -> dict[str, dict[str, float]]:
    """Figures of training: other splits, the protocol that leaks artists, and the usual network on the same tracks."""
    parts = {"valid": "valid", "folds kept out": "four folds of train without shared artists"}
    parts["ten random folds, artists leak"] = "ten random folds over all tracks (artists leak)"
    found = {
        f"{name}, {title}": {metric: value for metric, value in figures.items() if metric in UNITS}
        for part, title in parts.items()
        for name, figures in checkpoint.training.get(part, {}).items()
    }
    usual = baseline_scores() if checkpoint.provenance["data"][0]["name"] in DATA else {}
    return found | usual


def indices(checkpoint: Checkpoint, tracks: Tracks) -> np.ndarray:
    """The tracks' genres in the checkpoint's order, in which unnamed ones are already; one that it does not know is never right."""
    labels = checkpoint.config["labels"]
    if tracks.names == tuple(map(str, range(len(tracks.names)))) and not set(tracks.names) & set(labels):
        return tracks.genre
    return np.array([labels.index(name) if name in labels else -1 for name in tracks.names])[tracks.genre]
