"""Which posts the engagement model learns from, stops by and is judged by: split by time, and into folds of pages.

Posts before 2016-05-25 train, their last week stops the training early, later posts judge. The registry's musicians count five times as
much as a post of its other pages, of which every fourth post is used: the model is for musicians, and more pages help with pages not
seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from datasets.post_features import FEATURES, post_features, vocabulary
from datasets.posts import TARGETS, Posts, load, settled
from datasets.registry import DataMissingError, find
from datasets.tables import DataError, Problem
from keras_models.checkpoint import Checkpoint
from keras_models.word_effects import Effects

DATA = ("musician_posts", "other_posts")
CUT = np.datetime64("2016-05-25", "ms").astype(np.int64)
WEEK = 7 * 86_400_000
FOLDS = 3  # of pages
LATER_SHARE = 0.2  # of a user's own posts, the last ones judge
FEWEST = 300  # training rows
OTHER_SHARE = 0.25  # of the other pages' posts
MUSICIAN_WEIGHT = 5.0  # posts of other pages that a musician's post counts for
PARTS = ("train", "validation", "later posts")
BASELINES = {"mean of the last 20 posts": "average_last_20", "mean of the page's last 30 days": "average_30d"}


def columns(name: str) -> list[int]:
    """Where the features ``likes_<name>``, ``comments_<name>`` and ``shares_<name>`` stand."""
    return [list(FEATURES).index(f"{target}_{name}") for target in TARGETS]


@dataclass(frozen=True, eq=False)
class Examples:
    """Posts to learn from or to be judged by.

    Attributes
    ----------
    features
        [n, k]; those of the wording are 0 until its effects are learned.
    targets
        log1p of the counts, [n, 3].
    weight, page
        [n]; pages of different sets have different numbers.
    words
        Each post's ``vocabulary``.
    """

    features: np.ndarray
    targets: np.ndarray
    weight: np.ndarray
    page: np.ndarray
    words: Sequence[Sequence[str]]

    def __len__(self) -> int:
        return len(self.features)

    def __getitem__(self, rows: np.ndarray) -> Examples:
        return Examples(self.features[rows], self.targets[rows], self.weight[rows], self.page[rows], [self.words[row] for row in rows])

    def with_wording(self, values: np.ndarray) -> Examples:
        """The same posts with the wording's features [n, 3]."""
        features = self.features.copy()
        features[:, columns("wording")] = values
        return Examples(features, self.targets, self.weight, self.page, self.words)

    @property
    def beyond(self) -> np.ndarray:
        """[n, 3]: log1p of the counts less what the page's posts of the same medium got."""
        return self.targets - self.features[:, columns("of_media")]


@dataclass(frozen=True, eq=False)
class Gathered:
    """What ``train`` works on.

    Attributes
    ----------
    examples
        Training rows of all sets, those of the first one first.
    validation, later
        Of the first set.
    fold
        Fold of the page of each of the first set's training rows.
    rows
        What the checkpoint records: ``rows`` -> set -> part -> number of posts, ``rows_used`` -> set -> number of those that train.
    """

    examples: Examples
    validation: Examples
    later: Examples
    fold: np.ndarray
    prior: list[float]
    cut: int
    rows: dict[str, dict[str, dict[str, int]] | dict[str, int]]


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


def source_files(data: Path | None) -> dict[str, Path]:
    """Name -> file: the user's own, or those of the registry."""
    return {data.name: data} if data else {name: find(name) for name in DATA}


def registered_file(checkpoint: Checkpoint) -> Path:
    """The set that the checkpoint was trained on and is judged by.

    Raises
    ------
    DataMissingError
        If it was a user's own file, or is not at hand.
    """
    name = checkpoint.provenance["data"][0]["name"]
    if name not in DATA:
        raise DataMissingError(f"engagement: the checkpoint was trained on {name}, which no registry knows; pass that file with --data")
    return find(name)


def gather(files: dict[str, Path], *, seed: int) -> Gathered:
    """Read the sets, split them and describe the posts that are used.

    Raises
    ------
    DataError
        If the first set has fewer than 300 posts to train on or none to stop by, beside what ``datasets.posts.load`` refuses.
    """
    sets = [load(path) for path in files.values()]
    cut = int(CUT) if tuple(files) == DATA else int(np.quantile(sets[0].published, 1 - LATER_SHARE))
    splits = [split_posts(posts, cut=cut) for posts in sets]
    _check_rows(splits[0], next(iter(files.values())))
    prior = np.log1p(sets[0].counts[splits[0]["train"]]).mean(axis=0).tolist()
    random = np.random.default_rng(seed)
    chosen = [splits[0]["train"], *(_share(split["train"], random) for split in splits[1:])]
    of_set = [_examples(posts, rows, prior, place) for place, (posts, rows) in enumerate(zip(sets, chosen, strict=True))]
    return Gathered(
        examples=_joined(of_set),
        validation=_examples(sets[0], splits[0]["validation"], prior, 0),
        later=_examples(sets[0], splits[0]["later posts"], prior, 0),
        fold=page_folds(sets[0])[sets[0].page[chosen[0]]],
        prior=prior,
        cut=cut,
        rows={
            "rows": {name: {part: len(rows) for part, rows in split.items()} for name, split in zip(files, splits, strict=True)},
            "rows_used": dict(zip(files, map(len, chosen), strict=True)),
        },
    )


def judged_features(posts: Posts, rows: np.ndarray, *, prior: Sequence[float], effects: Effects) -> tuple[np.ndarray, np.ndarray]:
    """Features [n, k] and log1p of the counts [n, 3] of posts to judge by."""
    return post_features(posts, rows, prior=prior, effects=effects), np.log1p(posts.counts[rows])


def _examples(posts: Posts, rows: np.ndarray, prior: Sequence[float], place: int) -> Examples:
    features, targets = judged_features(posts, rows, prior=prior, effects={})
    weight = np.full(len(rows), 1.0 if place else MUSICIAN_WEIGHT)
    page = posts.page[rows] * len(DATA) + place
    return Examples(features, targets, weight, page, [vocabulary(posts.text[row], posts.title[row]) for row in rows])


def _joined(sets: Sequence[Examples]) -> Examples:
    arrays = (np.concatenate([getattr(each, name) for each in sets]) for name in ("features", "targets", "weight", "page"))
    return Examples(*arrays, [words for each in sets for words in each.words])


def _share(rows: np.ndarray, random: np.random.Generator) -> np.ndarray:
    return rows[random.random(len(rows)) < OTHER_SHARE]


def _check_rows(split: dict[str, np.ndarray], path: Path) -> None:
    if len(split["train"]) < FEWEST or not len(split["validation"]):
        found = ", ".join(f"{len(rows)} {part}" for part, rows in split.items())
        message = f"expected at least {FEWEST} posts to train on and some of the week after them; got {found}"
        raise DataError(path, [Problem(message)])
