"""What the key model hears: peaks at their true pitch, the recording's own tuning, chords by name, transposition as a mere rotation."""

import numpy as np
import pytest

from datasets.key_features import CHORDS, HEARD, describe, find_peaks, hear
from datasets.keyless import atonal
from datasets.mel_chroma import hear_mel
from datasets.music_features import sparse_mel

RATE = HEARD.sampleRate


def tones(chords, seconds=1.5, cents=0.0):
    """Chords of sines with four harmonics, as MIDI pitches."""
    time = np.arange(int(seconds * RATE)) / RATE
    parts = []
    for pitches in chords:
        hz = [440 * 2 ** ((pitch - 69 + cents / 100) / 12) for pitch in pitches]
        parts.append(sum(0.1 / part * np.sin(2 * np.pi * each * part * time) for each in hz for part in (1, 2, 3, 4)))
    return np.concatenate(parts).astype(np.float32)


CADENCE = ((60, 64, 67), (65, 69, 72), (67, 71, 74), (60, 64, 67))


def test_peaks_lie_where_the_tone_is():
    peaks = find_peaks(tones([(69,)], seconds=3, cents=13))
    loudest = peaks.magnitude > 0.5 * peaks.magnitude.max()
    assert set(np.floor(peaks.pitch[loudest])) == {69, 81}  # the tone and its first harmonic
    assert peaks.pitch[loudest] % 12 == pytest.approx(9.13, abs=0.01)


@pytest.mark.parametrize("cents", [-40, -15, 0, 25, 40])
def test_tuning_is_found_and_taken_out(cents):
    plain, detuned = (hear(tones(CADENCE, cents=each)) for each in (0, cents))
    assert 100 * (detuned.tuning - plain.tuning) == pytest.approx(cents, abs=3)
    assert describe(detuned)["pitch_classes"] == pytest.approx(describe(plain)["pitch_classes"], abs=0.06)


def test_chords_are_told_by_name_and_in_order():
    heading = hear(tones(CADENCE))
    middles = [int((place + 0.5) * 1.5 * RATE / HEARD.hop) for place in range(4)]
    assert heading.chords[middles, 0].argmax(axis=1).tolist() == [0, 5, 7, 0]  # C F G C, all major
    minor = hear(tones([(62, 65, 69)], seconds=3))
    assert (minor.chords[:, 0].argmax(axis=1) == 12 + 2).all()


def test_a_transposed_recording_has_rotated_features():
    plain, higher = (describe(hear(tones([[pitch + up for pitch in chord] for chord in CADENCE]))) for up in (0, 3))
    rotated = np.roll(plain["pitch_classes"], 3, axis=1)
    assert higher["pitch_classes"][0] == pytest.approx(rotated[0], abs=0.05)
    assert higher["pitch_classes"] == pytest.approx(rotated, abs=0.12)
    turned = np.roll(plain["transitions"].reshape(2, 12, 2, 12), (3, 3), axis=(1, 3)).reshape(CHORDS, CHORDS)
    assert higher["transitions"] == pytest.approx(turned, abs=0.05)


def test_silence_is_no_pitch_and_a_pause_is_left_out():
    assert not any(values.any() for values in describe(hear(np.zeros(3 * RATE, np.float32))).values())
    sound = tones([(60, 64, 67)], seconds=3)
    paused = hear(np.concatenate([sound, np.zeros_like(sound)]))
    assert paused.frame.max() * HEARD.hop <= len(sound) + HEARD.nFft // 2


def test_a_few_frames_are_repeated():
    short = describe(hear(tones([(60, 64, 67)], seconds=0.7)))
    assert short["transitions"].sum() == pytest.approx(1, abs=1e-5) and short["transitions"].argmax() == 0


def test_the_mel_bands_tell_chords_too():
    samples = tones([[pitch + 12 for pitch in chord] for chord in CADENCE], seconds=3)
    chroma = hear_mel(sparse_mel(samples)).chroma[:, 0].mean(axis=0)
    assert set(np.argsort(chroma)[-3:]) <= {0, 4, 5, 7, 9, 11, 2} and chroma[[0, 4, 7]].min() > chroma[[1, 3, 6, 8, 10]].max()


def test_rows_of_tones_and_noise_hold_all_pitch_classes():
    for samples in atonal(seed=3, count=2):
        assert describe(hear(samples))["pitch_classes"][0].min() > 0.05
