"""The resampler keeps tones to -95 dB, and real music where soxr's high quality has it."""

import numpy as np
import pytest
import soundfile
import soxr
from hypothesis import given, settings
from hypothesis import strategies as st

from datasets.registry import places
from datasets.resampling import FilterDesign, resample

RATES = (8000, 22050, 44100, 48000, 96000)


def decibels(error, reference):
    return 20 * np.log10(np.linalg.norm(error) / np.linalg.norm(reference))


@pytest.mark.parametrize(("source", "target"), [(44100, 22050), (48000, 22050), (8000, 22050), (22050, 16000), (96000, 22050)])
@pytest.mark.parametrize("share", [0.01, 0.5, 0.89])
def test_a_tone_in_the_pass_band_is_kept_to_95_dB(source, target, share):
    hertz = share * min(source, target) / 2
    out, expected = (np.sin(2 * np.pi * hertz * np.arange(rate) / rate) for rate in (source, target))
    middle = slice(1000, -1000)
    assert decibels((resample(out, source, target) - expected)[middle], expected[middle]) < -95


def test_nothing_above_the_new_nyquist_frequency_is_left():
    tone = np.sin(2 * np.pi * 11_100 * np.arange(44100) / 44100)
    assert decibels(resample(tone, 44100, 22050)[1000:-1000], tone[2000:-2000]) < -95


@settings(deadline=None, max_examples=30)
@given(length=st.integers(1, 3000), source=st.sampled_from(RATES), target=st.sampled_from(RATES))
def test_the_length_is_what_the_rates_say(length, source, target):
    assert len(resample(np.ones(length), source, target)) == -(-length * target // source)


def test_real_mixes_are_within_80_dB_of_soxr_in_the_pass_band():
    folder = next((folder / "audio/mixes" for folder in places() if (folder / "audio/mixes").is_dir()), None)
    if folder is None:
        pytest.skip("audio/mixes is not at hand")
    for path in sorted(folder.glob("*.*")):
        channels, rate = soundfile.read(path, dtype="float32", always_2d=True, frames=10 * 44100)
        mono = channels.mean(axis=1)
        ours, theirs = resample(mono, rate, 22050), soxr.resample(mono, rate, 22050, quality="HQ")
        passed = int(0.45 * len(ours))
        spectra = [np.fft.rfft(values * np.hanning(len(values)))[:passed] for values in (ours, theirs)]
        assert decibels(spectra[0] - spectra[1], spectra[1]) < -80, path.name


@pytest.mark.parametrize(("source", "target"), [(44100.5, 22050), (0, 22050), (44100, -1)])
def test_impossible_rates_are_refused(source, target):
    with pytest.raises(ValueError, match=r"positive whole numbers of Hz, got"):
        resample(np.zeros(3), source, target)


def test_an_impossible_filter_is_refused():
    with pytest.raises(ValueError, match="passband < stopband"):
        FilterDesign(passband=1.0, stopband=0.9, attenuation=100, multiple=8)
