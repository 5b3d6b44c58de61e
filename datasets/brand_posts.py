"""Posts by brand, as the content pack learns from them: the Facebook set, or a table ``brand, published_at, text`` of a user's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from datasets.posts import FACEBOOK, LARGEST, TARGETS, load
from datasets.tables import Problems, read_table

COLUMNS = ("brand", "published_at", "text")


@dataclass(frozen=True, eq=False)
class BrandPosts:
    """Posts that have a text, each text of a brand once, oldest first.

    Attributes
    ----------
    brand
        n names.
    published
        int64 [n], milliseconds.
    text
        n texts, none of them blank.
    likes
        float64 [n], NaN where not known.
    """

    brand: Sequence[str]
    published: np.ndarray
    text: Sequence[str]
    likes: np.ndarray

    def __len__(self) -> int:
        return len(self.text)

    def where(self, wanted: np.ndarray) -> BrandPosts:
        """Return the posts that a mask [n] or a list of places picks."""
        rows = np.arange(len(self))[wanted]
        return BrandPosts([self.brand[row] for row in rows], self.published[rows], [self.text[row] for row in rows], self.likes[rows])


def load_brand_posts(path: Path) -> BrandPosts:
    """Read a CSV or Parquet file: the layout of the Facebook set, or ``brand, published_at, text`` and optional counts.

    Raises
    ------
    DataError
        With all missing columns and bad cells.
    """
    table = read_table(path)
    if FACEBOOK["published_at"] in table.columns:
        posts = load(path)
        return _tidy([posts.pages[page] for page in posts.page], posts.published, posts.text, posts.counts[:, 0].astype(np.float64))
    problems = Problems(table.path)
    table.require(COLUMNS, problems)
    problems.check()
    brand, published = table.texts("brand", problems), table.times("published_at", problems)
    counts = {name: table.numbers(name, problems, empty=True) for name in TARGETS if name in table.columns}
    for name, values in counts.items():
        for row in np.flatnonzero((values < 0) | (values > LARGEST)):
            problems.add(f"expected a number from 0 to {LARGEST:g}, got {values[row]:g}", line=table.lines[row], column=name)
    problems.check()
    likes = counts.get("likes", np.full(len(table), np.nan))
    return _tidy([str(one) for one in brand], published.astype(np.int64), table.prose("text"), likes)


def _tidy(brand: Sequence[str], published: np.ndarray, text: Sequence[str], likes: np.ndarray) -> BrandPosts:
    seen: set[tuple[str, str]] = set()
    rows = []
    for row in np.argsort(published, kind="stable"):
        key = (brand[row], text[row])
        if text[row].strip() and key not in seen:
            seen.add(key)
            rows.append(row)
    return BrandPosts([brand[row] for row in rows], published[rows], [text[row] for row in rows], likes[rows])
