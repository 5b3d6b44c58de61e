"""How the two linear models of mixing learn: from stems rendered at a known balance, tuned on programs left out one by one."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import LogisticRegression

from datasets.formats import content_sha256
from datasets.multitracks import ROLES, Levels, Multitrack, multitracks, prepare
from datasets.pop909 import Split
from datasets.registry import find
from datasets.renders import RATE, synthesizer_version
from datasets.stem_bands import stem_bands
from datasets.stem_features import stem_features
from keras_models.checkpoint import Checkpoint
from keras_models.mixing_roles import RoleModel, certain, from_config, standardised, to_config
from keras_models.mixing_scene import k_weights, lufs, scene
from keras_models.report import revision
from keras_models.spec import TrainRequest

DATA = ("pop909", "groove_midi", "fluid_r3")
SONGS = {"train": 60, "validation": 40, "test": 12}
STRENGTHS = (0.003, 0.01, 0.03, 0.1)  # C of the logistic regression
PENALTIES = (10.0, 30.0, 100.0, 300.0, 1000.0)  # of the ridge regression of levels
LEVEL_LIMIT = 8.0
WORKERS = 4


@dataclass(frozen=True, eq=False, kw_only=True)
class Stems:
    """Stems of many mixes, a row each.

    Attributes
    ----------
    features
        float64 [n, features].
    loudness
        float64 [n], LUFS in the balanced mix.
    song
        int [n]: which mix a stem belongs to.
    role, program
        Its role, and what played it as ``role program``.
    """

    features: np.ndarray
    loudness: np.ndarray
    song: np.ndarray
    role: np.ndarray
    program: np.ndarray


def load_stems(split: Split, levels: Sequence[Levels]) -> Stems:
    """Render and describe the stems of a split, at each of the ``levels``.

    Raises
    ------
    DataMissingError
        If songs, drummers, soundfont or synthesizer are missing.
    """
    mixes = [mix for each in levels for mix in multitracks(split, SONGS[split], levels=each)]
    prepare(mixes)
    with ThreadPoolExecutor(WORKERS) as pool:
        rows = [row for described in pool.map(_described, range(len(mixes)), mixes) for row in described]
    features, loudness, song, role, program = map(np.array, zip(*rows, strict=True))
    return Stems(features=features, loudness=loudness, song=song, role=role, program=program)


def _described(number: int, mix: Multitrack) -> list[tuple[list[float], float, int, str, str]]:
    """One row for each stem that can be heard."""
    weights, audio = k_weights(), mix.audio()
    bands = [stem_bands(samples, RATE) for samples in audio]
    rows = []
    for stem, each, seen in zip(mix.stems, bands, scene(audio, bands), strict=True):
        if not seen.silent:
            features = list(stem_features(each, weights).values())
            loudness = lufs(((seen.left + seen.right) @ weights)[seen.active].mean())
            rows.append((features, float(loudness), number, stem.role, f"{stem.role} {stem.voice.program}"))
    return rows


def train(request: TrainRequest) -> Checkpoint:
    """Fit both models on the train split; how strongly they are held back is chosen by programs left out.

    Raises
    ------
    ValueError
        If a file is given: what is learned here is rendered.
    """
    if request.data is not None:
        raise ValueError("mixing: learns from renders of the registry's songs and takes no file; leave DATA out")
    stems = load_stems("train", ("even", "played"))
    accuracies = {strength: _role_score(stems, strength) for strength in STRENGTHS}
    errors = {penalty: _level_score(stems, penalty) for penalty in PENALTIES}
    strength, penalty = max(accuracies, key=accuracies.get), min(errors, key=errors.get)
    model = fit(stems, strength=strength, penalty=penalty)
    recorded = [{"name": name, "sha256": content_sha256(find(name))} for name in DATA]
    return Checkpoint(
        model="mixing",
        weights={},
        config=to_config(model),
        provenance={"data": recorded, "revision": revision(), "seed": request.seed},
        training={
            "synthesizer": synthesizer_version(),
            "stems": len(stems.role),
            "strength": strength,
            "penalty": penalty,
            "left_out_accuracy": {str(value): accuracy for value, accuracy in accuracies.items()},
            "left_out_level_error_db": {str(value): error for value, error in errors.items()},
        },
    )


def fit(stems: Stems, *, strength: float, penalty: float) -> RoleModel:
    """Both models on some stems; roles count alike however many stems they have."""
    mean, scale = _scaling(stems)
    inputs = standardised(stems.features, mean, scale)
    logistic = _logistic(stems, inputs, strength)
    levels = _fit_levels(np.hstack([certain(stems.role), inputs]), stems, penalty)
    learned = {
        "weights": logistic.coef_.T,
        "bias": logistic.intercept_,
        "role_levels": levels[: len(ROLES)],
        "feature_levels": levels[len(ROLES) :],
    }
    return from_config(to_config(RoleModel(mean=mean, scale=scale, **learned, level_limit=LEVEL_LIMIT)))


def _scaling(stems: Stems) -> tuple[np.ndarray, np.ndarray]:
    return stems.features.mean(axis=0), np.maximum(stems.features.std(axis=0), 1e-6)


def _logistic(stems: Stems, inputs: np.ndarray, strength: float) -> LogisticRegression:
    roles = np.array([ROLES.index(role) for role in stems.role])
    return LogisticRegression(C=strength, class_weight="balanced", max_iter=2000).fit(inputs, roles)


def _fit_levels(inputs: np.ndarray, stems: Stems, penalty: float) -> np.ndarray:
    """Ridge regression of loudness on roles and features, each mix around its own mean: only differences within a mix are learned."""
    x, y = centred(inputs, stems.song), centred(stems.loudness[:, None], stems.song)[:, 0]
    return np.linalg.solve(x.T @ x + penalty * np.eye(x.shape[1]), x.T @ y)


def centred(values: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """[n, ...] less the mean of each row's group."""
    _, place = np.unique(groups, return_inverse=True)
    sums = np.zeros((place.max() + 1, values.shape[1]))
    np.add.at(sums, place, values)
    return values - (sums / np.bincount(place)[:, None])[place]


def level_errors(predicted: np.ndarray, stems: Stems) -> np.ndarray:
    """Error of level of each mix in dB: root mean square over its stems, the common gain removed."""
    errors = centred((predicted - stems.loudness)[:, None], stems.song)[:, 0] ** 2
    return np.sqrt(np.array([errors[stems.song == song].mean() for song in np.unique(stems.song)]))


def _left_out(stems: Stems) -> list[tuple[np.ndarray, Stems]]:
    """For each of five groups of programs: the rows played by them, and the stems of all others."""
    programs = np.unique(stems.program)
    groups = [np.isin(stems.program, programs[start::5]) for start in range(5)]
    return [(out, _rows(stems, ~out)) for out in groups]


def _rows(stems: Stems, rows: np.ndarray) -> Stems:
    return Stems(**{name: getattr(stems, name)[rows] for name in ("features", "loudness", "song", "role", "program")})


def _role_score(stems: Stems, strength: float) -> float:
    """Mean share of stems whose role is told right, programs left out."""
    shares = []
    for out, others in _left_out(stems):
        scaling = _scaling(others)
        told = _logistic(others, standardised(others.features, *scaling), strength).predict(standardised(stems.features[out], *scaling))
        shares.append(np.mean(np.array(ROLES)[told] == stems.role[out]))
    return float(np.mean(shares))


def _level_score(stems: Stems, penalty: float) -> float:
    """Root mean square of what levels of left-out programs are off within their mix, in dB."""
    squares = []
    for out, others in _left_out(stems):
        scaling = _scaling(others)
        known, all_inputs = (np.hstack([certain(each.role), standardised(each.features, *scaling)]) for each in (others, stems))
        levels = all_inputs @ _fit_levels(known, others, penalty)
        squares.append(np.mean(centred((levels - stems.loudness)[:, None], stems.song)[out] ** 2))
    return float(np.sqrt(np.mean(squares)))
