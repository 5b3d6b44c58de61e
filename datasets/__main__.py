"""Command line of the data sets: ``python -m datasets list`` shows where each lies, ``fetch`` downloads what may be downloaded."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from datasets.fetch import FetchError, fetch
from datasets.registry import DATASETS, DataMissingError, cache, find, remedy


def main() -> int:
    """Run one command; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m datasets", description=__doc__)
    parser.add_argument("command", choices=("list", "fetch"))
    parser.add_argument("--cache", type=Path, default=cache(), help="folder to fill (default: %(default)s)")
    arguments = parser.parse_args()
    return _list() if arguments.command == "list" else _fetch(arguments.cache)


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


if __name__ == "__main__":
    sys.exit(main())
