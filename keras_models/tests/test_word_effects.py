import numpy as np

from datasets.post_features import wording
from keras_models.word_effects import PAGES, cross_fitted, fit_effects

RANDOM = np.random.default_rng(4)
ROWS, ALL_PAGES = 4000, 40
PAGE = RANDOM.integers(ALL_PAGES, size=ROWS)
WORDS = [list(RANDOM.choice(["new", "song", "tonight", "=live"], RANDOM.integers(4), replace=False)) for _ in range(ROWS)]
WEIGHT = np.ones(ROWS)


def of_new(words, page):
    return np.stack([np.array(["new" in used for used in words]) * 1.0 + page, RANDOM.normal(size=len(page))], axis=1) @ np.eye(2, 3)


def test_a_words_effect_is_found_beside_what_pages_get_anyway():
    alone = [["new"] if RANDOM.random() < 0.5 else ["song"] for _ in range(ROWS)]
    effects = fit_effects(alone, of_new(alone, PAGE), PAGE, weight=WEIGHT)
    assert set(effects) == {"new", "song"}
    assert abs(effects["new"][0] - effects["song"][0] - 1) < 0.1 and effects["new"][2] == 0


def test_words_of_few_pages_have_no_effect():
    few = [[*words, "rare"] if page < PAGES - 1 else words for words, page in zip(WORDS, PAGE, strict=True)]
    assert "rare" not in fit_effects(few, of_new(few, PAGE), PAGE, weight=WEIGHT)
    enough = [[*words, "rare"] if page < PAGES else words for words, page in zip(WORDS, PAGE, strict=True)]
    assert "rare" in fit_effects(enough, of_new(enough, PAGE), PAGE, weight=WEIGHT)
    assert fit_effects([[]] * ROWS, of_new(WORDS, PAGE), PAGE, weight=WEIGHT) == {}


def test_a_posts_wording_does_not_depend_on_what_its_page_got():
    beyond = of_new(WORDS, PAGE)
    before = cross_fitted(WORDS, beyond, PAGE, weight=WEIGHT)
    mine = PAGE == 7
    after = cross_fitted(WORDS, np.where(mine[:, None], RANDOM.normal(size=beyond.shape), beyond), PAGE, weight=WEIGHT)
    assert np.array_equal(after[mine], before[mine]) and not np.array_equal(after[~mine], before[~mine])
    assert np.corrcoef(before[:, 0], wording(WORDS, fit_effects(WORDS, beyond, PAGE, weight=WEIGHT))[:, 0])[0, 1] > 0.9
