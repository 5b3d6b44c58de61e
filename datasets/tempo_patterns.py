"""Drum patterns of many styles with an accompaniment at any tempo: music whose beat is known because it is written here.

Patterns to learn from are drawn from the chances of each style of ``tempo_styles``; those that judge fast material are its fixed bars.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from datasets.midi import Note, Part, Voice
from datasets.tempo_styles import CLOSED, CRASH, FAST, KICK, OPEN, PERCUSSION, RIDE, SNARE, TEST, TRAIN, Programs, Style

_PROGRESSIONS = ((0, 5, 7, 5), (0, 7, 9, 5), (0, 0, 5, 7), (9, 5, 0, 7), (0, 3, 5, 3), (0, 10, 5, 0), (0, 0, 0, 0))


def drawn(
    random: np.random.Generator, bpm: float, style: Style, seconds: float, *, programs: Programs = TRAIN, exact: bool = False
) -> tuple[Voice, ...]:
    """Some bars in a style at a tempo, with bass, chords and a lead as they happen to be drawn; drums in nine of ten.

    Strokes deviate by some milliseconds, as people play, unless they are to be ``exact``.
    """
    steps = len(style.kick)
    while True:
        kick, snare = (_strokes(random, text) for text in (style.kick, style.snare))
        if style.division == 3 or not _reserved(kick, snare):
            break
    cymbals = _strokes(random, style.cymbals[random.integers(len(style.cymbals))])
    if bpm > 150 and style.division == 4 and (np.asarray(cymbals) > 0).mean() > 0.6:
        cymbals = cymbals * (np.arange(len(cymbals)) % 2 == 0)
    rows = [
        (KICK, kick, 105),
        (int(random.choice(style.back)), snare, 105),
        (int(random.choice(style.cymbal)), np.resize(cymbals, steps), 80),
    ]
    if random.random() < 0.25:
        rows.append((int(random.choice(PERCUSSION)), np.resize(_strokes(random, ("9000", "9090", "0090")[random.integers(3)]), steps), 70))
    deviation = random.uniform(0, 0.008)
    groove = _Groove(60 / bpm / style.division, steps, style.division, 0 if exact else deviation, seconds)
    voices = []
    if random.random() < 0.9:
        fills = int(random.choice((0, 4, 8)))
        voices.append(Voice(part=_drums(random, rows, groove, fills), program=int(random.choice(programs.kits)), drums=True))
    wanted = random.random(3) < (0.7, 0.6, 0.3)
    if not voices:
        wanted[:2] = True
    return (*voices, *_accompaniment(random, kick, groove, wanted, programs))


def fast(name: str, bpm: float, seconds: float, *, kit: int, seed: int, accompanied: bool) -> tuple[Voice, ...]:
    """One of the fixed bars, over and over, played by people; programs that no training hears."""
    kick, snare, cymbals = FAST[name]
    random = np.random.default_rng(seed)
    groove = _Groove(60 / bpm / 4, 16, 4, 0.004, seconds)
    rows = [(KICK, _digits(kick), 105), (SNARE, _digits(snare), 105)]
    for letter, pitch in (("x", CLOSED), ("o", OPEN), ("r", RIDE)):
        rows.append((pitch, np.array([9.0 * (each == letter) for each in cymbals]), 80))
    drums = Voice(part=_drums(random, rows, groove, 0), program=kit, drums=True)
    wanted = np.array([True, True, False]) & accompanied
    return (drums, *_accompaniment(random, _digits(kick), groove, wanted, TEST))


@dataclass(frozen=True)
class _Groove:
    """Seconds of a step, steps of a bar and of a beat, deviation of the strokes in seconds, and seconds in all."""

    step: float
    steps: int
    division: int
    jitter: float
    seconds: float


def _digits(text: str) -> np.ndarray:
    return np.array([float(each) for each in text])


def _strokes(random: np.random.Generator, text: str) -> np.ndarray:
    """How strong each stroke of a bar is, 0 to 9: a chance of 9 always sounds, a smaller one sometimes and softer."""
    chances = _digits(text)
    return np.where((chances == 9) | (random.random(len(chances)) < chances / 10), np.maximum(chances, 4), 0)


def _reserved(kick: np.ndarray, snare: np.ndarray) -> bool:
    return any(np.array_equal(kick > 0, _digits(one) > 0) and np.array_equal(snare > 0, _digits(two) > 0) for one, two, _ in FAST.values())


def _drums(random: np.random.Generator, rows: list[tuple[int, np.ndarray, int]], groove: _Groove, fills: int) -> Part:
    """The bar repeated; with ``fills``, the last beat of every so many bars is a roll of snares, and a crash begins the next."""
    notes = []
    count = int(groove.seconds / groove.step)
    for at in range(count):
        bar, step = divmod(at, groove.steps)
        fill = bool(fills) and bar % fills == fills - 1 and step >= groove.steps - groove.division
        strokes = [(SNARE, 7.0, 95)] if fill else [(pitch, strength[step], level) for pitch, strength, level in rows]
        if fills and bar % fills == 0 and step == 0 and bar:
            strokes.append((CRASH, 9.0, 95))
        accent = 1.0 if step % groove.division == 0 else 0.85
        for pitch, strength, level in strokes:
            if strength > 0:
                start = max(at * groove.step + random.normal(0, groove.jitter), 0)
                velocity = int(np.clip(level * accent * strength / 9 * random.uniform(0.9, 1.1), 10, 127))
                notes.append(Note(start=start, end=start + 0.1, pitch=pitch, velocity=velocity))
    return Part(notes=tuple(sorted(notes, key=lambda note: (note.start, note.pitch))))


def _accompaniment(random: np.random.Generator, kick: np.ndarray, groove: _Groove, wanted: np.ndarray, programs: Programs) -> list[Voice]:
    root, minor = int(random.integers(33, 45)), bool(random.integers(2))
    roots = [root + move for move in _PROGRESSIONS[random.integers(len(_PROGRESSIONS))]]
    division, steps = groove.division, groove.steps
    beat = np.arange(steps) % division == 0
    half = np.arange(steps) % max(division // 2, 1) == 0 if division == 4 else beat
    first = np.arange(steps) == 0
    rhythms = {
        "bass": (kick > 0 if (kick > 0).any() else first, beat, half)[random.integers(3)],
        "chords": (first, beat, half, np.arange(steps) % division == division // 2, np.arange(steps) % (2 * division) == 0)[
            random.integers(5)
        ],
        "lead": (half if division == 4 else beat) & (random.random(steps) < 0.6),
    }
    voices = []
    for (name, rhythm), is_wanted, pool in zip(rhythms.items(), wanted, (programs.bass, programs.chords, programs.leads), strict=True):
        if not is_wanted or not rhythm.any():
            continue
        places, notes = np.flatnonzero(rhythm), []
        for bar in range(int(groove.seconds / groove.step / steps) + 1):
            chord = roots[bar % len(roots)]
            third = 3 if minor else 4
            for place, following in zip(places, [*places[1:], places[0] + steps], strict=True):
                start = max((bar * steps + place) * groove.step + random.normal(0, groove.jitter), 0)
                length = (following - place) * groove.step * random.uniform(0.6, 0.95)
                pitches = {"bass": [chord], "chords": [chord + 12 + each for each in (0, third, 7)], "lead": []}[name]
                if name == "lead":
                    pitches = [chord + 24 + int(random.choice((0, 2, third, 7, 9, 12)))]
                for pitch in pitches:
                    velocity = int(random.integers(70, 100))
                    notes.append(Note(start=start, end=start + length, pitch=pitch, velocity=velocity))
        voices.append(
            Voice(part=Part(notes=tuple(sorted(notes, key=lambda note: (note.start, note.pitch)))), program=int(random.choice(pool)))
        )
    return voices
