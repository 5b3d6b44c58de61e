from dataclasses import replace

import numpy as np
import pytest

from datasets.post_features import DAY, FEATURES, HOUR, post_features, vocabulary, wording
from datasets.posts import MEDIA, Posts

PRIOR = (3.0, 2.0, 1.0)
EFFECTS = {"new": (0.5, 0.0, -0.5), "=album": (0.1, 0.2, 0.3)}
NAMES = list(FEATURES)


def made(n=80, seed=0, pages=2):
    random = np.random.default_rng(seed)
    words = ("new", "song", "#tour", "love", "#live", "tonight")
    return Posts(
        pages=tuple(map(str, range(pages))),
        page=random.integers(pages, size=n),
        published=np.sort(random.integers(0, 60 * DAY, n)) + 10_000 * DAY,
        text=[" ".join(random.choice(words, 3)) for _ in range(n)],
        title=[("", "Album")[random.integers(2)] for _ in range(n)],
        media=random.integers(len(MEDIA), size=n),
        counts=random.integers(0, 500, (n, 3)),
        followers=np.full(n, np.nan),
        created=np.full(n, np.nan),
    )


def described(posts, rows=None):
    return post_features(posts, np.arange(len(posts)) if rows is None else np.array(rows), prior=PRIOR, effects=EFFECTS)


def column(values, name):
    return values[:, NAMES.index(name)]


def test_no_feature_sees_its_own_counts_later_posts_or_posts_younger_than_48_hours():
    posts = made()
    before = described(posts)
    for row in (0, 20, 50, 79):
        young = posts.published > posts.published[row] - 48 * HOUR
        changed = replace(
            posts,
            counts=np.where(young[:, None], 10**6, posts.counts),
            text=[
                text if place == row or not late else "#tour gone" for place, (text, late) in enumerate(zip(posts.text, young, strict=True))
            ],
        )
        assert np.array_equal(described(changed, [row])[0], before[row])


def test_a_settled_post_counts():
    posts = made(pages=1)
    oldest = np.argmin(posts.published)
    changed = replace(posts, counts=np.where((np.arange(80) == oldest)[:, None], 10**6, posts.counts))
    assert not np.array_equal(described(changed, [79]), described(posts, [79]))


def test_other_pages_and_the_order_of_the_file_change_nothing():
    posts = made()
    order = np.random.default_rng(1).permutation(80)
    shuffled = replace(
        posts,
        **{name: getattr(posts, name)[order] for name in ("page", "published", "media", "counts", "followers", "created")},
        text=[posts.text[row] for row in order],
        title=[posts.title[row] for row in order],
    )
    assert np.allclose(described(shuffled), described(posts)[order], atol=1e-12)
    alone = replace(posts, counts=np.where((posts.page == 0)[:, None], posts.counts, 7))
    mine = posts.page == 0
    assert np.array_equal(described(alone)[mine], described(posts)[mine])


def test_without_history_the_prior_stands_in():
    values = described(made(n=1, pages=1))
    for target, usual in zip(("likes", "comments", "shares"), PRIOR, strict=True):
        for name in ("average_30d", "average_last_20", "median_last_20", "of_media", "of_title", "of_hour"):
            assert column(values, f"{target}_{name}")[0] == pytest.approx(usual)
    assert column(values, "time_since_last_post")[0] == -1 and column(values, "posting_frequency")[0] == 0


def test_averages_by_hand():
    posts = made(n=4, pages=1)
    posts = replace(
        posts, published=np.array([0, 1, 2, 10]) * DAY + 10_000 * DAY, counts=np.array([[9, 0, 0], [99, 0, 0], [999, 0, 0], [5, 5, 5]])
    )
    values = described(posts, [3])
    logs = np.log([10, 100, 1000])
    whole = (logs.sum() + PRIOR[0]) / 4
    monthly = (logs.sum() + whole) / 4
    assert column(values, "likes_average_30d")[0] == pytest.approx(monthly)
    assert column(values, "likes_median_last_20")[0] == pytest.approx(np.log(100))
    assert column(values, "likes_spread_last_20")[0] == pytest.approx(logs.std())
    assert column(values, "time_since_last_post")[0] == 8 * 24
    assert column(values, "posting_frequency")[0] == pytest.approx(3 / 8)
    assert column(values, "history_days")[0] == 10


def test_hours_and_weekdays_are_the_local_clocks():
    posts = made(n=1, pages=1)
    friday = np.array([np.datetime64("2016-05-27T23:59", "ms").astype(np.int64)])
    values = described(replace(posts, published=friday))
    assert column(values, "hour_of_day")[0] == 23 and column(values, "day_of_week")[0] == 4


def test_a_hashtag_trends_from_two_uses_in_the_month_on():
    posts = replace(made(n=4, pages=1), published=np.array([0, 1, 2, 10]) * DAY + 10_000 * DAY)
    for texts, expected in ((["#a", "#a", "x", "#a #b #a"], 1), (["#a", "x", "x", "#a"], 0), (["#a", "#A #b", "#b", "#a #B"], 2)):
        assert column(described(replace(posts, text=texts), [3]), "trending_hashtags_used")[0] == expected


def test_followers_and_age_are_used_where_known():
    posts = made(n=2, pages=1)
    known = replace(posts, followers=np.array([np.nan, 50.0]), created=np.array([np.nan, posts.published[1] - 3 * DAY]))
    values = described(known)
    assert column(values, "follower_count").tolist() == [-1, 50] and column(values, "account_age_days").tolist() == [-1, 3]


def test_the_wording_adds_the_effects_of_known_words_over_the_root_of_their_number():
    assert vocabulary("New song, NEW https://a.b", "New album") == ["new", "song", "=new", "=album"]
    values = wording([vocabulary("New song", "Album"), ["song"], []], EFFECTS)
    assert np.allclose(values, [np.array([0.6, 0.2, -0.2]) / np.sqrt(2), np.zeros(3), np.zeros(3)])
    posts = replace(made(n=2, pages=1), text=["a new song", "none"], title=["", ""])
    described_wording = [column(described(posts), f"{target}_wording").tolist() for target in ("likes", "comments", "shares")]
    assert described_wording == [[0.5, 0], [0, 0], [-0.5, 0]]
