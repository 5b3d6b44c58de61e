"""How long the whole way from 30 s of sound to genres takes: resampling, spectra, tags of ten patches, and the vote."""

from __future__ import annotations

import os
from collections.abc import Iterator

import numpy as np

from keras_models.report import Row
from keras_models.spec import BACKENDS
from parity_tests.audio_bench import Spent, spend
from parity_tests.finding import Finding
from parity_tests.harness import Chromium, Page

MODEL, METHOD = "genre", "classify"
SECONDS, RATE = 30, 44_100
UNTIMED = 2
TIMED = {"cpu": 4, "wasm": 30, "webgl": 4}
BOUND_MS = 250.0


def measure_genre_speed(browser: Chromium) -> Iterator[Finding]:
    """P95 of decoded sound on each backend; the bound holds for the fastest, where the page's own thread does all the work."""
    with browser.page() as page:
        spent = {backend: spent_on(page, backend, TIMED[backend]) for backend in BACKENDS}
        renderer = page.call("renderer")
    fastest = min(("cpu", "wasm"), key=lambda backend: np.median([each.processor for each in spent[backend]]))
    for backend in BACKENDS:
        yield _finding(backend, spent[backend], bounded=backend == fastest, renderer=renderer)


def spent_on(page: Page, backend: str, times: int) -> list[Spent]:
    """Milliseconds of so many classifications of 30 s of sound, after a few that are not timed."""
    page.call("open", backend)
    return [spend(page, "hear", backend, MODEL, METHOD, SECONDS, RATE) for _ in range(UNTIMED + times)][UNTIMED:]


def _finding(backend: str, spent: list[Spent], *, bounded: bool, renderer: str | None) -> Finding:
    processor, clock = (float(np.percentile([getattr(each, kind) for each in spent], 95)) for kind in ("processor", "clock"))
    busy = f"at a load of {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    # What webgl does happens in another process, so only the clock knows of it.
    value, data = (
        (clock, f"on the clock {busy}, {renderer}")
        if backend == "webgl"
        else (processor, f"processor time; {clock:,.0f} ms on the clock {busy}")
    )
    bound = BOUND_MS if bounded else None
    ok = value <= bound if bounded else None
    metric = f"{SECONDS} s of decoded sound to genres, P95"
    sample = {"unit": "ms", "n": len(spent), "data": data, "bound": bound, "ok": ok}
    row = Row(model=MODEL, backend=backend, stage="latency", metric=metric, value=value, **sample)
    return Finding(row, f"{metric}: {value:,.4g} ms, bound {BOUND_MS:g} ({data})" if ok is False else None)
