from __future__ import annotations

import numpy as np
import pytest

from datasets.brand_posts import load_brand_posts
from datasets.tables import DataError


def test_a_users_table_is_read_oldest_first_without_blanks_and_repeats(tmp_path) -> None:
    path = tmp_path / "posts.csv"
    rows = ["b,2025-01-03T10:00:00,third,", "a,2025-01-01T10:00:00,first,5", "a,2025-01-02T10:00:00, ,7", "a,2025-01-04T10:00:00,first,9"]
    path.write_text("brand,published_at,text,likes\n" + "\n".join(rows))
    posts = load_brand_posts(path)
    assert (list(posts.brand), list(posts.text)) == (["a", "b"], ["first", "third"])
    assert posts.likes[0] == 5 and np.isnan(posts.likes[1])


def test_bad_cells_are_named(tmp_path) -> None:
    path = tmp_path / "posts.csv"
    path.write_text("brand,published_at,text,likes\na,2025-01-01T10:00:00,first,-1\n")
    with pytest.raises(DataError, match=r"posts\.csv:2"):
        load_brand_posts(path)
    path.write_text("brand,text\na,first\n")
    with pytest.raises(DataError, match="published_at"):
        load_brand_posts(path)
