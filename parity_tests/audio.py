"""The audio front end against librosa and soxr themselves, on real music, loops, and signals that break careless code."""

from __future__ import annotations

import base64
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import librosa
import numpy as np
import soundfile
import soxr

from datasets.registry import places
from datasets.resampling import resample
from keras_models.report import Row
from parity_tests.finding import Finding
from parity_tests.harness import Chromium, Page, PageError, from_text, to_text

MODEL, BACKEND = "audio", "cpu"
RATE = 22_050
TARGETS = (22_050, 16_000)
TONE_RATES = ((44_100, 22_050), (48_000, 22_050), (96_000, 22_050), (8_000, 22_050), (44_100, 16_000), (22_050, 16_000))
PASSBAND = 0.9
CLIPS, LOOPS, MIXES = "audio/gtzan_clips", "audio/loops", "audio/mixes"
# Magnitudes are many: those of every fourth frame are compared, and of all frames what is computed from them.
FRAMES_APART = 4
# The page decodes every tenth clip, too: they all decode alike.
CLIPS_APART = 10
# One step of 16 bits: Chromium divides positive samples by 32,767 and negative ones by 32,768, libsndfile all by 32,768.
STEP = 2.0**-15

Errors = Sequence[tuple[float, str]]


@dataclass(frozen=True)
class Signal:
    """A signal as Python and the page get it.

    Attributes
    ----------
    samples
        [samples] float32, mono, at ``rate``.
    path
        The file that it was read from; None for a signal made up.
    """

    name: str
    samples: np.ndarray
    rate: int = RATE
    path: Path | None = None

    @property
    def sent(self) -> dict[str, Any]:
        """The samples, as the page reads them."""
        return {"samples": to_text({"samples": self.samples.astype(np.float32)})["samples"], "sampleRate": self.rate}

    @property
    def file(self) -> dict[str, str]:
        """The file's own bytes, which the page decodes itself."""
        return {"file": base64.b64encode(self.path.read_bytes()).decode()}


@dataclass(frozen=True)
class Spectra:
    """What librosa's features start from; [bins, frames] as librosa has them."""

    magnitude: np.ndarray
    log_mel: np.ndarray
    mfcc: np.ndarray

    @classmethod
    def of(cls, samples: np.ndarray) -> Spectra:
        """Spectra of a signal at ``RATE``."""
        magnitude = np.abs(librosa.stft(samples))
        log_mel = librosa.power_to_db(librosa.feature.melspectrogram(S=magnitude**2, sr=RATE))
        return cls(magnitude, log_mel, librosa.feature.mfcc(S=log_mel, n_mfcc=40))

    @property
    def power(self) -> np.ndarray:
        """The power spectrogram."""
        return self.magnitude**2

    @property
    def narrow_log_mel(self) -> np.ndarray:
        """Bands between 20 and 8,000 Hz."""
        return librosa.power_to_db(librosa.feature.melspectrogram(S=self.power, sr=RATE, fmin=20, fmax=8000))

    def delta(self, order: int) -> np.ndarray | None:
        """Change of the MFCC; None where there are fewer frames than librosa's window has."""
        return librosa.feature.delta(self.mfcc, order=order) if self.mfcc.shape[1] >= 9 else None

    def onset(self, aggregate: Callable[..., Any]) -> np.ndarray:
        """Onset strength."""
        return librosa.onset.onset_strength(S=self.log_mel, sr=RATE, aggregate=aggregate)


@dataclass(frozen=True)
class Feature:
    """One feature of the page, what librosa computes for it, and how far they may lie apart; relative to the largest where it says so."""

    name: str
    title: str
    bound: float
    unit: str
    expected: Callable[[Spectra], np.ndarray | None]
    relative: bool = False


FEATURES = (
    Feature("magnitude", "STFT magnitude", 1e-5, "of the largest", lambda spectra: spectra.magnitude[:, ::FRAMES_APART], relative=True),
    Feature("logMel", "log-mel, 0 to 11,025 Hz", 1e-3, "dB", lambda spectra: spectra.log_mel),
    Feature("narrowLogMel", "log-mel, 20 to 8,000 Hz", 1e-3, "dB", lambda spectra: spectra.narrow_log_mel),
    Feature("mfcc", "MFCC-40", 1e-3, "dB", lambda spectra: spectra.mfcc),
    Feature("delta1", "delta of the MFCC", 1e-3, "dB a frame", lambda spectra: spectra.delta(1)),
    Feature("delta2", "second delta of the MFCC", 1e-3, "dB a frame^2", lambda spectra: spectra.delta(2)),
    Feature("meanOnset", "onset strength, mean", 1e-4, "dB", lambda spectra: spectra.onset(np.mean)),
    Feature("medianOnset", "onset strength, median", 1e-4, "dB", lambda spectra: spectra.onset(np.median)),
    Feature("tuning", "tuning", 1e-6, "semitones", lambda spectra: np.array([librosa.estimate_tuning(S=spectra.power, sr=RATE)])),
    Feature("chroma", "chroma", 1e-3, "of the largest class", lambda spectra: librosa.feature.chroma_stft(S=spectra.power, sr=RATE)),
)


def hostile_signals() -> list[Signal]:
    """Silence, DC, an impulse, a full-scale square wave, a handful of samples, and a tone fainter than decibels tell from silence."""
    time = np.arange(2 * RATE) / RATE
    return [
        Signal("silence", np.zeros(RATE, np.float32)),
        Signal("DC", np.full(RATE, 0.5, np.float32)),
        Signal("impulse", np.eye(1, RATE, RATE // 2, dtype=np.float32)[0]),
        Signal("full-scale square", np.sign(np.sin(2 * np.pi * 440 * time + 1e-3)).astype(np.float32)),
        Signal("10 samples", np.linspace(-1, 1, 10, dtype=np.float32)),
        Signal("one sample", np.ones(1, np.float32)),
        Signal("faint tone", (1e-7 * np.sin(2 * np.pi * 1000 * time)).astype(np.float32)),
    ]


def files_of(folder: str) -> list[Signal]:
    """The audio files of a folder of the data, decoded by libsndfile and mixed to mono; none where it is not at hand."""
    found = next((root / folder for root in places() if (root / folder).is_dir()), None)
    signals = []
    for path in sorted(found.glob("*.flac")) if found is not None else ():
        channels, rate = soundfile.read(path, dtype="float32", always_2d=True)
        signals.append(Signal(path.stem, channels.mean(axis=1, dtype=np.float64).astype(np.float32), rate, path))
    return signals


def measure_audio(browser: Chromium) -> Iterator[Finding]:
    """Everything that the front end promises, measured in one page."""
    clips, loops, hostile = files_of(CLIPS), files_of(LOOPS), hostile_signals()
    kinds = {"clips": clips, "loops": loops, "hostile": hostile}
    data = " + ".join(f"{len(signals)} {kind}" for kind, signals in kinds.items() if signals)
    with browser.page() as page:
        yield from _features(page, [*clips, *loops, *hostile], data)
        yield from _samples(page, [*loops, *files_of(MIXES), *clips[::CLIPS_APART]])
        yield _tones(page)
        yield _refusals(page)


def _features(page: Page, signals: Sequence[Signal], data: str) -> Iterator[Finding]:
    errors: dict[str, list[tuple[float, str]]] = {feature.name: [] for feature in FEATURES}
    for signal in signals:
        got = from_text(page.call("audioFeatures", signal.sent, RATE, FRAMES_APART))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of signals shorter than a frame, and of silence without a pitch
            spectra = Spectra.of(resample(signal.samples, signal.rate, RATE))
            for feature in FEATURES:
                errors[feature.name].append((_error(feature, feature.expected(spectra), got.get(feature.name)), signal.name))
    for feature in FEATURES:
        metric = f"{feature.title}, largest error"
        yield _finding(metric, errors[feature.name], feature.unit, feature.bound, f"{data}, against librosa")


def _error(feature: Feature, expected: np.ndarray | None, got: np.ndarray | None) -> float:
    if expected is None or got is None:
        return 0.0 if expected is got else np.inf
    scale = max(float(np.abs(expected).max()), float(np.finfo(np.float32).tiny)) if feature.relative else 1.0
    return _largest(got.T, expected) / scale


def _samples(page: Page, files: Sequence[Signal]) -> Iterator[Finding]:
    """Decoding against libsndfile, the resampler against its twin and against soxr."""
    if not files:
        return
    decoded, resampled, passed = [], [], []
    for signal in files:
        got = from_text(page.call("audioSamples", signal.file, TARGETS))
        samples = got["decoded"]
        decoded.append((_largest(samples, signal.samples), signal.name))
        for rate in TARGETS:
            resampled.append((_largest(got[str(rate)], resample(samples, signal.rate, rate)), f"{signal.name} to {rate:,} Hz"))
        if signal.rate > RATE:
            passed.append((_passband_decibels(got[str(RATE)], soxr.resample(samples, signal.rate, RATE, quality="HQ")), signal.name))
    data = f"{len(files)} files at their own rates"
    yield _finding("decoded samples, largest error", decoded, "of full scale", STEP, f"{data}, against libsndfile")
    data = f"{len(files)} files to {' and '.join(f'{rate:,}' for rate in TARGETS)} Hz"
    yield _finding("resampled samples, largest error", resampled, "of full scale", 1e-6, f"{data}, against the twin in Python")
    data = f"{len(passed)} files to {RATE:,} Hz, up to {PASSBAND:.0%} of the Nyquist frequency, against soxr HQ"
    yield _finding("resampler, error in the pass band", passed, "dB", -80.0, data)


def _tones(page: Page) -> Finding:
    """Tones against what they are: for ratios less simple than 2, soxr's high quality itself is off by more than -80 dB near its edge."""
    errors = []
    for source, target in TONE_RATES:
        for share in (0.01, 0.3, 0.6, 0.89):
            hertz = share * min(source, target) / 2
            tone, expected = (np.sin(2 * np.pi * hertz * np.arange(rate) / rate) for rate in (source, target))
            got = from_text(page.call("audioSamples", Signal("tone", tone, source).sent, [target]))[str(target)]
            middle = slice(2000, -2000)
            errors.append((_decibels(got[middle] - expected[middle], expected[middle]), f"{hertz:,.0f} Hz, {source:,} to {target:,} Hz"))
    return _finding("resampler, error of tones", errors, "dB", -80.0, "tones up to 89 % of the lower Nyquist frequency, against exact ones")


def _refusals(page: Page) -> Finding:
    """Signals that nothing can be computed from are refused by a typed error."""
    signals = {"NaN": [0.0, np.nan], "infinity": [np.inf, 0.0], "no sample": []}
    errors = []
    for name, samples in signals.items():
        try:
            page.call("audioFeatures", Signal(name, np.array(samples)).sent, RATE, FRAMES_APART)
            errors.append((1.0, name))
        except PageError as error:
            errors.append((float(error.code != "input"), name))
    return _finding("signals not refused by a typed error", errors, "of each", 0.0, ", ".join(signals))


def _finding(metric: str, errors: Errors, unit: str, bound: float, data: str) -> Finding:
    """The largest of some errors, each with the name of its signal."""
    value, name = max(errors)
    ok = bool(value <= bound)
    told = f"{data}; largest at {name!r}" if value else data
    sample = {"unit": unit, "bound": bound, "ok": ok, "n": len(errors), "data": told}
    row = Row(model=MODEL, backend=BACKEND, stage="features", metric=metric, value=value, **sample)
    return Finding(row, None if ok else f"stage features, {metric}: {value:.3g}, bound {bound:g}, at {name!r}")


def _largest(got: np.ndarray, expected: np.ndarray) -> float:
    if got.shape != expected.shape:
        return np.inf
    error = float(np.abs(got.astype(np.float64) - expected).max(initial=0.0))
    return error if np.isfinite(error) else np.inf


def _passband_decibels(got: np.ndarray, expected: np.ndarray) -> float:
    """Energy of the difference in the pass band, over that of the expected signal there."""
    count = min(len(got), len(expected))
    window = np.hanning(count)
    passed = int(PASSBAND * (count // 2 + 1))
    spectra = [np.fft.rfft(values[:count] * window)[:passed] for values in (got, expected)]
    return _decibels(spectra[0] - spectra[1], spectra[1])


def _decibels(error: np.ndarray, reference: np.ndarray) -> float:
    return float(20 * np.log10(np.linalg.norm(error) / np.linalg.norm(reference)))
