"""How well and how fast tempi are told, beside other libraries for the browser, on the same clips in one page and in turns."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
import pandas as pd

from datasets.clips import clip_table, read_mono
from datasets.registry import DataMissingError, find
from keras_models.report import Row
from keras_models.tempo_scores import UNITS, scores
from parity_tests.audio import Signal
from parity_tests.audio_bench import NODE_ALONE, PEERS_POLICY
from parity_tests.finding import Finding
from parity_tests.harness import FOLDERS, Chromium, Page, bundle
from parity_tests.server import Site

MODEL, BACKEND, RATE = "tempo", "wasm", 44_100
CLIPS_APART = 4
SECONDS = 30  # that times are scaled to
BOUND_MS = 250.0
OURS = "tunesmith"
CLIPS = "GTZAN clips"
HEARD = f"{CLIPS}, learned from by two of three parts of the ensemble: `evaluate tempo` judges by the third"


def measure_tempo_peers(browser: Chromium) -> Iterator[Finding]:
    """Accuracy and milliseconds of everyone, on every fourth of GTZAN's clips; nothing where they are not at hand."""
    try:
        table = clip_table().iloc[::CLIPS_APART]
    except DataMissingError:
        return
    bpm = pd.read_csv(find("gtzan_labels")).set_index("track")["bpm"][table["track"]].to_numpy()
    signals = [Signal(track, read_mono(path, RATE), RATE) for track, path in zip(table["track"], table["path"], strict=True)]
    bundle("peers.ts", *NODE_ALONE)
    with Site(FOLDERS, policy=PEERS_POLICY) as site, Page(browser.browser, f"{site.url}/peers.html") as page:
        names = page.call("tempoNames")
        told: dict[str, list[float | None]] = {name: [] for name in names}
        spent: dict[str, list[float]] = {name: [] for name in names}
        clock: dict[str, list[float]] = {name: [] for name in names}
        page.call("holdForTempo", signals[0].sent)
        for name in names:
            page.call("tempo", name)
        for signal in signals:
            page.call("holdForTempo", signal.sent)
            share = SECONDS / (len(signal.samples) / RATE)
            for name in names:
                processor, started = page.processor_seconds(), time.perf_counter()
                told[name].append(page.call("tempo", name))
                spent[name].append(1000 * share * (page.processor_seconds() - processor))
                clock[name].append(1000 * share * (time.perf_counter() - started))
    for name in names:
        for metric, value in scores(told[name], bpm).items():
            yield Finding(_row(f"{metric}: {name}", "quality", value, UNITS[metric], len(bpm), HEARD if name == OURS else CLIPS), None)
        yield _speed(name, spent[name], float(np.median(clock[name])))


def _speed(name: str, spent: list[float], clock: float) -> Finding:
    value = float(np.percentile(spent, 95))
    bound = BOUND_MS if name == OURS else None
    ok = None if bound is None else value < bound
    data = f"processor time, P95; median {np.median(spent):,.0f} ms, on the clock {clock:,.0f} ms"
    row = _row(f"{SECONDS} s to a tempo: {name}", "latency", value, "ms", len(spent), data, bound=bound, ok=ok)
    return Finding(row, f"{row.metric}: {value:,.4g} ms, bound {bound:g} ({data})" if ok is False else None)


def _row(metric: str, stage: str, value: float, unit: str, n: int, data: str, *, bound: float | None = None, ok: bool | None = None) -> Row:
    return Row(model=MODEL, backend=BACKEND, stage=stage, metric=metric, value=value, unit=unit, n=n, data=data, bound=bound, ok=ok)
