"""Turns a post and its page's history into the numbers that the engagement model reads; ``web_runtime/src/posts`` is the twin.

How often a post is liked is known only days later. So everything here that comes from history, times included, uses posts at least
48 hours older than the post, and no count of the post itself. Averages are means of log1p; where there are few posts, they are drawn
toward a broader average, and that of a page without history toward what was usual in training. What words do on any page cannot come
from a page's history: it is learned in training and handed in, like what was usual.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from datasets.posts import MEDIA, TARGETS, Posts
from datasets.text_features import TEXT_FEATURES, hashtags, text_features, words

HOUR = 3_600_000  # milliseconds, the unit of all times here
DAY = 24 * HOUR
SETTLED = 48 * HOUR
MONTH_DAYS = 30
TREND_USES = 2
UNKNOWN = -1.0
LAST = (5, 20, 100)
# Posts that the broader average counts for, by what is averaged.
DRAW = {"page": 1.0, "last": 1.0, "media": 2.0, "title": 2.0, "word": 4.0, "hour": 8.0, "weekday": 8.0}
_LOG = "mean of log1p"

_MOMENT = {
    "hour_of_day": ("hours", "Hour of the local clock, 0 to 23"),
    "day_of_week": ("days", "Day of the local calendar, 0 = Monday"),
}
_ATTACHED = {
    "media_present": ("0 or 1", "Whether there is a photo or a video"),
    **{f"is_{kind}": ("0 or 1", f"Whether the post's medium is: {kind}") for kind in MEDIA if kind != "none"},
    "title_length": ("characters", "Unicode characters of the attached medium's title"),
    "title_posts": ("posts", "Posts of this medium and title, of the last 100 such"),
}
_ACCOUNT = {
    "follower_count": ("followers", "Followers when posted, -1 = not known"),
    "account_age_days": ("days", "Since the account was created, -1 = not known"),
}
_RHYTHM = {
    "time_since_last_post": ("hours", "Since the newest post that is 48 hours old, -1 = none"),
    "posting_frequency": ("posts per day", "Posts of the last 30 days"),
    "history_posts": ("posts", "Posts that are 48 hours old"),
    "history_days": ("days", "Since the oldest known post"),
    "trending_hashtags_used": ("hashtags", "Hashtags of the post that two or more posts of the last 30 days used"),
    "media_share": ("fraction", "Share of the post's medium among the posts of the last 30 days"),
}
_HISTORY = {
    "average_30d": (_LOG, "{} of the last 30 days"),
    **{f"average_last_{n}": (_LOG, f"{{}} of the last {n} posts") for n in LAST},
    "median_last_20": ("log1p", "Median of {} of the last 20 posts"),
    "spread_last_20": ("log1p", "Standard deviation of {} of the last 20 posts"),
    "trend": ("difference of log1p", "Average of {} of the last 5 posts less that of the last 100"),
    "of_media": (_LOG, "{} of posts with this medium, last 30 days"),
    "of_hour": (_LOG, "{} of posts at this hour, last 30 days"),
    "of_weekday": (_LOG, "{} of posts on this day of the week, last 30 days"),
    "of_title": (_LOG, "{} of the last 100 posts with this medium and title"),
    "of_words": ("sum of log1p differences", "{} of posts that share words with this one, against those of its medium"),
}
_RATES = {
    "comment_rate_30d": ("log ratio", "Comments to likes of the last 30 days"),
    "share_rate_30d": ("log ratio", "Shares to likes of the last 30 days"),
}
_WORDING = "{} that its words, each with its effect on any page, bring beyond those of the page's posts with this medium"
FEATURES: dict[str, tuple[str, str]] = {
    **TEXT_FEATURES,
    **_MOMENT,
    **_ATTACHED,
    **_ACCOUNT,
    **_RHYTHM,
    **{f"{target}_{name}": (unit, text.format(target.capitalize())) for name, (unit, text) in _HISTORY.items() for target in TARGETS},
    **_RATES,
    **{f"{target}_wording": ("sum of log1p differences", _WORDING.format(target.capitalize())) for target in TARGETS},
}
"""Feature name -> unit and description, in the model's order."""


def constants() -> dict[str, object]:
    """What the twin reads from the manifest."""
    return {
        "media": MEDIA,
        "targets": TARGETS,
        "settledHours": SETTLED // HOUR,
        "monthDays": MONTH_DAYS,
        "trendUses": TREND_USES,
        "draw": DRAW,
    }


def post_features(posts: Posts, rows: np.ndarray, *, prior: Sequence[float], effects: Mapping[str, Sequence[float]]) -> np.ndarray:
    """Features of some posts, each by the other posts of its page.

    Parameters
    ----------
    posts
        Posts of any number of pages, in any order.
    rows
        Which of them to describe.
    prior
        Usual log1p of likes, comments and shares: what a page without history is taken for.
    effects
        What a word of ``vocabulary`` does to the log1p of likes, comments and shares on any page.

    Returns
    -------
    np.ndarray
        float64 [len(rows), len(FEATURES)], finite.
    """
    values = np.empty((len(rows), len(FEATURES)))
    for page in np.unique(posts.page[rows]):
        mine = np.flatnonzero(posts.page[rows] == page)
        of_page = _Page(posts, np.flatnonzero(posts.page == page)).features(posts, rows[mine], np.asarray(prior, np.float64))
        of_words = wording([vocabulary(posts.text[row], posts.title[row]) for row in rows[mine]], effects)
        values[mine] = np.concatenate([of_page, of_words], axis=1)
    return values


def wording(vocabularies: Sequence[Sequence[str]], effects: Mapping[str, Sequence[float]]) -> np.ndarray:
    """Sum of the effects of each post's known words over the root of their number: [posts, targets], 0 where no word is known."""
    values = np.zeros((len(vocabularies), len(TARGETS)))
    for row, used in enumerate(vocabularies):
        known = np.array([effects[word] for word in used if word in effects]).reshape(-1, len(TARGETS))
        values[row] = known.sum(axis=0) / np.sqrt(max(len(known), 1))
    return values


def vocabulary(text: str, title: str) -> list[str]:
    """Distinct words of text and title, told apart by an equals sign before those of the title."""
    return list(dict.fromkeys([*words(text), *("=" + word for word in words(title))]))


class _Page:
    """One page's posts, oldest first, with the running sums that averages are differences of."""

    def __init__(self, posts: Posts, rows: np.ndarray) -> None:
        rows = rows[np.argsort(posts.published[rows], kind="stable")]
        self.published, self.media, self.counts = posts.published[rows], posts.media[rows], posts.counts[rows]
        self.logs = np.log1p(self.counts)
        self.sums = _sums(self.logs)
        self.tags = [hashtags(posts.text[row]) for row in rows]
        self.titles = [(posts.media[row], posts.title[row]) for row in rows]
        self.words = [vocabulary(posts.text[row], posts.title[row]) for row in rows]

    def features(self, posts: Posts, rows: np.ndarray, prior: np.ndarray) -> np.ndarray:
        """[rows, features but those of the wording] of this page's posts ``rows``."""
        at, media, titles = posts.published[rows], posts.media[rows], [posts.title[row] for row in rows]
        known = np.searchsorted(self.published, at - SETTLED, side="right")
        month = np.minimum(np.searchsorted(self.published, at - MONTH_DAYS * DAY, side="left"), known)
        averages = self.averages(media, at, known, month, prior)
        of_media = averages["of_media"]
        total, count = self.of_title(media, titles, known)
        averages["of_title"] = _drawn(total, count, of_media, "title")
        averages["of_words"] = self.of_words([vocabulary(posts.text[row], posts.title[row]) for row in rows], known, of_media)
        blocks = [
            np.array([text_features(posts.text[row]) for row in rows]),
            np.stack([_hour(at), _weekday(at)], axis=1),
            _medium(media),
            np.stack([[float(len(title)) for title in titles], count], axis=1),
            np.stack([_or_unknown(posts.followers[rows]), _or_unknown((at - posts.created[rows]) / DAY)], axis=1),
            self.rhythm([posts.text[row] for row in rows], media, at, known, month),
            *(averages[name] for name in _HISTORY),
            _rates(self.counts, known, month),
        ]
        return np.concatenate(blocks, axis=1)

    def rhythm(self, texts: Sequence[str], media: np.ndarray, at: np.ndarray, known: np.ndarray, month: np.ndarray) -> np.ndarray:
        """The columns of ``_RHYTHM``."""
        newest = self.published[np.maximum(known - 1, 0)]
        days = np.where(known > 0, (at - self.published[0]) / DAY, 0.0)
        since = np.where(known > 0, (at - newest) / HOUR, UNKNOWN)
        settled_days = np.maximum(np.minimum(days, MONTH_DAYS) - SETTLED / DAY, 1.0)
        tags = [hashtags(text) for text in texts]
        trending = [_trending(self.tags[start:end], used) if used else 0.0 for used, start, end in zip(tags, month, known, strict=True)]
        alike = _between(_sums(np.eye(len(MEDIA))[self.media]), month, known)[np.arange(len(media)), media]
        share = (alike + 1) / (known - month + len(MEDIA))
        return np.stack([since, (known - month) / settled_days, known, days, trending, share], axis=1)

    def averages(self, media: np.ndarray, at: np.ndarray, known: np.ndarray, month: np.ndarray, prior: np.ndarray) -> dict[str, np.ndarray]:
        """Name of ``_HISTORY`` -> [rows, targets]."""
        whole = _drawn(self.sums[known], known, prior, "page")
        monthly = _drawn(_between(self.sums, month, known), known - month, whole, "last")
        last = {n: _drawn(_between(self.sums, np.maximum(known - n, 0), known), np.minimum(known, n), monthly, "last") for n in LAST}
        median, spread = self.recent(known, whole)
        return {
            "average_30d": monthly,
            **{f"average_last_{n}": values for n, values in last.items()},
            "median_last_20": median,
            "spread_last_20": spread,
            "trend": last[5] - last[100],
            "of_media": _drawn(*self.of_group(self.media, media, month, known), last[20], "media"),
            "of_hour": _drawn(*self.of_group(_hour(self.published), _hour(at), month, known), monthly, "hour"),
            "of_weekday": _drawn(*self.of_group(_weekday(self.published), _weekday(at), month, known), monthly, "weekday"),
        }

    def recent(self, known: np.ndarray, otherwise: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Median and standard deviation of the last 20 posts, [rows, targets] each; ``otherwise`` and 0 where there are none."""
        median, spread = otherwise.copy(), np.zeros_like(otherwise)
        for count in np.unique(np.minimum(known, 20)):
            if count:
                mine = np.minimum(known, 20) == count
                windows = self.logs[known[mine, None] - np.arange(count, 0, -1)]
                median[mine], spread[mine] = np.median(windows, axis=1), windows.std(axis=1)
        return median, spread

    def of_group(self, group: np.ndarray, wanted: np.ndarray, start: np.ndarray, end: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Sum [rows, targets] and number [rows] of the posts between that share the wanted medium, hour or weekday."""
        total, count = np.zeros((len(wanted), len(TARGETS))), np.zeros(len(wanted))
        for key in np.unique(wanted):
            mine, same = wanted == key, (group == key)[:, None]
            total[mine] = _between(_sums(self.logs * same), start[mine], end[mine])
            count[mine] = _between(_sums(same.astype(np.float64)), start[mine], end[mine])[:, 0]
        return total, count

    def of_title(self, media: np.ndarray, titles: Sequence[str], known: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Sum and number of the last 100 posts of the same medium and title."""
        places: dict[tuple[int, str], list[int]] = {}
        for place, key in enumerate(self.titles):
            places.setdefault(key, []).append(place)
        total, count = np.zeros((len(media), len(TARGETS))), np.zeros(len(media))
        rows_of: dict[tuple[int, str], list[int]] = {}
        for row, key in enumerate(zip(media, titles, strict=True)):
            rows_of.setdefault(key, []).append(row)
        for key, rows in rows_of.items():
            same = np.array(places.get(key, []), dtype=np.int64)
            end = np.searchsorted(same, known[rows])
            start = np.maximum(end - LAST[-1], 0)
            total[rows], count[rows] = _between(_sums(self.logs[same]), start, end), end - start
        return total, count

    def of_words(self, vocabularies: Sequence[Sequence[str]], known: np.ndarray, toward: np.ndarray) -> np.ndarray:
        """What the posts that share words with a post got beyond ``toward``: [rows, targets].

        Each word's posts are drawn toward no difference; words add up as if independent, over the root of their number.
        """
        seen: dict[str, list[float]] = {}
        effects, place, logs = np.zeros_like(toward), 0, self.logs.tolist()
        for row in np.argsort(known, kind="stable"):
            while place < known[row]:
                for word in self.words[place]:
                    tally = seen.setdefault(word, [0.0] * (1 + len(TARGETS)))
                    for at, value in enumerate((1.0, *logs[place])):
                        tally[at] += value
                place += 1
            tallies = np.array([seen[word] for word in vocabularies[row] if word in seen]).reshape(-1, 1 + len(TARGETS))
            beyond = (tallies[:, 1:] - tallies[:, :1] * toward[row]) / (tallies[:, :1] + DRAW["word"])
            effects[row] = beyond.sum(axis=0) / np.sqrt(max(len(vocabularies[row]), 1))
        return effects


def _trending(others: Sequence[Sequence[str]], used: Sequence[str]) -> float:
    return float(sum(sum(tag in tags for tags in others) >= TREND_USES for tag in dict.fromkeys(used)))


def _hour(at: np.ndarray) -> np.ndarray:
    return at % DAY // HOUR


def _weekday(at: np.ndarray) -> np.ndarray:
    return (at // DAY + 3) % 7  # 1970-01-01 was a Thursday


def _medium(media: np.ndarray) -> np.ndarray:
    kinds = {kind: media == place for place, kind in enumerate(MEDIA)}
    columns = [kinds["photo"] | kinds["video"], *(kinds[kind] for kind in MEDIA if kind != "none")]
    return np.stack(columns, axis=1).astype(np.float64)


def _or_unknown(values: np.ndarray) -> np.ndarray:
    return np.where(np.isnan(values), UNKNOWN, values)


def _rates(counts: np.ndarray, known: np.ndarray, month: np.ndarray) -> np.ndarray:
    total = _between(_sums(counts.astype(np.float64)), month, known)
    return np.log1p(total[:, 1:]) - np.log1p(total[:, :1])


def _drawn(total: np.ndarray, count: np.ndarray, toward: np.ndarray, kind: str) -> np.ndarray:
    return (total + DRAW[kind] * toward) / (count[:, None] + DRAW[kind])


def _sums(values: np.ndarray) -> np.ndarray:
    """Running sums along the first axis, led by a row of zeros."""
    return np.concatenate([np.zeros((1, values.shape[1])), np.cumsum(values, axis=0)])


def _between(sums: np.ndarray, start: np.ndarray, end: np.ndarray) -> np.ndarray:
    return sums[end] - sums[start]
