"""Masters of real mixes and clips keep their bars, in a worker, and leave nothing behind."""

import numpy as np
import pytest
import soundfile

from parity_tests.harness import PageError
from parity_tests.mastering import AGAIN_LU, BACKEND, CLIPS, PRESETS, TOLERANCE_LU, judge, make
from parity_tests.sound import MIXES, files_of, of_samples

HARD_CLIPS = ("classical.00004", "hiphop.00004", "reggae.00009", "rock.00002")
MASTERS = 20


@pytest.fixture(scope="module")
def mixes():
    return [path for path in files_of(MIXES) if path.suffix == ".flac"] or pytest.skip(f"no {MIXES} at hand")


@pytest.fixture(scope="module")
def clips():
    found = [path for path in files_of(CLIPS) if path.stem in HARD_CLIPS]
    return found or pytest.skip(f"no {CLIPS} at hand")


def hold(made, data):
    failed = [f"{finding.line()}\n{finding.problem}" for finding in judge(made, data) if finding.row.ok is False]
    if failed:
        pytest.fail("\n".join(failed), pytrace=False)


def test_mixes_reach_their_target_and_keep_every_bound(page, mixes, browser):
    browser.site.requests.clear()
    hold([make(page, mix, "streaming") for mix in mixes], "mixes")
    assert any(path.endswith("/worker.js") for path in browser.site.requests)
    assert page.complaints() == []


def test_the_hardest_clips_reach_the_loudest_preset(page, clips):
    hold([make(page, clip, "club") for clip in clips], "clips")


def test_a_master_of_a_master_changes_little(page, mixes, tmp_path):
    once = make(page, mixes[0], "streaming", keep=tmp_path / "once.wav")
    twice = make(page, tmp_path / "once.wav", "streaming")
    assert abs(twice.integrated - once.integrated) < AGAIN_LU


def test_a_reference_is_approached(page, mixes):
    samples, rate = soundfile.read(mixes[0], always_2d=True)
    reference, _ = soundfile.read(mixes[-1], always_2d=True)
    some = [of_samples(each[: 10 * rate].T, rate) for each in (samples, reference)]
    told = page.call("masterSound", BACKEND, some[0], {"target": "streaming"}, some[1])
    assert told["objective"]["after"]["spectralDistance"] < 0.8 * told["objective"]["before"]["spectralDistance"]


@pytest.mark.parametrize(("rate", "target"), [(96_000, "streaming"), (44_100, {"lufs": -16, "truePeakDb": -2}), (48_000, "broadcast")])
def test_rates_and_targets_of_ones_own(page, rate, target):
    time = np.arange(4 * rate) / rate
    beat = np.exp(-(time % 0.5) / 0.08)
    music = np.stack([beat * np.sin(2 * np.pi * 110 * time), beat * np.sin(2 * np.pi * 112 * time)]) * 0.4
    music += 0.05 * np.random.default_rng(1).standard_normal(music.shape) * beat
    told = page.call("masterSound", BACKEND, of_samples(music, rate), {"target": target})
    lufs, ceiling = PRESETS[target] if isinstance(target, str) else (target["lufs"], target["truePeakDb"])
    assert told["outcome"] == "reached" and told["after"]["duration"] == 4
    assert abs(told["after"]["integrated"] - lufs) < TOLERANCE_LU and told["after"]["truePeak"] <= ceiling


def test_memory_stays_flat_over_masters_and_after_cancelling(browser):
    with browser.page() as page:
        page.call("open", BACKEND)
        assert page.call("masterAgain", BACKEND, 2, 2, None) == 2
        page.collect_garbage()
        before = page.heap_bytes()
        assert page.call("masterAgain", BACKEND, MASTERS, 2, None) == MASTERS
        assert page.call("masterAgain", BACKEND, 3, 2, 0.5) == 0
        page.collect_garbage()
        assert page.heap_bytes() - before < 2e6


def test_what_is_unknown_is_refused_by_name(page):
    with pytest.raises(PageError, match='unknown genre "polka"; expected one of blues, classical') as refused:
        page.call("masterSound", BACKEND, of_samples(np.zeros((1, 48_000))), {"target": "club", "genre": "polka"})
    assert (refused.value.name, refused.value.code) == ("InputError", "input")
