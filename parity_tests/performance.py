"""What a product feels: loading, the first prediction, warm predictions, memory, and whether anything leaks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from keras_models.report import Row
from keras_models.spec import BACKENDS
from parity_tests.finding import Finding
from parity_tests.harness import Chromium, Page
from parity_tests.reference import Reference

PREDICTIONS = 200
TIMED = 120
SAMPLES = 10
MEGABYTE = 1e6
# Demanded of the fastest backend alone: what software rendering takes says nothing of a GPU.
BOUNDS = {"warm prediction, P95": 250.0, "first prediction": 1000.0, "peak memory": 100.0}


def measure_performance(browser: Chromium, reference: Reference) -> list[Finding]:
    """Latencies and memory of one model on every backend; the bounds hold for the fastest."""
    calls = _single_calls(reference)
    fresh = {backend: _fresh(browser, reference, backend, calls[0]) for backend in BACKENDS}
    with browser.page() as page:
        for backend in BACKENDS:
            page.call("open", backend)
            page.call("load", backend, reference.name)
        page.call("time", BACKENDS, reference.name, reference.spec.method, calls[:10])
        times = page.call("time", BACKENDS, reference.name, reference.spec.method, _repeated(calls, TIMED))
        leaks = {backend: _leaks(page, reference, backend, calls) for backend in BACKENDS}
    fastest = min(BACKENDS, key=lambda backend: np.median(times[backend]))
    findings = []
    for backend in BACKENDS:
        warm = {f"warm prediction, P{share}": float(np.percentile(times[backend], share)) for share in (50, 95)}
        milliseconds = fresh[backend]["milliseconds"] | warm
        data = f"single calls of {reference.data}; {fresh[backend]['renderer'] or 'no GPU'}"
        for metric, value in milliseconds.items():
            n = TIMED if metric in warm else 1
            findings.append(_finding(reference, backend, "latency", metric, value, "ms", n, data, bounded=backend == fastest))
        peak = fresh[backend]["peak"] / MEGABYTE
        findings.append(
            _finding(
                reference,
                backend,
                "memory",
                "peak memory",
                peak,
                "MB",
                PREDICTIONS,
                "JavaScript heap, buffers, wasm, GPU",
                bounded=backend == fastest,
            )
        )
        findings += leaks[backend]
    return findings


def _fresh(browser: Chromium, reference: Reference, backend: str, call: Any) -> dict[str, Any]:
    """Load and predict in a page that has nothing cached, and the largest memory of it over the predictions that follow."""
    model, method = reference.name, reference.spec.method
    with browser.page() as page:
        loaded = page.call("loadCold", backend, model)
        first = page.call("time", [backend], model, method, [call])[backend][0]
        peak = _memory(page, backend)
        for _ in range(SAMPLES):
            page.call("predict", backend, model, method, [call] * (PREDICTIONS // SAMPLES))
            peak = max(peak, _memory(page, backend))
    milliseconds = {"load": loaded["milliseconds"], "of it shader compilation": loaded["timings"]["warmupMs"], "first prediction": first}
    return {"milliseconds": milliseconds, "peak": peak, "renderer": loaded["renderer"]}


def _memory(page: Page, backend: str) -> int:
    held = page.call("memory", backend)
    return page.heap_bytes() + held["wasmBytes"] + held["gpuBytes"]


def _leaks(page: Page, reference: Reference, backend: str, calls: Sequence[Any]) -> list[Finding]:
    before = page.call("memory", backend)
    page.call("predict", backend, reference.name, reference.spec.method, _repeated(calls, PREDICTIONS))
    after = page.call("memory", backend)
    findings = []
    for metric, key, unit in (("tensors gained", "numTensors", "tensors"), ("GPU memory gained", "gpuBytes", "bytes")):
        gained = after[key] - before[key]
        row = Row(
            model=reference.name, backend=backend, stage="memory", metric=metric, value=gained, unit=unit, bound=0, ok=gained == 0,
            n=PREDICTIONS, data=reference.data,
        )  # fmt: skip
        problem = None if gained == 0 else f"{key} went from {before[key]:,} to {after[key]:,} in {PREDICTIONS} predictions"
        findings.append(Finding(row, problem))
    return findings


def _finding(
    reference: Reference, backend: str, stage: str, metric: str, value: float, unit: str, n: int, data: str, *, bounded: bool
) -> Finding:
    bound = BOUNDS.get(metric) if bounded else None
    ok = None if bound is None else value < bound
    row = Row(model=reference.name, backend=backend, stage=stage, metric=metric, value=value, unit=unit, bound=bound, ok=ok, n=n, data=data)
    return Finding(row, f"{metric} took {value:.4g} {unit}, bound {bound:g}" if ok is False else None)


def _single_calls(reference: Reference) -> list[Any]:
    """Arguments of the cases that ask for one answer."""
    return [case.args for case, rows in zip(reference.cases, reference.rows, strict=True) if rows.stop - rows.start == 1]


def _repeated(calls: Sequence[Any], count: int) -> list[Any]:
    return [calls[index % len(calls)] for index in range(count)]
