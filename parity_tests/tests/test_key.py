"""What the key model alone promises in the browser: audio judged as in Python, every key at any tuning, doubt where there is no key."""

from itertools import pairwise

import numpy as np
import pytest
import tensorflow as tf

from datasets.clips import clip_table, read_mono
from datasets.key_features import HEARD, describe, hear
from datasets.keys import KEYS, transposed
from datasets.midi import Note, Part, Voice
from datasets.registry import DataMissingError
from datasets.renders import Render, render
from keras_models.key import STAY, STEP, TRUST, WINDOW
from keras_models.key_path import steady_keys
from parity_tests.harness import PageError

MODEL = "key"
CLIPS = 3
ROOTS = (0, 5, 7, 0)  # of I IV V I
SECONDS = 1.2  # of a chord


def call(page, method, samples, rate):
    (answer,) = page.call("predict", "wasm", MODEL, method, [[{"samples": np.asarray(samples, np.float32), "sampleRate": rate}]])
    return answer


def values(told):
    """A typed array as the page sends it."""
    return np.array(list(told.values()) if isinstance(told, dict) else told)


def judged(references, features):
    """Probabilities [n, 24] by the weights as the browser has them."""
    reference = references[MODEL]
    weights = {name: tf.constant(value) for name, value in reference.weights.items()}
    inputs = {name: tf.constant(np.stack([each[name] for each in features])) for name in features[0]}
    return reference.spec.graph(reference.checkpoint, weights, inputs)["probability"].numpy()


@pytest.fixture(scope="module")
def clips():
    try:
        table = clip_table()
    except DataMissingError as missing:
        pytest.skip(str(missing))
    return [read_mono(table["path"][row], 22_050) for row in np.linspace(0, len(table) - 1, CLIPS).astype(int)]


@pytest.fixture(scope="module")
def cadences():
    """A piano's cadence in every key, float32 at the model's rate."""
    try:
        return {KEYS[key]: cadence(key) for key in range(24)}
    except DataMissingError as missing:
        pytest.skip(str(missing))


def cadence(key):
    tonic, minor = key % 12, key >= 12
    notes = []
    for place, root in enumerate(ROOTS):
        third = 3 if minor and root != 7 else 4  # the dominant is major in both modes
        for step in (0, third, 7):
            start = place * SECONDS
            notes.append(Note(start=start, end=start + SECONDS, pitch=54 + (tonic + root + step + 6) % 12, velocity=90))
        notes.append(Note(start=place * SECONDS, end=(place + 1) * SECONDS, pitch=36 + (tonic + root) % 12, velocity=90))
    voice = Voice(part=Part(notes=tuple(notes)), program=0)
    return render(Render(voices=(voice,), seconds=4 * SECONDS + 0.5, rate=HEARD.sampleRate)).mean(axis=1)


def test_features_of_real_audio_are_pythons(page, clips):
    for samples in clips:
        told, expected = call(page, "features", samples, 22_050), describe(hear(samples))
        assert values(told["pitchClasses"]) == pytest.approx(expected["pitch_classes"].ravel(), abs=1e-5)
        assert values(told["transitions"]) == pytest.approx(expected["transitions"].ravel(), abs=1e-6)


def test_real_audio_is_judged_as_in_python_over_the_whole_and_over_time(page, clips, references):
    for samples in clips:
        heading = hear(samples)
        count = 1 + len(samples) // HEARD.hop
        steps = -(-max(count - WINDOW, 0) // STEP)
        starts = [int(np.floor(at * (count - WINDOW) / steps + 0.5)) if steps else 0 for at in range(steps + 1)]
        whole, *windows = judged(references, [describe(heading), *(describe(heading.between(at, at + WINDOW)) for at in starts)])
        answer = call(page, "estimate", samples, 22_050)
        assert answer["key"] == KEYS[whole.argmax()] and answer["confidence"] == pytest.approx(whole.max(), abs=1e-4)
        assert answer["tuning"] == pytest.approx(100 * heading.tuning, abs=1e-3)
        steady = steady_keys(np.array(windows), stay=STAY, trust=TRUST)
        assert [moment["key"] for moment in answer["overTime"]] == [KEYS[row.argmax()] for row in steady]
        assert [moment["confidence"] for moment in answer["overTime"]] == pytest.approx(steady.max(axis=1).tolist(), abs=1e-3)


def test_a_cadence_in_every_key_at_any_tuning(page, cadences):
    for cents in (0, 40, -40):
        rate = round(HEARD.sampleRate * 2 ** (cents / 1200))  # played so much faster
        said = {name: call(page, "estimate", samples, rate) for name, samples in cadences.items()}
        assert {name: answer["key"] for name, answer in said.items()} == {name: name for name in cadences}
        assert said["F# minor"]["camelot"] == "11A" and said["C major"]["camelot"] == "8B"


def test_a_change_of_key_is_told_over_time(page, cadences):
    first, second = "C major", KEYS[transposed(KEYS.index("C major"), 6)]
    samples = np.concatenate([*[cadences[first]] * 4, *[cadences[second]] * 4])
    moments = [moment["key"] for moment in call(page, "estimate", samples, HEARD.sampleRate)["overTime"]]
    changes = sum(one != other for one, other in pairwise(moments))
    assert (moments[0], moments[-1], changes) == (first, second, 1)


def test_noise_silence_and_drums_are_doubted(page):
    noise = np.random.default_rng(5).normal(0, 0.1, 10 * 22_050)
    assert call(page, "estimate", noise, 22_050)["confidence"] < 0.3
    hits = np.where(np.arange(len(noise)) % 11_025 < 2000, noise * np.exp(-(np.arange(len(noise)) % 11_025) / 400), 0)
    assert call(page, "estimate", hits, 22_050)["confidence"] < 0.3
    silence = call(page, "estimate", np.zeros(3 * 22_050), 22_050)
    assert silence == {"key": None, "camelot": None, "confidence": 0, "alternatives": [], "overTime": [], "tuning": 0}


def test_less_than_two_seconds_is_refused(page):
    with pytest.raises(PageError, match=r"expected at least 2 s of audio, got 1.500 s") as refused:
        call(page, "estimate", np.ones(12_000), 8_000)
    assert refused.value.code == "input"
