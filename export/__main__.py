"""`python -m export`: every checkpoint to a verified TF.js model in dist/models/, ending in the table a team reads in CI."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from datasets.files import write_atomically
from datasets.registry import DataMissingError
from datasets.tables import DataError
from export.card import model_card, pack_card
from export.checks import ExportError, check_format, check_graph, check_recorded, check_size, check_weights, data_at_hand
from export.converter import convert
from export.manifest import ModelFile, model_files, model_manifest, quality_of, suite_manifest
from export.packs import ExportedPack, export_pack
from keras_models.checkpoint import CHECKPOINTS, Checkpoint, has_checkpoint, load_checkpoint, save_checkpoint, save_dequantized
from keras_models.evaluation import quality_rows, ungated
from keras_models.report import Row, environment, write_report
from keras_models.spec import ModelSpec, TrainRequest
from keras_models.suite import load_pack, load_spec, model_names, pack_names
from quantization.__main__ import make_plan
from quantization.plan import Plan, PlanError, load_plan

ROOT = Path(__file__).parents[1]
DIST = ROOT / "dist" / "models"
QUALITY = ROOT / "reports" / "quality.json"
TABLE_WIDTH = 130
stderr = Console(stderr=True)


@dataclass(frozen=True)
class Exported:
    """One model, ready to be written."""

    spec: ModelSpec
    entry: dict
    files: list[ModelFile]
    rows: list[Row]
    measured: bool

    @property
    def size(self) -> int:
        """Bytes of graph and weights."""
        return sum(len(file.content) for file in self.files)


def main(arguments: list[str] | None = None) -> int:
    """Export all models; non-zero where one is unfit, too large, or breaks a gate or its quantization budget."""
    parser = argparse.ArgumentParser(prog="python -m export", description="Export the checkpoints to dist/models/ and judge them.")
    parser.add_argument("--seed", type=int, default=20, help="for models that have no checkpoint yet (default: %(default)s)")
    options = parser.parse_args(arguments)
    try:
        exported = [export_model(load_spec(name), seed=options.seed) for name in model_names()]
        packs = [export_pack(load_pack(name), seed=options.seed) for name in pack_names()]
    except (ExportError, DataError, DataMissingError) as error:
        stderr.print(f"[red]error:[/red] {error}", highlight=False)
        return 1
    write_models(exported, packs)
    passed = write_report(QUALITY, [row for each in (*exported, *packs) for row in each.rows], meta=environment())
    table, within = verdicts(exported)
    for pack in packs:
        for line in pack.lines():
            table.add_row(*line)
    Console(width=max(stderr.width, TABLE_WIDTH)).print(table)
    return 0 if passed and within else 1


def export_model(spec: ModelSpec, *, seed: int) -> Exported:
    """Checkpoint (trained where missing), plan (searched where missing), graph, checks, quality."""
    if not has_checkpoint(spec.name):
        stderr.print(f"{spec.name}: no checkpoint, training one", highlight=False)
        save_checkpoint(spec.train(TrainRequest(data=None, seed=seed, folder=CHECKPOINTS / spec.name)))
    checkpoint = load_checkpoint(spec.name)
    plan = _plan(spec, checkpoint)
    with stderr.status(f"{spec.name}: converting"):
        graph = convert(spec, checkpoint, plan.precisions)
        check_format(spec.name, graph.document)
        check_graph(spec.name, graph.document)
        dequantized = plan.apply(checkpoint.weights)
        stored = check_weights(spec.name, graph, dequantized, plan.precisions)
        files = model_files(spec.name, graph, spec.data(checkpoint) if spec.data else None)
        check_size(spec.name, sum(len(file.content) for file in files))
        save_dequantized(checkpoint, dequantized)
        entry = model_manifest(spec, checkpoint, plan, graph=graph, files=files, stored=stored)
    variants = {"float": checkpoint.weights, "dequantized": dequantized}
    fresh = _measured(spec, checkpoint, variants)
    rows = list(plan.rows)
    if fresh is not None:
        recorded = [row for row in plan.rows if row.backend in variants]
        check_recorded(spec.name, fresh, recorded, remedy=f"python -m quantization search {spec.name}")
        rows = [*fresh, *(row for row in plan.rows if row.backend not in variants)]
    if missing := ungated(spec, checkpoint, rows):
        raise ExportError(f"{spec.name}: gates that nothing measured: {', '.join(missing)}; name a metric and data set of evaluations()")
    return Exported(spec, entry, files, rows, fresh is not None)


def _measured(spec: ModelSpec, checkpoint: Checkpoint, variants: dict[str, Mapping[str, np.ndarray]]) -> list[Row] | None:
    """Figures of the test split as they are now; None where the data, or what renders it, is not what the checkpoint was judged on."""
    if not data_at_hand(checkpoint):
        return None
    try:
        with stderr.status(f"{spec.name}: measuring the test split"):
            return quality_rows(spec, checkpoint, variants, split="test", references=False)
    except DataMissingError:
        return None


def write_models(exported: Sequence[Exported], packs: Sequence[ExportedPack] = (), *, folder: Path = DIST) -> None:
    """Replace dist/models/ as a whole, so that a reader sees the old models or the new ones."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(dir=folder.parent, prefix=".models-"))
    cards = {model.spec.name: model_card(model.spec, model.entry, model.rows) for model in exported}
    cards |= {pack.spec.name: pack_card(pack.spec, pack.entry, pack.rows) for pack in packs}
    for file in (file for each in (*exported, *packs) for file in each.files):
        write_atomically(fresh / file.path, file.content)
    for name, card in cards.items():
        write_atomically(fresh / f"{name}.card.md", card)
    entries = ({each.spec.name: each.entry for each in kind} for kind in (exported, packs))
    write_atomically(fresh / "manifest.json", suite_manifest(*entries))
    fresh.chmod(0o755)
    shutil.rmtree(folder, ignore_errors=True)
    os.replace(fresh, folder)


def verdicts(exported: list[Exported]) -> tuple[Table, bool]:
    """The closing table, and whether every model keeps its gates and its quantization budget."""
    table = Table("model", "parameters", "bytes float → quantized", "data", "task metric float → quantized", "verdict")
    passed = True
    for model in exported:
        budget = model.spec.budget
        before = quality_of(model.rows, variant="float", metric=budget.metric)
        after = quality_of(model.rows, variant="dequantized", metric=budget.metric)
        for position, data in enumerate(before):
            loss = (before[data] - after[data]) * (1 if budget.higher_is_better else -1)
            failed = [row.metric for row in model.rows if row.data == data and row.ok is False]
            if loss > budget.points:
                failed.append("quantization budget")
            passed = passed and not failed
            quantization = model.entry["quantization"]
            table.add_row(
                *((model.spec.name, f"{model.entry['parameters']:,}") if position == 0 else ("", "")),
                f"{quantization['floatBytes']:,} → {quantization['bytes']:,} (files {model.size:,})" if position == 0 else "",
                data if model.measured else f"{data} (recorded)",
                f"{budget.metric} {before[data]:.4f} → {after[data]:.4f} {model.spec.units[budget.metric]}",
                f"[red]✗ {', '.join(failed)}[/red]" if failed else "[green]✓[/green]",
            )
    return table, passed


def _plan(spec: ModelSpec, checkpoint: Checkpoint) -> Plan:
    try:
        return load_plan(checkpoint)
    except PlanError as error:
        stderr.print(f"{error}; searching now", highlight=False)
        return make_plan(spec, checkpoint)


if __name__ == "__main__":
    sys.exit(main())
