"""How long the audio front end takes, beside other libraries that do the same, all in one page and in turns."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import numpy as np

from keras_models.report import Row
from parity_tests.audio import BACKEND, MODEL
from parity_tests.finding import Finding
from parity_tests.harness import FOLDERS, Chromium, Page, bundle
from parity_tests.server import POLICY, Site

SECONDS, LONG_SECONDS = 30, 600
UNTIMED, TIMED, TIMED_LONG = 1, 5, 3
# Others' libraries make functions of text, which the runtime never does.
PEERS_POLICY = POLICY.replace("'wasm-unsafe-eval'", "'unsafe-eval'")
# Modules that essentia.js asks for where it runs in Node.
NODE_ALONE = ("--external:fs", "--external:path", "--external:crypto")
BOUND_MS = 150.0
OURS = "tunesmith"


def measure_audio_speed(browser: Chromium) -> Iterator[Finding]:
    """Milliseconds from samples to MFCC-40 and of resampling, and how they grow with the length."""
    bundle("peers.ts", *NODE_ALONE)
    with Site(FOLDERS, policy=PEERS_POLICY) as site, Page(browser.browser, f"{site.url}/peers.html") as page:
        names = page.call("names")
        times: dict[str, list[float]] = {name: [] for name in names}
        for _ in range(UNTIMED + TIMED):
            for name in names:
                times[name].append(_milliseconds(page, "mfcc", name, SECONDS))
        for name in names:
            yield _row(f"{SECONDS} s to MFCC-40: {name}", times[name][UNTIMED:], BOUND_MS if name == OURS else None)
        long = [_milliseconds(page, "mfcc", OURS, LONG_SECONDS) * SECONDS / LONG_SECONDS for _ in range(TIMED_LONG)]
        yield _row(f"{SECONDS} s of {LONG_SECONDS // 60} min to MFCC-40: {OURS}", long)
        for rate in (44_100, 48_000):
            resampled = [_milliseconds(page, "resample", SECONDS, rate) for _ in range(TIMED)]
            yield _row(f"{SECONDS} s from {rate:,} to 22,050 Hz: {OURS}", resampled)


def _milliseconds(page: Page, handler: str, *arguments: Any) -> float:
    return page.call(handler, *arguments)["milliseconds"]


def _row(metric: str, milliseconds: list[float], bound: float | None = None) -> Finding:
    value = float(np.median(milliseconds))
    ok = None if bound is None else value <= bound
    data = f"median; {min(milliseconds):.0f} to {max(milliseconds):.0f} ms; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    sample = {"unit": "ms", "n": len(milliseconds), "data": data, "bound": bound, "ok": ok}
    row = Row(model=MODEL, backend=BACKEND, stage="latency", metric=metric, value=value, **sample)
    return Finding(row, f"{metric}: {value:,.4g} ms, bound {bound:g} ({data})" if ok is False else None)
