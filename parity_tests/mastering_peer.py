"""Compares mastering toward a reference with matchering (Python, GPL-3), on the same mixes and references.

matchering stays out of the project's own environment: give the Python of a virtual environment of its own, and a table is printed.

python3 -m venv /elsewhere && /elsewhere/bin/pip install matchering==2.0.6
python -m parity_tests.mastering_peer /elsewhere/bin/python
"""

from __future__ import annotations

import base64
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyloudnorm
import soundfile
from scipy import signal

from parity_tests.harness import chromium
from parity_tests.sound import MIXES, files_of, of_file

CEILING = -1.0
PEER = """
import sys, matchering
mix, reference, out = sys.argv[1:]
matchering.process(target=mix, reference=reference, results=[matchering.pcm16(out)])
"""
COLUMNS = ("loudness error, LU", "true peak, dBTP", "over its ceiling, dB", "spectral distance, dB")


def third_octaves(samples: np.ndarray, rate: int) -> np.ndarray:
    """Long-term third-octave levels from 40 Hz to 16 kHz around their mean, in dB."""
    frequencies, power = signal.welch(samples.T, rate, nperseg=8192)
    power = power.sum(axis=0)
    centres = 1000 * 2.0 ** (np.arange(-14, 13) / 3)
    bands = [(frequencies >= centre * 2 ** (-1 / 6)) & (frequencies < centre * 2 ** (1 / 6)) for centre in centres]
    levels = 10 * np.log10([power[band].sum() + 1e-20 for band in bands])
    return levels - levels.mean()


def judged(master: Path, reference: Path, ceiling: float) -> tuple[float, float, float, float]:
    """Loudness error against the reference, true peak, its excess over the ceiling, and spectral distance from the reference."""
    samples, rate = soundfile.read(master)
    wanted, wanted_rate = soundfile.read(reference)
    loudness = [pyloudnorm.Meter(each_rate).integrated_loudness(each) for each, each_rate in ((samples, rate), (wanted, wanted_rate))]
    peak = 20 * np.log10(np.max(np.abs(signal.resample_poly(samples, 8, 1, axis=0))))
    distance = np.sqrt(np.mean((third_octaves(samples, rate) - third_octaves(wanted, wanted_rate)) ** 2))
    return abs(loudness[0] - loudness[1]), peak, max(0.0, peak - ceiling), float(distance)


def compared(python: str) -> Iterator[tuple[str, str, tuple[float, float, float, float]]]:
    """Each mix toward the next one: the pair, who mastered, and the figures."""
    mixes = [path for path in files_of(MIXES) if path.suffix == ".flac"]
    with chromium() as browser, browser.page() as page, tempfile.TemporaryDirectory() as folder:
        page.call("open", "wasm")
        for mix, reference in zip(mixes, mixes[1:] + mixes[:1], strict=True):
            pair, out = f"{mix.stem} like {reference.stem}", Path(folder) / "master.wav"
            yield pair, "unmastered", judged(mix, reference, CEILING)
            subprocess.run([python, "-c", PEER, mix, reference, out], check=True, capture_output=True)
            yield pair, "matchering", judged(out, reference, 0.0)
            lufs = pyloudnorm.Meter(soundfile.info(reference).samplerate).integrated_loudness(soundfile.read(reference)[0])
            target = {"lufs": float(lufs), "truePeakDb": CEILING}
            told = page.call("masterSound", "wasm", of_file(mix), {"target": target}, of_file(reference))
            out.write_bytes(base64.b64decode(told["wav"]))
            yield pair, "tunesmith", judged(out, reference, CEILING)


def main() -> int:
    """Print a row for each pair and the means."""
    figures: dict[str, list[tuple[float, float, float, float]]] = {}
    print(f"| pair | by | {' | '.join(COLUMNS)} |\n|---|---|{'---|' * len(COLUMNS)}")
    for pair, who, row in compared(sys.argv[1]):
        figures.setdefault(who, []).append(row)
        print(f"| {pair} | {who} | {' | '.join(f'{value:.2f}' for value in row)} |", flush=True)
    for who, rows in figures.items():
        print(f"| mean of {len(rows)} | {who} | {' | '.join(f'{value:.2f}' for value in np.mean(rows, axis=0))} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
