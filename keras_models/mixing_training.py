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
from datasets.stem_features import STEM_FEATURES, stem_features
from keras_models.checkpoint import Checkpoint
from keras_models.mixing_roles import RoleModel, certain, from_config, standardised, to_config
from keras_models.mixing_scene import k_weights, lufs, scene
from keras_models.report import revision
from keras_models.spec import TrainRequest

DATA = ("pop909", "groove_midi", "fluid_r3")
SONGS = {"train": 72, "validation": 30, "test": 12}
STRENGTHS = (0.01, 0.03, 0.1, 0.3)  # C of the logistic regression
PENALTIES = (1.0, 3.0, 10.0, 30.0, 100.0)  # of the ridge regression of levels
# What level is learned from beside the role: with all features it follows the training programs rather than the sound. How far peaks
# stand above the loudness tells most, because instruments are made to peak alike.
LEVEL_FEATURES = ("flux", "peak_share", "width", "peak")
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
    guesses = {strength: left_out_odds(stems, strength) for strength in STRENGTHS}
    accuracies = {strength: float(np.mean(odds.argmax(axis=1) == _places(stems))) for strength, odds in guesses.items()}
    strength = max(accuracies, key=accuracies.get)
    errors = {penalty: _level_score(stems, guesses[strength], penalty) for penalty in PENALTIES}
    penalty = min(errors, key=errors.get)
    model = fit(stems, guesses[strength], strength=strength, penalty=penalty)
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


def fit(stems: Stems, guessed: np.ndarray, *, strength: float, penalty: float) -> RoleModel:
    """Both models on some stems; roles count alike however many stems they have.

    Parameters
    ----------
    guessed
        float64 [n, roles]: odds of each stem by models that never heard its program. Levels are learned from them and from the true roles
        alike, so that they suit stems whose roles are given as well as those whose roles are guessed.
    """
    mean, scale = _scaling(stems)
    inputs = standardised(stems.features, mean, scale)
    logistic = _logistic(stems, inputs, strength)
    levels = _fit_levels(stems, inputs[:, _level_columns()], guessed, penalty)
    feature_levels = np.zeros(len(STEM_FEATURES))
    feature_levels[_level_columns()] = levels[len(ROLES) :]
    learned = {
        "weights": logistic.coef_.T,
        "bias": logistic.intercept_,
        "role_levels": levels[: len(ROLES)],
        "feature_levels": feature_levels,
    }
    return from_config(to_config(RoleModel(mean=mean, scale=scale, **learned, level_limit=LEVEL_LIMIT)))


def left_out_odds(stems: Stems, strength: float) -> np.ndarray:
    """float64 [n, roles]: odds of each stem's roles by a model that never heard its program."""
    odds = np.empty((len(stems.role), len(ROLES)))
    for out in _left_out(stems):
        others = _rows(stems, ~out)
        scaling = _scaling(others)
        model = _logistic(others, standardised(others.features, *scaling), strength)
        odds[out] = model.predict_proba(standardised(stems.features[out], *scaling))
    return odds


def _places(stems: Stems) -> np.ndarray:
    return np.array([ROLES.index(role) for role in stems.role])


def _level_columns() -> list[int]:
    return [STEM_FEATURES.index(name) for name in LEVEL_FEATURES]


def _scaling(stems: Stems) -> tuple[np.ndarray, np.ndarray]:
    return stems.features.mean(axis=0), np.maximum(stems.features.std(axis=0), 1e-6)


def _logistic(stems: Stems, inputs: np.ndarray, strength: float) -> LogisticRegression:
    return LogisticRegression(C=strength, class_weight="balanced", max_iter=2000).fit(inputs, _places(stems))


def _fit_levels(stems: Stems, inputs: np.ndarray, guessed: np.ndarray, penalty: float) -> np.ndarray:
    """Ridge regression of loudness on roles and features, each mix around its own mean: only differences within a mix are learned."""
    y = centred(stems.loudness[:, None], stems.song)[:, 0]
    both = [centred(np.hstack([roles, inputs]), stems.song) for roles in (certain(stems.role), guessed)]
    squares = sum(x.T @ x for x in both) + penalty * np.eye(both[0].shape[1])
    return np.linalg.solve(squares, sum(x.T @ y for x in both))


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


def _left_out(stems: Stems) -> list[np.ndarray]:
    """Rows of each of five groups of programs, as bool [n]."""
    programs = np.unique(stems.program)
    return [np.isin(stems.program, programs[start::5]) for start in range(5)]


def _rows(stems: Stems, rows: np.ndarray) -> Stems:
    return Stems(**{name: getattr(stems, name)[rows] for name in ("features", "loudness", "song", "role", "program")})


def _level_score(stems: Stems, guessed: np.ndarray, penalty: float) -> float:
    """Root mean square over mixes of the level error in dB, each stem's level guessed by a model that never heard its program."""
    levels = np.empty(len(stems.loudness))
    for out in _left_out(stems):
        others = _rows(stems, ~out)
        scaling = _scaling(others)
        known, unknown = (standardised(each, *scaling)[:, _level_columns()] for each in (others.features, stems.features[out]))
        levels[out] = np.hstack([guessed[out], unknown]) @ _fit_levels(others, known, guessed[~out], penalty)
    return float(np.sqrt(np.mean(level_errors(levels, stems) ** 2)))
