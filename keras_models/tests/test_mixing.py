"""The objective of mixing on stems whose answer is plain, the learned models, and the copy of the pack that the runtime's tests read."""

from pathlib import Path

import numpy as np
import pytest

from datasets.multitracks import ROLES
from datasets.stem_bands import BANDS, band_edges, stem_bands
from datasets.stem_features import STEM_FEATURES, stem_features
from keras_models.checkpoint import load_checkpoint
from keras_models.mixing import PACK
from keras_models.mixing_objective import Aim, StemSettings, biquad, objective
from keras_models.mixing_roles import certain, from_config
from keras_models.mixing_scene import k_weights, lufs, scene

RATE = 16_000
TIME = np.arange(2 * RATE) / RATE
COPY = Path(__file__).parents[2] / "web_runtime" / "test" / "mixing.json"
CENTRE = Aim(levelDb=0, centre=1, position=0)


def tone(hertz, amplitude=0.1):
    return (amplitude * np.sin(2 * np.pi * hertz * TIME)[:, None]).repeat(2, axis=1)


def scene_of(*stems):
    return scene(stems, [stem_bands(stem, RATE) for stem in stems])


def score(stems, settings=None, aims=None):
    seen = scene_of(*stems)
    return objective(seen, settings or [StemSettings()] * len(seen), aims or [CENTRE] * len(seen), RATE)


def test_band_powers_add_up_to_the_power_of_noise_in_their_range():
    noise = np.random.default_rng(0).normal(size=(4 * RATE, 1))
    power = stem_bands(noise, RATE).power[4:-4].sum(axis=1).mean()
    assert power == pytest.approx(1.0, rel=0.05)


def test_a_tone_lies_in_the_band_around_its_frequency():
    power = stem_bands(tone(1000), RATE).power.mean(axis=0)
    edges = band_edges()
    assert edges[power.argmax()] <= 1000 < edges[power.argmax() + 1]


def test_loudness_of_a_calibrated_tone_is_that_of_bs1770():
    full = tone(997, 1.0)
    (seen,) = scene([full], [stem_bands(full, RATE)])
    level = lufs(((seen.left + seen.right) @ k_weights())[seen.active].mean())
    assert level == pytest.approx(0.0, abs=0.3)  # -3.01 in one channel


def test_features_ignore_gain_and_mono_position():
    rng = np.random.default_rng(1)
    mono = rng.normal(size=(RATE, 1)) * np.sin(2 * np.pi * 3 * TIME[:RATE, None]) ** 2
    placed = mono * np.array([[0.02, 0.4]])
    one, other = (stem_features(stem_bands(samples, RATE), k_weights()) for samples in (mono, placed))
    assert list(one) == list(STEM_FEATURES)
    assert list(one.values()) == pytest.approx(list(other.values()), abs=1e-6)


def test_silence_has_no_features_and_is_not_scored():
    silent = np.zeros((RATE, 2))
    assert stem_features(stem_bands(silent, RATE), k_weights()) is None
    assert score([silent, silent])["total"] == 0


def test_equal_tones_are_masked_and_distant_ones_are_not():
    together, apart = (score([tone(440), tone(hertz)])["masking"] for hertz in (445, 5000))
    assert together > 0.2 and apart < 0.1 * together + 0.02


def test_the_balance_is_best_at_the_levels_aimed_at():
    aims = [Aim(levelDb=level, centre=1, position=0) for level in (0, 6)]
    stems = [tone(300), tone(3000)]
    level = [lufs(((each.left + each.right) @ k_weights())[each.active].mean()) for each in scene_of(*stems)]
    right = StemSettings(gainDb=6 + level[0] - level[1])
    assert score(stems, [StemSettings(), right], aims)["balance"] == pytest.approx(0, abs=1e-9)
    assert score(stems, None, aims)["balance"] > 0.01


def test_positions_are_scored_by_where_a_stem_belongs():
    stems = [tone(300), tone(3000)]
    left = [StemSettings(pan=-0.8), StemSettings()]
    assert score(stems, left)["stereo"] > score(stems)["stereo"]


@pytest.mark.parametrize(
    ("kind", "low", "high"), [("highPass", 0.0, 1.0), ("lowShelf", 2.0, 1.0), ("highShelf", 1.0, 2.0), ("peaking", 1.0, 1.0)]
)
def test_filters_have_their_gains_at_both_ends(kind, low, high):
    b, a = biquad(kind, 1000, 0.7, 20 * np.log10(2), 48_000)
    assert [np.polyval(b[::-1], z) / np.polyval(a[::-1], z) for z in (1.0, -1.0)] == pytest.approx([low, high], abs=1e-9)


def test_the_checkpoint_knows_every_role_and_favours_none_blindly():
    model = from_config(load_checkpoint("mixing").config)
    odds = model.odds(np.zeros((1, len(STEM_FEATURES))) + model.mean)
    assert odds.shape == (1, len(ROLES)) and odds.sum() == pytest.approx(1)
    levels = model.levels(np.repeat(model.mean[None], len(ROLES), axis=0), certain(ROLES))
    assert np.ptp(levels) < 12


def test_the_runtime_s_tests_read_this_very_pack():
    assert COPY.read_bytes() == PACK.data(load_checkpoint("mixing")), f"write the pack's data to {COPY.name} again"
    assert BANDS == 40
