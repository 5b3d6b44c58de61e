import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets.midi import Note, Part, Voice, read, write

notes = st.builds(
    lambda start, length, pitch, velocity: Note(start=start, end=start + length, pitch=pitch, velocity=velocity),
    st.integers(0, 40).map(lambda tenths: tenths / 10),
    st.integers(1, 5).map(lambda tenths: tenths / 100),
    st.integers(20, 100),
    st.integers(1, 127),
)
parts = st.lists(notes, min_size=1, max_size=30, unique_by=lambda note: (note.start, note.pitch)).map(
    lambda drawn: Part(notes=tuple(sorted(drawn, key=lambda note: (note.start, note.pitch))))
)


@given(parts)
def test_what_is_written_is_read_back(part):
    (back,) = read(write([Voice(part=part, program=3)])).values()
    assert [(note.pitch, note.velocity) for note in back.notes] == [(note.pitch, note.velocity) for note in part.notes]
    for got, expected in zip(back.notes, part.notes, strict=True):
        assert (got.start, got.end) == pytest.approx((expected.start, expected.end), abs=1e-3)


@given(parts, st.integers(-60, 60))
def test_transposition_keeps_pitch_classes_and_midi_s_range(part, semitones):
    moved = part.transposed(semitones)
    for note, original in zip(moved.notes, part.notes, strict=True):
        assert 0 <= note.pitch <= 127
        assert (note.pitch - original.pitch - semitones) % 12 == 0


def test_a_cut_begins_at_zero_and_ends_what_still_sounds():
    part = Part(notes=tuple(Note(start=at, end=at + 3, pitch=60, velocity=80) for at in (0.0, 2.0, 4.0)), pedal=((2.5, 127),))
    cut = part.cut(1, 4)
    assert [(note.start, note.end) for note in cut.notes] == [(1.0, 3.0)]
    assert cut.pedal == ((1.5, 127),)


def test_a_repeated_part_fills_the_time_and_no_more():
    part = Part(notes=(Note(start=0.5, end=0.6, pitch=38, velocity=90),))
    assert [note.start for note in part.repeated(1.0, 3.2).notes] == pytest.approx([0.5, 1.5, 2.5])
    assert [note.start for note in part.stretched(2.0).notes] == [1.0]


def test_velocities_keep_their_accents_around_a_new_median():
    part = Part(notes=tuple(Note(start=at, end=at + 1, pitch=60, velocity=velocity) for at, velocity in enumerate((20, 40, 60))))
    assert [note.velocity for note in part.at_velocity(80).notes] == [40, 80, 120]


def test_what_is_no_midi_is_refused():
    with pytest.raises(ValueError, match="expected a MIDI file, got 4 bytes"):
        read(b"nope")


def test_sixteen_melodic_voices_are_refused():
    part = Part(notes=(Note(start=0, end=1, pitch=60, velocity=80),))
    with pytest.raises(ValueError, match="at most 15 melodic voices"):
        write([Voice(part=part, program=0)] * 16)
