"""The arithmetic of TF.js weight quantization, so that Python holds the very bits that the browser computes with.

TF.js stores a tensor as integers with a minimum and a scale and computes ``integer * scale + minimum`` in double precision,
rounded once to float32; half floats are widened exactly. The affine range is nudged so that zero stays zero, after Jacob et al.,
"Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference" (2018), section 3.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

Precision = Literal["float32", "float16", "uint16", "uint8"]
BYTES: dict[Precision, int] = {"float32": 4, "float16": 2, "uint16": 2, "uint8": 1}


def dequantized(weight: np.ndarray, precision: Precision) -> np.ndarray:
    """A weight after one trip through a precision.

    Parameters
    ----------
    weight
        Finite float32 values of any shape.
    precision
        What is stored; ``float32`` changes nothing.

    Returns
    -------
    np.ndarray
        float32, the same shape: bit for bit what TF.js hands to its backends.

    Raises
    ------
    ValueError
        If the precision is unknown, or float16 cannot hold a value (beyond +-65504).
    """
    if precision not in BYTES:
        raise ValueError(f"unknown precision {precision!r}; expected one of {', '.join(BYTES)}")
    if precision == "float32":
        return weight
    if precision == "float16":
        with np.errstate(over="ignore"):
            widened = weight.astype(np.float16).astype(np.float32)
        if not np.isfinite(widened).all():
            raise ValueError(f"float16 holds values up to 65504, got {np.abs(weight).max():g}; keep this weight in float32 or uint16")
        return widened
    integers, minimum, scale = quantize(weight, precision)
    return (integers * np.float64(scale) + np.float64(minimum)).astype(np.float32)


def quantize(weight: np.ndarray, precision: Literal["uint16", "uint8"]) -> tuple[np.ndarray, float, float]:
    """Integers, minimum and scale of a weight; a constant weight is stored as zeros above its value."""
    low, high = float(weight.min()), float(weight.max())
    dtype = np.dtype(precision)
    if low == high:
        return np.zeros(weight.shape, dtype), low, 1.0
    steps = np.iinfo(dtype).max
    scale = (high - low) / steps
    if low <= 0 <= high:
        low = -np.round(-low / scale) * scale
        high = steps * scale + low
    integers = np.round((weight.clip(low, high) - low) / scale).astype(dtype)
    return integers, float(low), float(scale)
