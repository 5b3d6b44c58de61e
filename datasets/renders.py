"""MIDI to audio with FluidSynth: one render per (notes, soundfont, gain, rate), kept in a cache outside the repository."""

from __future__ import annotations

import functools
import hashlib
import io
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from rich.console import Console
from rich.progress import track

from datasets.files import sha256_of, write_atomically
from datasets.midi import Voice, write
from datasets.registry import DataMissingError, cache, find

RATE = 44_100
GAIN = 0.3  # FluidSynth's master gain: four loud voices together stay below full scale
SOUNDFONT = "fluid_r3"  # in the registry
_INSTALL = "Debian and Ubuntu: apt-get install fluidsynth fluid-soundfont-gm; macOS: brew install fluid-synth"


@dataclass(frozen=True, kw_only=True)
class Render:
    """What is to be heard: voices played together for a time.

    Attributes
    ----------
    voices
        Parts with their programs.
    seconds
        Length of the audio: what sounds longer is cut, what is shorter is filled with silence.
    gain
        Master gain of the synthesizer, 0 to 10.
    rate
        Samples per second, 8,000 to 96,000.
    """

    voices: tuple[Voice, ...]
    seconds: float
    gain: float = GAIN
    rate: int = RATE

    def __post_init__(self) -> None:
        if not self.seconds > 0 or not 0 < self.gain <= 10 or not 8_000 <= self.rate <= 96_000:
            raise ValueError(
                f"expected seconds > 0, gain in (0, 10] and a rate of 8,000 to 96,000, got {self.seconds}, {self.gain}, {self.rate}"
            )


def synthesizer() -> Path:
    """Where FluidSynth lies.

    Raises
    ------
    DataMissingError
        If it is not installed; the message says how to get it.
    """
    found = shutil.which("fluidsynth")
    if found is None:
        raise DataMissingError(f"fluidsynth: expected the program on the PATH, found none. Remedy: {_INSTALL}.")
    return Path(found)


@functools.cache
def synthesizer_version() -> str:
    """FluidSynth's version, for instance ``2.3.1``: another one may render other samples.

    Raises
    ------
    DataMissingError
        If it is not installed.
    """
    said = subprocess.run([synthesizer(), "--version"], capture_output=True, text=True, check=True).stdout
    found = re.search(r"version (\d+(?:\.\d+)*)", said)
    if found is None:
        raise RuntimeError(f"fluidsynth --version: expected a version, got {said!r}")
    return found[1]


def render(wanted: Render) -> np.ndarray:
    """Audio of one render, from the cache where it was made before.

    Returns
    -------
    np.ndarray
        float32 [samples, 2] in -1..1, 16 bits deep; no reverb, no chorus.

    Raises
    ------
    DataMissingError
        If FluidSynth or its soundfont is missing.
    RuntimeError
        If FluidSynth fails; its own words are in the message.
    """
    return soundfile.read(_kept(wanted), dtype="float32", always_2d=True)[0]


def render_all(wanted: Sequence[Render], *, workers: int = 2) -> None:
    """Fill the cache, several at a time, with a progress bar. What is there stays: an interrupted run goes on where it stopped."""
    with ThreadPoolExecutor(workers) as pool:
        done: Iterable[Path] = pool.map(_kept, wanted)
        for _ in track(done, description="rendering", total=len(wanted), console=Console(stderr=True)):
            pass


def _kept(wanted: Render) -> Path:
    """The file of a render, made where it is not there yet."""
    midi = write(wanted.voices)
    path = _folder() / f"{_key(midi, wanted)}.flac"
    if not path.is_file():
        write_atomically(path, _flac(_play(midi, wanted), wanted))
    return path


def _folder() -> Path:
    return cache() / "renders"


def _key(midi: bytes, wanted: Render) -> str:
    said = f"{_soundfont_sha256(find(SOUNDFONT))} {wanted.seconds!r} {wanted.gain!r} {wanted.rate} ".encode()
    return hashlib.sha256(said + midi).hexdigest()


@functools.cache
def _soundfont_sha256(path: Path) -> str:
    return sha256_of(path)


def _play(midi: bytes, wanted: Render) -> np.ndarray:
    """int16 [samples, 2] as FluidSynth writes them."""
    with tempfile.TemporaryDirectory() as folder:
        score, audio = Path(folder) / "score.mid", Path(folder) / "audio.raw"
        score.write_bytes(midi)
        settings = ["synth.dynamic-sample-loading=1", "synth.cpu-cores=1"]
        command = [synthesizer(), "-niq", "-R", "0", "-C", "0", "-g", str(wanted.gain), "-r", str(wanted.rate)]
        command += [*(word for setting in settings for word in ("-o", setting)), "-T", "raw", "-O", "s16", "-E", "little", "-F", audio]
        done = subprocess.run([*command, find(SOUNDFONT), score], capture_output=True, text=True)
        if done.returncode != 0 or not audio.is_file():
            raise RuntimeError(f"fluidsynth ended with {done.returncode}: {done.stderr.strip() or done.stdout.strip()}")
        return np.fromfile(audio, "<i2").reshape(-1, 2)


def _flac(samples: np.ndarray, wanted: Render) -> bytes:
    length = round(wanted.seconds * wanted.rate)
    whole = np.zeros((length, 2), np.int16)
    whole[: len(samples)] = samples[:length]
    content = io.BytesIO()
    soundfile.write(content, whole, wanted.rate, format="FLAC", subtype="PCM_16")
    return content.getvalue()
