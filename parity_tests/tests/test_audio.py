"""The audio front end in the browser equals librosa and soxr on every signal, and `analyze` answers file by file."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from parity_tests.analysis import analyze
from parity_tests.audio import FEATURES, MODEL
from parity_tests.harness import ROOT


def test_every_feature_is_within_its_bound_on_every_signal(measurements):
    findings = [finding for finding in measurements.findings if finding.row.model == MODEL]
    measured = {finding.row.metric for finding in findings}
    assert {f"{feature.title}, largest error" for feature in FEATURES} <= measured
    failed = [finding.line() for finding in findings if finding.row.ok is False]
    if failed:
        pytest.fail("\n".join(failed), pytrace=False)


@pytest.fixture(scope="module")
def tone(tmp_path_factory):
    """Two seconds of a chord, stereo at 44.1 kHz."""
    path = tmp_path_factory.mktemp("audio") / "tone of three.wav"
    time = np.arange(2 * 44100) / 44100
    chord = sum(np.sin(2 * np.pi * hertz * time) for hertz in (262, 330, 392)) / 4
    soundfile.write(path, np.stack([chord, chord / 2], axis=1), 44100)
    return path


def test_good_files_are_answered_beside_bad_ones(browser, tone, tmp_path):
    noise, gone = tmp_path / "noise.mp3", tmp_path / "gone.wav"
    noise.write_bytes(np.random.default_rng(0).bytes(3000))
    answers = analyze(browser, [noise, tone, gone])
    assert answers[str(tone)]["audio"] == {"channels": 2, "sampleRate": 44100, "seconds": 2}
    assert (answers[str(noise)]["error"]["name"], answers[str(noise)]["error"]["code"]) == ("InputError", "input")
    assert "can decode" in answers[str(noise)]["error"]["message"]
    assert answers[str(gone)]["error"]["name"] == "FileNotFoundError"


def test_files_are_decoded_at_their_own_rates(browser, tmp_path):
    rates = {"wav": 96000, "flac": 88200, "ogg": 32000, "mp3": 48000}
    for suffix, rate in rates.items():
        soundfile.write(tmp_path / f"tone.{suffix}", np.sin(np.arange(rate) / 50) / 2, rate)
    answers = analyze(browser, [tmp_path / f"tone.{suffix}" for suffix in rates])
    assert {Path(name).suffix[1:]: answer["audio"]["sampleRate"] for name, answer in answers.items()} == rates


def test_the_command_prints_json_and_fails_for_a_bad_file(tone, tmp_path):
    empty = tmp_path / "empty.flac"
    empty.touch()
    command = [sys.executable, "-m", "parity_tests", "analyze", str(tone), str(empty)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert set(json.loads(done.stdout)) == {str(tone), str(empty)}
    assert done.stderr.count("\n") == 1 and f"{empty}: InputError: audio: expected a file with audio, got an empty one" in done.stderr
