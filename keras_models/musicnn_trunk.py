"""MusiCNN as it was published, and the same function with its dead filters gone: a tenth of the arithmetic, equal tags.

J. Pons and X. Serra, "musicnn: pre-trained convolutional neural networks for music audio tagging" (2019): convolutions over time and
frequency whose shapes fit timbre (7 frames by 38 or 67 bands) and rhythm (128, 64 or 32 frames by one band), three layers over time, and
pooling over the patch. Training left most filters with kernels of zero: what such a filter answers is a constant of its bias and its
normaliser, and moves into the next layer's bias.
"""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from datasets.tables import DataError, Problem

FRAMES, BANDS, TAGS = 187, 96, 50
TIMBRAL, TEMPORAL, MIDDLE = (38, 67), (128, 64, 32), 3  # bands, frames, and how many layers over time
TAPS, WIDTH = 7, 64  # frames of a kernel over time, channels of the layers over time
STEP = 8  # frames that the rhythm's kernels take at once
EPSILON = 1e-3
DEAD = 1e-6  # largest weight of a kernel that counts as dead; the published ones are below 3e-7 or above 9e-4
Weights = Mapping[str, np.ndarray]


def read_published(wheel: Path, network: str = "MSD_musicnn") -> dict[str, np.ndarray]:
    """The TensorFlow 1 variables of a network inside the wheel of the Python package ``musicnn``, without the optimiser's.

    Raises
    ------
    DataError
        If the file is not that wheel.
    """
    prefix = f"musicnn/{network}/"
    try:
        with zipfile.ZipFile(wheel) as archive, tempfile.TemporaryDirectory() as folder:
            for name in (".index", ".data-00000-of-00001"):
                Path(folder, network + name).write_bytes(archive.read(prefix + name))
            reader = tf.train.load_checkpoint(str(Path(folder, network)))
            names = [name for name in reader.get_variable_to_shape_map() if "Adam" not in name and "power" not in name]
            return {name: reader.get_tensor(name) for name in sorted(names)}
    except (zipfile.BadZipFile, KeyError) as error:
        raise DataError(wheel, [Problem(f"expected the wheel of musicnn 0.1.0 with {prefix}, got {error}")]) from error


def published_network(variables: Weights) -> keras.Model:
    """The network as published: log-mel patches [batch, 187, 96] -> logits of the tags [batch, 50]."""
    layers = keras.layers
    patches = keras.Input((FRAMES, BANDS), name="patches")
    normalised = layers.BatchNormalization(epsilon=EPSILON, name="batch_normalization")(layers.Reshape((FRAMES, BANDS, 1))(patches))
    padded = layers.ZeroPadding2D(((TAPS // 2, TAPS // 2), (0, 0)))(normalised)
    front = []
    shapes = [((TAPS, bands), padded) for bands in TIMBRAL] + [((frames, 1), normalised) for frames in TEMPORAL]
    for at, (shape, source) in enumerate(shapes):
        filters = variables[f"{_numbered('conv2d', at)}/kernel"].shape[-1]
        padding = "valid" if source is padded else "same"
        mapped = layers.Conv2D(filters, shape, padding=padding, activation="relu", name=_numbered("conv2d", at))(source)
        mapped = layers.BatchNormalization(epsilon=EPSILON, name=f"batch_normalization_{at + 1}")(mapped)
        front.append(layers.Reshape((FRAMES, filters))(layers.MaxPool2D((1, mapped.shape[2]))(mapped)))
    streams = [layers.Concatenate()(front)]
    for at in range(5, 5 + MIDDLE):
        mapped = layers.Conv1D(WIDTH, TAPS, padding="same", activation="relu", name=f"conv2d_{at}")(streams[-1])
        mapped = layers.BatchNormalization(epsilon=EPSILON, name=f"batch_normalization_{at + 1}")(mapped)
        streams.append(mapped if at == 5 else layers.Add()([mapped, streams[-1]]))
    joined = layers.Concatenate()(streams)
    pooled = [layers.GlobalMaxPooling1D()(joined), layers.GlobalAveragePooling1D()(joined)]
    flat = layers.Flatten()(layers.Permute((2, 1))(layers.Reshape((2, -1))(layers.Concatenate()(pooled))))
    flat = layers.BatchNormalization(epsilon=EPSILON, name="batch_normalization_9")(flat)
    dense = layers.Dense(200, activation="relu", name="dense")(flat)
    logits = layers.Dense(TAGS, name="dense_1")(layers.BatchNormalization(epsilon=EPSILON, name="batch_normalization_10")(dense))
    network = keras.Model(patches, logits)
    for layer in network.layers:
        parts = [weight.path.rsplit("/", 1)[-1] for weight in layer.weights]
        if parts:
            values = (variables[f"{layer.name}/{part}"] for part in parts)
            layer.set_weights([value.reshape(weight.shape) for value, weight in zip(values, layer.weights, strict=True)])
    return network


def pruned(variables: Weights) -> dict[str, np.ndarray]:
    """Weights of ``trunk_graph``: live filters alone, normalisers and constants of the dead ones folded into what follows.

    A constant that enters a convolution counts less near a patch's ends, where the kernel reaches into the padding: the layers over time
    have a bias for each frame.
    """
    weights = {}
    scale, shift = _normaliser(variables, 0)
    weights["input/scale"], weights["input/shift"] = scale, shift
    live, constant = [], []
    for at, name in enumerate([*(f"timbral_{bands}" for bands in TIMBRAL), *(f"temporal_{frames}" for frames in TEMPORAL)]):
        kernel, bias = (variables[f"{_numbered('conv2d', at)}/{part}"].astype(np.float64) for part in ("kernel", "bias"))
        scale, shift = _normaliser(variables, at + 1)
        kept = np.abs(kernel).max(axis=(0, 1, 2)) > DEAD
        weights[f"{name}/kernel"], weights[f"{name}/bias"] = _stacked((kernel * scale)[:, :, 0, kept]), (bias * scale)[kept]
        weights[f"{name}/sign"] = np.where(scale[kept] < 0, -1.0, 1.0)
        live.append(kept)
        constant.append(np.where(kept, 0.0, np.maximum(bias, 0.0) * scale) + shift)
    streams, constants = [np.flatnonzero(np.concatenate(live))], [np.concatenate(constant)]
    order, carried = np.arange(WIDTH), np.zeros(WIDTH)
    for layer in range(MIDDLE):
        kernel, bias = (variables[f"conv2d_{5 + layer}/{part}"].astype(np.float64) for part in ("kernel", "bias"))
        kernel = kernel[:, :, 0, :]
        scale, shift = _normaliser(variables, 6 + layer)
        alive = np.abs(kernel).max(axis=(0, 1)) > DEAD
        if (scale[alive] < 0).any():
            raise ValueError(f"musicnn: conv2d_{5 + layer}: expected normalisers of positive scale, which a rectifier lets pass")
        if layer == 0:
            order = np.argsort(~alive, kind="stable")  # live channels first, so that adding them to all 64 is padding
        used = order[: alive.sum()] if layer == 0 else order
        folded = np.where(alive, scale, 0.0)
        weights[f"middle_{layer + 1}/kernel"] = (kernel * folded)[:, None, streams[-1]][..., used]
        weights[f"middle_{layer + 1}/bias"] = ((_frame_bias(kernel, constants[-1]) + bias) * folded)[:, used]
        carried = carried + np.where(alive, 0.0, np.maximum(bias, 0.0) * scale) + shift
        constants.append(carried)
        streams.append(used)
    return {name: np.ascontiguousarray(value, np.float32) for name, value in (weights | _dense(variables, streams, constants)).items()}


def _stacked(kernel: np.ndarray) -> np.ndarray:
    """A kernel [frames, bands, filters] for frames that lie beside each other as channels: 7, or 8 at a time."""
    frames, bands, filters = kernel.shape
    step = TAPS if frames == TAPS else STEP
    return kernel.reshape(frames // step, step, bands, filters).transpose(0, 2, 1, 3)


def _frame_bias(kernel: np.ndarray, constant: np.ndarray) -> np.ndarray:
    """[187, outputs]: what a constant input adds in each frame, less where taps reach beyond the patch."""
    each = np.einsum("tio,i->to", kernel, constant)
    reached = np.arange(FRAMES)[:, None] + np.arange(TAPS) - TAPS // 2
    return ((reached >= 0) & (reached < FRAMES)).astype(np.float64) @ each


def _dense(variables: Weights, streams: list[np.ndarray], constants: list[np.ndarray]) -> dict[str, np.ndarray]:
    """The layers behind the pooling: rows of live channels, maxima first; constants are their own maximum and mean."""
    scale, shift = _normaliser(variables, 9)
    kernel, bias = (variables[f"dense/{part}"].astype(np.float64) for part in ("kernel", "bias"))
    bias = bias + (np.concatenate(constants).repeat(2) * scale + shift) @ kernel
    kernel = kernel * scale[:, None]
    starts = np.cumsum([0, *(len(constant) for constant in constants[:-1])])
    rows = np.concatenate([start + used for start, used in zip(starts, streams, strict=True)])
    scale, shift = _normaliser(variables, 10)
    last, last_bias = (variables[f"dense_1/{part}"].astype(np.float64) for part in ("kernel", "bias"))
    return {
        "dense/kernel": np.concatenate([kernel[2 * rows], kernel[2 * rows + 1]]),
        "dense/bias": bias,
        "tags/kernel": last * scale[:, None],
        "tags/bias": last_bias + shift @ last,
    }


def _normaliser(variables: Weights, at: int) -> tuple[np.ndarray, np.ndarray]:
    """Scale and shift of a batch normalisation."""
    names = ("gamma", "beta", "moving_mean", "moving_variance")
    gamma, beta, mean, variance = (variables[f"{_numbered('batch_normalization', at)}/{name}"].astype(np.float64) for name in names)
    scale = gamma / np.sqrt(variance + EPSILON)
    return scale, beta - mean * scale


def _numbered(name: str, at: int) -> str:
    return f"{name}_{at}" if at else name


def trunk_graph(weights: Mapping[str, tf.Tensor], patches: tf.Tensor) -> tf.Tensor:
    """Logits of the tags [batch, 50] of log-mel patches [batch, 187, 96]."""
    image = (patches * weights["input/scale"] + weights["input/shift"])[..., None]
    beside = _frames_beside(image, TAPS, TAPS // 2, TAPS // 2)
    front = [_front(weights, f"timbral_{bands}", beside) for bands in TIMBRAL]
    for frames in TEMPORAL:
        before = frames // 2 - 1  # an even kernel reaches one frame further ahead than back
        front.append(_front(weights, f"temporal_{frames}", _frames_beside(image, STEP, before, before + 1)))
    first = tf.concat(front, axis=2)
    one = tf.nn.relu(_over_time(weights, "middle_1", first))
    wide = tf.pad(one, [[0, 0], [0, 0], [0, WIDTH - one.shape[2]]])
    two = tf.nn.relu(_over_time(weights, "middle_2", one)) + wide
    three = tf.nn.relu(_over_time(weights, "middle_3", two)) + two
    joined = tf.concat([first, one, two, three], axis=2)
    pooled = tf.concat([tf.reduce_max(joined, axis=1), tf.reduce_mean(joined, axis=1)], axis=1)
    dense = tf.nn.relu(tf.matmul(pooled, weights["dense/kernel"]) + weights["dense/bias"])
    return tf.matmul(dense, weights["tags/kernel"]) + weights["tags/bias"]


def _frames_beside(image: tf.Tensor, count: int, before: int, after: int) -> tf.Tensor:
    """[batch, frames + before + after - count + 1, bands, count]: each frame with those after it as channels, zeros beyond both ends.

    Convolutions of one channel leave most of a browser's vector unit idle; this one, of 0 and 1, is small, and makes the others fast. It
    is made anew for each length of padding: taking a part of a tensor costs a browser more.
    """
    kernel = np.eye(count, dtype=np.float32).reshape(count, 1, 1, count)
    return tf.nn.conv2d(image, kernel, 1, [[0, 0], [before, after], [0, 0], [0, 0]])


def _front(weights: Mapping[str, tf.Tensor], name: str, beside: tf.Tensor) -> tf.Tensor:
    """[batch, 187, filters]: the largest answer over frequency. The rectifier is monotonous, so it may follow the maximum."""
    mapped = tf.nn.conv2d(beside, weights[f"{name}/kernel"], 1, "VALID", dilations=(STEP, 1))
    mapped = tf.nn.max_pool2d(mapped, (1, mapped.shape[2]), 1, "VALID")[:, :, 0]
    sign = weights[f"{name}/sign"]
    return tf.nn.relu((mapped + weights[f"{name}/bias"]) * sign) * sign


def _over_time(weights: Mapping[str, tf.Tensor], name: str, stream: tf.Tensor) -> tf.Tensor:
    """A convolution over the frames; of two dimensions, since one of one dimension reshapes its kernel and loses the name in the graph."""
    return tf.nn.conv2d(stream[:, :, None], weights[f"{name}/kernel"], 1, "SAME")[:, :, 0] + weights[f"{name}/bias"]


def multiply_adds(weights: Weights) -> int:
    """Multiply-adds of one patch: for each kernel its weights times the places where it is applied."""
    places = {f"timbral_{bands}": FRAMES * (BANDS - bands + 1) for bands in TIMBRAL}
    places |= {f"temporal_{frames}": FRAMES * BANDS for frames in TEMPORAL} | {f"middle_{layer + 1}": FRAMES for layer in range(MIDDLE)}
    kernels = {name.removesuffix("/kernel"): value.size for name, value in weights.items() if name.endswith("/kernel")}
    beside = BANDS * (FRAMES * TAPS**2 + sum(FRAMES + frames - STEP for frames in TEMPORAL) * STEP**2)
    return beside + sum(size * places.get(name, 1) for name, size in kernels.items())
