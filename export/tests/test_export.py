"""Every committed model exports: twice the same bytes, every file with its hash, gates and budgets judged."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

import numpy as np
import pytest

from export import SUITE_VERSION
from export.__main__ import DIST, ROOT, Exported, export_model, verdicts, write_models
from export.manifest import SCHEMA
from keras_models.checkpoint import load_checkpoint
from keras_models.evaluation import ungated
from keras_models.report import Row
from keras_models.suite import load_spec, model_names


@pytest.fixture(scope="module", params=model_names())
def exported(request) -> Exported:
    return export_model(load_spec(request.param), seed=20)


def test_two_exports_give_identical_bytes(exported, tmp_path) -> None:
    """The other one is that of `make export`, which ran before in a process of its own."""
    write_models([exported], folder=tmp_path / "models")
    files = {path.name: path.read_bytes() for path in (tmp_path / "models").iterdir() if path.name != "manifest.json"}
    assert files == {name: (DIST / name).read_bytes() for name in files}
    mine, made = (json.loads((folder / "manifest.json").read_text())["models"] for folder in (tmp_path / "models", DIST))
    assert mine[exported.spec.name] == made[exported.spec.name]


def test_every_file_of_the_manifest_is_there_with_its_hash(exported, tmp_path) -> None:
    write_models([exported], folder=tmp_path / "models")
    manifest = json.loads((tmp_path / "models" / "manifest.json").read_text())
    for file in manifest["models"][exported.spec.name]["files"]:
        content = (tmp_path / "models" / file["path"]).read_bytes()
        assert (len(content), hashlib.sha256(content).hexdigest()) == (file["bytes"], file["sha256"])
        assert hashlib.sha256(content).hexdigest().startswith(file["path"].rsplit("-", 1)[1].split(".")[0])


def test_the_graph_names_its_weights_file_and_all_tensors(exported) -> None:
    graph, weights, *_ = exported.files
    document = json.loads(graph.content)
    assert document["weightsManifest"][0]["paths"] == [weights.path]
    nodes = {node["name"] for node in document["modelTopology"]["node"]}
    for side in ("inputs", "outputs"):
        assert [tensor["name"] for tensor in exported.entry[side]]
        assert {tensor["node"].split(":")[0] for tensor in exported.entry[side]} <= nodes


def test_no_real_row_is_in_the_golden_pair(exported) -> None:
    spec, checkpoint = exported.spec, load_checkpoint(exported.spec.name)
    golden = spec.encode(checkpoint, spec.golden(checkpoint).args)
    for name, value in golden.items():
        stored = exported.entry["golden"]["inputs"][name]["data"]
        assert np.resize(stored, value.size).tolist() == value.ravel().tolist()


def test_every_gate_is_measured_and_kept(exported) -> None:
    assert ungated(exported.spec, load_checkpoint(exported.spec.name), exported.rows) == []
    assert [row for row in exported.rows if row.ok is False] == []
    assert verdicts([exported])[1]


def test_a_broken_gate_or_budget_fails_the_verdict(exported) -> None:
    metric = exported.spec.budget.metric
    broken = [replace(row, ok=False) if row.bound is not None else row for row in exported.rows]
    assert not verdicts([replace(exported, rows=broken)])[1]
    worse = -1 if exported.spec.budget.higher_is_better else 1
    lossy = [
        _moved(row, worse * 2 * exported.spec.budget.points) if (row.backend, row.metric) == ("dequantized", metric) else row
        for row in exported.rows
    ]
    assert not verdicts([replace(exported, rows=lossy)])[1]


def _moved(row: Row, by: float) -> Row:
    return replace(row, value=row.value + by)


def test_versions_agree() -> None:
    assert json.loads((ROOT / "web_runtime" / "package.json").read_text())["version"] == SUITE_VERSION
    assert f'version = "{SUITE_VERSION}"' in (ROOT / "pyproject.toml").read_text()


def test_schema_is_a_schema() -> None:
    import jsonschema

    jsonschema.Draft202012Validator.check_schema(json.loads(SCHEMA.read_text()))
