"""Command line of the models: `python -m keras_models train|evaluate|list`."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from rich.console import Console

from datasets.registry import DataMissingError
from datasets.tables import DataError
from keras_models.checkpoint import (
    CHECKPOINTS,
    Checkpoint,
    CheckpointError,
    has_checkpoint,
    load_checkpoint,
    load_dequantized,
    save_checkpoint,
)
from keras_models.pack import PackSpec
from keras_models.spec import ModelSpec, TrainRequest
from keras_models.suite import UnknownModelError, load_any, model_names, pack_names

stderr = Console(stderr=True)


def main(arguments: list[str] | None = None) -> int:
    """Run one command; 2 for a wrong request, 1 for a failed one."""
    options = _parser().parse_args(arguments)
    try:
        return options.run(options)
    except (UnknownModelError, CheckpointError, DataError, DataMissingError) as error:
        stderr.print(f"[red]error:[/red] {error}", highlight=False)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m keras_models", description="Train and judge the models of the suite.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    train = commands.add_parser("train", help="train from data and write keras_models/checkpoints/MODEL/")
    train.add_argument("model", nargs="?", metavar="MODEL", help="which one; all when left out")
    train.add_argument("--data", type=Path, metavar="FILE", help="your own data instead of the registry's (needs MODEL)")
    train.add_argument("--seed", type=int, default=20, help="seed of everything random (default: %(default)s)")
    train.add_argument("--missing", action="store_true", help="only models that have no checkpoint")
    train.set_defaults(run=_train)
    evaluate = commands.add_parser("evaluate", help="score a checkpoint on a file and print report rows as JSON")
    evaluate.add_argument("model", metavar="MODEL")
    evaluate.add_argument(
        "--data",
        type=Path,
        metavar="FILE",
        action="append",
        help="any file of the model's documented layout; may be given again where a model joins several; the test split when left out",
    )
    evaluate.set_defaults(run=_evaluate)
    listing = commands.add_parser("list", help="the models and their checkpoints")
    listing.set_defaults(run=_list)
    return parser


def _train(options: argparse.Namespace) -> int:
    from keras_models.evaluation import with_quality

    names = (*model_names(), *pack_names())
    if options.data and not options.model:
        raise UnknownModelError(f"--data needs MODEL, since one file cannot train them all; expected one of {', '.join(names)}")
    for name in [options.model] if options.model else names:
        spec = load_any(name)
        if options.missing and has_checkpoint(name):
            continue
        stderr.rule(f"{name}: {spec.title}")
        checkpoint = spec.train(TrainRequest(data=options.data, seed=options.seed, folder=CHECKPOINTS / name))
        if isinstance(spec, PackSpec):
            checkpoint = with_quality(spec, checkpoint, data=options.data)
        folder = save_checkpoint(checkpoint)
        stderr.print(f"{name}: {_size(spec, checkpoint)} written to {folder}", highlight=False)
    return 0


def _evaluate(options: argparse.Namespace) -> int:
    spec = load_any(options.model)
    checkpoint = load_checkpoint(options.model)
    with tempfile.TemporaryDirectory() as folder:
        return _evaluated(spec, checkpoint, _one_path(options.data or [], Path(folder)))


def _one_path(files: list[Path], folder: Path) -> Path | None:
    """The file or folder given; of several files the folder, in which they are linked."""
    if len(files) < 2:
        return files[0] if files else None
    for file in files:
        (folder / file.name).symlink_to(file.resolve())
    return folder


def _evaluated(spec: ModelSpec | PackSpec, checkpoint: Checkpoint, data: Path | None) -> int:
    from keras_models.evaluation import pack_rows, quality_rows
    from keras_models.report import environment

    wanted = {"split": "all" if data else "test", "data": data}
    if isinstance(spec, PackSpec):
        rows = pack_rows(spec, checkpoint, **wanted)
    else:
        variants = {"float": checkpoint.weights}
        try:
            variants["dequantized"] = load_dequantized(checkpoint)
        except CheckpointError as error:
            stderr.print(f"[yellow]dequantized left out:[/yellow] {error}", highlight=False)
        rows = quality_rows(spec, checkpoint, variants, **wanted)
    json.dump({"meta": environment(), "rows": [asdict(row) for row in rows]}, sys.stdout, indent=1, ensure_ascii=False)
    print()
    return 0 if all(row.ok is not False for row in rows) else 1


def _list(options: argparse.Namespace) -> int:
    for name in (*model_names(), *pack_names()):
        spec = load_any(name)
        state = _size(spec, load_checkpoint(name)) if has_checkpoint(name) else "no checkpoint"
        print(f"{name:12} {spec.version:8} {state:20} {spec.title}")
    return 0


def _size(spec: ModelSpec | PackSpec, checkpoint: Checkpoint) -> str:
    return f"{len(spec.data(checkpoint)):,} bytes" if isinstance(spec, PackSpec) else f"{checkpoint.parameters:,} parameters"


if __name__ == "__main__":
    sys.exit(main())
