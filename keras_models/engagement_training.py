"""How the engagement model is trained and judged: by later posts of the pages it knows, and by pages it has never seen.

For unseen pages the effects of words, the teacher and the student are learned anew three times without a third of the pages, which are
then judged.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from datasets.formats import content_sha256
from datasets.post_features import FEATURES, wording
from keras_models.boosting import BoostedTrees, fit_committee
from keras_models.checkpoint import Checkpoint
from keras_models.engagement_data import FOLDS, Examples, Gathered, gather, source_files
from keras_models.engagement_judging import compared, summary_table
from keras_models.engagement_student import Recipe, distil, student_logs
from keras_models.report import revision
from keras_models.spec import TrainRequest
from keras_models.training import History
from keras_models.word_effects import Effects, cross_fitted, fit_effects

RECIPE = Recipe()
stderr = Console(stderr=True)


@dataclass(frozen=True, eq=False)
class Learned:
    """All that was learned from some examples, and the examples as the teacher saw them."""

    effects: Effects
    teacher: BoostedTrees
    weights: dict[str, np.ndarray]
    history: History
    examples: Examples

    def judge(self, examples: Examples) -> tuple[Examples, np.ndarray, np.ndarray]:
        """The examples with their wording, and what student and teacher say of them [n, 3]."""
        described = examples.with_wording(wording(examples.words, self.effects))
        return described, student_logs(self.weights, described.features), self.teacher.predict(described.features)


def train(request: TrainRequest, *, recipe: Recipe = RECIPE) -> Checkpoint:
    """Learn what words do, fit the teacher, teach its student.

    Raises
    ------
    DataError
        If a user's file has fewer than 300 posts to train on or none to stop by, beside what ``datasets.posts.load`` refuses.
    DataMissingError
        If no file is given and the registry's are not at hand.
    """
    files = source_files(request.data)
    with stderr.status("engagement: features of posts"):
        gathered = gather(files, seed=request.seed)
    plot = request.folder / "learning_curve.png"
    learned = _learn(gathered.examples, gathered.validation, recipe=recipe, seed=request.seed, title="engagement", plot=plot)
    described, student, teacher = learned.judge(gathered.later)
    judged = {
        "later posts": {"n": len(described), "scores": compared(described.features, described.targets, student, teacher)},
        "unseen pages": _judged_pages(gathered, recipe=recipe, seed=request.seed),
    }
    for part, values in judged.items():
        title = f"engagement, {next(iter(files))}, {part}: R2 on log1p, n = {values['n']}"
        stderr.print(summary_table(values["scores"], title=title))
    history = learned.history
    return Checkpoint(
        model="engagement",
        weights=learned.weights,
        config={
            "features": _schema(learned.examples.features),
            "typical": np.median(learned.examples.features, axis=0).tolist(),
            "prior": gathered.prior,
            "effects": learned.effects,
            "cut": gathered.cut,
        },
        provenance={
            "data": [{"name": name, "sha256": content_sha256(path)} for name, path in files.items()],
            "revision": revision(),
            "seed": request.seed,
        },
        training={
            "history": {"loss": history.loss, "val_loss": history.val_loss, "best_epoch": history.best_epoch},
            **gathered.rows,
            "test": judged,
        },
        blobs={"teacher.safetensors": learned.teacher.to_bytes()},
    )


def _learn(examples: Examples, validation: Examples, *, recipe: Recipe, seed: int, title: str, plot: Path | None = None) -> Learned:
    with stderr.status(f"{title}: words and teacher"):
        known = {"vocabularies": examples.words, "beyond": examples.beyond, "page": examples.page, "weight": examples.weight}
        effects = fit_effects(**known)
        examples = examples.with_wording(cross_fitted(**known))
        teacher = fit_committee(examples.features, examples.targets, weight=examples.weight, seed=seed, members=recipe.teachers)
    held = validation.with_wording(wording(validation.words, effects))
    weights, history = distil(teacher, examples, held.features, recipe=recipe, seed=seed, title=title, plot=plot)
    return Learned(effects, teacher, weights, history, examples)


def _judged_pages(gathered: Gathered, *, recipe: Recipe, seed: int) -> dict[str, Any]:
    """Number of the first set's training rows and their scores, each fold of pages judged by models that learned from none of its pages.

    Their training stops by posts of all pages, which no score is taken of.
    """
    examples, fold = gathered.examples, gathered.fold
    features, logs = examples.features[: len(fold)].copy(), examples.targets[: len(fold)]
    said, student = np.empty_like(logs), np.empty_like(logs)
    for number in np.unique(fold):
        aside = np.flatnonzero(fold == number)
        seen = np.setdiff1d(np.arange(len(examples)), aside)
        title = f"engagement, unseen pages {number + 1}/{FOLDS}"
        learned = _learn(examples[seen], gathered.validation, recipe=recipe, seed=seed, title=title)
        _, student[aside], said[aside] = learned.judge(examples[aside])
    return {"n": len(fold), "scores": compared(features, logs, student, said)}


def _schema(features: np.ndarray) -> list[dict[str, Any]]:
    lowest, highest = features.min(axis=0), features.max(axis=0)
    return [
        {"name": name, "kind": "number", "minimum": float(minimum), "maximum": float(maximum), "unit": unit, "description": description}
        for (name, (unit, description)), minimum, maximum in zip(FEATURES.items(), lowest, highest, strict=True)
    ]
