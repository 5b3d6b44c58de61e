"""Command line of the data sets: ``python -m datasets list`` shows where each lies, ``fetch`` downloads, ``render`` plays MIDI."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from datasets.fetch import FetchError, fetch
from datasets.multitracks import multitracks, prepare
from datasets.pop909 import Split
from datasets.registry import DATASETS, DataMissingError, cache, find, remedy


def main() -> int:
    """Run one command; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m datasets", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="where each data set lies")
    fetching = commands.add_parser("fetch", help="download what may be downloaded")
    fetching.add_argument("--cache", type=Path, default=cache(), help="folder to fill (default: %(default)s)")
    rendering = commands.add_parser("render", help="multitracks of POP909 and Groove into the cache; goes on where it stopped")
    rendering.add_argument("split", choices=("train", "validation", "test"))
    rendering.add_argument("--songs", type=int, default=40, help="how many songs (default: %(default)s)")
    arguments = parser.parse_args()
    if arguments.command == "list":
        return _list()
    return _fetch(arguments.cache) if arguments.command == "fetch" else _render(arguments.split, arguments.songs)


def _list() -> int:
    for dataset in DATASETS.values():
        try:
            where = str(find(dataset.name))
        except DataMissingError:
            where = f"missing: {remedy(dataset)}"
        print(f"{dataset.name}: {dataset.what}\n  source   {dataset.source}\n  licence  {dataset.licence}\n  where    {where}")
    return 0


def _fetch(folder: Path) -> int:
    failed = False
    for dataset in DATASETS.values():
        try:
            print(f"{dataset.name}: {find(dataset.name)}")
        except DataMissingError:
            try:
                if dataset.download:
                    print(f"{dataset.name}: {fetch(dataset, folder)} ({dataset.licence}; {dataset.source})")
                else:
                    print(f"{dataset.name}: missing. {remedy(dataset)} Source: {dataset.source}. Licence: {dataset.licence}.")
            except FetchError as error:
                failed = True
                print(error, file=sys.stderr)
    return int(failed)


def _render(split: Split, songs: int) -> int:
    try:
        prepare(multitracks(split, songs))
    except DataMissingError as missing:
        print(missing, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
