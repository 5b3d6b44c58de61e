"""The affine arithmetic against tensorflowjs' own writer, bit for bit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from tensorflowjs.quantization import dequantize_weights, quantize_weights

from quantization.affine import dequantized

weights = arrays(np.float32, array_shapes(max_dims=3, max_side=6), elements=st.floats(-60000, 60000, width=32, allow_subnormal=False))


@settings(max_examples=200, deadline=None)
@given(weight=weights, precision=st.sampled_from(["uint8", "uint16", "float16"]))
def test_equals_the_converter_bit_for_bit(weight: np.ndarray, precision: str) -> None:
    theirs = dequantize_weights(*quantize_weights(weight, np.dtype(precision).type))
    assert dequantized(weight, precision).tobytes() == theirs.tobytes()


@pytest.mark.parametrize("precision", ["uint8", "uint16"])
def test_zero_stays_zero_and_errors_stay_within_half_a_step(precision: str) -> None:
    weight = np.concatenate([np.zeros(1), np.random.default_rng(1).normal(size=999)]).astype(np.float32)
    back = dequantized(weight, precision)
    step = (weight.max() - weight.min()) / np.iinfo(precision).max
    assert back[0] == 0
    assert np.abs(back - weight).max() <= step * 1.01


def test_float16_refuses_what_it_cannot_hold() -> None:
    with pytest.raises(ValueError, match="65504"):
        dequantized(np.array([1e6], np.float32), "float16")


def test_unknown_precision_is_named() -> None:
    with pytest.raises(ValueError, match=r"int4.*expected one of float32"):
        dequantized(np.zeros(1, np.float32), "int4")
