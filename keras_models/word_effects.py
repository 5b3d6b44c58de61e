"""What a word does to a post on any page: learned from what posts got beyond the usual of their page and medium.

Words of few pages are left out: they name what only those pages speak of, and say nothing about others. Rows that a model trains on get
the effects learned without their page, since it would otherwise trust effects that were fitted to the very posts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import Ridge

from datasets.post_features import wording

PAGES = 20  # that use a word, at least
RIDGE = 50.0  # posts whose weight draws a word's effect toward none
GROUPS = 4  # of pages
DECIMALS = 4  # what is left out is far below a prediction's error, and would triple the browser's file

Effects = Mapping[str, Sequence[float]]


def fit_effects(
    vocabularies: Sequence[Sequence[str]], beyond: np.ndarray, page: np.ndarray, *, weight: np.ndarray
) -> dict[str, list[float]]:
    """Learn the effect of each word that posts of 20 pages use: ridge regression on ``datasets.post_features.wording``.

    Parameters
    ----------
    vocabularies
        Distinct words of each post.
    beyond
        log1p of the counts less the usual of page and medium, [n, targets].
    page, weight
        [n].
    """
    used, words = _used(vocabularies)
    pages = sparse.csr_matrix((np.ones(len(page)), (page, np.arange(len(page)))))
    common = np.flatnonzero(np.diff((pages @ used).tocsc().indptr) >= PAGES)
    if not len(common):
        return {}
    used = used[:, common]
    share = 1 / np.sqrt(np.maximum(used.sum(axis=1).A1, 1))
    fitted = Ridge(alpha=RIDGE, fit_intercept=False, solver="cholesky")
    fitted.fit(sparse.diags(share) @ used, _within_pages(beyond, page), sample_weight=weight)
    return {words[word]: effect.round(DECIMALS).tolist() for word, effect in zip(common, fitted.coef_.T, strict=True)}


def cross_fitted(vocabularies: Sequence[Sequence[str]], beyond: np.ndarray, page: np.ndarray, *, weight: np.ndarray) -> np.ndarray:
    """``wording`` [n, targets] of each post by the effects learned from other pages than its own; parameters as of ``fit_effects``."""
    values = np.empty_like(beyond)
    group = np.unique(page, return_inverse=True)[1] % GROUPS
    for number in np.unique(group):
        aside, others = np.flatnonzero(group == number), np.flatnonzero(group != number)
        effects = fit_effects([vocabularies[row] for row in others], beyond[others], page[others], weight=weight[others])
        values[aside] = wording([vocabularies[row] for row in aside], effects)
    return values


def _used(vocabularies: Sequence[Sequence[str]]) -> tuple[sparse.csr_matrix, np.ndarray]:
    vectorizer = CountVectorizer(analyzer=lambda words: words, binary=True, min_df=min(PAGES, len(vocabularies)))
    try:
        used = vectorizer.fit_transform(vocabularies).astype(np.float64)
    except ValueError:  # no word is left
        return sparse.csr_matrix((len(vocabularies), 0)), np.empty(0, dtype=object)
    return used, vectorizer.get_feature_names_out()


def _within_pages(values: np.ndarray, page: np.ndarray) -> np.ndarray:
    """Differences from the page's mean: that one page gets more than its past is not its words' doing."""
    sums, number = np.zeros((page.max() + 1, values.shape[1])), np.bincount(page, minlength=page.max() + 1)
    np.add.at(sums, page, values)
    return values - (sums / np.maximum(number, 1)[:, None])[page]
