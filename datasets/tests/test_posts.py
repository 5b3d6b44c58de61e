import numpy as np
import pandas as pd
import pytest

from datasets.posts import MEDIA, load, settled
from datasets.registry import DataMissingError, find
from datasets.tables import DataError


def table(rows=30, page="one"):
    start = np.datetime64("2024-03-01T09:30:00")
    return pd.DataFrame(
        {
            "page": page,
            "published_at": [str(start + np.timedelta64(7 * place, "h")) for place in range(rows)],
            "text": [f"post {place} ❤️" if place % 3 else "" for place in range(rows)],
            "media": [MEDIA[place % len(MEDIA)] for place in range(rows)],
            "likes": range(rows),
            "comments": 2,
            "shares": 0,
        }
    )


def saved(frame, folder):
    path = folder / "posts.csv"
    frame.to_csv(path, index=False)
    return path


def test_the_facebook_set_is_read_whole():
    try:
        path = find("musician_posts")
    except DataMissingError as missing:
        pytest.skip(str(missing))
    posts = load(path)
    raw = pd.read_parquet(path)
    assert len(posts) == len(raw) == 17_538 and len(posts.pages) == 29
    assert np.array_equal(posts.counts, raw[["num_likes", "num_comments", "num_shares"]])
    assert [posts.pages[code] for code in posts.page] == raw["page"].tolist()
    assert posts.text == raw["status_message"].fillna("").tolist()
    first = posts.published[0].astype("datetime64[ms]")
    assert first == raw["status_published"].iloc[0].to_datetime64()


def test_a_users_table_may_leave_texts_and_optional_numbers_empty(tmp_path):
    frame = table().assign(title="a", follower_count=[*range(29), None], account_created_at=[None] * 29 + ["2020-01-01T00:00"])
    posts = load(saved(frame, tmp_path))
    assert posts.text[:2] == ["", "post 1 ❤️"] and set(posts.title) == {"a"}
    assert posts.followers[:29].tolist() == list(range(29)) and np.isnan(posts.followers[29])
    assert posts.created[29] == np.datetime64("2020-01-01", "ms").astype(float)
    assert np.isnan(load(saved(table(), tmp_path)).followers).all()


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("published_at", "2024-03-01T09:30:00Z", "expected a local date-time as YYYY-MM-DDTHH:MM:SS, without a zone"),
        ("published_at", "2024-02-30T09:30", "expected a local date-time"),
        ("media", "film", 'expected one of none, link, photo, video, event, got "film"'),
        ("likes", -1, "expected a whole number from 0 to 1e+12, got -1"),
        ("shares", 1.5, "expected a whole number from 0 to 1e+12, got 1.5"),
        ("comments", "", "empty; expected a value"),
        ("page", "", "empty; expected a value"),
    ],
)
def test_a_bad_cell_is_named_with_its_line_and_column(tmp_path, column, value, message):
    frame = table().astype(object)
    frame.loc[4, column] = value
    with pytest.raises(DataError) as caught:
        load(saved(frame, tmp_path))
    assert f'posts.csv:6: column "{column}": {message}' in str(caught.value)


def test_missing_columns_are_named(tmp_path):
    with pytest.raises(DataError, match='column "shares": missing'):
        load(saved(table().drop(columns="shares"), tmp_path))


def test_the_last_three_days_of_each_page_are_not_settled(tmp_path):
    both = pd.concat([table(page="one"), table(rows=60, page="two")])
    posts = load(saved(both, tmp_path))
    for page in (0, 1):
        mine = posts.page == page
        age = (posts.published[mine].max() - posts.published[mine]) / 86_400_000
        assert np.array_equal(settled(posts)[mine], age > 3)
