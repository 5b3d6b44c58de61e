"""A pack goes the whole way: trained, measured, exported under its hash, refused where it is too large or misses a gate."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

import pytest

from export.checks import ExportError
from export.manifest import pack_files, pack_manifest
from export.packs import export_pack
from keras_models.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from keras_models.evaluation import with_quality
from keras_models.pack import Measured, PackSpec
from keras_models.spec import Gate, TrainRequest
from keras_models.suite import load_pack, pack_names


def _train(request: TrainRequest) -> Checkpoint:
    provenance = {"data": [], "revision": "none", "seed": request.seed}
    return Checkpoint(model="curves", weights={}, config={"curve": [0, -3, -6]}, provenance=provenance)


def _evaluations(checkpoint, data, split):
    return [Measured(data="tones", n=3, scores={"pack": {"error": 0.5}, "no curve": {"error": 2.0}})]


CURVES = PackSpec(
    name="curves",
    version="1.0.0",
    title="Curves",
    summary="Made up.",
    licence="None.",
    datasets=(),
    train=_train,
    data=lambda checkpoint: json.dumps(checkpoint.config["curve"]).encode(),
    constants=lambda checkpoint: {"bands": len(checkpoint.config["curve"])},
    evaluations=_evaluations,
    parity=lambda checkpoint: [],
    units={"error": "dB"},
    gates=(Gate(metric="error", data="tones", maximum=1.0),),
    largest=100,
)


@pytest.fixture
def trained(tmp_path, monkeypatch):
    folder = tmp_path / "checkpoints"
    save_checkpoint(with_quality(CURVES, _train(TrainRequest(data=None, seed=20, folder=folder))), root=folder)
    monkeypatch.setattr("export.packs.has_checkpoint", lambda name: True)
    monkeypatch.setattr("export.packs.load_checkpoint", lambda name: load_checkpoint(name, root=folder))


def test_a_pack_is_exported_with_hash_constants_and_judged_figures(trained, tmp_path) -> None:
    exported = export_pack(CURVES, seed=20)
    (file,) = exported.files
    assert json.loads(file.content) == [0, -3, -6]
    assert file.path == f"curves-{hashlib.sha256(file.content).hexdigest()[:12]}.json"
    assert exported.entry["constants"] == {"bands": 3}
    assert {(row["backend"], row["value"], row["ok"]) for row in exported.entry["quality"]} == {
        ("pack", 0.5, True),
        ("no curve", 2.0, None),
    }
    (line,) = exported.lines()
    assert line[0] == "curves" and "✓" in line[-1]


def test_a_pack_that_is_too_large_is_refused(trained) -> None:
    with pytest.raises(ExportError, match="curves: 11 bytes, expected at most 9"):
        export_pack(replace(CURVES, largest=9), seed=20)


def test_a_gate_that_nothing_measures_is_refused(trained) -> None:
    with pytest.raises(ExportError, match="peak on tones"):
        export_pack(replace(CURVES, gates=(Gate(metric="peak", data="tones", maximum=1.0),)), seed=20)


def test_a_figure_that_is_not_the_recorded_one_is_refused(trained) -> None:
    moved = replace(CURVES, evaluations=lambda *_: [Measured(data="tones", n=3, scores={"pack": {"error": 0.6}})])
    with pytest.raises(ExportError, match=r"recorded error of pack on tones, test is 0\.5, measured now 0\.6"):
        export_pack(moved, seed=20)


def test_a_missed_gate_shows_in_the_table(trained) -> None:
    missed = export_pack(replace(CURVES, gates=(Gate(metric="error", data="tones", maximum=0.1),)), seed=20)
    assert [row.ok for row in missed.rows if row.backend == "pack"] == [False]
    assert all("✗" in line[-1] for line in missed.lines())


@pytest.mark.parametrize("name", pack_names())
def test_a_pack_keeps_every_gate_and_two_exports_give_identical_bytes(name) -> None:
    exported = export_pack(load_pack(name), seed=20)
    assert [row for row in exported.rows if row.ok is False] == []
    checkpoint = load_checkpoint(name)
    again = pack_files(name, load_pack(name).data(checkpoint))
    assert [(file.path, file.content) for file in again] == [(file.path, file.content) for file in exported.files]
    assert pack_manifest(load_pack(name), checkpoint, files=again) == exported.entry
