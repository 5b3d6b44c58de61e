"""Exports a pack: its one data file, its entry in the manifest, and its figures, measured anew where the data is at hand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from datasets.registry import DataMissingError
from export.checks import ExportError, check_recorded, check_size, data_at_hand
from export.manifest import ModelFile, pack_files, pack_manifest
from keras_models.checkpoint import CHECKPOINTS, Checkpoint, has_checkpoint, load_checkpoint, save_checkpoint
from keras_models.evaluation import pack_rows, recorded_quality, ungated, with_quality
from keras_models.pack import PackSpec
from keras_models.report import Row
from keras_models.spec import TrainRequest


@dataclass(frozen=True)
class ExportedPack:
    """One pack, ready to be written."""

    spec: PackSpec
    entry: dict
    files: list[ModelFile]
    rows: list[Row]
    measured: bool

    def lines(self) -> Iterator[tuple[str, ...]]:
        """Its part of the closing table: one line a gate."""
        size = sum(len(file.content) for file in self.files)
        first = (self.spec.name, "pack", f"{size:,} of {self.spec.largest:,}")
        for place, row in enumerate([row for row in self.rows if row.bound is not None] or [None]):
            told = ("", "", "–")
            if row is not None:
                verdict = "[green]✓[/green]" if row.ok else f"[red]✗ {row.metric}[/red]"
                data = row.data if self.measured else f"{row.data} (recorded)"
                told = (data, f"{row.metric} {row.value:.4f} {row.unit} (bound {row.bound:g})", verdict)
            yield (*(("", "", "") if place else first), *told)


def export_pack(spec: PackSpec, *, seed: int) -> ExportedPack:
    """Checkpoint (trained where missing), data file, quality.

    Raises
    ------
    ExportError
        If the file is too large, a recorded figure is not what is measured now, or nothing measured a gate.
    """
    if not has_checkpoint(spec.name):
        request = TrainRequest(data=None, seed=seed, folder=CHECKPOINTS / spec.name)
        save_checkpoint(with_quality(spec, spec.train(request)))
    checkpoint = load_checkpoint(spec.name)
    files = pack_files(spec.name, spec.data(checkpoint))
    check_size(spec.name, sum(len(file.content) for file in files), largest=spec.largest)
    entry = pack_manifest(spec, checkpoint, files=files)
    recorded, fresh = recorded_quality(checkpoint), _measured(spec, checkpoint)
    if fresh is not None:
        check_recorded(spec.name, fresh, recorded, remedy=f"make train MODEL={spec.name}")
    rows = recorded if fresh is None else fresh
    if missing := ungated(spec, checkpoint, rows):
        raise ExportError(f"{spec.name}: gates that nothing measured: {', '.join(missing)}; name a metric and data set of evaluations()")
    return ExportedPack(spec, entry, files, rows, measured=fresh is not None)


def _measured(spec: PackSpec, checkpoint: Checkpoint) -> list[Row] | None:
    """Figures on the test split; None without the data, or without what its evaluation needs beside it, such as a synthesizer."""
    if not data_at_hand(checkpoint):
        return None
    try:
        return pack_rows(spec, checkpoint, split="test")
    except DataMissingError:
        return None
