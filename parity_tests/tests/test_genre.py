"""What the genre model alone promises in the browser: real audio through resampler, spectra, tags and vote as in Python."""

import numpy as np
import pytest
import soundfile
import tensorflow as tf

from datasets.clips import clip_table, read_mono
from datasets.music_features import PATCH, SPARSE, even_starts, log_mel, patches_at, sparse_mel
from datasets.registry import DataMissingError
from keras_models.genre_data import PATCHES
from keras_models.musicnn_trunk import trunk_graph
from parity_tests.analysis import analyze
from parity_tests.genre_bench import BOUND_MS, spent_on
from parity_tests.harness import PageError

MODEL = "genre"
CLIPS = 3
SECONDS = 30
TIMED, ROUNDS = 12, 3


def classify(page, samples, rate):
    (answer,) = page.call("predict", "wasm", MODEL, "classify", [[{"samples": np.asarray(samples, np.float32), "sampleRate": rate}]])
    return answer


@pytest.fixture(scope="module")
def clips():
    try:
        table = clip_table()
    except DataMissingError as missing:
        pytest.skip(str(missing))
    return [table["path"][row] for row in np.linspace(0, len(table) - 1, CLIPS).astype(int)]


def expected(path, references):
    """Probabilities of a clip of less than 30 s, by the weights as the browser has them."""
    wide, narrow = (np.resize(read_mono(path, rate), SECONDS * rate) for rate in (SPARSE.sampleRate, PATCH.sampleRate))
    spectrogram = log_mel(narrow)
    trunk, genre = ({name: tf.constant(value) for name, value in references[name].weights.items()} for name in ("musicnn", MODEL))
    tags = trunk_graph(trunk, tf.constant(patches_at(spectrogram, even_starts(len(spectrogram), PATCHES))))
    reference = references[MODEL]
    outputs = reference.spec.graph(reference.checkpoint, genre, {"tags": tags[None], "mel": tf.constant(sparse_mel(wide)[None])})
    return dict(zip(reference.checkpoint.config["labels"], outputs["probability"].numpy()[0].tolist(), strict=True))


def test_real_audio_is_classified_as_in_python(page, clips, references):
    for path in clips:
        samples = read_mono(path, 22_050)
        answer = classify(page, samples, 22_050)
        got = {entry["label"]: entry["probability"] for entry in answer["probabilities"]}
        wanted = expected(path, references)
        assert got == pytest.approx(wanted, abs=2e-3)
        assert answer["label"] == max(wanted, key=wanted.get) and answer["silent"] is False
        moments = answer["overTime"]
        assert len(moments) >= 4 and moments[0]["start"] == 0 and moments[-1]["end"] <= len(samples) / 22_050 + 0.01


def test_files_are_analyzed_with_label_and_probabilities_and_short_ones_told_as_such(browser, tmp_path, references):
    noise = np.random.default_rng(0).normal(0, 0.1, 22_050 * 4)
    soundfile.write(tmp_path / "noise.wav", noise, 22_050)
    soundfile.write(tmp_path / "hit.wav", noise[:9000], 22_050)
    long, short = analyze(browser, [tmp_path / "noise.wav", tmp_path / "hit.wav"]).values()
    found = {entry["label"]: entry["probability"] for entry in long["genre"]["probabilities"]}
    assert set(found) == set(references[MODEL].checkpoint.config["labels"]) and sum(found.values()) == pytest.approx(1)
    assert long["genre"]["label"] == max(found, key=found.get)
    assert "expected at least 3 s of audio" in short["genre"]["refused"] and "loudness" in short


def test_a_long_recording_is_heard_in_windows(page):
    noise = np.random.default_rng(0).normal(0, 0.1, 16_000 * 65)
    moments = classify(page, noise, 16_000)["overTime"]
    assert len(moments) == 30 and moments[-1]["end"] == pytest.approx(65, abs=0.1)


def test_silence_is_answered_as_such(page):
    assert classify(page, np.zeros(22_050 * 5), 22_050) == {"label": None, "probabilities": [], "overTime": [], "silent": True}


def test_less_than_three_seconds_is_refused(page):
    with pytest.raises(PageError, match=r"expected at least 3 s of audio, got 2.500 s") as refused:
        classify(page, np.ones(20_000), 8_000)
    assert refused.value.code == "input"


def test_thirty_seconds_take_less_than_the_bound_on_wasm(browser):
    # Other programs slow the processor itself down: what they add to a round is not the runtime's.
    with browser.page() as page:
        rounds = [[each.processor for each in spent_on(page, "wasm", TIMED)] for _ in range(ROUNDS)]
    assert min(np.percentile(spent, 95) for spent in rounds) < BOUND_MS
