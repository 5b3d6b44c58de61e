"""Each check of an exported graph lets a sound one pass and names what is wrong with a broken one."""

from __future__ import annotations

import copy
import json

import numpy as np
import pytest

from export.checks import ExportError, check_format, check_graph, check_size, check_weights
from export.converter import GraphModel
from export.weights import read_weights
from quantization.affine import dequantized, quantize

KERNEL = np.linspace(-1, 1, 12, dtype=np.float32).reshape(3, 4)
PRECISIONS = {"dense/kernel": "uint8", "dense/bias": "float32"}
EXPECTED = {"dense/kernel": dequantized(KERNEL, "uint8"), "dense/bias": np.ones(4, np.float32)}


@pytest.fixture
def graph() -> GraphModel:
    integers, minimum, scale = quantize(KERNEL, "uint8")
    quantization = {"dtype": "uint8", "min": minimum, "scale": scale, "original_dtype": "float32"}
    document = {
        "format": "graph-model",
        "signature": {"inputs": {"x": {"name": "x:0"}}, "outputs": {"y": {"name": "Identity:0"}}},
        "modelTopology": {"node": [{"name": "x", "op": "Placeholder"}, {"name": "Identity", "op": "MatMul"}]},
        "weightsManifest": [
            {
                "paths": ["w.bin"],
                "weights": [
                    {"name": "Call/dense/kernel", "shape": [3, 4], "dtype": "float32", "quantization": quantization},
                    {"name": "Call/dense/bias", "shape": [4], "dtype": "float32"},
                ],
            }
        ],
    }
    return GraphModel(document, integers.tobytes() + np.ones(4, np.float32).tobytes(), {"x": "x:0", "y": "Identity:0"})


def test_a_sound_graph_passes(graph) -> None:
    check_format("m", graph.document)
    check_graph("m", graph.document)
    assert [weight.bytes for weight in check_weights("m", graph, EXPECTED, PRECISIONS)] == [12, 16]


@pytest.mark.parametrize(
    ("op", "message"), [("While", "control flow in the graph"), ("NextIteration", "control flow in the graph"), ("FancyOp", "TF.js lacks")]
)
def test_ops_that_do_not_run_are_named(graph, op, message) -> None:
    graph.document["modelTopology"]["node"].append({"name": "n", "op": op})
    with pytest.raises(ExportError, match=f"{message}: {op}"):
        check_graph("m", graph.document)


def test_ops_inside_functions_are_seen(graph) -> None:
    graph.document["modelTopology"]["library"] = {"function": [{"nodeDef": [{"name": "n", "op": "FancyOp"}]}]}
    with pytest.raises(ExportError, match="FancyOp"):
        check_graph("m", graph.document)


@pytest.mark.parametrize("key", ["modelTopology", "weightsManifest", "signature"])
def test_a_missing_part_is_named(graph, key) -> None:
    document = copy.deepcopy(graph.document)
    del document[key]
    with pytest.raises(ExportError, match=key):
        check_format("m", document)


def test_one_flipped_bit_is_seen(graph) -> None:
    flipped = bytearray(graph.weights)
    flipped[5] ^= 1
    with pytest.raises(ExportError, match="bits of dense/kernel"):
        check_weights("m", GraphModel(graph.document, bytes(flipped), graph.nodes), EXPECTED, PRECISIONS)


def test_a_precision_that_the_converter_lost_is_named(graph) -> None:
    with pytest.raises(ExportError, match="expected dense/kernel as uint16, got uint8"):
        check_weights("m", graph, EXPECTED, PRECISIONS | {"dense/kernel": "uint16"})
    with pytest.raises(ExportError, match="other/kernel is not in the graph"):
        check_weights("m", graph, EXPECTED | {"other/kernel": KERNEL}, PRECISIONS | {"other/kernel": "uint8"})


@pytest.mark.parametrize("size", [27, 29])
def test_a_weights_file_of_the_wrong_length_is_refused(graph, size) -> None:
    with pytest.raises(ValueError, match="weights"):
        list(read_weights(graph.document, graph.weights.ljust(29, b"\0")[:size]))


def test_five_megabytes_are_the_limit() -> None:
    check_size("m", 5_000_000)
    with pytest.raises(ExportError, match="5,000,001 bytes, expected at most 5,000,000"):
        check_size("m", 5_000_001)


def test_documents_survive_json(graph) -> None:
    assert next(read_weights(json.loads(json.dumps(graph.document)), graph.weights)).value.tobytes() == EXPECTED["dense/kernel"].tobytes()
