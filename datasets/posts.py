"""Posts of pages and what became of them: the Facebook set of 2016, and any table of a user's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from datasets.tables import Problems, Table, read_table

TARGETS = ("likes", "comments", "shares")
MEDIA = ("none", "link", "photo", "video", "event")
COLUMNS = ("page", "published_at", "text", "media", *TARGETS)
OPTIONAL = ("title", "follower_count", "account_created_at")
FACEBOOK = {
    "page": "page",
    "published_at": "status_published",
    "text": "status_message",
    "title": "link_name",
    "media": "status_type",
    "likes": "num_likes",
    "comments": "num_comments",
    "shares": "num_shares",
}
FACEBOOK_MEDIA = {"status": "none", "note": "none", **{kind: kind for kind in MEDIA}}
LARGEST = 1e12  # counts beyond are a mistake
UNSETTLED_DAYS = 3  # counts of a page's last days are not final: it was read while they still grew


@dataclass(frozen=True, eq=False)
class Posts:
    """Posts in the order of their files.

    Attributes
    ----------
    pages
        Names of the pages.
    page
        int64 [n], which of them a post is on.
    published
        int64 [n], milliseconds of the wall clock where the page is kept, as if it were UTC.
    text, title
        n texts; title is that of the attached link, video or album. Empty where there is none.
    media
        int64 [n], index into ``MEDIA``.
    counts
        int64 [n, 3], ``TARGETS``.
    followers, created
        float64 [n], followers when posted, and the account's first moment like ``published``; NaN where not known.
    """

    pages: tuple[str, ...]
    page: np.ndarray
    published: np.ndarray
    text: Sequence[str]
    title: Sequence[str]
    media: np.ndarray
    counts: np.ndarray
    followers: np.ndarray
    created: np.ndarray

    def __len__(self) -> int:
        return len(self.page)


def load(path: Path) -> Posts:
    """Read posts from a CSV or Parquet file.

    Two layouts are told by their columns: that of the Facebook set (``status_message``, ``status_published``, ``num_likes`` ...), and
    ``page, published_at, text, media, likes, comments, shares`` with the optional ``title, follower_count, account_created_at``. Times
    are local and have no zone; media is none, link, photo, video or event; text, title and the optional numbers may be empty.

    Raises
    ------
    DataError
        With all missing columns and bad cells: unknown media, counts that are no whole numbers from 0 on, times with a zone.
    """
    table = read_table(path)
    problems = Problems(table.path)
    facebook = FACEBOOK["published_at"] in table.columns
    names = FACEBOOK if facebook else {name: name for name in (*COLUMNS, *(name for name in OPTIONAL if name in table.columns))}
    table.require(names.values(), problems)
    problems.check()
    kinds = FACEBOOK_MEDIA if facebook else {kind: kind for kind in MEDIA}
    page = table.texts(names["page"], problems)
    published = table.times(names["published_at"], problems)
    media = _media(table, names["media"], kinds, problems)
    counts = np.stack([_counts(table, names[target], problems) for target in TARGETS], axis=1)
    followers = _numbers(table, names.get("follower_count"), problems)
    created = _created(table, names.get("account_created_at"), problems)
    problems.check()
    pages, code = np.unique(page.astype(str), return_inverse=True)
    title = table.prose(names["title"]) if "title" in names else [""] * len(table)
    return Posts(
        tuple(map(str, pages)), code, published.astype(np.int64), table.prose(names["text"]), title, media, counts, followers, created
    )


def settled(posts: Posts) -> np.ndarray:
    """Which posts [n] have their final counts: all but those of each page's last three days."""
    newest = np.full(len(posts.pages), np.iinfo(np.int64).min)
    np.maximum.at(newest, posts.page, posts.published)
    return posts.published < newest[posts.page] - UNSETTLED_DAYS * 86_400_000


def _media(table: Table, column: str, kinds: dict[str, str], problems: Problems) -> np.ndarray:
    values = table.texts(column, problems)
    for line, value in zip(table.lines, values, strict=True):
        if value and value not in kinds:
            problems.add(f'expected one of {", ".join(kinds)}, got "{value}"', line=line, column=column)
    return np.array([MEDIA.index(kinds.get(value, "none")) for value in values], dtype=np.int64)


def _counts(table: Table, column: str, problems: Problems) -> np.ndarray:
    values = table.numbers(column, problems)
    for row in np.flatnonzero((values < 0) | (values != np.round(values)) | (values > LARGEST)):
        problems.add(f"expected a whole number from 0 to {LARGEST:g}, got {values[row]:g}", line=table.lines[row], column=column)
    return np.nan_to_num(values).clip(0, LARGEST).astype(np.int64)


def _numbers(table: Table, column: str | None, problems: Problems) -> np.ndarray:
    if column is None:
        return np.full(len(table), np.nan)
    values = table.numbers(column, problems, empty=True)
    for row in np.flatnonzero(values < 0):
        problems.add(f"expected a number from 0 on, got {values[row]:g}", line=table.lines[row], column=column)
    return values


def _created(table: Table, column: str | None, problems: Problems) -> np.ndarray:
    if column is None:
        return np.full(len(table), np.nan)
    moments = table.times(column, problems, empty=True)
    return np.where(np.isnat(moments), np.nan, moments.astype(np.int64).astype(np.float64))
