"""The mastering pack: the long-term spectrum that each genre's recordings share, toward which the browser's equalizer may match a mix.

A curve is the mean over a genre's recordings of their third-octave levels, smoothed over neighbouring bands; the curve for music of no
named genre is the mean of all genres' curves, each counting alike. Mastering itself has nothing to learn: it is searched per mix in the
browser.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from datasets.formats import content_sha256
from datasets.long_term_spectra import FREQUENCIES, LongTermSpectra, load
from datasets.registry import find
from keras_models.checkpoint import Checkpoint
from keras_models.pack import Measured, PackCheck, PackSpec
from keras_models.report import revision
from keras_models.spec import Gate, ParityCase, Split, TrainRequest

DATA = "gtzan_logmel"
LABEL = "GTZAN, other artists"
ANY = "any"  # the curve for music of no named genre
DECIMALS = 2  # of a dB
_NEIGHBOURS = np.array([0.25, 0.5, 0.25])


def train(request: TrainRequest) -> Checkpoint:
    """Average the curves of the training split."""
    path = request.data or find(DATA)
    spectra = load(path, "train")
    curves = {genre: _smoothed(spectra.levels[spectra.genre == genre].mean(axis=0)) for genre in sorted(set(spectra.genre.tolist()))}
    curves[ANY] = np.mean(list(curves.values()), axis=0)
    return Checkpoint(
        model=PACK.name,
        weights={},
        config={
            "frequencies": [round(float(frequency), 3) for frequency in FREQUENCIES],
            "curves": {genre: [round(float(level), DECIMALS) for level in curve] for genre, curve in curves.items()},
        },
        provenance={
            "data": [{"name": DATA if request.data is None else path.name, "sha256": content_sha256(path)}],
            "revision": revision(),
            "seed": request.seed,
        },
        training={"recordings": len(spectra)},
    )


def evaluations(checkpoint: Checkpoint, data: Path | None, split: Split) -> list[Measured]:
    """How far recordings of other artists lie from their genre's curve, from the one for any genre, and from pink noise."""
    spectra = load(data or find(DATA), split)
    curves = checkpoint.config["curves"]
    known = np.isin(spectra.genre, list(curves))
    spectra = LongTermSpectra(spectra.levels[known], spectra.genre[known])
    targets = {
        "pack": np.array([curves[genre] for genre in spectra.genre]),
        "one curve for all genres": np.array([curves[ANY]] * len(spectra)),
        "pink noise": np.zeros_like(spectra.levels),
    }
    scores = {name: {"spectral distance": _distance(spectra.levels, target)} for name, target in targets.items()}
    return [Measured(data=LABEL, n=len(spectra), scores=scores)]


def data_file(checkpoint: Checkpoint) -> bytes:
    """The curves as JSON."""
    return json.dumps(dict(checkpoint.config), separators=(",", ":"), sort_keys=True).encode()


def parity(checkpoint: Checkpoint) -> Sequence[PackCheck]:
    """Every curve, as the browser answers it."""
    curves: Mapping[str, Any] = checkpoint.config["curves"]

    def answer(genre: str = ANY) -> dict[str, Any]:
        return {"frequencies": checkpoint.config["frequencies"], "levelsDb": curves[genre]}

    cases = [ParityCase(name=genre, args=(genre,)) for genre in curves if genre != ANY] + [ParityCase(name="no genre", args=())]
    return [PackCheck(stage="features", method="curve", cases=cases, answer=answer)]


def _smoothed(levels: np.ndarray) -> np.ndarray:
    return np.convolve(np.pad(levels, 1, mode="edge"), _NEIGHBOURS, mode="valid")


def _distance(levels: np.ndarray, targets: np.ndarray) -> float:
    """Root mean square over bands, mean over recordings, in dB; both around their own mean."""
    difference = levels - levels.mean(axis=1, keepdims=True) - (targets - targets.mean(axis=1, keepdims=True))
    return float(np.sqrt((difference**2).mean(axis=1)).mean())


PACK = PackSpec(
    name="mastering",
    version="1.0.0",
    title="Mastering",
    summary="Masters a mix to a loudness and a true peak in the browser; the pack holds the long-term spectrum of each of ten genres.",
    licence="Means over recordings of GTZAN, which are for research use; no recording can be told from them.",
    datasets=(DATA,),
    train=train,
    data=data_file,
    constants=lambda checkpoint: {"genres": [genre for genre in checkpoint.config["curves"] if genre != ANY]},
    evaluations=evaluations,
    parity=parity,
    units={"spectral distance": "dB"},
    gates=(Gate(metric="spectral distance", data=LABEL, maximum=4.1),),
    largest=50_000,
)
