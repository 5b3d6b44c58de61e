"""Names of the 24 keys: indices for models, names for people, Camelot's numbers for those who mix records."""

from __future__ import annotations

import re

TONICS = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
MODES = ("major", "minor")
KEYS = tuple(f"{tonic} {mode}" for mode in MODES for tonic in TONICS)
_NATURAL = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_NAME = re.compile(r"\s*([A-Ga-g])([#b♯♭]?)[\s:_-]*(maj(?:or)?|min(?:or)?)\s*", re.IGNORECASE)


def key_index(name: str) -> int:
    """Index of a key: 0 to 11 major from C on, 12 to 23 minor.

    Parameters
    ----------
    name
        ``F# minor``, ``Gb:maj``, ``eb min`` ...

    Raises
    ------
    ValueError
        For anything else.
    """
    found = _NAME.fullmatch(name)
    if found is None:
        raise ValueError(f"expected a key like 'F# minor' or 'Eb major', got {name!r}")
    letter, accidental, mode = found.groups()
    shift = {"": 0, "#": 1, "♯": 1, "b": -1, "♭": -1}[accidental]
    return (_NATURAL[letter.upper()] + shift) % 12 + (12 if mode[:3].lower() == "min" else 0)


def transposed(key: int, semitones: int) -> int:
    """A key moved up by semitones."""
    return key // 12 * 12 + (key + semitones) % 12


def camelot(key: int) -> str:
    """Camelot's name of a key: neighbours on the circle of fifths have neighbouring numbers, relative keys the same; 8B is C major."""
    minor = key >= 12
    relative_major = (key + 3) % 12 if minor else key
    return f"{(7 * relative_major + 7) % 12 + 1}{'A' if minor else 'B'}"
