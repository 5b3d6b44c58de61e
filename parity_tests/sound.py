"""Loudness and audio blocks in the browser against independent ones: EBU's sequences, pyloudnorm, FFmpeg, scipy, and stated curves."""

from __future__ import annotations

import base64
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyloudnorm
import soundfile
from scipy import signal

from datasets.registry import places
from keras_models.report import Row
from parity_tests import ffmpeg
from parity_tests.finding import Finding
from parity_tests.harness import Chromium, Page, from_text, to_text

MODEL, BACKEND = "loudness", "cpu"
RATE = 48_000
MIXES, SEQUENCES = "audio/mixes", "audio/loudness"
# File -> what it must read and the tolerance, as EBU Tech 3341 and 3342 and the tests of pyloudnorm state them.
INTEGRATED = {
    "seq-3341-1-16bit": -23,
    "seq-3341-2-16bit": -33,
    "seq-3341-3-16bit-v02": -23,
    "seq-3341-4-16bit-v02": -23,
    "seq-3341-5-16bit-v02": -23,
    "seq-3341-7_seq-3342-5-16bit": -23,
    "pyloudnorm_1770-2_Comp_RelGateTest": -10.0,
    "pyloudnorm_1770-2_Comp_AbsGateTest": -69.5,
    "pyloudnorm_sine_1000": -3.05,
    "1kHz_sine_-20LUFS-16bit": -20,
    "1kHz_sine_-26LUFS-16bit": -26,
    "1kHz_sine_-40LUFS-16bit": -40,
}
RANGES = {"seq-3342-1-16bit": 10, "seq-3342-2-16bit": 5, "seq-3342-3-16bit": 20, "seq-3342-4-16bit": 15, "seq-3341-7_seq-3342-5-16bit": 5}
COMPRESSOR = {"thresholdDb": -24, "ratio": 3, "kneeDb": 6, "attackMs": 10, "releaseMs": 100, "rangeDb": 12, "makeupDb": 0}
LIMITER = {"gainDb": 9, "ceilingDb": -1, "lookAheadMs": 4, "releaseMs": 60}


def files_of(folder: str) -> list[Path]:
    """The audio files of a folder of the data; none where it is not at hand."""
    return next((sorted(p for p in (place / folder).iterdir() if p.is_file()) for place in places() if (place / folder).is_dir()), [])


def of_file(path: Path) -> dict[str, str]:
    """A file as the page reads it, which decodes it itself."""
    return {"file": base64.b64encode(path.read_bytes()).decode()}


def of_samples(samples: np.ndarray, rate: int = RATE) -> dict[str, Any]:
    """Samples [channels, frames] as the page reads them."""
    return {"samples": to_text({"samples": np.atleast_2d(samples).astype(np.float32)})["samples"], "sampleRate": rate}


def measure_sound(browser: Chromium) -> Iterator[Finding]:
    """Everything about loudness and blocks, in one page."""
    with browser.page() as page:
        yield from _sequences(page)
        yield from _mixes(page)
        yield from _filters(page)
        yield from _curves(page)


def finding(
    metric: str, errors: Mapping[str, float], bound: float, unit: str, data: str, *, stage: str = "outputs", model: str = MODEL
) -> Finding:
    """The largest magnitude of named errors against a bound; where it is missed, those that miss it are told."""
    worst = max(map(abs, errors.values()), default=0.0)
    missed = [f"{name}: {error:.3g} {unit}" for name, error in errors.items() if not abs(error) <= bound]
    sample = {"n": len(errors), "data": data, "bound": bound, "ok": not missed}
    row = Row(model=model, backend=BACKEND, stage=stage, metric=metric, value=worst, unit=unit, **sample)
    return Finding(row, f"{metric}: {'; '.join(missed[:5])}" if missed else None)


def _sequences(page: Page) -> Iterator[Finding]:
    files = {path.stem: path for path in files_of(SEQUENCES)}
    if not files:
        return
    read = {name: page.call("soundLoudness", of_file(path)) for name, path in files.items() if name in {*INTEGRATED, *RANGES}}
    integrated = {name: read[name]["integrated"] - expected for name, expected in INTEGRATED.items()}
    ranges = {name: read[name]["range"] - expected for name, expected in RANGES.items()}
    yield finding("integrated loudness of the test sequences, largest error", integrated, 0.1, "LU", "EBU Tech 3341, pyloudnorm")
    yield finding("loudness range of the test sequences, largest error", ranges, 1.0, "LU", "EBU Tech 3342")


def _mixes(page: Page) -> Iterator[Finding]:
    files = [path for path in files_of(MIXES) if path.suffix == ".flac"]
    if not files:
        return
    read = {path.stem: page.call("soundLoudness", of_file(path)) for path in files}
    by_python = {}
    for path in files:
        samples, rate = soundfile.read(path)
        by_python[path.stem] = read[path.stem]["integrated"] - pyloudnorm.Meter(rate, filter_class="DeMan").integrated_loudness(samples)
    yield finding("integrated loudness against pyloudnorm, largest difference", by_python, 0.1, "LU", "mixes")
    if ffmpeg.find_ffmpeg() is None:
        warnings.warn(f"loudness is not compared with FFmpeg: {ffmpeg.REMEDY}", stacklevel=2)
        return
    by_ffmpeg = {path.stem: ffmpeg.loudness(path) for path in files}
    integrated = {name: read[name]["integrated"] - said["integrated"] for name, said in by_ffmpeg.items()}
    yield finding("integrated loudness against FFmpeg, largest difference", integrated, 0.1, "LU", "mixes")
    peaks = {name: read[name]["truePeak"] - said["true_peak"] for name, said in by_ffmpeg.items()}
    yield finding("true peak against FFmpeg, largest difference", peaks, 0.2, "dB", "mixes")


def _filters(page: Page) -> Iterator[Finding]:
    """Responses: the browser filters an impulse; scipy designs the same filter on its own and tells its response."""
    impulse = np.eye(1, 1 << 15)[0]
    errors = {}
    for name, band, sections in reference_filters():
        got = through(page, {"kind": "biquads", "bands": [band]}, impulse)[0]
        frequencies, expected = signal.sosfreqz(sections, worN=4096, fs=RATE)
        response = np.fft.rfft(got)[: 4 * 4096 : 4]
        errors[name] = float(np.max(np.abs(response - expected)))
        assert len(frequencies) == len(response)
    yield finding("frequency response of filters against scipy, largest error", errors, 1e-6, "absolute", f"{len(errors)} filters")


def reference_filters() -> Iterator[tuple[str, dict[str, Any], np.ndarray]]:
    """Filters as the page takes them, and as scipy makes them from analog prototypes."""
    for frequency in (40.0, 1000.0, 9000.0):
        for kind, btype in (("lowPass", "lowpass"), ("highPass", "highpass")):
            yield f"{kind} {frequency:g}", {"kind": kind, "frequency": frequency}, signal.butter(2, frequency, btype, fs=RATE, output="sos")
        for gain in (-6.0, 5.0):
            root = 10 ** (gain / 40)
            q = 1.3
            prototypes = {
                "peaking": ([1, root / q, 1], [1, 1 / root / q, 1]),
                "lowShelf": (root * np.array([1, np.sqrt(root) / q, root]), [root, np.sqrt(root) / q, 1]),
                "highShelf": (root * np.array([root, np.sqrt(root) / q, 1]), [1, np.sqrt(root) / q, root]),
                "allPass": ([1, -1 / q, 1], [1, 1 / q, 1]),
            }
            for kind, (above, below) in prototypes.items():
                # The prototype's frequency is 1; warped so that the bilinear transform puts it where it belongs.
                warped = 2 * RATE * np.tan(np.pi * frequency / RATE)
                scale = warped ** -np.arange(2.0, -1, -1)
                b, a = signal.bilinear(above * scale, below * scale, fs=RATE)
                band = {"kind": kind, "frequency": frequency, "gainDb": gain, "q": q}
                yield f"{kind} {frequency:g} Hz {gain:g} dB", band, signal.tf2sos(b, a)


def _curves(page: Page) -> Iterator[Finding]:
    time = np.arange(RATE) / RATE
    tone = np.sin(2 * np.pi * 1000 * time)
    compressor, peaks, reductions = {}, {}, {}
    for level in np.arange(-50.0, 1.0, 5.0):
        got = through(page, {"kind": "compressor", "settings": COMPRESSOR}, tone * 10 ** ((level + 3.0103) / 20))[0]
        settled = 10 * np.log10(np.mean(got[RATE // 2 :].astype(float) ** 2))
        compressor[f"{level:g} dB"] = settled - (level - _reduction(level))
    yield finding("compressor's curve, largest error", compressor, 0.05, "dB", "sines from -50 to 0 dB")
    rng = np.random.default_rng(20)
    shapes = {
        "noise": rng.uniform(-1, 1, RATE),
        "sine at a quarter of the rate": np.sin(2 * np.pi * (RATE / 4) * time + np.pi / 4),
        "clicks": np.where(np.arange(RATE) % 4801 == 2400, 1.0, 0.0),
        "square": np.sign(np.sin(2 * np.pi * 110 * time + 0.01)),
    }
    for name, shape in shapes.items():
        shape = shape * np.hanning(RATE) ** 0.1
        got = through(page, {"kind": "limiter", "settings": LIMITER}, shape)[0].astype(float)
        peaks[name] = max(0.0, 20 * np.log10(np.max(np.abs(signal.resample_poly(got, 16, 1)))) - LIMITER["ceilingDb"])
    for level in (-30.0, -12.0, -8.0, -2.0):
        got = through(page, {"kind": "limiter", "settings": LIMITER}, tone * 10 ** (level / 20))[0]
        reductions[f"{level:g} dB"] = 20 * np.log10(np.max(np.abs(got[RATE // 2 :]))) - min(level + LIMITER["gainDb"], LIMITER["ceilingDb"])
    yield finding("limiter's true peak above its ceiling, 16 times oversampled", peaks, 0.15, "dB", "hostile signals")
    yield finding("limiter's curve, largest error", reductions, 0.05, "dB", "sines from -30 to -2 dB")


def _reduction(level: float) -> float:
    """What a quadratic knee asks for (Giannoulis, Massberg and Reiss, 2012)."""
    slope, knee = 1 - 1 / COMPRESSOR["ratio"], COMPRESSOR["kneeDb"]
    over = level - COMPRESSOR["thresholdDb"]
    if over <= -knee / 2:
        return 0.0
    asked = slope * over if over >= knee / 2 else slope * (over + knee / 2) ** 2 / (2 * knee)
    return min(asked, COMPRESSOR["rangeDb"])


def through(page: Page, block: Mapping[str, Any], samples: np.ndarray, rate: int = RATE) -> np.ndarray:
    """Samples [channels, frames] after a block of the browser."""
    return from_text({"sound": page.call("soundThrough", block, of_samples(samples, rate))})["sound"]


def wav_of(page: Page, samples: np.ndarray, rate: int, bit_depth: int, folder: Path) -> Path:
    """A WAV file that the browser writes, on disk."""
    path = folder / f"{rate}-{bit_depth}.wav"
    path.write_bytes(base64.b64decode(page.call("soundWav", of_samples(samples, rate), bit_depth)))
    return path
