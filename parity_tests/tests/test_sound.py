"""Loudness and the audio blocks are what independent ones say; WAV files open elsewhere; a song is measured in time."""

import base64

import numpy as np
import pytest
import soundfile
from scipy import signal

from parity_tests import ffmpeg
from parity_tests.harness import PageError
from parity_tests.sound import MODEL, RATE, of_samples, through, wav_of

EQUALIZER = [{"kind": "peaking", "frequency": 700, "gainDb": 4, "q": 2}, {"kind": "highShelf", "frequency": 5000, "gainDb": -3}]


@pytest.fixture(scope="module")
def noise():
    return 0.5 * np.random.default_rng(6).uniform(-1, 1, (2, RATE + 123))


def test_every_row_is_within_its_bound(measurements):
    findings = [finding for finding in measurements.findings if finding.row.model == MODEL]
    assert any(finding.row.metric.startswith("frequency response") for finding in findings)
    failed = [f"{finding.line()}\n{finding.problem}" for finding in findings if finding.row.ok is False]
    if failed:
        pytest.fail("\n".join(failed), pytrace=False)


def test_a_filter_filters_as_scipy_does(page, noise):
    got = through(page, {"kind": "biquads", "bands": [{"kind": "lowPass", "frequency": 900}]}, noise)
    expected = signal.sosfilt(signal.butter(2, 900, fs=RATE, output="sos"), noise.astype(np.float32))
    assert np.max(np.abs(got - expected)) < 1e-6


def test_a_multiband_compressor_that_does_nothing_only_turns_the_phase(page, noise):
    idle = {"thresholdDb": 0, "ratio": 1, "kneeDb": 0, "attackMs": 5, "releaseMs": 50, "rangeDb": 0, "makeupDb": 0}
    impulse = np.eye(1, 1 << 14)
    got = through(page, {"kind": "multiband", "splits": [160, 2800], "bands": [idle] * 3}, impulse)[0]
    assert 20 * np.log10(np.abs(np.fft.rfft(got))) == pytest.approx(0, abs=1e-4)


def test_width_keeps_the_mono_mix(page, noise):
    got = through(page, {"kind": "width", "settings": {"width": 1.4, "monoBelow": 120}}, noise)
    assert got.sum(axis=0) == pytest.approx(noise.sum(axis=0), abs=1e-6)


@pytest.mark.parametrize(("bits", "codec", "step"), [(16, "pcm_s16le", 2**-15), (24, "pcm_s24le", 2**-23), (32, "pcm_f32le", 0)])
@pytest.mark.parametrize(("rate", "channels"), [(44_100, 2), (48_000, 1), (96_000, 2)])
def test_wav_files_open_elsewhere(page, noise, tmp_path, bits, codec, step, rate, channels):
    samples = noise[:channels, :10_001].astype(np.float32)
    path = wav_of(page, samples, rate, bits, tmp_path)
    read, read_rate = soundfile.read(path, dtype="float64", always_2d=True)
    assert (read_rate, read.shape) == (rate, (10_001, channels))
    assert np.max(np.abs(read.T - samples)) <= 1.5 * step
    if ffmpeg.find_ffmpeg() is None:
        pytest.skip(ffmpeg.REMEDY)
    stream = ffmpeg.probe(path)
    assert (stream["codec_name"], int(stream["sample_rate"]), stream["channels"]) == (codec, rate, channels)
    assert stream["duration_ts"] == 10_001


def test_dither_is_triangular_and_hides_the_signal_from_its_error(page, tmp_path):
    tone = 3 * 2**-15 * np.sin(2 * np.pi * 997 * np.arange(1 << 16) / RATE)[None]
    read, _ = soundfile.read(wav_of(page, tone, RATE, 16, tmp_path))
    error = (read - tone[0].astype(np.float32)) * 2**15
    # Triangular noise of two steps and the rounding of one: variances 1/6 and 1/12.
    assert np.mean(error) == pytest.approx(0, abs=0.01) and np.var(error) == pytest.approx(1 / 4, rel=0.03)
    spectrum = np.abs(np.fft.rfft(error * np.hanning(len(error)))) ** 2
    third = round(3 * 997 * len(error) / RATE)
    assert spectrum[third - 3 : third + 4].max() < 20 * np.median(spectrum)


def test_three_minutes_of_stereo_are_measured_in_a_second(page):
    rng = np.random.default_rng(3)
    second = of_samples((0.3 * rng.standard_normal((2, 44_100))).clip(-1, 1), 44_100)
    spent = []
    for _ in range(3):
        start = page.processor_seconds()
        page.call("repeatedLoudness", second, 180)
        spent.append(page.processor_seconds() - start)
    assert min(spent) < 1


def test_bad_audio_is_refused_with_its_remedy(page):
    with pytest.raises(PageError, match="mono or stereo, got 3 channels; mix them down"):
        page.call("soundLoudness", of_samples(np.zeros((3, 100))))
    with pytest.raises(PageError) as refused:
        page.call("soundWav", of_samples(np.zeros((1, 100))), 12)
    assert (refused.value.name, refused.value.code) == ("InputError", "input")
    assert base64.b64decode(page.call("soundWav", of_samples(np.zeros((1, 1))), 16))[:4] == b"RIFF"
