"""Every data set the project reads: where it lies, who published it under which licence, and how to get it where it is missing."""

from __future__ import annotations

import os
import sysconfig
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pooch

REPOSITORY = Path(__file__).resolve().parent.parent
SYSTEM = Path("/usr/share")  # some of Debian's packages do too
PACKAGES = Path(sysconfig.get_path("purelib"))  # some of the installed Python packages ship data


class DataMissingError(Exception):
    """A data set is in none of the places where it may lie."""


@dataclass(frozen=True, kw_only=True)
class Download:
    """A direct download that becomes the file of a data set.

    Attributes
    ----------
    url
        Where it is published; of a wheel the requirement that pip reads.
    format
        How it is packed, a key of ``datasets.formats.FORMATS``.
    member
        What is wanted of it: a file of the archive, or an R object; of a wheel its file name.
    """

    url: str
    format: Literal["zip", "rda", "wheel"]
    member: str


@dataclass(frozen=True, kw_only=True)
class DataSet:
    """One file that models learn from.

    Attributes
    ----------
    path
        Where it lies below a data folder.
    source
        Who published it: a repository at a commit, or an archive's id.
    licence
        As its source states it.
    sha256
        Of the content, which does not hang on who packed it: see ``datasets.formats.content_sha256``.
    download
        How ``make data`` gets it; None where it is no direct download under a permissive licence.
    placing
        What to do by hand where there is no download.
    """

    name: str
    path: str
    what: str
    source: str
    licence: str
    sha256: str
    download: Download | None = None
    placing: str = ""

    def __post_init__(self) -> None:
        if (self.download is None) == (not self.placing):
            raise ValueError(f"{self.name}: expected either a download or how to place the file by hand")


_PLACING_POSTS = "the texts stay their authors'; join the source's CSV files, one a page, and add a column page"
_ALL = (
    DataSet(
        name="us_top200",
        path="streams/us_top200_daily_2017_2019.parquet",
        what="daily streams per track in the US Top 200, 2017-01-01 to 2019-12-11 (Date, Position, Streams, track_ID, Artist, Track)",
        source="GitHub IAjimi/Spotify200 @ b8049175, data/chart_position.rda",
        licence="MIT (the packager's); figures from public charts",
        sha256="c4aa01daf57c6fd733008960a3da76a423be2604a2698569fdba28d571ea827b",
        download=Download(
            url="https://raw.githubusercontent.com/IAjimi/Spotify200/b8049175b9be7399e4af617026126c6a9fc9ed43/data/chart_position.rda",
            format="rda",
            member="chart_position",
        ),
    ),
    DataSet(
        name="nn5",
        path="streams/nn5_daily.csv.gz",
        what="NN5 competition: 111 daily cash series of 791 days (date and one column per series)",
        source="GitHub robjhyndman/tscompdata @ 668b3451, data/nn5.rda",
        licence="GPL-3 (the package's); competition data",
        sha256="de6947fedb51ef57b6b0673fc5befdbf08bb9f9e07d01bdf1b346bd479c08929",
        placing="the source is an R file under GPL-3, not fetched for you: load it in R and write one CSV, a date and a column per series",
    ),
    DataSet(
        name="iranian_churn",
        path="churn/iranian_churn.csv.gz",
        what="telecom customers: behaviour in months 1 to 9, churn at month 12",
        source="UCI Machine Learning Repository, dataset 563 (doi 10.24432/C5JW3Z)",
        licence="CC BY 4.0",
        sha256="72a4a660cba4166bab4f0c24e930d5453d1917e208c9ce2ed16b841347350dd3",
        download=Download(
            url="https://archive.ics.uci.edu/static/public/563/iranian+churn+dataset.zip",
            format="zip",
            member="Customer Churn.csv",
        ),
    ),
    DataSet(
        name="cdnow",
        path="lifetimes/datasets/CDNOW_master.txt",
        what="69,659 purchases of 23,570 customers of a music shop, 1997-01 to 1998-06 (customer_id, date, number_of_cds, dollar_value)",
        source="the Python package lifetimes 0.11.3; collected by Fader and Hardie, 'Forecasting repeat sales at CDNOW' (2001)",
        licence="MIT (the package's)",
        sha256="eff6889ed364c5199d6eacbbeb7a6d559971df4406ac876f322c373f00a072ef",
        placing="it comes with the Python package lifetimes 0.11.3, which `make setup` installs",
    ),
    DataSet(
        name="nab",
        path="anomaly/nab/nab_series.parquet",
        what="Numenta Anomaly Benchmark without realKnownCause: timestamp, value, file, in_window, label_point",
        source="GitHub numenta/NAB @ ea702d75, data/, labels/combined_windows.json",
        licence="MIT",
        sha256="654fbd32a04d10848f3b4ba627b7639a3697147b2d5a7e70885cb982602e86a6",
        placing="NAB has a file for each series and one of windows: join them into one table of these columns",
    ),
    DataSet(
        name="page_blocks",
        path="anomaly/adbench/27_PageBlocks.npz",
        what="ADBench's PageBlocks: 5,393 blocks of page layouts, ten numbers each, those that are no text labelled as anomalies",
        source="GitHub Minqi824/ADBench @ 3dac8221, adbench/datasets/Classical/27_PageBlocks.npz",
        licence="BSD-2-Clause (the benchmark's)",
        sha256="10a9b4d5bb5d3b9083caab4c4062f665610eada703c3d927bf7c34b1f2d0d223",
        placing="download that file from the repository",
    ),
    DataSet(
        name="musician_posts",
        path="engagement/musician_page_posts_2016.parquet",
        what="posts of 29 musicians' public Facebook pages, 2016-02-24 to 06-24: text, type, time (US Eastern), likes, comments, shares",
        source="GitHub minimaxir/interactive-facebook-reactions @ ae1478bb, data/*_facebook_statuses.csv",
        licence="MIT (the compilation); the texts stay their authors'",
        sha256="58edb807c95a73be19bed8b3993d2219f288246be5b6a8db5aa018cd40be01a5",
        placing=_PLACING_POSTS,
    ),
    DataSet(
        name="other_posts",
        path="engagement/other_page_posts_2016.parquet",
        what="the same of 110 pages of brands, media, sports",
        source="GitHub minimaxir/interactive-facebook-reactions @ ae1478bb, data/*_facebook_statuses.csv",
        licence="MIT (the compilation); the texts stay their authors'",
        sha256="2b2ae1803dd5357046a725b207faa94a065b5597d1016a0fe3fbcf1514077e4f",
        placing=_PLACING_POSTS,
    ),
    DataSet(
        name="emoji_tweets",
        path="text/emoji_tweets_2017.parquet",
        what="12,118 tweets of one night of 2017, rich in emoji and hashtags, mentions masked (created_at, text)",
        source="GitHub fivethirtyeight/data @ fcf572c4, mayweather-mcgregor/tweets.csv",
        licence="CC BY 4.0 (the compilation); the texts stay their authors'",
        sha256="6166130c1ef760f2ddfd0d808593b035381fb63219a6bafd5e4edc758f947d51",
        placing="download that file from the repository and keep its columns created_at, emojis, retweeted and text as Parquet",
    ),
    DataSet(
        name="pop909",
        path="audio/pop909.tar.gz",
        what="POP909: 909 pop songs as MIDI (melody, bridge, piano) with beats, chords and keys",
        source="GitHub music-x-lab/POP909-Dataset @ d83e6edb",
        licence="MIT (the compilation)",
        sha256="1c2b3673771440689c1c2197a0bdd0707214d524caf797d15fb96df9a4db271a",
        placing="pack the repository's folder POP909, without versions/, as a .tar.gz",
    ),
    DataSet(
        name="groove_midi",
        path="audio/groove_midi.tar.gz",
        what="Groove MIDI 1.0: 1,150 performances of human drummers with style, tempo and the official split",
        source="Google Magenta, groove-v1.0.0-midionly",
        licence="CC BY 4.0",
        sha256="87894e7c255f561e1192e28ac8ee2ca8a8fcbbfc4cda7556cdcb2b5d48aade56",
        placing="pack the archive's folder groove as a .tar.gz",
    ),
    DataSet(
        name="fluid_r3",
        path="sounds/sf2/FluidR3_GM.sf2",
        what="Fluid (R3) General MIDI soundfont, which MIDI is rendered with",
        source="Debian's package fluid-soundfont-gm 3.1",
        licence="MIT",
        sha256="74594e8f4250680adf590507a306655a299935343583256f3b722c48a1bc1cb0",
        placing="install it with FluidSynth (Debian and Ubuntu: apt-get install fluidsynth fluid-soundfont-gm)",
    ),
    DataSet(
        name="gtzan_logmel",
        path="audio/gtzan_logmel.npz",
        what="GTZAN: 128-band log-mel of 768 clips of 30 s at 387 frames, genre, tempo, key, split of the fault-filtered partition",
        source="published spectrograms; tempo: GitHub TempoBeatDownbeat/gtzan_tempo_beat; key: GitHub alexanderlerch/gtzan_key",
        licence="recordings unlicensed: research use",
        sha256="701ab6d36f993c09540678454c372f4026fbd189de682c6be22bcb47d09c9e9c",
        placing="compute the log-mel of GTZAN's clips: librosa's with n_fft 2048, hop 512, 128 bands, in decibels scaled to bytes",
    ),
    DataSet(
        name="gtzan_musicnn_tags",
        path="audio/gtzan_musicnn_tags.npz",
        what="MusiCNN's 50 tags over time of 584 of these clips: tags, genre, track",
        source="GitHub jordipons/sklearn-audio-transfer-learning, data/audio_representations",
        licence="ISC",
        sha256="2e0238339b63878dbef5aabf9582e478b55322354f07e2632a7b09367bef9810",
        placing="join the repository's arrays of training and test tracks into one file",
    ),
    DataSet(
        name="gtzan_labels",
        path="audio/gtzan_labels.csv",
        what="genre, split, tempo and key of these clips, and which of them have audio in gtzan_clips/ beside this file",
        source="GTZAN in its fault-filtered partition (Kereliuk, Sturm and Larsen, 2015); tempo and key as of gtzan_logmel",
        licence="recordings unlicensed: research use, never redistribute",
        sha256="d5d038b52eab4f3d149c118aeb746c0a569448f0283173d602a298accb501961",
        placing="list the clips as track, genre, split, bpm, key, has_audio",
    ),
    DataSet(
        name="musicnn_weights",
        path="musicnn/musicnn-0.1.0-py3-none-any.whl",
        what="MusiCNN trained on the Million Song Dataset, a TensorFlow 1 checkpoint inside a Python package that is not installed",
        source="the Python package musicnn 0.1.0, by Jordi Pons",
        licence="ISC",
        sha256="f38a4890c648c1ddbb141c5d96d2b0a8cfcd36746002d896989f7b88beb65cfa",
        download=Download(url="musicnn==0.1.0", format="wheel", member="musicnn-0.1.0-py3-none-any.whl"),
    ),
)
DATASETS = {dataset.name: dataset for dataset in _ALL}


def cache() -> Path:
    """Folder that ``make data`` fills."""
    return Path(pooch.os_cache("tunesmith"))


def places() -> list[Path]:
    """Data folders in the order searched: ``$TUNESMITH_DATA``, ``../shared/data`` beside the repository, the cache, installed packages."""
    chosen = os.environ.get("TUNESMITH_DATA")
    return [*([Path(chosen).expanduser()] if chosen else []), REPOSITORY.parent / "shared" / "data", cache(), PACKAGES, SYSTEM]


def find(name: str) -> Path:
    """Return the file of a data set.

    Parameters
    ----------
    name
        A key of ``DATASETS``.

    Raises
    ------
    DataMissingError
        If it lies in none of ``places()``; the message names the source, the licence and the remedy.
    KeyError
        If no such data set is registered.
    """
    if name not in DATASETS:
        raise KeyError(f"unknown data set {name!r}; expected one of {', '.join(DATASETS)}")
    dataset = DATASETS[name]
    searched = places()
    for folder in searched:
        if (folder / dataset.path).is_file():
            return folder / dataset.path
    raise DataMissingError(
        f"{name}: expected {dataset.path} in one of {', '.join(map(str, searched))}; found none. "
        f"Source: {dataset.source}. Licence: {dataset.licence}. Remedy: {remedy(dataset)}"
    )


def remedy(dataset: DataSet) -> str:
    """How to get a data set that is missing, in one sentence."""
    if dataset.download:
        return "run `make data`, or set TUNESMITH_DATA to the folder that holds it."
    return f"`make data` cannot fetch it: {dataset.placing}; then set TUNESMITH_DATA to the folder that holds {dataset.path}."
