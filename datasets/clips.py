"""Recordings as samples: any file that libsndfile or FFmpeg reads, mixed to mono at the rate asked for, and the clips of GTZAN at hand."""

from __future__ import annotations

import io
import shutil
import subprocess
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
import soundfile

from datasets.registry import DataMissingError, find
from datasets.resampling import resample


class AudioError(ValueError):
    """A file holds no audio that can be read."""


def read_mono(path: Path, rate: int) -> np.ndarray:
    """Samples of an audio file, float32 [n], mixed to mono and resampled.

    Raises
    ------
    AudioError
        If the file can't be decoded, or holds no samples.
    """
    try:
        samples, own = soundfile.read(path, dtype="float32", always_2d=True)
    except (soundfile.LibsndfileError, OSError) as error:
        samples, own = _by_ffmpeg(path, str(error))
    if len(samples) == 0 or not np.isfinite(samples).all():
        raise AudioError(f"{path}: expected finite samples, got {len(samples)} samples")
    mono = samples.mean(axis=1)
    return mono if own == rate else resample(mono, own, rate)


def _by_ffmpeg(path: Path, problem: str) -> tuple[np.ndarray, int]:
    """Samples [n, channels] and rate of what libsndfile does not know, AAC and WMA for example."""
    program = shutil.which("ffmpeg")
    if program is None:
        raise AudioError(
            f"{path}: expected an audio file that libsndfile reads (WAV, FLAC, OGG, MP3 ...), got {problem}; FFmpeg reads more"
        )
    command = [program, "-v", "error", "-nostdin", "-i", str(path.absolute()), "-map", "0:a:0", "-c:a", "pcm_f32be", "-f", "au", "-"]
    decoded = subprocess.run(command, capture_output=True, check=False)
    if decoded.returncode != 0 or not decoded.stdout:
        raise AudioError(f"{path}: expected an audio file that libsndfile or FFmpeg reads, got {problem}")
    return soundfile.read(io.BytesIO(decoded.stdout), dtype="float32", always_2d=True)


@lru_cache(maxsize=1)
def clip_table() -> pd.DataFrame:
    """GTZAN's clips with audio at hand: track, genre, split and path, in the table's order.

    Raises
    ------
    DataMissingError
        If there are none.
    """
    labels = find("gtzan_labels")
    folder = labels.parent / "gtzan_clips"
    table = pd.read_csv(labels)
    table = table[table["has_audio"] == 1].assign(path=lambda rows: [folder / f"{track}.flac" for track in rows["track"]])
    table = table[[path.is_file() for path in table["path"]]].reset_index(drop=True)
    if table.empty:
        raise DataMissingError(f"gtzan_clips: expected FLAC files in {folder}, beside gtzan_labels.csv; found none")
    return table
