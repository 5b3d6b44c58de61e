"""What SciPy says of an A/B test of drafts: the reference of ``web_runtime/src/content/experiment.ts``, which counts on its own."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy.stats import beta, fisher_exact

from keras_models.content_random import hashed, mixed

SIGNIFICANT, LEHR = 0.05, 16
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(2000)


def experiment(request: Mapping[str, Any]) -> dict[str, Any]:
    """Assigned variants, readers needed, and each variant against the first, as the runtime's ``experiment`` answers."""
    variants, seed, lift = request["variants"], request.get("seed", 0), request.get("lift", 0.2)
    results = [(each["shown"], each["reacted"]) for each in request.get("results", [])]
    shown, reacted = (sum(column) for column in zip(*results, strict=True)) if results else (0, 0)
    rate = reacted / shown if shown else 0.0
    needed = math.ceil(LEHR * (1 - rate) / (rate * lift * lift)) if 0 < rate < 1 else None
    enough = needed is not None and all(count >= needed for count, _ in results)
    comparisons = []
    for place, (count, reactions) in enumerate(results[1:], start=1):
        table = [[results[0][1], results[0][0] - results[0][1]], [reactions, count - reactions]]
        p = min(float(fisher_exact(table)[1]) * (len(results) - 1), 1.0)
        better = _better(results[0], (count, reactions))
        verdict = ("better" if better > 0.5 else "worse") if p < SIGNIFICANT else "no difference seen" if enough else "too little data"
        comparisons.append({"variant": place, "probabilityBetter": better, "p": p, "verdict": verdict})
    assigned = [mixed(hashed(reader) ^ mixed(seed)) % variants for reader in request.get("readers", [])]
    return {"assigned": assigned, "needed": needed, "comparisons": comparisons}


def _better(one: tuple[int, int], other: tuple[int, int]) -> float:
    """P(other > one): the integral of one's density times the other's tail, over where one's density lies."""
    own, tail = (beta(1 + reacted, 1 + shown - reacted) for shown, reacted in (one, other))
    low, high = own.ppf(1e-13), own.ppf(1 - 1e-13)
    points = (high - low) / 2 * _NODES + (high + low) / 2
    return float((high - low) / 2 * np.sum(_WEIGHTS * own.pdf(points) * tail.sf(points)))
