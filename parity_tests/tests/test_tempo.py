"""What the tempo model alone promises in the browser: audio through every stage as in Python, ranges, loops, and what has no beat."""

import numpy as np
import pytest

from datasets.tempo_clicks import click_track
from parity_tests.audio import Signal
from parity_tests.harness import PageError
from parity_tests.tempo import BACKEND, BOUNDS, MODEL, told

NOTHING = {"bpm": None, "confidence": 0, "candidates": [], "beats": [], "curve": []}


def test_every_stage_is_within_its_bound_on_every_signal(measurements):
    findings = [finding for finding in measurements.findings if finding.row.model == MODEL]
    measured = {finding.row.metric for finding in findings}
    assert {*(f"{name}, largest error" for name in BOUNDS), "tempo of audio, largest error"} <= measured
    failed = [finding.line() for finding in findings if finding.row.ok is False]
    if failed:
        pytest.fail("\n".join(failed), pytrace=False)


@pytest.fixture(scope="module")
def page(browser):
    with browser.page() as page:
        page.call("open", BACKEND)
        yield page


def test_clicks_are_told_to_a_tenth_within_a_range_and_beats_lie_on_them(page):
    answer = told(page, Signal("clicks", click_track(143.2, 16, seed=4)), range=[100, 190])
    assert answer["bpm"] == pytest.approx(143.2, abs=0.1) and answer["confidence"] > 0.3
    assert np.diff(answer["beats"]) == pytest.approx(60 / 143.2, abs=0.03)
    assert all(100 <= candidate["bpm"] <= 190 for candidate in answer["candidates"])


def test_the_length_of_a_loop_tells_its_tempo(page):
    loop = Signal("loop", click_track(140, 8 * 60 / 140, seed=9))
    assert told(page, loop, range=[100, 180])["bpm"] == pytest.approx(140, abs=0.01)


def test_silence_has_no_beat_and_a_range_that_is_none_is_refused(page):
    assert told(page, Signal("silence", np.zeros(5 * 22_050))) == NOTHING
    with pytest.raises(PageError) as refused:
        told(page, Signal("clicks", click_track(100, 4)), range=[120, 60])
    assert refused.value.code == "input"
