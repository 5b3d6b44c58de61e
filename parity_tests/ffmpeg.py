"""Finds FFmpeg, the second opinion on loudness, true peaks and files: the system's, or Debian's package."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

INSTALL_LIMIT_S = 600
REMEDY = "no FFmpeg found. Remedy: install it (Debian: apt-get install ffmpeg; macOS: brew install ffmpeg)."
_FIGURES = {"integrated": r"I:\s+(\S+) LUFS", "range": r"LRA:\s+(\S+) LU", "true_peak": r"Peak:\s+(\S+) dBFS"}


@cache
def find_ffmpeg(*, install: bool = True) -> str | None:
    """Path of ``ffmpeg``, with ``ffprobe`` beside it; Debian's package is installed where there is none and the user is root."""
    if not shutil.which("ffmpeg") and install and shutil.which("apt-get") and os.geteuid() == 0:
        print("installing Debian's ffmpeg", file=sys.stderr)
        environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        for command in (["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "ffmpeg"]):
            try:
                subprocess.run(command, env=environment, capture_output=True, timeout=INSTALL_LIMIT_S, check=True)
            except (OSError, subprocess.SubprocessError) as error:
                print(f"{' '.join(command)}: {error}", file=sys.stderr)
                break
    return shutil.which("ffmpeg") if shutil.which("ffprobe") else None


def loudness(path: Path) -> dict[str, float]:
    """Integrated loudness in LUFS, range in LU and true peak in dBTP by the filter ``ebur128``, each in steps of 0.1."""
    command = [find_ffmpeg(), "-nostdin", "-hide_banner", "-i", path, "-af", "ebur128=peak=true", "-f", "null", "-"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    summary = done.stderr[done.stderr.rindex("Summary") :]
    return {name: float(re.search(pattern, summary)[1]) for name, pattern in _FIGURES.items()}


def probe(path: Path) -> dict[str, Any]:
    """What ``ffprobe`` says of a file's one stream."""
    entries = "stream=codec_name,sample_rate,channels,bits_per_sample,duration_ts"
    command = [shutil.which("ffprobe"), "-v", "error", "-show_entries", entries, "-of", "json", path]
    (stream,) = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)["streams"]
    return stream
