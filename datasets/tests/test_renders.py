import numpy as np
import pytest

from datasets import renders
from datasets.midi import Note, Part, Voice
from datasets.multitracks import multitracks, spoil
from datasets.registry import DataMissingError, find
from datasets.renders import RATE, SOUNDFONT, Render, render, render_all, synthesizer

PART = Part(notes=tuple(Note(start=at / 4, end=at / 4 + 0.2, pitch=69, velocity=100) for at in range(4)))


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty cache, and a synthesizer to fill it."""
    try:
        synthesizer(), find(SOUNDFONT)
    except DataMissingError as missing:
        pytest.skip(str(missing))
    monkeypatch.setattr(renders, "cache", lambda: tmp_path)
    return tmp_path / "renders"


def test_a_render_sounds_at_its_pitch_for_its_time(folder):
    audio = render(Render(voices=(Voice(part=PART, program=80),), seconds=1.0))
    assert audio.shape == (RATE, 2) and audio.dtype == np.float32
    spectrum = np.abs(np.fft.rfft(audio[:, 0]))
    assert spectrum.argmax() == pytest.approx(440, abs=5)


def test_a_render_is_made_once_and_another_gain_program_or_pitch_is_another(folder, monkeypatch):
    wanted = Render(voices=(Voice(part=PART, program=80),), seconds=0.5)
    first = render(wanted)
    monkeypatch.setattr(renders, "_play", lambda *_: pytest.fail("rendered again"))
    assert np.array_equal(render(wanted), first)
    monkeypatch.undo()
    monkeypatch.setattr(renders, "cache", lambda: folder.parent)
    others = [
        Render(voices=wanted.voices, seconds=0.5, gain=0.1),
        Render(voices=(Voice(part=PART, program=81),), seconds=0.5),
        Render(voices=(Voice(part=PART.transposed(1), program=80),), seconds=0.5),
    ]
    render_all(others)
    assert len(list(folder.glob("*.flac"))) == 4


def test_a_broken_render_leaves_no_file(folder, monkeypatch):
    monkeypatch.setattr(renders, "_flac", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        render(Render(voices=(Voice(part=PART, program=0),), seconds=0.2))
    assert not folder.exists() or not list(folder.iterdir())


def test_a_missing_synthesizer_is_named_with_the_remedy(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(DataMissingError, match="apt-get install fluidsynth"):
        synthesizer()


@pytest.mark.parametrize("wrong", [{"seconds": 0}, {"gain": 0}, {"rate": 4000}])
def test_an_impossible_render_is_refused(wrong):
    with pytest.raises(ValueError, match="expected seconds > 0"):
        Render(**{"voices": (), "seconds": 1.0} | wrong)


def test_splits_share_no_song_no_drummer_and_test_no_program():
    try:
        train, test = (multitracks(split, 6) for split in ("train", "test"))
    except DataMissingError as missing:
        pytest.skip(str(missing))

    def of(mixes, what):
        return {what(stem) for mix in mixes for stem in mix.stems}

    assert not {mix.name for mix in train} & {mix.name for mix in test}
    programs = [of(mixes, lambda stem: (stem.role == "drums", stem.voice.program, stem.role)) for mixes in (train, test)]
    assert not programs[0] & programs[1]


def test_spoiling_changes_levels_and_positions_alone():
    stems = [np.full((4, 2), 0.1, np.float32), np.full((4, 2), 0.2, np.float32)]
    spoiled, gains = spoil(stems, seed=1)
    assert np.abs(gains).max() <= 12
    for before, after, gain in zip(stems, spoiled, gains, strict=True):
        assert (after**2).sum() == pytest.approx((before**2).sum() * 10 ** (gain / 10), rel=1e-5)
    assert all(np.array_equal(one, other) for one, other in zip(spoiled, spoil(stems, seed=1)[0], strict=True))
