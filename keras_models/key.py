"""Which key a recording is in: chroma in its own tuning and the chords it spells, judged by one network at each of the twelve tonics."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from datasets.key_features import CHORDS, HEARD, constants
from datasets.keys import KEYS, camelot
from datasets.registry import DataMissingError
from datasets.renders import synthesizer_version
from keras_models.checkpoint import Checkpoint
from keras_models.key_data import DATA, Recordings, clips, read_table, songs, sounds_in_no_key
from keras_models.key_graph import CHANNELS, CORRELATIONS, HALVES, TURNED, key_graph
from keras_models.key_profiles import PROFILES, correlation_kernel
from keras_models.key_scores import UNITS, accuracies, scores
from keras_models.key_training import PARTS, train
from keras_models.spec import Arrays, Evaluation, Gate, ModelSpec, ParityCase, QuantizationBudget, Split, TensorSpec

ENSEMBLE = "probability"
TEST_SONGS, TEST_DRUMMERS = 100, 24
SHORTEST, SILENCE = 2.0, 1e-3  # seconds asked for; largest sample of audio that counts as silence: -60 dB of full scale
WINDOW, STEP = 43, 22  # frames over time: eight seconds, one window every four
STAY, TRUST = 0.95, 0.5  # of ``key_path.steady_keys``
ALTERNATIVES = 4
CLIPS, RENDERS = "GTZAN clips, each by the half that never heard its split", "POP909 renders"
DOUBTFUL = "drums alone, noise, rows of twelve tones"
PARTS_OF_CLIPS = 7  # with the whole clips some 500 cases
INPUTS = {"pitchClasses": ("pitch_classes", (CHANNELS, 12)), "transitions": ("transitions", (CHORDS, CHORDS))}


class KeyFeaturesError(ValueError):
    """Features are not what the model reads."""


def _outputs(checkpoint: Checkpoint) -> tuple[TensorSpec, ...]:
    what = {ENSEMBLE: "of each key", **{half: f"of each key, by the {half} half of the ensemble" for half in HALVES}}
    return (
        *(TensorSpec(name=name, shape=(len(KEYS),), unit="probability", description=text) for name, text in what.items()),
        TensorSpec(
            name="profiles", shape=(len(PROFILES), len(KEYS)), unit="correlation", description=f"with the profiles {', '.join(PROFILES)}"
        ),
        TensorSpec(
            name="features",
            shape=(TURNED + 12 * CORRELATIONS,),
            unit="standard deviations",
            comparison="row-relative",
            description="pitch classes, transitions, and at each tonic the correlations with profiles",
        ),
    )


def _graph(checkpoint: Checkpoint, weights: Mapping[str, tf.Tensor], inputs: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
    return key_graph(weights, inputs["pitch_classes"], inputs["transitions"])


def _network(checkpoint: Checkpoint) -> keras.Model:
    weights = {name: tf.constant(value) for name, value in checkpoint.weights.items()}
    inputs = [keras.Input(shape, name=name) for name, shape in INPUTS.values()]
    answer = keras.layers.Lambda(lambda tensors: key_graph(weights, *tensors)[ENSEMBLE], output_shape=(len(KEYS),))
    return keras.Model(inputs, answer(inputs))


def _evaluations(checkpoint: Checkpoint, data: Path | None, split: Split) -> list[Evaluation]:
    if data is not None:
        return [_evaluation(read_table(data), data.stem, checkpoint)]
    if (here := synthesizer_version()) != (known := checkpoint.training["synthesizer"]):
        raise DataMissingError(f"key: was judged on renders of FluidSynth {known}, here is {here}; remedy: `make train MODEL=key`")
    if split == "validation":
        return [_evaluation(songs("validation", 1), RENDERS, checkpoint)]
    heard = clips(parts=PARTS["clips"])
    return [
        _evaluation(heard.take(heard.whole), CLIPS, checkpoint),
        _evaluation(songs("test", 1, songs=TEST_SONGS), RENDERS, checkpoint),
        _doubt(sounds_in_no_key("test", TEST_DRUMMERS)),
    ]


def _evaluation(rows: Recordings, label: str, checkpoint: Checkpoint) -> Evaluation:
    """Score recordings: clips of a split that one half of the ensemble learned from are judged by the other half alone."""
    left_out = {split: half for half, split in checkpoint.config["left_out"].items()}

    def score(outputs: Arrays) -> dict[str, float]:
        judge = [left_out.get(split, ENSEMBLE) for split in rows.split]
        return scores(rows.key, np.stack([outputs[name][row] for row, name in enumerate(judge)]))

    def references() -> dict[str, dict[str, float]]:
        return {f"profile {name}": accuracies(rows.key, said) for name, said in profile_keys(rows.pitch_classes).items()}

    return Evaluation(data=label, inputs=_inputs(rows), score=score, references=references)


def _doubt(rows: Recordings) -> Evaluation:
    """How sure the model is of sounds that have no key: the mean probability of the key it names."""
    return Evaluation(
        data=DOUBTFUL, inputs=_inputs(rows), score=lambda outputs: {"confidence": float(outputs[ENSEMBLE].max(axis=1).mean())}
    )


def _inputs(rows: Recordings) -> dict[str, np.ndarray]:
    return {"pitch_classes": rows.pitch_classes, "transitions": rows.transitions}


def profile_keys(pitch_classes: np.ndarray) -> dict[str, np.ndarray]:
    """The key of the highest correlation with each published profile, int [n]: what can be said without learning."""
    chroma = pitch_classes[:, 0] - pitch_classes[:, 0].mean(axis=1, keepdims=True)
    by_tonic = (chroma @ correlation_kernel()).reshape(-1, 12, len(PROFILES), 2)
    flat = by_tonic.transpose(0, 2, 3, 1).reshape(-1, len(PROFILES), len(KEYS))
    return {name: flat[:, place].argmax(axis=1) for place, name in enumerate(PROFILES)}


def _encode(checkpoint: Checkpoint, arguments: tuple[Any, ...]) -> dict[str, np.ndarray]:
    features, encoded = arguments[0], {}
    for part, (name, shape) in INPUTS.items():
        values = np.asarray(features[part], np.float32) if isinstance(features, Mapping) and part in features else np.empty(0)
        if values.size != np.prod(shape) or not (np.isfinite(values) & (values >= 0)).all():
            raise KeyFeaturesError(f"key: {part} expects {shape[0]} x {shape[1]} finite values from 0 on, got {values.size}")
        encoded[name] = values.reshape(1, *shape)
    return encoded


def _results(checkpoint: Checkpoint, outputs: Arrays) -> list[dict[str, Any]]:
    return [{"key": KEYS[int(row.argmax())], "probability": row.tolist()} for row in outputs[ENSEMBLE].astype(np.float64)]


def _decisions(checkpoint: Checkpoint, outputs: Arrays) -> np.ndarray:
    return outputs[ENSEMBLE].argmax(axis=1)


def _arguments(pitch_classes: np.ndarray, transitions: np.ndarray) -> tuple[dict[str, np.ndarray], ...]:
    return ({"pitchClasses": pitch_classes.astype(np.float32).ravel(), "transitions": transitions.astype(np.float32).ravel()},)


def _parity_cases(checkpoint: Checkpoint) -> list[ParityCase]:
    try:
        rows = clips(parts=PARTS_OF_CLIPS)
        names = [f"{name}, {place % (1 + PARTS_OF_CLIPS)}" for place, name in enumerate(rows.name)]
        told = zip(names, rows.pitch_classes, rows.transitions, strict=True)
        cases = [ParityCase(name=name, args=_arguments(*features)) for name, *features in told]
    except DataMissingError:
        cases = [ParityCase(name=f"drawn {seed}", args=_arguments(*_made_up(seed))) for seed in range(500)]
    classes, changes = _made_up(7)
    one = np.zeros((CHANNELS, 12))
    one[:, 5] = 1
    edges = {
        "silence": (np.zeros((CHANNELS, 12)), np.zeros((CHORDS, CHORDS))),
        "all pitch classes alike": (np.full((CHANNELS, 12), 1 / 24), np.full((CHORDS, CHORDS), 1 / CHORDS**2)),
        "one pitch class": (one, changes),
        "one chord for ever": (classes, np.where(np.arange(CHORDS**2).reshape(CHORDS, CHORDS) == 0, 1.0, 0.0)),
        "two chords in turn": (classes, np.where((np.arange(CHORDS)[:, None] % 5 == 0) & (np.arange(CHORDS) % 7 == 0), 0.5, 0.0)),
    }
    return [*cases, *(ParityCase(name=name, args=_arguments(*features), edge=True) for name, features in edges.items())]


def _made_up(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Pitch classes and transitions of no music, the same on every machine."""
    random = np.random.default_rng(seed)
    chroma = random.uniform(0.05, 1, (2, 12))
    chords = random.dirichlet(np.full(CHORDS, 0.5), 2).reshape(4, 12)
    changes = random.dirichlet(np.full(CHORDS**2, 0.1)).reshape(CHORDS, CHORDS)
    return np.round(np.concatenate([chroma, chords]), 3), np.round(changes, 4)


def _manifest(checkpoint: Checkpoint) -> dict[str, Any]:
    heard = {"shortest": SHORTEST, "silence": SILENCE, "alternatives": ALTERNATIVES, "window": WINDOW, "step": STEP}
    path = {"stay": STAY, "trust": TRUST, "camelot": [camelot(key) for key in range(len(KEYS))]}
    return {"labels": list(KEYS), "preprocessing": constants(HEARD) | heard | path}


SPEC = ModelSpec(
    name="key",
    version="1.0.0",
    title="Key of a recording",
    summary="Tells the key of a recording with calibrated probabilities, over the whole and over time, whatever it is tuned to.",
    licence=(
        "Research only: the committed weights were trained on GTZAN, whose recordings are unlicensed, beside renders of POP909 (MIT) and "
        "Groove (CC BY 4.0)."
    ),
    method="estimateFeatures",
    datasets=DATA,
    inputs=lambda checkpoint: (
        TensorSpec(
            name="pitch_classes",
            shape=(CHANNELS, 12),
            unit="share",
            description="means over time, C first: chroma by magnitude and by how far peaks stand out, major and minor chords by either",
        ),
        TensorSpec(name="transitions", shape=(CHORDS, CHORDS), unit="share", description="how often a chord is followed by another"),
    ),
    outputs=_outputs,
    train=train,
    network=_network,
    graph=_graph,
    evaluations=_evaluations,
    encode=_encode,
    results=_results,
    decisions=_decisions,
    parity_cases=_parity_cases,
    golden=lambda checkpoint: ParityCase(name="made-up features", args=_arguments(*_made_up(0))),
    manifest=_manifest,
    units=UNITS,
    gates=(
        Gate(metric="exact", data=CLIPS, minimum=60.0),
        Gate(metric="mirex", data=CLIPS, minimum=68.0),
        Gate(metric="exact", data=RENDERS, minimum=72.0),
        Gate(metric="mirex", data=RENDERS, minimum=82.0),
        Gate(metric="confidence", data=DOUBTFUL, maximum=0.3),
    ),
    calls={"cpu": 150, "webgl": 40},
    budget=QuantizationBudget(
        metric="exact",
        points=0.5,
        higher_is_better=True,
        float32=("*bias*", "*/mean", "*/scale"),
    ),
)
