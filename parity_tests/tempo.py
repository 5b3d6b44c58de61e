"""Tempo from audio, stage by stage in the browser against Python: onset strength, candidates and their features, the decision."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from datasets.resampling import resample
from datasets.tempo_analysis import Chooser, Tempo, analyse, estimate
from datasets.tempo_clicks import click_track
from datasets.tempo_periodicity import RHYTHM
from keras_models.inference import runner
from keras_models.report import Row
from parity_tests.audio import CLIPS, LOOPS, MIXES, Signal, files_of, hostile_signals
from parity_tests.finding import Finding
from parity_tests.harness import Chromium, Page, from_text
from parity_tests.reference import Reference

MODEL, BACKEND = "tempo", "wasm"
CLIPS_APART = 8
MIX_SECONDS = 20
# Log-mel is equal to 1e-3 dB; what lies behind it is equal to double precision, as long as no two candidates change places.
BOUNDS = {"onset strength": (1e-3, "dB"), "candidates": (1e-3, "BPM"), "features": (1e-2, "absolute")}
TEMPO_BOUND, CONFIDENCE_BOUND = 0.01, 1e-3


def signals() -> list[Signal]:
    """Clips, loops, excerpts of mixes, click tracks, and what has no beat."""
    random = np.random.default_rng(4)
    clicks = [Signal(f"clicks at {bpm}", click_track(bpm, 12, seed=row)) for row, bpm in enumerate((60, 97.3, 128, 174, 200))]
    loop = Signal("loop of clicks", click_track(140, 8 * 60 / 140, seed=9))
    noise = Signal("noise", random.uniform(-0.2, 0.2, 10 * RHYTHM.sampleRate).astype(np.float32))
    mixes = [Signal(mix.name, mix.samples[: MIX_SECONDS * mix.rate], mix.rate) for mix in files_of(MIXES)[::3]]
    return [*files_of(CLIPS)[::CLIPS_APART], *files_of(LOOPS), *mixes, *clicks, loop, noise, *hostile_signals()]


def measure_tempo(browser: Chromium, reference: Reference) -> Iterator[Finding]:
    """All stages, in one page."""
    heard = signals()
    errors: dict[str, list[tuple[float, str]]] = {name: [] for name in (*BOUNDS, "tempo", "confidence")}
    choose = chooser(reference)
    with browser.page() as page:
        page.call("open", BACKEND)
        for signal in heard:
            samples = resample(signal.samples, signal.rate, RHYTHM.sampleRate)
            got = from_text(page.call("tempoFeatures", signal.sent))
            for name, error in feature_errors(samples, got).items():
                errors[name].append((error, signal.name))
            tempo, confidence = decision_errors(estimate(samples, choose), told(page, signal))
            errors["tempo"].append((tempo, signal.name))
            errors["confidence"].append((confidence, signal.name))
    for name, (bound, unit) in BOUNDS.items():
        yield _finding("features", f"{name}, largest error", errors[name], bound, unit)
    yield _finding("decisions", "tempo of audio, largest error", errors["tempo"], TEMPO_BOUND, "BPM")
    yield _finding("decisions", "confidence of audio, largest error", errors["confidence"], CONFIDENCE_BOUND, "probability")


def chooser(reference: Reference) -> Chooser:
    """The network with the weights as the browser has them."""
    run = runner(reference.spec, reference.checkpoint)

    def choose(features: np.ndarray) -> np.ndarray:
        inputs = reference.spec.encode(reference.checkpoint, (features,))
        return run(reference.weights, inputs)["probability"][0][: len(features)]

    return choose


def told(page: Page, signal: Signal, **options: Any) -> dict[str, Any]:
    """What the browser answers to a signal."""
    audio = {"samples": signal.samples.astype(np.float32), "sampleRate": signal.rate}
    (answer,) = page.call("predict", BACKEND, MODEL, "estimate", [[audio, options]])
    return answer


def feature_errors(samples: np.ndarray, got: dict[str, np.ndarray]) -> dict[str, float]:
    """Largest differences of the first two stages; infinite where shapes differ. Where there is no beat, no candidate is asked for."""
    analysis = analyse(samples)
    expected = {"onset strength": analysis.curves}
    if analysis.has_beat:
        expected |= dict(zip(("candidates", "features"), analysis.candidates(), strict=True))
    keys = {"onset strength": "curves", "candidates": "tempi", "features": "features"}
    return {name: _largest(got[keys[name]], value) for name, value in expected.items()}


def decision_errors(expected: Tempo, answer: dict[str, Any]) -> tuple[float, float]:
    """Differences of tempo and confidence; infinite where only one side finds a beat."""
    if (expected.bpm is None) != (answer["bpm"] is None):
        return np.inf, np.inf
    tempo = 0.0 if expected.bpm is None else abs(expected.bpm - answer["bpm"])
    return tempo, abs(expected.confidence - answer["confidence"])


def _largest(got: np.ndarray, expected: np.ndarray) -> float:
    return float(np.abs(got - expected).max(initial=0.0)) if got.shape == expected.shape else np.inf


def _finding(stage: str, metric: str, errors: list[tuple[float, str]], bound: float, unit: str) -> Finding:
    value, name = max(errors)
    ok = bool(value <= bound)
    sample = {"unit": unit, "bound": bound, "ok": ok, "n": len(errors), "data": f"{len(errors)} signals; largest at {name!r}"}
    row = Row(model=MODEL, backend=BACKEND, stage=stage, metric=metric, value=min(value, 1e9), **sample)
    return Finding(row, None if ok else f"stage {stage}, {metric}: {value:.3g}, bound {bound:g}, at {name!r}")
