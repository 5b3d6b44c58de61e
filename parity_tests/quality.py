"""Scores the exported models in the browser itself, beside the dequantized Python they must equal: reports/browser_quality.json.

python -m parity_tests.quality MODEL [--data FILE] [--backend wasm]
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from keras_models.checkpoint import load_checkpoint, load_dequantized
from keras_models.inference import runner
from keras_models.report import Row, environment, write_report
from keras_models.spec import Evaluation, ModelSpec
from keras_models.suite import load_spec
from parity_tests.harness import ROOT, Chromium, chromium

REPORT = ROOT / "reports" / "browser_quality.json"
LARGEST_DIFFERENCE = 1e-3  # of a score: a row at a threshold may fall on its other side
BATCH = 2048


def main(arguments: list[str] | None = None) -> int:
    """Score one model's test split, or a file, in Python and in the browser; 1 where they differ."""
    parser = argparse.ArgumentParser(prog="python -m parity_tests.quality", description=__doc__)
    parser.add_argument("model")
    parser.add_argument("--data", type=Path, metavar="FILE")
    parser.add_argument("--backend", default="wasm", choices=("cpu", "wasm", "webgl"))
    options = parser.parse_args(arguments)
    with chromium() as browser:
        rows = list(browser_rows(browser, load_spec(options.model), options.backend, data=options.data))
    for row in rows:
        mark = {None: " ", True: "✓", False: "✗"}[row.ok]
        print(f"{mark} {row.data:28} {row.metric:20} {row.backend:12} {row.value:.4f}")
    return 0 if write_report(REPORT, rows, meta=environment(browser=browser.version)) else 1


def browser_rows(browser: Chromium, spec: ModelSpec, backend: str, *, data: Path | None = None) -> Iterator[Row]:
    """Rows of every metric, Python's and the browser's, of each data set."""
    checkpoint = load_checkpoint(spec.name)
    run, weights = runner(spec, checkpoint), load_dequantized(checkpoint)
    split = "test" if data is None else "all"
    outputs = [tensor.name for tensor in spec.outputs(checkpoint) if tensor.name != "features"]
    with browser.page() as page:
        page.call("open", backend)
        for evaluation in spec.evaluations(checkpoint, data, split):
            expected = evaluation.score(run(weights, evaluation.inputs))
            got = evaluation.score(page.run(backend, spec.name, evaluation.inputs, outputs, batch=BATCH))
            for metric, value in expected.items():
                yield _row(spec, evaluation, split, "dequantized", metric, value)
                same = abs(got[metric] - value) <= LARGEST_DIFFERENCE
                yield _row(spec, evaluation, split, backend, metric, got[metric], bound=value, ok=same)


def _row(spec: ModelSpec, evaluation: Evaluation, split: str, backend: str, metric: str, value: float, **judged) -> Row:
    unit, data = spec.units[metric], f"{evaluation.data}, {split}"
    return Row(
        model=spec.name, backend=backend, stage="quality", metric=metric, value=value, unit=unit, n=evaluation.n, data=data, **judged
    )


if __name__ == "__main__":
    sys.exit(main())
