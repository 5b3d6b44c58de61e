"""What mastering whole songs costs in the browser: processor time, the clock, and memory. Part of `make bench`.

`python -m parity_tests.mastering_bench` measures it alone and prints the rows.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from typing import Any

import numpy as np
import soundfile

from keras_models.report import Row
from parity_tests.finding import Finding, tell
from parity_tests.harness import BUNDLE, Chromium, Page, chromium
from parity_tests.sound import MIXES, files_of

MODEL, BACKEND = "mastering", "cpu"
SONG_SECONDS, LONG_SECONDS = 180, 600
LONG_RATE = 48_000
EXCERPT = 882_000  # samples of a mix that the songs repeat: what is fetched should not count
BOUND_SECONDS, BOUND_MB = 10.0, 400.0
TIMED = 3
POLL_SECONDS = 0.2
PRESET = "streaming"


@dataclass(frozen=True)
class Spent:
    """One master: processor seconds of all renderers, seconds on the clock, and by how many MB page and worker grew at most."""

    processor: float
    clock: float
    peak: float
    ended: Mapping[str, Any]


def measure_mastering_cost(browser: Chromium) -> Iterator[Finding]:
    """Rows for a song of three minutes and for one of ten."""
    mixes = [path for path in files_of(MIXES) if path.suffix == ".flac"]
    if not mixes:
        return
    with _served(mixes[1]) as (url, rate):
        songs = [_spent(browser, url, {"sampleRate": rate, "seconds": SONG_SECONDS}) for _ in range(TIMED)]
        long = _spent(browser, url, {"sampleRate": LONG_RATE, "seconds": LONG_SECONDS})
    median = sorted(songs, key=lambda spent: spent.processor)[TIMED // 2]
    busy = f"at a load of {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    song = f"3 min stereo at {rate / 1000:g} kHz, median of {TIMED}; on the clock {median.clock:.1f} s {busy}"
    yield _finding("latency", "a song mastered, processor time", median.processor, "s", TIMED, song, BOUND_SECONDS)
    yield _finding("latency", "10 min mastered, processor time", long.processor, "s", 1, f"on the clock {long.clock:.1f} s {busy}", None)
    yield _finding("memory", "10 min mastered, peak", long.peak, "MB", 1, "stereo at 48 kHz, input and master included", BOUND_MB)


def _finding(stage: str, metric: str, value: float, unit: str, n: int, data: str, bound: float | None) -> Finding:
    ok = None if bound is None else value < bound
    row = Row(model=MODEL, backend=BACKEND, stage=stage, metric=metric, value=value, unit=unit, n=n, data=data, bound=bound, ok=ok)
    return Finding(row, f"{metric}: {value:.4g} {unit}, bound {bound:g} ({data})" if ok is False else None)


def _spent(browser: Chromium, url: str, song: Mapping[str, Any]) -> Spent:
    """Master a song that repeats what lies at the address, in a fresh page."""
    with browser.page() as page:
        page.call("open", BACKEND)
        page.call("fetchExcerpt", url)
        page.collect_garbage()
        before = _processor_seconds(browser)
        with _peak_bytes(browser) as peak:
            page.call("beginMaster", BACKEND, song, PRESET)
            ended = _wait(page)
        spent = sum(max(0.0, after - before.get(process, 0.0)) for process, after in _processor_seconds(browser).items())
    if "error" in ended:
        raise RuntimeError(f"mastering: {ended['error']}")
    return Spent(spent, ended["milliseconds"] / 1000, peak["gained"] / 1e6, ended)


def _wait(page: Page) -> Mapping[str, Any]:
    while (ended := page.call("masterEnded")) is None:
        time.sleep(POLL_SECONDS)
    return ended


def _processor_seconds(browser: Chromium) -> dict[int, float]:
    """Seconds so far of each process that runs pages and workers, by its number."""
    session = browser.browser.new_browser_cdp_session()
    try:
        processes = session.send("SystemInfo.getProcessInfo")["processInfo"]
    finally:
        session.detach()
    return {process["id"]: process["cpuTime"] for process in processes if process["type"] == "renderer"}


@contextmanager
def _peak_bytes(browser: Chromium) -> Iterator[dict[str, int]]:
    """Largest gain of private memory meanwhile, as ``gained``, of the process that runs page and worker; Linux tells it.

    It is the one that gains most. The others are spare: the browser readies them for pages to come, at times of its own.
    """
    start = {process: _private_bytes(process) for process in _processor_seconds(browser)}
    peak = {"gained": 0}
    done = Event()

    def watch() -> None:
        while not done.wait(POLL_SECONDS / 2):
            peak["gained"] = max(peak["gained"], *(_private_bytes(process) - held for process, held in start.items()))

    watcher = Thread(target=watch)
    watcher.start()
    try:
        yield peak
    finally:
        done.set()
        watcher.join()


def _private_bytes(process: int) -> int:
    status = Path(f"/proc/{process}/status")
    if not status.is_file():
        return 0
    fields = dict(line.split(":", 1) for line in status.read_text().splitlines() if ":" in line)
    return 1024 * int(fields["RssAnon"].split()[0])


@contextmanager
def _served(path: Path) -> Iterator[tuple[str, int]]:
    """A mix as planar float32 at an address of the site, and its rate."""
    folder = Path(tempfile.mkdtemp(dir=BUNDLE, prefix="song-"))
    try:
        samples, rate = soundfile.read(path, frames=EXCERPT, dtype="float32", always_2d=True)
        (folder / "song.bin").write_bytes(np.ascontiguousarray(samples.T, "<f4").tobytes())
        yield f"/page/{folder.name}/song.bin", rate
    finally:
        shutil.rmtree(folder)


def main() -> int:
    """Measure, and print; 1 where a bound is missed."""
    with chromium() as browser:
        return int(any(finding.row.ok is False for finding in tell(list(measure_mastering_cost(browser)))))


if __name__ == "__main__":
    sys.exit(main())
