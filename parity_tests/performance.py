"""What a product feels: loading, the first prediction, warm predictions, memory, and whether anything leaks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from keras_models.report import Row
from keras_models.spec import BACKENDS
from parity_tests.finding import Finding
from parity_tests.harness import Chromium, Page
from parity_tests.reference import Reference

UNTIMED = 10
TIMED = 120
PREDICTIONS = 200
SAMPLES = 10
LOAD, COMPILATION, FIRST, P50, P95 = "load", "of it shader compilation", "first prediction", "warm prediction, P50", "warm prediction, P95"
PEAK = "peak memory"
# Demanded of the fastest backend alone: what software rendering takes says nothing of a GPU.
BOUNDS = {P95: 250.0, FIRST: 1000.0, PEAK: 100.0}


@dataclass(frozen=True)
class FreshPage:
    """What one backend took in a page where nothing was cached, and what it held over the predictions that followed.

    Attributes
    ----------
    milliseconds
        Of loading, of compiling shaders, of the first prediction.
    peak
        Largest memory in MB: JavaScript heap, array buffers, wasm, GPU.
    before, after
        What tfjs held before and after the predictions.
    """

    milliseconds: Mapping[str, float]
    peak: float
    before: Mapping[str, int]
    after: Mapping[str, int]
    renderer: str | None


def measure_performance(browser: Chromium, reference: Reference, *, timed: int = TIMED) -> list[Finding]:
    """Latencies and memory of one model on every backend; the bounds hold for the fastest."""
    timed = min([timed, *reference.spec.calls.values()])
    calls = [case.args for case, rows in zip(reference.cases, reference.rows, strict=True) if rows.stop - rows.start == 1]
    fresh = {backend: _fresh_page(browser, reference, backend, calls) for backend in BACKENDS}
    warm = _warm_milliseconds(browser, reference, _repeated(calls, min(UNTIMED, timed) + timed), timed=timed)
    fastest = min(BACKENDS, key=lambda backend: warm[backend][P50])
    return [
        finding
        for backend in BACKENDS
        for finding in _findings(reference, backend, fresh[backend], warm[backend], bounded=backend == fastest, timed=timed)
    ]


def _fresh_page(browser: Chromium, reference: Reference, backend: str, calls: Sequence[Any]) -> FreshPage:
    model, method = reference.name, reference.spec.method
    with browser.page() as page:
        loaded = page.call("loadCold", backend, model)
        (first,) = page.call("time", [backend], model, method, calls[:1])[backend]
        before = page.call("memory", backend)
        peak = _held(page, before)
        for _ in range(SAMPLES):
            page.call("predict", backend, model, method, _repeated(calls, _predictions(reference, backend) // SAMPLES))
            peak = max(peak, _held(page, page.call("memory", backend)))
        after = page.call("memory", backend)
    milliseconds = {LOAD: loaded["milliseconds"], COMPILATION: loaded["timings"]["warmupMs"], FIRST: first}
    return FreshPage(milliseconds, peak / 1e6, before, after, loaded["renderer"])


def _warm_milliseconds(browser: Chromium, reference: Reference, calls: Sequence[Any], *, timed: int) -> dict[str, dict[str, float]]:
    """Percentiles for each backend; within one run the backends take turns, so that a busy machine slows all of them alike."""
    with browser.page() as page:
        for backend in BACKENDS:
            page.call("open", backend)
        times = page.call("time", BACKENDS, reference.name, reference.spec.method, calls)
    shares = {P50: 50, P95: 95}
    return {backend: {name: float(np.percentile(times[backend][-timed:], share)) for name, share in shares.items()} for backend in BACKENDS}


def _findings(
    reference: Reference, backend: str, fresh: FreshPage, warm: Mapping[str, float], *, bounded: bool, timed: int
) -> Iterator[Finding]:
    def finding(stage: str, metric: str, value: float, unit: str, n: int, data: str, bound: float | None, *, below: bool = True) -> Finding:
        ok = None if bound is None else value < bound if below else value <= bound
        row = Row(
            model=reference.name, backend=backend, stage=stage, metric=metric, value=value, unit=unit, bound=bound, ok=ok, n=n, data=data
        )
        return Finding(row, f"{metric}: {value:,.4g} {unit}, bound {bound:g}" if ok is False else None)

    where, predictions = fresh.renderer or "no GPU", _predictions(reference, backend)
    for metric, value in (fresh.milliseconds | dict(warm)).items():
        n = timed if metric in warm else 1
        yield finding("latency", metric, value, "ms", n, where, BOUNDS.get(metric) if bounded else None)
    yield finding("memory", PEAK, fresh.peak, "MB", predictions, "JavaScript heap, buffers, wasm, GPU", BOUNDS[PEAK] if bounded else None)
    for metric, key, unit in (("tensors gained", "numTensors", "tensors"), ("GPU memory gained", "gpuBytes", "bytes")):
        yield finding("memory", metric, fresh.after[key] - fresh.before[key], unit, predictions, reference.data, 0, below=False)


def _predictions(reference: Reference, backend: str) -> int:
    """How many predictions memory is watched over."""
    return max(min(PREDICTIONS, reference.spec.calls.get(backend, PREDICTIONS)), SAMPLES)


def _held(page: Page, held: Mapping[str, int]) -> int:
    return page.heap_bytes() + held["wasmBytes"] + held["gpuBytes"]


def _repeated(calls: Sequence[Any], count: int) -> list[Any]:
    return [calls[index % len(calls)] for index in range(count)]
