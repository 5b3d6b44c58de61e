"""What a recording sounds like, in 50 tags that listeners gave to songs: MusiCNN's published weights, without their dead filters."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from datasets.clips import clip_table, read_mono
from datasets.files import sha256_of
from datasets.music_features import GAIN, PATCH, constants, even_starts, log_mel, patches_at
from datasets.registry import DataMissingError, find
from keras_models.checkpoint import Checkpoint
from keras_models.musicnn_trunk import BANDS, FRAMES, TAGS, multiply_adds, pruned, read_published, trunk_graph
from keras_models.report import revision
from keras_models.spec import Arrays, Evaluation, Gate, ModelSpec, ParityCase, QuantizationBudget, Split, TensorSpec, TrainRequest

DATA = "musicnn_weights"
STORED_HOP = 61  # frames between the patches of the published tags
GOLDEN = 997  # values that repeat in the golden patch, which the manifest carries
CASES_PER_CLIP, JUDGED_PER_CLIP = 7, 2
LABELS = (
    "rock", "pop", "alternative", "indie", "electronic", "female vocalists", "dance", "00s", "alternative rock", "jazz", "beautiful",
    "metal", "chillout", "male vocalists", "classic rock", "soul", "indie rock", "Mellow", "electronica", "80s", "folk", "90s", "chill",
    "instrumental", "punk", "oldies", "blues", "hard rock", "ambient", "acoustic", "experimental", "female vocalist", "guitar", "Hip-Hop",
    "70s", "party", "country", "easy listening", "sexy", "catchy", "funk", "electro", "heavy metal", "Progressive rock", "60s", "rnb",
    "indie pop", "sad", "House", "happy",
)  # fmt: skip


class PatchError(ValueError):
    """A patch is not what the model reads."""


def _train(request: TrainRequest) -> Checkpoint:
    """Read the published weights and prune them: nothing is learned here."""
    wheel = request.data or find(DATA)
    weights = pruned(read_published(wheel))
    return Checkpoint(
        model="musicnn",
        weights=weights,
        config={"labels": list(LABELS)},
        provenance={"data": [{"name": DATA, "sha256": sha256_of(wheel)}], "revision": revision(), "seed": request.seed},
        training={"multiply-adds of a patch": multiply_adds(weights)},
    )


def _graph(checkpoint: Checkpoint, weights: Mapping[str, tf.Tensor], inputs: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
    logits = trunk_graph(weights, inputs["patches"])
    return {"logits": logits, "probability": tf.sigmoid(logits)}


def _network(checkpoint: Checkpoint) -> keras.Model:
    patches = keras.Input((FRAMES, BANDS), name="patches")
    weights = {name: tf.constant(value) for name, value in checkpoint.weights.items()}
    return keras.Model(patches, keras.layers.Lambda(lambda tensor: trunk_graph(weights, tensor), output_shape=(TAGS,))(patches))


def _evaluations(checkpoint: Checkpoint, data: Path | None, split: Split) -> list[Evaluation]:
    """Clips of the train split beside their published tags; the others beside the float model, to judge quantization."""
    clips = clip_table()
    if split == "validation":
        patches = np.concatenate([_spread(path, JUDGED_PER_CLIP) for path in clips["path"][clips["split"] == "valid"]])
        return [_against_float(checkpoint, patches)]
    tags = stored_tags(data or find("gtzan_musicnn_tags"))
    shared = [(path, tags[track]) for track, path in zip(clips["track"], clips["path"], strict=True) if track in tags]
    if not shared:
        raise DataMissingError("musicnn: no clip with audio has stored tags; expected tracks of gtzan_labels.csv in the file")
    pairs = [(_hopped(path), stored) for path, stored in shared]
    expected = np.concatenate([stored[: len(patches)] for patches, stored in pairs])
    inputs = {"patches": np.concatenate([patches[: len(stored)] for patches, stored in pairs])}

    def score(outputs: Arrays) -> dict[str, float]:
        return tag_scores(expected, outputs["probability"])

    return [Evaluation(data="GTZAN clips with published tags", inputs=inputs, score=score)]


def _against_float(checkpoint: Checkpoint, patches: np.ndarray) -> Evaluation:
    weights = {name: tf.constant(value) for name, value in checkpoint.weights.items()}
    expected = tf.sigmoid(trunk_graph(weights, tf.constant(patches))).numpy()
    return Evaluation(data="GTZAN clips", inputs={"patches": patches}, score=lambda outputs: tag_scores(expected, outputs["probability"]))


def tag_scores(expected: np.ndarray, got: np.ndarray) -> dict[str, float]:
    """Mean absolute difference of tags [n, 50] and their correlation."""
    correlation = float(np.corrcoef(expected.ravel(), got.ravel())[0, 1])
    return {"tag_difference": float(np.abs(expected - got).mean()), "tag_correlation": correlation}


def stored_tags(path: Path) -> dict[str, np.ndarray]:
    """Track -> tags over time [patches, 50] of a file of the layout of ``gtzan_musicnn_tags.npz``."""
    with np.load(path) as file:
        tags, track = file["tags"], file["track"]
    return {name: tags[track == name] for name in dict.fromkeys(track.tolist())}


@lru_cache(maxsize=128)
def _log_mel(path: Path) -> np.ndarray:
    return log_mel(read_mono(path, PATCH.sampleRate))


def _spread(path: Path, count: int) -> np.ndarray:
    spectrogram = _log_mel(path)
    return patches_at(spectrogram, even_starts(len(spectrogram), count))


def _hopped(path: Path) -> np.ndarray:
    """Patches as the published tags took them; the last one is left out, since the clip's end is no song's end."""
    spectrogram = _log_mel(path)
    return patches_at(spectrogram, np.arange(0, len(spectrogram) - FRAMES + 1, STORED_HOP)[:-1])


def _encode(checkpoint: Checkpoint, arguments: tuple[Any, ...]) -> dict[str, np.ndarray]:
    values = np.asarray(arguments[0], np.float32)
    if values.size == 0 or values.size % (FRAMES * BANDS) or not np.isfinite(values).all():
        raise PatchError(f"musicnn: expected finite patches of {FRAMES} x {BANDS} values, got {values.size} values")
    return {"patches": values.reshape(-1, FRAMES, BANDS)}


def _results(checkpoint: Checkpoint, outputs: Arrays) -> list[dict[str, Any]]:
    return [{"probability": row.tolist()} for row in outputs["probability"].astype(np.float64)]


def _parity_cases(checkpoint: Checkpoint) -> list[ParityCase]:
    try:
        clips = clip_table()
        cases = [
            ParityCase(name=f"{track}, patch {at}", args=(patch,))
            for track, path in zip(clips["track"], clips["path"], strict=True)
            for at, patch in enumerate(_spread(path, CASES_PER_CLIP))
        ]
    except DataMissingError:
        cases = [ParityCase(name=f"drawn {seed}", args=(_made_up(seed),)) for seed in range(500)]
    size = FRAMES * BANDS
    edges = {"silence": np.zeros(size), "loudest": np.full(size, 6.0), "one impulse": 6 * np.eye(1, size, size // 2)[0]}
    return [*cases, *(ParityCase(name=name, args=(patch.astype(np.float32),), edge=True) for name, patch in edges.items())]


def _made_up(seed: int) -> np.ndarray:
    """A patch of smooth noise that decays towards high bands, with a beat in it; the same on every machine."""
    random = np.random.default_rng(seed)
    level = np.linspace(random.uniform(2, 5), random.uniform(0, 2), BANDS)
    beat = 0.5 * (np.arange(FRAMES)[:, None] % random.integers(20, 50) < 4)
    return np.round(np.maximum(level + beat + random.normal(0, 0.4, (FRAMES, BANDS)), 0), 3).astype(np.float32)


def _manifest(checkpoint: Checkpoint) -> dict[str, Any]:
    return {"labels": checkpoint.config["labels"], "preprocessing": {**constants(PATCH), "gain": GAIN}}


SPEC = ModelSpec(
    name="musicnn",
    version="1.0.0",
    title="Tags of a recording",
    summary="Says from three seconds of audio how well 50 tags fit (genres, moods, voices, decades): MusiCNN without its dead filters.",
    licence="Weights of MusiCNN by Jordi Pons, MTG, Universitat Pompeu Fabra, 2019 (ISC licence), trained on the Million Song Dataset.",
    method="tagPatches",
    datasets=(DATA,),
    inputs=lambda checkpoint: (
        TensorSpec(name="patches", shape=(FRAMES, BANDS), unit="log10(1 + 10,000 power)", description="log-mel of three seconds at 16 kHz"),
    ),
    outputs=lambda checkpoint: (
        TensorSpec(name="logits", shape=(TAGS,), unit="log odds", description="of each tag", comparison="row-relative"),
        TensorSpec(name="probability", shape=(TAGS,), unit="probability", description="of each tag, none excludes another"),
    ),
    train=_train,
    network=_network,
    graph=_graph,
    evaluations=_evaluations,
    encode=_encode,
    results=_results,
    decisions=lambda checkpoint, outputs: outputs["probability"].argmax(axis=1),
    parity_cases=_parity_cases,
    golden=lambda checkpoint: ParityCase(name="made-up patch", args=(np.resize(_made_up(0).ravel()[:GOLDEN], FRAMES * BANDS),)),
    manifest=_manifest,
    units={"tag_difference": "probability", "tag_correlation": "correlation"},
    gates=(Gate(metric="tag_difference", data="GTZAN clips with published tags", maximum=0.003),),
    calls={"cpu": 6, "wasm": 200, "webgl": 20},
    budget=QuantizationBudget(metric="tag_difference", points=0.003, higher_is_better=False, float32=("*bias*", "*sign", "input/*")),
)
