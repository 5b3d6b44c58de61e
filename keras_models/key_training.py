"""How the key model learns: two halves of an ensemble, each without one artist-disjoint split of GTZAN: every clip is new to one."""

from __future__ import annotations

import numpy as np
import tensorflow as tf
from scipy.optimize import minimize_scalar

from datasets.formats import content_sha256
from datasets.key_features import KINDS
from datasets.registry import find
from datasets.renders import synthesizer_version
from keras_models.checkpoint import Checkpoint
from keras_models.key_data import DATA, NO_KEY, Recordings, clips, songs, sounds_in_no_key, spectrograms
from keras_models.key_graph import CORRELATIONS, HALVES, TURNED, half_logits, tonic_features
from keras_models.key_scores import scores
from keras_models.report import revision
from keras_models.spec import TrainRequest

# Chosen on POP909's validation songs and on clips that the half in question had not learned from, by likelihood.
SEEDS, HIDDEN = 4, 16  # networks of a half, and units of each
DECAY, DROPOUT, INPUT_DROPOUT, SMOOTHING = 1e-2, 0.3, 0.1, 0.05
EPOCHS, BATCH, RATE = 20, 128, 2e-3
SHARES = {"songs": 2.0, "spectrograms": 2.0, "clips": 0.3, "keyless": 0.1}  # of the rows drawn
PARTS = {"songs": 2, "spectrograms": 1, "clips": 3, "keyless": 2}  # random parts of each recording, beside the whole
GTZAN, COARSE = ("spectrograms", "clips"), "spectrograms"
DRUMMERS = 150
EXCERPTS = 2  # of each song
LEFT_OUT = dict(zip(HALVES, ("train", "valid"), strict=True))  # of GTZAN's splits, by half
Weights = dict[str, np.ndarray]


def train(request: TrainRequest) -> Checkpoint:
    """Train both halves, then one temperature for both.

    Raises
    ------
    ValueError
        If a file is given: what is learned here is rendered and registered.
    """
    if request.data is not None:
        raise ValueError("key: learns from renders and GTZAN and takes no file; leave DATA out, or judge it with `evaluate key --data`")
    sources = {
        "songs": songs("train", EXCERPTS, parts=PARTS["songs"]),
        "spectrograms": spectrograms(parts=PARTS["spectrograms"]),
        "clips": clips(parts=PARTS["clips"]),
        "keyless": sounds_in_no_key("train", DRUMMERS, parts=PARTS["keyless"]),
    }
    weights = scaler([rows for name, rows in sources.items() if name != COARSE])
    scalers = dict.fromkeys(sources, weights) | {COARSE: scaler([sources[COARSE]])}
    for seed, half in enumerate(HALVES):
        heard = {name: rows.take(rows.split != LEFT_OUT[half]) if name in GTZAN else rows for name, rows in sources.items()}
        weights |= fit_half(half, heard, scalers, seed=request.seed + seed)
    validation, unheard = songs("validation", 1), sources["clips"].take(sources["clips"].whole)
    weights = calibrated(weights, validation, unheard)
    return Checkpoint(
        model="key",
        weights={name: np.ascontiguousarray(value, np.float32) for name, value in weights.items()},
        config={"left_out": LEFT_OUT},
        provenance={
            "data": [{"name": name, "sha256": content_sha256(find(name))} for name in DATA],
            "revision": revision(),
            "seed": request.seed,
        },
        training={
            "synthesizer": synthesizer_version(),
            "recordings": {name: int(rows.whole.sum()) for name, rows in sources.items()},
            "validation songs": scores(validation.key, _softmax(_logits(weights, validation))) | {"n": len(validation)},
            "clips, each by the half that left out its split": scores(unheard.key, _softmax(left_out_logits(weights, unheard)))
            | {"n": len(unheard)},
        },
    )


def scaler(sources: list[Recordings]) -> Weights:
    """Mean and spread of each channel over all pitch classes, and of the transitions' roots: the same for all tonics."""
    rows = np.concatenate([source.pitch_classes for source in sources])
    chroma = rows[:, :KINDS]
    channels = np.concatenate([chroma / np.maximum(chroma.mean(axis=2, keepdims=True), 1e-6) - 1, np.sqrt(rows[:, KINDS:])], axis=1)
    changes = np.sqrt(np.concatenate([source.transitions for source in sources]) * (1 - np.eye(24, dtype=np.float32)))
    return {
        "channels/mean": channels.mean(axis=(0, 2))[:, None],
        "channels/scale": channels.std(axis=(0, 2))[:, None],
        "changes/mean": changes.mean(keepdims=True)[0, 0],
        "changes/scale": changes.std(keepdims=True)[0, 0],
    }


def fit_half(half: str, sources: dict[str, Recordings], scalers: dict[str, Weights], *, seed: int) -> Weights:
    """Several networks side by side, from the same draws of rows, each with its own beginning and dropout.

    Coarse pitch classes are scaled by their own mean and spread, so that they lie where those of full audio do.
    """
    rows = np.concatenate([_seen(scalers[name], source) for name, source in sources.items()])
    target = np.concatenate([_targets(source.key) for source in sources.values()])
    odds = np.concatenate([np.full(len(source), SHARES[name] / len(source)) for name, source in sources.items()])
    random = np.random.default_rng(seed)
    tf.random.set_seed(seed)
    width = TURNED + CORRELATIONS
    kernel = tf.Variable(random.normal(0, width**-0.5, (width, SEEDS * HIDDEN)), dtype=tf.float32)
    bias = tf.Variable(tf.zeros(SEEDS * HIDDEN))
    mode = tf.Variable(random.normal(0, 0.3 * HIDDEN**-0.5, (SEEDS, HIDDEN, 2)), dtype=tf.float32)
    mode_bias = tf.Variable(tf.zeros((SEEDS, 2)))
    steps = EPOCHS * len(rows) // BATCH
    optimizer = tf.keras.optimizers.Adam(tf.keras.optimizers.schedules.CosineDecay(RATE, steps))
    learned = [kernel, bias, mode, mode_bias]

    @tf.function
    def step(batch: tf.Tensor, wanted: tf.Tensor) -> None:
        with tf.GradientTape() as tape:
            dropped = tf.nn.dropout(tf.reshape(batch, (-1, width)), INPUT_DROPOUT)
            hidden = tf.nn.dropout(tf.nn.relu(dropped @ kernel + bias), DROPOUT)
            modes = tf.einsum("nsh,sho->nso", tf.reshape(hidden, (-1, SEEDS, HIDDEN)), mode) + mode_bias
            logits = tf.reshape(tf.transpose(tf.reshape(modes, (-1, 12, SEEDS, 2)), (0, 2, 3, 1)), (-1, SEEDS, 24))
            surprise = tf.reduce_mean(-tf.reduce_sum(wanted[:, None] * tf.nn.log_softmax(logits), axis=2))
            loss = SEEDS * surprise + DECAY * (tf.reduce_sum(kernel**2) + tf.reduce_sum(mode**2))
        optimizer.apply_gradients(zip(tape.gradient(loss, learned), learned, strict=True))

    for _ in range(steps):
        drawn = random.choice(len(rows), BATCH, p=odds / odds.sum())
        step(tf.constant(rows[drawn]), tf.constant(target[drawn]))
    return {
        f"{half}/hidden/kernel": kernel.numpy(),
        f"{half}/hidden/bias": bias.numpy(),
        f"{half}/mode/kernel": mode.numpy().reshape(-1, 2) / SEEDS,
        f"{half}/mode/bias": mode_bias.numpy().mean(axis=0),
    }


def calibrated(weights: Weights, validation: Recordings, unheard: Recordings) -> Weights:
    """Weights with the temperature under which the true keys are likeliest, renders and clips counting alike (Guo et al., 2017)."""
    judged = [(_logits(weights, validation), validation.key), (left_out_logits(weights, unheard), unheard.key)]

    def surprise(exponent: float) -> float:
        return float(sum(-np.log(_softmax(np.exp(exponent) * logits)[np.arange(len(key)), key] + 1e-12).mean() for logits, key in judged))

    factor = np.exp(minimize_scalar(surprise, bounds=(-3, 2), method="bounded").x)
    return {name: value * factor if "/mode/" in name else value for name, value in weights.items()}


def left_out_logits(weights: Weights, rows: Recordings) -> np.ndarray:
    """Logits [n, 24] of GTZAN's recordings, each by the half that left out its split; by both where neither did."""
    logits = _logits(weights, rows)
    for half, split in LEFT_OUT.items():
        logits[rows.split == split] = _logits(weights, rows.take(rows.split == split), half)
    return logits


def _logits(weights: Weights, rows: Recordings, *halves: str) -> np.ndarray:
    held = _held(weights)
    features = tonic_features(held, tf.constant(rows.pitch_classes), tf.constant(rows.transitions))
    said = [half_logits(held, half, *features).numpy() for half in halves or HALVES]
    return np.mean(said, axis=0).astype(np.float64)


def _seen(weights: Weights, rows: Recordings) -> np.ndarray:
    return tf.concat(tonic_features(_held(weights), tf.constant(rows.pitch_classes), tf.constant(rows.transitions)), axis=2).numpy()


def _held(weights: Weights) -> dict[str, tf.Tensor]:
    return {name: tf.constant(value, tf.float32) for name, value in weights.items()}


def _targets(key: np.ndarray) -> np.ndarray:
    """[n, 24]: a little of all keys, and the rest the true one; all keys alike where there is none."""
    known = np.eye(24)[np.maximum(key, 0)] * (1 - SMOOTHING) + SMOOTHING / 24
    return np.where(key[:, None] == NO_KEY, 1 / 24, known).astype(np.float32)


def _softmax(logits: np.ndarray) -> np.ndarray:
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    return odds / odds.sum(axis=1, keepdims=True)
