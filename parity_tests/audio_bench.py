"""How long the audio front end takes, beside other libraries that do the same, all in one page and in turns."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from keras_models.report import Row
from parity_tests.audio import BACKEND, MODEL, RATE
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
        page.call("prepare", SECONDS, RATE)
        names = page.call("names")
        spent: dict[str, list[Spent]] = {name: [] for name in names}
        for _ in range(UNTIMED + TIMED):
            for name in names:
                spent[name].append(spend(page, "mfcc", name, SECONDS))
        for name in names:
            yield _row(f"{SECONDS} s to MFCC-40: {name}", spent[name][UNTIMED:], BOUND_MS if name == OURS else None)
        page.call("prepare", LONG_SECONDS, RATE)
        long = [spend(page, "mfcc", OURS, LONG_SECONDS) for _ in range(TIMED_LONG)]
        yield _row(f"{SECONDS} s of {LONG_SECONDS // 60} min to MFCC-40: {OURS}", [part.times(SECONDS / LONG_SECONDS) for part in long])
        for rate in (44_100, 48_000):
            page.call("prepare", SECONDS, rate)
            resampled = [spend(page, "resample", SECONDS, rate) for _ in range(UNTIMED + TIMED)]
            yield _row(f"{SECONDS} s from {rate:,} to {RATE:,} Hz: {OURS}", resampled[UNTIMED:])


@dataclass(frozen=True)
class Spent:
    """Milliseconds of the page's processor, and on the clock, in which other programs run, too."""

    processor: float
    clock: float

    def times(self, factor: float) -> Spent:
        """The same share of both."""
        return Spent(self.processor * factor, self.clock * factor)


def spend(page: Page, handler: str, *arguments: Any) -> Spent:
    """Call a handler, and tell what that took."""
    processor, clock = page.processor_seconds(), time.perf_counter()
    page.call(handler, *arguments)
    return Spent(1000 * (page.processor_seconds() - processor), 1000 * (time.perf_counter() - clock))


def _row(metric: str, spent: Sequence[Spent], bound: float | None = None) -> Finding:
    value = float(np.median([part.processor for part in spent]))
    clock = float(np.median([part.clock for part in spent]))
    ok = None if bound is None else value <= bound
    data = f"processor time, median; on the clock {clock:,.0f} ms at a load of {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    sample = {"unit": "ms", "n": len(spent), "data": data, "bound": bound, "ok": ok}
    row = Row(model=MODEL, backend=BACKEND, stage="latency", metric=metric, value=value, **sample)
    return Finding(row, f"{metric}: {value:,.4g} ms, bound {bound:g} ({data})" if ok is False else None)
