"""Command line of the search: `python -m quantization search [MODEL]` writes a plan and shows the trade-off it saw."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

from datasets.registry import DataMissingError
from datasets.tables import DataError
from keras_models.checkpoint import Checkpoint, CheckpointError, load_checkpoint
from keras_models.evaluation import quality_rows
from keras_models.spec import ModelSpec
from keras_models.suite import UnknownModelError, load_spec, model_names, pack_names
from quantization.plan import Plan, PlanError, load_plan, save_plan, weight_bytes
from quantization.search import search

stderr = Console(stderr=True)


def main(arguments: list[str] | None = None) -> int:
    """Run the search for one model or all; 2 for a wrong request."""
    parser = argparse.ArgumentParser(prog="python -m quantization", description="Which weight gets which precision.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    command = commands.add_parser("search", help="find the fewest bytes within the model's budget and write quantization/plans/MODEL.json")
    command.add_argument("model", nargs="?", metavar="MODEL", help="which one; all when left out")
    command.add_argument("--data", type=Path, metavar="FILE", help="the file that the checkpoint was trained on, where it was your own")
    command.add_argument("--stale", action="store_true", help="only models whose plan is missing or belongs to another checkpoint")
    options = parser.parse_args(arguments)
    if options.model in pack_names():
        stderr.print(f"{options.model}: a pack has no weights to quantize", highlight=False)
        return 0
    try:
        for name in [options.model] if options.model else model_names():
            checkpoint = load_checkpoint(name)
            if not (options.stale and _has_plan(checkpoint)):
                make_plan(load_spec(name), checkpoint, data=options.data)
    except (UnknownModelError, CheckpointError, DataError, DataMissingError) as error:
        stderr.print(f"[red]error:[/red] {error}", highlight=False)
        return 2
    return 0


def make_plan(spec: ModelSpec, checkpoint: Checkpoint, *, data: Path | None = None) -> Plan:
    """Search, measure the chosen weights on the test split once, and write the plan."""
    with stderr.status(f"{spec.name}: searching precisions") as status:
        precisions, trials = search(
            spec, checkpoint, data=data, watch=lambda trial: status.update(f"{spec.name}: {trial.label}, {trial.bytes:,} bytes")
        )
        status.update(f"{spec.name}: scoring the test split")
        plan = Plan(model=spec.name, checkpoint=checkpoint.sha256, precisions=precisions, trials=trials)
        variants = {"float": checkpoint.weights, "dequantized": plan.apply(checkpoint.weights)}
        rows = quality_rows(spec, checkpoint, variants, split="test", data=data)
    plan = Plan(**{**vars(plan), "rows": rows})
    path = save_plan(plan)
    stderr.print(tradeoff_table(spec, plan, checkpoint))
    stderr.print(f"{spec.name}: plan written to {path}", highlight=False)
    return plan


def tradeoff_table(spec: ModelSpec, plan: Plan, checkpoint: Checkpoint) -> Table:
    """The trials as a table, the chosen one marked."""
    budget = spec.budget
    allowed = f"{budget.points:g} {spec.units[budget.metric]}, {budget.decisions:.0%} of decisions"
    title = f"{spec.name}: bytes against {budget.metric} (budget {allowed})"
    table = Table("", "assignment", "bytes", f"{budget.metric} lost", "decisions kept", title=title)
    for column in table.columns[2:]:
        column.justify = "right"
    for trial in plan.trials:
        table.add_row("✓" if trial.within else "✗", trial.label, f"{trial.bytes:,}", f"{trial.loss:+.4f}", f"{trial.unchanged:.2%}")
    chosen = ", ".join(f"{name} {precision}" for name, precision in plan.precisions.items() if precision != "float32")
    table.caption = f"chosen, {weight_bytes(checkpoint.weights, plan.precisions):,} bytes: {chosen}; the rest float32"
    return table


def _has_plan(checkpoint: Checkpoint) -> bool:
    try:
        load_plan(checkpoint)
    except PlanError:
        return False
    return True


if __name__ == "__main__":
    sys.exit(main())
