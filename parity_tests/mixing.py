"""Mixing in the browser judged from outside: spoiled multitracks of songs and programs that nothing was learned from, and ffmpeg's ears.

`python -m parity_tests.mixing` does so alone and writes reports/mixing.{json,html,md}; the parity report holds the same rows.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from scipy.signal import sosfilt

from datasets.multitracks import Levels, Multitrack, multitracks, prepare, spoil
from datasets.registry import DataMissingError
from datasets.renders import RATE
from datasets.stem_bands import stem_bands
from keras_models.mixing_objective import Aim, StemSettings, biquad, objective, pan_gains, reduction_db
from keras_models.mixing_scene import k_weights, lufs, scene
from keras_models.report import Row, environment
from parity_tests.finding import Finding, tell
from parity_tests.harness import BUNDLE, Chromium, Page, chromium, from_text

MODEL, BACKEND = "mixing", "cpu"
SONGS = 12
LABELS: Mapping[Levels, str] = {"even": "parts at one velocity", "played": "as played"}
LEAST_CUT, LEAST_MASKED, CEILING_DBTP = 50.0, 90.0, -1.0
HOP, LEVEL_MS = 16, 5.0  # of the runtime's compressor


@dataclass(frozen=True, eq=False)
class Judged:
    """One mix, judged.

    Attributes
    ----------
    errors
        Level error in dB against the balanced version, common gain removed: of the spoiled stems, of stems at equal loudness, of the mix.
    masking
        Share of loudness masked, before and after, of the audio itself.
    true_peak, loudness
        By ffmpeg, dBTP and LUFS.
    render_error
        Largest difference of the browser's mix from Python's, of full scale.
    """

    name: str
    errors: Mapping[str, float]
    masking: tuple[float, float]
    true_peak: float
    loudness: float
    render_error: float
    answer: Mapping[str, Any]
    roles_right: int
    stems: int


def measure_mixing(browser: Chromium) -> Iterator[Finding]:
    """What the README promises of mixing; one row that says why where songs, synthesizer or ffmpeg are missing."""
    try:
        if shutil.which("ffmpeg") is None:
            raise DataMissingError(
                "ffmpeg: expected the program on the PATH, found none. Remedy: apt-get install ffmpeg, or brew install ffmpeg."
            )
        songs = {levels: multitracks("test", SONGS, levels=levels) for levels in LABELS}
        prepare([song for each in songs.values() for song in each])
    except DataMissingError as missing:
        yield Finding(_row("multitracks judged", 0, "mixes", 0, str(missing)), None)
        return
    with browser.page() as page:
        page.call("open", "wasm")
        for levels, each in songs.items():
            judged = [judge(page, song, seed=int(song.name)) for song in each]
            yield from _findings(judged, f"test songs and programs of POP909 and Groove, {LABELS[levels]}, gains +-12 dB, pans +-0.7")
        yield _repeats(page, songs["even"][0])


def judge(page: Page, song: Multitrack, *, seed: int, options: Mapping[str, Any] | None = None) -> Judged:
    """Spoil, mix in the browser, and compare."""
    balanced = song.audio()
    spoiled, _ = spoil(balanced, seed=seed)
    answer, mix = mix_in_browser(page, spoiled, options or {})
    processed = [process(stem, told) for stem, told in zip(spoiled, answer["stems"], strict=True)]
    wanted = loudness_of(balanced)
    errors = {
        "untouched": _spread(loudness_of(spoiled) - wanted),
        "equal loudness": _spread(-wanted),
        "mix": _spread(loudness_of(processed) - wanted),
    }
    peak, loudness = ffmpeg_measures(mix)
    return Judged(
        name=song.name,
        errors=errors,
        masking=(masking_of(spoiled), masking_of(processed)),
        true_peak=peak,
        loudness=loudness,
        render_error=float(np.abs(sum(processed) - mix).max()),
        answer=answer,
        roles_right=sum(told["role"] == stem.role for told, stem in zip(answer["stems"], song.stems, strict=True)),
        stems=len(balanced),
    )


def mix_in_browser(page: Page, stems: Sequence[np.ndarray], options: Mapping[str, Any]) -> tuple[dict[str, Any], np.ndarray]:
    """(the answer, float32 [samples, 2]) of ``suite.mixing.balance``."""
    folder = Path(tempfile.mkdtemp(dir=BUNDLE, prefix="stems-"))
    try:
        files = []
        for index, samples in enumerate(stems):
            (folder / f"{index}.bin").write_bytes(np.ascontiguousarray(samples.T, "<f4").tobytes())
            files.append({"url": f"/page/{folder.name}/{index}.bin", "channels": samples.shape[1], "sampleRate": RATE})
        answer = page.call("mixFiles", "wasm", files, dict(options))
    finally:
        shutil.rmtree(folder)
    return answer, from_text({"mix": answer.pop("samples")})["mix"].T


def process(samples: np.ndarray, told: Mapping[str, Any]) -> np.ndarray:
    """A stem through the settings that the browser states, by scipy: float64 [samples, 2]."""
    out = told["polarity"] * (samples.astype(np.float64) - samples.mean(axis=0, dtype=np.float64))
    filters = [("highPass", told["highPassHz"], np.sqrt(0.5), 0.0)] if told["highPassHz"] else []
    filters += [(band["kind"], band["frequency"], band["q"], band["gainDb"]) for band in told["eq"] if band["gainDb"]]
    for kind, frequency, q, gain in filters:
        b, a = biquad(kind, frequency, q, gain, RATE)
        out = sosfilt(np.concatenate([b, a])[None, :] / a[0], out, axis=0)
    if told["compressor"]:
        out = compress(out, told["compressor"])
    return out * 10 ** (told["gainDb"] / 20) * np.array(pan_gains(told["pan"]))


def compress(samples: np.ndarray, told: Mapping[str, Any]) -> np.ndarray:
    """The runtime's compressor, written anew: mean square over 5 ms, looked at every 16 samples, smoothed in dB, gain interpolated."""
    share = [1 - np.exp(-1000 * HOP / (ms * RATE)) for ms in (LEVEL_MS, told["attackMs"], told["releaseMs"])]
    looks = len(samples) // HOP
    energies = np.square(samples[: looks * HOP]).reshape(looks, HOP, -1).mean(axis=1)
    level, smoothed, gains = np.zeros(samples.shape[1]), 0.0, [told["makeupDb"]]
    for energy in energies:
        level = level + share[0] * (energy - level)
        asked = float(reduction_db(10 * np.log10(max(level.max(), 1e-12)), told["thresholdDb"], told["ratio"]))
        smoothed += share[1 if asked > smoothed else 2] * (asked - smoothed)
        gains.append(told["makeupDb"] - smoothed)
    # The first gain holds for a hop; from then on each is reached a hop after it was found.
    amplitudes = 10 ** (np.array([gains[0], *gains]) / 20)
    return samples * np.interp(np.arange(len(samples)), np.arange(len(amplitudes)) * HOP, amplitudes)[:, None]


def loudness_of(stems: Sequence[np.ndarray]) -> np.ndarray:
    """float64 [stems], LUFS over the audible parts."""
    weights = k_weights()
    seen = scene(stems, [stem_bands(samples, RATE) for samples in stems])
    return np.array([lufs(((each.left + each.right) @ weights)[each.active].mean()) for each in seen])


def masking_of(stems: Sequence[np.ndarray]) -> float:
    """The objective's masking of audio as it is."""
    seen = scene(stems, [stem_bands(samples, RATE) for samples in stems])
    aim = Aim(levelDb=0, centre=1, position=0)
    return objective(seen, [StemSettings()] * len(seen), [aim] * len(seen), RATE)["masking"]


def ffmpeg_measures(mix: np.ndarray) -> tuple[float, float]:
    """(true peak in dBTP, integrated loudness in LUFS) of a mix, by ffmpeg's ebur128."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mix.wav"
        soundfile.write(path, mix, RATE, subtype="FLOAT")
        command = ["ffmpeg", "-hide_banner", "-nostats", "-i", path, "-af", "ebur128=peak=true", "-f", "null", "-"]
        told = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    summary = told[told.rindex("Summary:") :]
    peak, loudness = (re.search(pattern, summary) for pattern in (r"Peak:\s+(-?[\d.]+|-inf)", r"I:\s+(-?[\d.]+)"))
    return float(peak[1]), float(loudness[1])  # type: ignore[index]


def _findings(judged: Sequence[Judged], data: str) -> Iterator[Finding]:
    n = len(judged)
    cuts = [100 * (1 - each.errors["mix"] / each.errors["untouched"]) for each in judged]
    rows = [
        _row("level error cut, median", np.median(cuts), "%", n, data, LEAST_CUT, least=True),
        *(_row(f"level error, median, {who}", np.median([each.errors[who] for each in judged]), "dB", n, data) for who in judged[0].errors),
        _row(
            "mixes with less masking",
            100 * np.mean([each.masking[1] < each.masking[0] for each in judged]),
            "%",
            n,
            data,
            LEAST_MASKED,
            least=True,
        ),
        _row("masking before, mean", np.mean([each.masking[0] for each in judged]), "share of loudness", n, data),
        _row("masking after, mean", np.mean([each.masking[1] for each in judged]), "share of loudness", n, data),
        _row("true peak by ffmpeg, highest", max(each.true_peak for each in judged), "dBTP", n, data, CEILING_DBTP),
        _row("loudness against ffmpeg, largest error", max(_loudness_error(each) for each in judged), "LU", n, data, 0.1),
        _row("mix against scipy's render, largest error", max(each.render_error for each in judged), "of full scale", n, data, 1e-4),
        _row("objectives worse than the input's", sum(_worse(each) for each in judged), "mixes", n, data, 0),
        _row(
            "stems with the right role",
            100 * sum(e.roles_right for e in judged) / sum(e.stems for e in judged),
            "%",
            sum(e.stems for e in judged),
            data,
        ),
        _row("time of a mix of 12 s, median", np.median([each.answer["milliseconds"] for each in judged]), "ms", n, data),
    ]
    for row in rows:
        yield Finding(row, f"{row.metric}: {row.value:.4g} {row.unit}, bound {row.bound:g}, {data}" if row.ok is False else None)


def _repeats(page: Page, song: Multitrack) -> Finding:
    """The same stems give the same mix, to the last bit."""
    spoiled, _ = spoil(song.audio(), seed=0)
    (_, one), (_, other) = (mix_in_browser(page, spoiled, {}) for _ in range(2))
    row = _row("samples that differ when mixed again", int((one != other).sum()), "samples", one.size, "one test song", 0)
    return Finding(row, f"{row.value:g} samples differ" if row.ok is False else None)


def _row(metric: str, value: float, unit: str, n: int, data: str, bound: float | None = None, *, least: bool = False) -> Row:
    ok = None if bound is None else bool(value >= bound if least else value <= bound)
    return Row(
        model=MODEL, backend=BACKEND, stage="quality", metric=metric, value=float(value), unit=unit, n=n, data=data, bound=bound, ok=ok
    )


def _spread(errors: np.ndarray) -> float:
    return float(np.std(errors))


def _loudness_error(judged: Judged) -> float:
    return abs(judged.loudness - judged.answer["loudness"]["integrated"])


def _worse(judged: Judged) -> bool:
    return judged.answer["objective"]["after"]["total"] > judged.answer["objective"]["before"]["total"]


def main() -> int:
    """Mix all test songs; 1 where a bar is missed."""
    from parity_tests.measure import Measurements, write_reports

    with chromium() as browser:
        findings = tell(list(measure_mixing(browser)))
        meta = environment(title="Mixing", browser=browser.version)
    return 0 if write_reports(Measurements(findings, meta), "mixing") else 1


if __name__ == "__main__":
    sys.exit(main())
