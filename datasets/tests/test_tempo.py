"""Tempo analysis: exact clicks, loops, ranges and what has no beat; patterns and renders that keep training and judging apart."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datasets.midi import write
from datasets.tempo_analysis import analyse, by_prior, estimate, is_loop, log_mel, whole_beats
from datasets.tempo_candidates import candidates, feature_names
from datasets.tempo_clicks import click_track
from datasets.tempo_patterns import _digits, _strokes, drawn, fast
from datasets.tempo_periodicity import RHYTHM, onset_curves
from datasets.tempo_renders import pattern_pieces
from datasets.tempo_styles import FAST, STYLES, TEST

RATE = RHYTHM.sampleRate


@settings(max_examples=12, deadline=None)
@given(bpm=st.floats(60, 200), seed=st.integers(0, 1000))
def test_the_tempo_of_clicks_is_a_candidate_and_refined_to_a_tenth(bpm, seed):
    analysis = analyse(click_track(bpm, 14, seed=seed))
    tempi, features = analysis.candidates()
    nearest = float(tempi[np.abs(np.log(tempi / bpm)).argmin()])
    assert abs(analysis.refine(nearest) - bpm) < 0.1
    assert features.shape == (len(tempi), len(feature_names())) and np.isfinite(features).all()


def test_candidates_lie_within_a_range_however_narrow():
    found = analyse(click_track(100, 14)).found
    for between in ((60, 90), (180, 220), (101.5, 103), (20, 30)):
        tempi = RHYTHM.tempo_at(candidates(found, between=between))
        assert len(tempi) and (tempi >= between[0] - 1e-9).all() and (tempi <= between[1] + 1e-9).all()


def test_candidates_are_apart_and_at_most_sixteen():
    places = np.sort(candidates(analyse(click_track(123, 14, noise=0.01)).found))
    assert len(places) <= RHYTHM.candidates and (np.diff(places) > RHYTHM.perOctave * np.log2(1 + RHYTHM.apart) - 1e-9).all()


def test_silence_tones_and_snippets_have_no_beat_and_noise_no_confidence():
    tone = (0.3 * np.sin(2 * np.pi * 220 * np.arange(8 * RATE) / RATE)).astype(np.float32)
    for samples in (np.zeros(5 * RATE, np.float32), tone, click_track(120, 1)):
        assert estimate(samples, by_prior).bpm is None
    noise = np.random.default_rng(1).normal(0, 0.1, 12 * RATE).astype(np.float32)
    assert estimate(noise, by_prior).confidence < 0.1


def test_a_loop_counts_its_beats_over_its_end():
    loop = click_track(140, 8 * 60 / 140, seed=9)
    assert is_loop(analyse(loop), len(loop) / RATE)
    assert not is_loop(analyse(click_track(140, 13.3 * 60 / 140, seed=9)), 13.3 * 60 / 140)
    waltz = click_track(150, 9 * 60 / 150, seed=9, accents=3)
    assert is_loop(analyse(waltz), len(waltz) / RATE)
    assert estimate(loop, by_prior, between=(100, 180)).bpm == pytest.approx(140, abs=0.01)
    assert whole_beats(121.0, 4.0) == pytest.approx(120.0) and whole_beats(128.0, 4.0) == 128.0


def test_onset_strength_counts_rises_alone():
    mel = np.zeros((40, RHYTHM.bands), np.float32)
    mel[20:, : RHYTHM.lowBands] = 10.0
    mel[30:] = -50.0
    curves = onset_curves(mel, RHYTHM.rate)
    assert curves[1][20] == 10.0 and curves[2].max() == 0 and curves[0][20] == pytest.approx(10 * RHYTHM.lowBands / RHYTHM.bands)
    assert (curves[:, 23:] == 0).all()


def test_log_mel_is_cut_eighty_decibels_below_its_loudest():
    mel = log_mel(click_track(100, 3))
    assert mel.shape == (1 + 3 * RATE // RHYTHM.hop, RHYTHM.bands) and mel.min() >= mel.max() - 80.001


def test_drawn_patterns_repeat_no_bar_and_no_program_of_those_that_judge():
    held_out = {True: {*TEST.kits}, False: {*TEST.bass, *TEST.chords, *TEST.leads}}
    for piece in pattern_pieces(60, seed=3):
        assert all(voice.program not in held_out[voice.drums] for voice in piece.render.voices)
    fixed = {_shape(kick, snare) for kick, snare, _ in FAST.values()}
    random, breakbeat = np.random.default_rng(0), next(style for style in STYLES if style.name == "breakbeat")
    for _ in range(30):
        assert all(_bar(voice, 170) not in fixed for voice in drawn(random, 170, breakbeat, 3) if voice.drums)
    assert _bar(fast("rock, eighths", 170, 3, kit=16, seed=0, accompanied=False)[0], 170) in fixed


def test_pieces_come_out_the_same_every_time():
    one, other = (pattern_pieces(5, seed=8) for _ in range(2))
    assert [write(piece.render.voices) for piece in one] == [write(piece.render.voices) for piece in other]


def test_a_certain_stroke_always_sounds():
    random = np.random.default_rng(0)
    assert all((_strokes(random, "9000")[0] == 9) for _ in range(20))


def _shape(kick, snare):
    return tuple("".join("9" if each > 0 else "0" for each in _digits(row)) for row in (kick, snare))


def _bar(voice, bpm):
    """Kick and snare of the first bar, as strings of steps."""
    step = 60 / bpm / 4
    rows = []
    for pitch in (36, 38):
        struck = {round(note.start / step) for note in voice.part.notes if note.pitch == pitch}
        rows.append("".join("9" if at in struck else "0" for at in range(16)))
    return tuple(rows)
