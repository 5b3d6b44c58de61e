"""Masters made in the browser, judged outside of it: FFmpeg measures the rendered files, scipy looks for clipping and for changed spectra.

`python -m parity_tests.mastering` masters every mix and clip at hand for every preset and writes reports/mastering.{json,html,md}; the test
suite takes a part of them.
"""

from __future__ import annotations

import base64
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyloudnorm
import soundfile
from scipy import signal

from keras_models.report import Row, environment
from parity_tests import ffmpeg
from parity_tests.finding import Finding, tell
from parity_tests.harness import Chromium, Page, chromium
from parity_tests.sound import MIXES, files_of, of_file

MODEL, BACKEND = "mastering", "wasm"
CLIPS = "audio/gtzan_clips"
PRESETS = {"streaming": (-14.0, -1.0), "club": (-11.0, -0.5), "broadcast": (-23.0, -1.0)}
TOLERANCE_LU = 0.2
AGAIN_LU = 0.3
# Finer than any meter's grid: what lies between the samples is found to a hundredth of a decibel.
OVERSAMPLING = 16


@dataclass(frozen=True)
class Made:
    """One master, as the browser tells of it and as others measure its file.

    Attributes
    ----------
    told
        The browser's answer, but for the file itself.
    integrated
        Loudness in LUFS by pyloudnorm.
    true_peak
        Peak of the samples, 16 times oversampled, in dBTP.
    clipped
        Samples at full scale.
    by_ffmpeg
        Loudness and true peak by FFmpeg, in steps of 0.1; empty where there is none.
    """

    name: str
    preset: str
    told: Mapping[str, Any]
    integrated: float
    true_peak: float
    clipped: int
    by_ffmpeg: Mapping[str, float]


def make(page: Page, source: Path, preset: str, *, keep: Path | None = None) -> Made:
    """Master a file in the browser and measure what came out."""
    genre = source.stem.split(".")[0] if "." in source.stem else None
    told = page.call("masterSound", BACKEND, of_file(source), {"target": preset} | ({"genre": genre} if genre else {}))
    content = base64.b64decode(told.pop("wav"))
    with tempfile.TemporaryDirectory() as folder:
        path = keep or Path(folder) / "master.wav"
        path.write_bytes(content)
        samples, rate = soundfile.read(path)
        said = ffmpeg.loudness(path) if ffmpeg.find_ffmpeg() else {}
    with np.errstate(divide="ignore"):
        integrated = pyloudnorm.Meter(rate, filter_class="DeMan").integrated_loudness(samples)
        peak = 20 * np.log10(
            max(np.max(np.abs(signal.resample_poly(channel, OVERSAMPLING, 1))) for channel in samples.T.reshape(-1, len(samples)))
        )
    clipped = int(np.sum(np.abs(samples) >= 1 - 2**-15))
    return Made(source.stem, preset, told, float(integrated), float(peak), clipped, said)


def judge(made: Sequence[Made], data: str) -> Iterator[Finding]:
    """Rows of the bars that every master must keep."""
    for preset, (lufs, ceiling) in PRESETS.items():
        some = [one for one in made if one.preset == preset]
        if not some:
            continue

        def row(metric: str, values: Mapping[str, float], bound: float, unit: str, *, preset: str = preset) -> Finding:
            worst = max(values.values())
            missed = [f"{name}: {value:.3g} {unit}" for name, value in values.items() if value > bound]
            sample = {"n": len(values), "data": f"{data}, {preset}", "bound": bound, "ok": not missed}
            told = Row(model=MODEL, backend=BACKEND, stage="outputs", metric=metric, value=worst, unit=unit, **sample)
            return Finding(told, f"{preset}, {metric}: {'; '.join(missed[:8])}" if missed else None)

        yield row("distance from the target, pyloudnorm", {one.name: abs(one.integrated - lufs) for one in some}, TOLERANCE_LU, "LU")
        yield row("true peak over the ceiling, scipy", {one.name: max(0.0, one.true_peak - ceiling) for one in some}, 0, "dB")
        if all(one.by_ffmpeg for one in some):
            loudness = {one.name: abs(one.by_ffmpeg["integrated"] - lufs) for one in some}
            # Compared in its own steps of a tenth.
            yield row("distance from the target, FFmpeg", {name: round(value, 3) for name, value in loudness.items()}, TOLERANCE_LU, "LU")
            peaks = {one.name: max(0.0, one.by_ffmpeg["true_peak"] - ceiling) for one in some}
            yield row("true peak over the ceiling, FFmpeg", peaks, 0, "dB")
        yield row("clipped samples", {one.name: one.clipped for one in some}, 0, "samples")
        for metric, part, key, bound in (
            ("largest reduction of the limiter", "limiter", "largestDb", "limitingDb"),
            ("mean reduction of the limiter", "limiter", "averageDb", "averageLimitingDb"),
            ("largest reduction of the compressor", "compressor", "largestDb", "compressionDb"),
        ):
            values = {one.name: round(one.told["reduction"][part][key], 3) for one in some}
            yield row(metric, values, some[0].told["bounds"][bound], "dB")
        gains = {one.name: round(_largest_gain(one), 2) for one in some}
        yield row("largest gain or cut of the equalizer", gains, some[0].told["bounds"]["equalizerDb"], "dB")
        worse = {one.name: one.told["objective"]["after"]["total"] - one.told["objective"]["before"]["total"] for one in some}
        yield row("objective after less objective before", worse, 0, "")


def _largest_gain(made: Made) -> float:
    """Largest magnitude of the joint response of the equalizer's bands, in dB, from the parameters alone."""
    rate = made.told["parameters"]["sampleRate"]
    frequencies = np.geomspace(30, min(16_000, 0.45 * rate), 300)
    total = np.zeros_like(frequencies)
    for band in made.told["parameters"]["chain"]["equalizer"]:
        root = 10 ** (band["gainDb"] / 40)
        s = 1j * np.tan(np.pi * frequencies / rate) / np.tan(np.pi * band["frequency"] / rate)
        q = band["q"]
        if band["kind"] == "peaking":
            response = (s**2 + s * root / q + 1) / (s**2 + s / root / q + 1)
        else:
            low = root * (s**2 + s * np.sqrt(root) / q + root) / (root * s**2 + s * np.sqrt(root) / q + 1)
            high = root * (root * s**2 + s * np.sqrt(root) / q + 1) / (s**2 + s * np.sqrt(root) / q + root)
            response = low if band["kind"] == "lowShelf" else high
        total += 20 * np.log10(np.abs(response))
    return float(np.max(np.abs(total)))


def measure_mastering(browser: Chromium, sources: Sequence[Path], presets: Sequence[str], data: str) -> list[Finding]:
    """Master files for presets, and judge them."""
    with browser.page() as page:
        page.call("open", BACKEND)
        made = []
        for source in sources:
            made += [make(page, source, preset) for preset in presets]
            print(
                source.stem,
                *(
                    f"{one.preset} {one.integrated:.2f} LUFS {one.true_peak:.2f} dBTP {one.told['outcome']}"
                    for one in made[-len(presets) :]
                ),
            )
    return list(judge(made, data))


def main() -> int:
    """Master everything at hand; 1 where a bar is missed."""
    from parity_tests.measure import Measurements, write_reports

    findings: list[Finding] = []
    with chromium() as browser:
        for folder, data in ((MIXES, "mixes"), (CLIPS, "GTZAN clips")):
            sources = [path for path in files_of(folder) if path.suffix == ".flac"]
            findings += tell(measure_mastering(browser, sources, list(PRESETS), data))
        meta = environment(title="Mastering", browser=browser.version)
    return 0 if write_reports(Measurements(findings, meta), "mastering") else 1


if __name__ == "__main__":
    sys.exit(main())
