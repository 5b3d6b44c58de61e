"""What the tests of the content pack share: the committed pack, and the posts that it learned from where they are at hand."""

from __future__ import annotations

import pytest

from datasets.brand_posts import BrandPosts, load_brand_posts
from datasets.registry import DataMissingError, find
from keras_models.checkpoint import load_checkpoint
from keras_models.content import DATA
from keras_models.content_training import learned_of, split_posts


@pytest.fixture(scope="module")
def learned():
    return learned_of(load_checkpoint("content"))


@pytest.fixture(scope="module")
def posts() -> BrandPosts:
    try:
        return split_posts(load_brand_posts(find(DATA[0])))["learning"]
    except DataMissingError as missing:
        pytest.skip(str(missing))
