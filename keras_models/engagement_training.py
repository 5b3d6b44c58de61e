"""How the engagement model is trained and judged: by later posts of the pages it knows, and by pages it has never seen.

Posts before 2016-05-25 train, their last week stops the training early, later posts judge. For unseen pages, teacher and student are
trained anew three times without a third of the pages, which are then judged. The registry's musicians count five times as much as a
post of its other pages, of which every fourth post is used: the model is for musicians, and more pages help with pages not seen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from rich.console import Console
from rich.table import Table
from sklearn.metrics import r2_score

from datasets.formats import content_sha256
from datasets.post_features import FEATURES, post_features
from datasets.posts import TARGETS, Posts, load, settled
from datasets.registry import find
from datasets.tables import DataError, Problem
from keras_models.boosting import BoostedTrees, fit_boosting
from keras_models.checkpoint import Checkpoint
from keras_models.distillation import Encoder, encode, encoder_weights
from keras_models.report import revision
from keras_models.spec import TrainRequest
from keras_models.training import History, fit, seed_everything

DATA = ("musician_posts", "other_posts")
CUT = np.datetime64("2016-05-25", "ms").astype(np.int64)
WEEK = 7 * 86_400_000
FOLDS = 3  # of pages
LATER_SHARE = 0.2  # of a user's own posts, the last ones judge
FEWEST = 300  # training rows
SWAPPED = 0.15  # share of a made-up row's features that come from another row
PARTS = ("train", "validation", "later posts")
stderr = Console(stderr=True)


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How large the student is, how long it learns, and how the registry's two sets are mixed.

    Attributes
    ----------
    made_up
        Made-up rows that the teacher labels, for each real one.
    other_share, musician_weight
        Share of the other pages' posts that is used, and for how many of them a musician's post counts.
    """

    bins: int = 16
    widths: tuple[int, ...] = (128, 64)
    epochs: int = 30
    batch_size: int = 512
    learning_rate: float = 4e-3
    made_up: float = 2.5
    other_share: float = 0.25
    musician_weight: float = 5.0

    def __post_init__(self) -> None:
        for name in ("bins", "epochs", "batch_size"):
            if getattr(self, name) < 1:
                raise ValueError(f"recipe: {name} expects a positive integer, got {getattr(self, name)}")


def split_posts(posts: Posts, *, cut: int) -> dict[str, np.ndarray]:
    """Row numbers of ``PARTS``: the same whenever the posts are. Posts of a page's last three days are in none."""
    final, at = settled(posts), posts.published
    masks = (final & (at < cut - WEEK), final & (at >= cut - WEEK) & (at < cut), final & (at >= cut))
    return {part: np.flatnonzero(mask) for part, mask in zip(PARTS, masks, strict=True)}


def page_folds(posts: Posts) -> np.ndarray:
    """Fold of each page [pages]: pages take turns by their number of posts, so that folds are alike in size."""
    counts = np.bincount(posts.page, minlength=len(posts.pages))
    ranked = sorted(range(len(posts.pages)), key=lambda page: (-counts[page], posts.pages[page]))
    folds = np.empty(len(posts.pages), dtype=np.int64)
    folds[ranked] = np.arange(len(ranked)) % FOLDS
    return folds


def train(request: TrainRequest, *, recipe: Recipe | None = None) -> Checkpoint:
    """Fit the teacher and its student.

    Raises
    ------
    DataError
        If a user's file has fewer than 300 posts to train on or none to stop by, beside what ``datasets.posts.load`` refuses.
    DataMissingError
        If no file is given and the registry's are not at hand.
    """
    recipe = recipe or Recipe()
    paths = [request.data] if request.data else [find(name) for name in DATA]
    sets = [load(path) for path in paths]
    cut = int(np.quantile(sets[0].published, 1 - LATER_SHARE)) if request.data else int(CUT)
    splits = [split_posts(posts, cut=cut) for posts in sets]
    _check_rows(splits[0], paths[0])
    prior = np.log1p(sets[0].counts[splits[0]["train"]]).mean(axis=0).tolist()
    random = np.random.default_rng(request.seed)
    chosen = [splits[0]["train"], *(_share(split["train"], recipe.other_share, random) for split in splits[1:])]
    with stderr.status("engagement: features of posts"):
        features = [post_features(posts, rows, prior=prior) for posts, rows in zip(sets, chosen, strict=True)]
        validation = post_features(sets[0], splits[0]["validation"], prior=prior)
    targets = [np.log1p(posts.counts[rows]) for posts, rows in zip(sets, chosen, strict=True)]
    weight = [np.full(len(rows), recipe.musician_weight if place == 0 else 1.0) for place, rows in enumerate(chosen)]
    examples = Examples(*map(np.concatenate, (features, targets, weight)))
    plot = request.folder / "learning_curve.png"
    teacher, weights, history = _fit(examples, validation, recipe=recipe, seed=request.seed, title="engagement", plot=plot)
    fold = page_folds(sets[0])[sets[0].page[chosen[0]]]
    names = [request.data.name] if request.data else list(DATA)
    judged = {
        "later posts": _judged_later(sets[0], splits[0]["later posts"], prior, teacher, weights),
        "unseen pages": _judged_pages(examples, fold, validation, recipe=recipe, seed=request.seed),
    }
    for part, (rows, values) in judged.items():
        stderr.print(_table(values, title=f"engagement, {names[0]}, {part}: R2 on log1p, n = {rows}"))
    return Checkpoint(
        model="engagement",
        weights=weights,
        config={
            "features": _schema(examples.features),
            "typical": np.median(examples.features, axis=0).tolist(),
            "prior": prior,
            "cut": cut,
        },
        provenance={
            "data": [{"name": name, "sha256": content_sha256(path)} for name, path in zip(names, paths, strict=True)],
            "revision": revision(),
            "seed": request.seed,
        },
        training={
            "history": {"loss": history.loss, "val_loss": history.val_loss, "best_epoch": history.best_epoch},
            "rows": {name: {part: len(rows) for part, rows in split.items()} for name, split in zip(names, splits, strict=True)},
            "rows_used": dict(zip(names, map(len, chosen), strict=True)),
            "test": {part: {"n": rows, "scores": values} for part, (rows, values) in judged.items()},
        },
        blobs={"teacher.safetensors": teacher.to_bytes()},
    )


@dataclass(frozen=True, eq=False)
class Examples:
    """Training rows: features [n, k], log1p of the counts [n, 3], weight [n]."""

    features: np.ndarray
    targets: np.ndarray
    weight: np.ndarray

    def __getitem__(self, rows: np.ndarray) -> Examples:
        return Examples(self.features[rows], self.targets[rows], self.weight[rows])


def _fit(
    examples: Examples, validation: np.ndarray, *, recipe: Recipe, seed: int, title: str, plot: Path | None = None
) -> tuple[BoostedTrees, dict[str, np.ndarray], History]:
    with stderr.status(f"{title}: teacher"):
        teacher = fit_boosting(examples.features, examples.targets, weight=examples.weight, seed=seed)
    weights, history = distil(teacher, examples, validation, recipe=recipe, seed=seed, title=title, plot=plot)
    return teacher, weights, history


def distil(
    teacher: BoostedTrees,
    examples: Examples,
    validation: np.ndarray,
    *,
    recipe: Recipe,
    seed: int,
    title: str,
    plot: Path | None = None,
) -> tuple[dict[str, np.ndarray], History]:
    """Train one network of three outputs on what the teacher says of real and made-up rows; stop by what it says of the validation rows.

    Made-up rows are real ones, drawn by weight, of which some features come from other rows: they show the teacher's steps where real
    rows are rare.
    """
    seed_everything(seed)
    made = _made_up(examples, rows=int(recipe.made_up * len(examples.features)), seed=seed)
    rows = np.concatenate([examples.features, made])
    weight = np.concatenate([np.sqrt(examples.weight), np.ones(len(made))])
    encoder = encoder_weights(examples.features, bins=recipe.bins)
    answers = teacher.predict(rows)
    centre, scale = answers.mean(axis=0), answers.std(axis=0)
    network = _network(encoder, recipe.widths)
    steps = recipe.epochs * -(-len(rows) // recipe.batch_size)
    schedule = keras.optimizers.schedules.CosineDecay(recipe.learning_rate, steps, alpha=0.01)
    network.compile(keras.optimizers.Adam(schedule), loss="mse")
    shown = (rows.astype(np.float32), ((answers - centre) / scale).astype(np.float32), (weight / weight.mean()).astype(np.float32))
    held = (validation.astype(np.float32), ((teacher.predict(validation) - centre) / scale).astype(np.float32))
    history = fit(network, shown, held, title=title, plot=plot, epochs=recipe.epochs, batch_size=recipe.batch_size)
    learned = {}
    for layer in network.layers[1:]:
        learned[f"{layer.name}/kernel"], learned[f"{layer.name}/bias"] = layer.get_weights()
    last = f"dense_{len(recipe.widths) + 1}"
    learned[f"{last}/kernel"] = (learned[f"{last}/kernel"] * scale).astype(np.float32)
    learned[f"{last}/bias"] = (learned[f"{last}/bias"] * scale + centre).astype(np.float32)
    return encoder | learned, history


def _made_up(examples: Examples, *, rows: int, seed: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    features = examples.features
    start = random.choice(len(features), size=rows, p=examples.weight / examples.weight.sum())
    others = features[random.integers(len(features), size=rows)]
    return np.where(random.random((rows, features.shape[1])) < SWAPPED, others, features[start])


def _network(encoder: Mapping[str, np.ndarray], widths: tuple[int, ...]) -> keras.Sequential:
    """Raw features [batch, k] -> log1p of likes, comments and shares [batch, 3]."""
    hidden = [keras.layers.Dense(width, activation="relu", name=f"dense_{layer}") for layer, width in enumerate(widths, start=1)]
    outputs = keras.layers.Dense(len(TARGETS), name=f"dense_{len(widths) + 1}")
    network = keras.Sequential([keras.Input((len(FEATURES),)), Encoder(encoder, name="encoder"), *hidden, outputs])
    return network


def student_network(weights: Mapping[str, np.ndarray]) -> keras.Model:
    """The student as a Keras model with its weights loaded: raw features [batch, k] -> log1p of the counts [batch, 3]."""
    layers = range(1, 1 + sum(name.endswith("/kernel") for name in weights))
    network = _network({name: weights[name] for name in weights if name.startswith(("scaler/", "bins/"))}, _widths(weights))
    network.set_weights([weights[f"dense_{layer}/{part}"] for layer in layers for part in ("kernel", "bias")])
    return network


def _widths(weights: Mapping[str, np.ndarray]) -> tuple[int, ...]:
    layers = sum(name.endswith("/kernel") for name in weights)
    return tuple(len(weights[f"dense_{layer}/bias"]) for layer in range(1, layers))


def student_graph(weights: Mapping[str, Any], raw: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """The student as plain operations: raw features [batch, k] -> encoded features and log1p of the counts [batch, 3], not below 0."""
    features = values = encode(weights, raw)
    layers = sum(name.endswith("/kernel") for name in weights)
    for layer in range(1, layers + 1):
        values = tf.matmul(values, weights[f"dense_{layer}/kernel"]) + weights[f"dense_{layer}/bias"]
        values = tf.nn.relu(values)  # of the last layer too: there are no negative counts
    return features, values


def scores(logs: np.ndarray, predicted: np.ndarray, teacher: np.ndarray) -> dict[str, float]:
    """R2 on log1p of each target against the truth and against the teacher [n, 3], and the means over the targets."""
    against = {"r2": logs, "to_teacher_r2": teacher}
    values = {f"{target}_{name}": _r2(true[:, at], predicted[:, at]) for name, true in against.items() for at, target in enumerate(TARGETS)}
    return values | {name: float(np.mean([values[f"{target}_{name}"] for target in TARGETS])) for name in against}


def _r2(true: np.ndarray, predicted: np.ndarray) -> float:
    return float(r2_score(true, predicted)) if len(true) > 1 else 0.0


def reference_predictions(features: np.ndarray, teacher: np.ndarray) -> dict[str, np.ndarray]:
    """What the teacher and the baselines say [n, 3]."""
    names = list(FEATURES)
    columns = {"mean of the last 20 posts": "average_last_20", "mean of the page's last 30 days": "average_30d"}
    beside = {label: features[:, [names.index(f"{target}_{column}") for target in TARGETS]] for label, column in columns.items()}
    return {"teacher": teacher, **beside}


Judged = tuple[int, dict[str, dict[str, float]]]


def _judged_later(posts: Posts, rows: np.ndarray, prior: list[float], teacher: BoostedTrees, weights: Mapping[str, np.ndarray]) -> Judged:
    """Number of later posts, and who -> scores on them."""
    features, logs = post_features(posts, rows, prior=prior), np.log1p(posts.counts[rows])
    said = teacher.predict(features)
    who = {"student": student_logs(weights, features), **reference_predictions(features, said)}
    return len(rows), {name: scores(logs, predicted, said) for name, predicted in who.items()}


def _judged_pages(examples: Examples, fold: np.ndarray, validation: np.ndarray, *, recipe: Recipe, seed: int) -> Judged:
    """The same for the first rows, whose folds of pages are given: each fold judged by models that saw none of its pages.

    Their training stops by posts of all pages, which no score is taken of.
    """
    judged = np.arange(len(fold))
    features, logs = examples.features[judged], examples.targets[judged]
    said, student = np.empty_like(logs), np.empty_like(logs)
    for number in np.unique(fold):
        aside = judged[fold == number]
        seen = np.setdiff1d(np.arange(len(examples.features)), aside)
        title = f"engagement, unseen pages {number + 1}/{FOLDS}"
        teacher, weights, _ = _fit(examples[seen], validation, recipe=recipe, seed=seed, title=title)
        said[aside], student[aside] = teacher.predict(features[aside]), student_logs(weights, features[aside])
    who = {"student": student, **reference_predictions(features, said)}
    return len(fold), {name: scores(logs, predicted, said) for name, predicted in who.items()}


def student_logs(weights: Mapping[str, np.ndarray], features: np.ndarray) -> np.ndarray:
    """Raw features [n, k] -> log1p of the counts, float64 [n, 3]."""
    return student_graph(weights, tf.constant(features, tf.float32))[1].numpy().astype(np.float64)


def _table(rows: Mapping[str, Mapping[str, float]], *, title: str) -> Table:
    table = Table("", *TARGETS, "to teacher", title=title, box=None)
    for who, values in rows.items():
        table.add_row(who, *(f"{values[f'{target}_r2']:.3f}" for target in TARGETS), f"{values['to_teacher_r2']:.3f}")
    return table


def _share(rows: np.ndarray, share: float, random: np.random.Generator) -> np.ndarray:
    return rows[random.random(len(rows)) < share]


def _check_rows(split: Mapping[str, np.ndarray], path: Path) -> None:
    if len(split["train"]) < FEWEST or not len(split["validation"]):
        found = ", ".join(f"{len(rows)} {part}" for part, rows in split.items())
        message = f"expected at least {FEWEST} posts to train on and some of the week after them; got {found}"
        raise DataError(path, [Problem(message)])


def _schema(features: np.ndarray) -> list[dict[str, Any]]:
    lowest, highest = features.min(axis=0), features.max(axis=0)
    return [
        {"name": name, "kind": "number", "minimum": float(minimum), "maximum": float(maximum), "unit": unit, "description": description}
        for (name, (unit, description)), minimum, maximum in zip(FEATURES.items(), lowest, highest, strict=True)
    ]
