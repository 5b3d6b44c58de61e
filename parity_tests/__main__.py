"""Command line: proves the exported models equal to Python in a real browser.

python -m parity_tests report    measure everything, write reports/parity.{json,html,md}
python -m parity_tests bench     measure latencies and memory alone, with more runs, write reports/bench.{json,html,md}
python -m parity_tests picture   photograph the last report for the README, parity_tests/report.png
python -m parity_tests analyze FILE...   what the suite finds in audio files, as JSON; 1 where a file can't be read
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from keras_models.checkpoint import CheckpointError
from parity_tests.browser import BrowserMissingError

BENCH_RUNS = 500


def main(arguments: list[str] | None = None) -> int:
    """Run one command; 1 where a row of the report fails, or something is missing that a line on stderr names with its remedy."""
    parser = argparse.ArgumentParser(
        prog="python -m parity_tests", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    for name, run in (("report", _report), ("bench", _bench), ("picture", _picture), ("analyze", _analyze)):
        commands.add_parser(name).set_defaults(run=run)
    commands.choices["analyze"].add_argument("files", nargs="+", type=Path, metavar="FILE")
    options = parser.parse_args(arguments)
    try:
        return options.run(options)
    except (FileNotFoundError, BrowserMissingError, CheckpointError) as missing:
        print(missing, file=sys.stderr)
        return 1


def _report(_: argparse.Namespace) -> int:
    from parity_tests.harness import chromium
    from parity_tests.measure import load_references, measure, write_reports

    with chromium() as browser:
        return 0 if write_reports(measure(browser, load_references()), "parity") else 1


def _bench(_: argparse.Namespace) -> int:
    from parity_tests.harness import chromium
    from parity_tests.measure import bench, load_references, write_reports

    with chromium() as browser:
        return 0 if write_reports(bench(browser, load_references(), runs=BENCH_RUNS), "bench") else 1


def _picture(_: argparse.Namespace) -> int:
    from parity_tests.picture import PICTURE, take_picture

    take_picture()
    print(f"{PICTURE}: {PICTURE.stat().st_size / 1000:.0f} KB")
    return 0


def _analyze(options: argparse.Namespace) -> int:
    from parity_tests.analysis import analyze
    from parity_tests.harness import chromium

    with chromium() as browser:
        answers = analyze(browser, options.files)
    print(json.dumps(answers, indent=1, ensure_ascii=False))
    errors = {file: answer["error"] for file, answer in answers.items() if "error" in answer}
    for file, error in errors.items():
        print(f"{file}: {error['name']}: {error['message']}", file=sys.stderr)
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
