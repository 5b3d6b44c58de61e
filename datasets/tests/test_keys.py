"""Names of keys: spellings that people use, and Camelot's wheel as it hangs in every booth."""

import pytest

from datasets.keys import KEYS, camelot, key_index, transposed


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("C major", "C major"),
        ("F# minor", "F# minor"),
        ("Gb:min", "F# minor"),
        ("eb minor", "D# minor"),
        ("B♭ maj", "A# major"),
        ("Cb major", "B major"),
        ("E# minor", "F minor"),
        ("a min", "A minor"),
    ],
)
def test_spellings_are_understood(name, expected):
    assert KEYS[key_index(name)] == expected


@pytest.mark.parametrize("name", ["", "H minor", "C", "C dorian", "minor", "C## major"])
def test_anything_else_is_refused(name):
    with pytest.raises(ValueError, match="expected a key like 'F# minor'"):
        key_index(name)


def test_camelot_is_the_wheel():
    named = {KEYS[key]: camelot(key) for key in range(24)}
    known = {"C major": "8B", "A minor": "8A", "F# minor": "11A", "G major": "9B", "E major": "12B", "B major": "1B", "G# minor": "1A"}
    assert {name: named[name] for name in known} == known
    assert len(set(named.values())) == 24


def test_transposing_keeps_the_mode():
    assert KEYS[transposed(key_index("A minor"), 5)] == "D minor" and KEYS[transposed(key_index("B major"), 1)] == "C major"
