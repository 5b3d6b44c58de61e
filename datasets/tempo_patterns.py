"""Drum patterns of many styles with an accompaniment at any tempo: music whose beat is known because it is written here.

Patterns to learn from are drawn from the chances of each style; those that judge fast material are fixed bars, which no draw may repeat.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from datasets.midi import Note, Part, Voice

KICK, STICK, SNARE, CLAP, CLOSED, OPEN, CRASH, RIDE = 36, 37, 38, 39, 42, 46, 49, 51
PERCUSSION = (54, 56, 70, 62, 75)  # tambourine, cowbell, maracas, conga, claves
_PROGRESSIONS = ((0, 5, 7, 5), (0, 7, 9, 5), (0, 0, 5, 7), (9, 5, 0, 7), (0, 3, 5, 3), (0, 10, 5, 0), (0, 0, 0, 0))


@dataclass(frozen=True, kw_only=True)
class Programs:
    """General MIDI programs that each part is drawn from."""

    kits: tuple[int, ...]
    bass: tuple[int, ...]
    chords: tuple[int, ...]
    leads: tuple[int, ...]


TRAIN = Programs(
    kits=(0, 8, 24, 25, 40),
    bass=(33, 34, 36, 38, 39, 87),
    chords=(0, 4, 5, 16, 18, 24, 25, 27, 29, 30, 48, 50, 61, 62, 81, 89),
    leads=(11, 22, 26, 40, 56, 65, 66, 73, 80, 85),
)
# Heard in no training.
TEST = Programs(kits=(16, 32), bass=(32, 35, 37), chords=(1, 28, 31, 49, 90), leads=(12, 57, 68, 82))


@dataclass(frozen=True, kw_only=True)
class Style:
    """Chances of strokes on the steps of a bar, in tenths.

    Attributes
    ----------
    slowest, fastest
        BPM as musicians count it.
    division
        Steps of a beat; 3 swings.
    cymbals
        Patterns of one beat or bar, one of which is drawn and repeated.
    """

    name: str
    slowest: float
    fastest: float
    kick: str
    snare: str
    cymbals: tuple[str, ...]
    division: int = 4
    cymbal: tuple[int, ...] = (CLOSED, RIDE)
    back: tuple[int, ...] = (SNARE,)

    def __post_init__(self) -> None:
        if len(self.kick) != len(self.snare) or len(self.kick) % self.division:
            raise ValueError(f"{self.name}: expected bars of one length in whole beats, got {len(self.kick)} and {len(self.snare)} steps")


STYLES = (
    Style(name="rock", slowest=85, fastest=200, kick="9020103091502020", snare="0000900100009001", cymbals=("9090", "9000", "9050")),
    Style(name="ballad", slowest=55, fastest=85, kick="9000001080100010", snare="0000900000009000", cymbals=("9090", "9393")),
    Style(name="punk", slowest=150, fastest=210, kick="9010304090303020", snare="0000900000009000", cymbals=("9090", "9000")),
    Style(name="skate", slowest=155, fastest=210, kick="9000004090400000", snare="0000900000009000", cymbals=("9000", "9090")),
    Style(name="thrash", slowest=140, fastest=210, kick="9090909090909090", snare="0000900000009000", cymbals=("9000", "9090")),
    Style(name="double bass", slowest=120, fastest=200, kick="9999999999999999", snare="0000900000009000", cymbals=("9000", "9090")),
    Style(name="metal", slowest=95, fastest=200, kick="9033309090339030", snare="0000900000009000", cymbals=("9000", "9090")),
    Style(name="polka beat", slowest=105, fastest=140, kick="9000900090009000", snare="0090009000900090", cymbals=("9090", "0090")),
    Style(name="breakbeat", slowest=95, fastest=200, kick="9050002030602010", snare="0001900203019011", cymbals=("9090", "9191", "9000")),
    Style(name="jungle", slowest=150, fastest=200, kick="9030000000605000", snare="0000900303019002", cymbals=("9090", "9191")),
    Style(name="two-step", slowest=155, fastest=185, kick="9000000000900000", snare="0000900000009000", cymbals=("9090", "9292")),
    Style(
        name="house",
        slowest=112,
        fastest=140,
        kick="9000900090019000",
        snare="0000900000009000",
        cymbals=("0090", "9393", "5090"),
        back=(CLAP,),
    ),
    Style(
        name="techno", slowest=120, fastest=160, kick="9000900090009000", snare="0000300000003000", cymbals=("0090", "9999"), back=(CLAP,)
    ),
    Style(name="hip-hop", slowest=75, fastest=108, kick="9010002063301010", snare="0000900001009001", cymbals=("9090", "9292")),
    Style(name="funk", slowest=85, fastest=125, kick="9030102020602010", snare="0001900202019102", cymbals=("9393", "9090", "9999")),
    Style(
        name="latin", slowest=90, fastest=140, kick="9009009090090090", snare="9009009000900900", cymbals=("9090", "9393"), back=(STICK,)
    ),
    Style(
        name="one drop", slowest=65, fastest=90, kick="0000000090000000", snare="0000000090000000", cymbals=("9090", "9050"), back=(STICK,)
    ),
    Style(
        name="disco",
        slowest=108,
        fastest=132,
        kick="9000900090009000",
        snare="0000900000009000",
        cymbals=("9393", "2090"),
        cymbal=(CLOSED, OPEN),
    ),
    Style(name="country train", slowest=85, fastest=130, kick="9000900090009000", snare="3393339333933393", cymbals=("0000",)),
    Style(name="shuffle", slowest=80, fastest=160, division=3, kick="900002802002", snare="000900000900", cymbals=("905", "909")),
    Style(
        name="swing", slowest=110, fastest=210, division=3, kick="300200300200", snare="001002001001", cymbals=("900905",), cymbal=(RIDE,)
    ),
    Style(name="slow blues", slowest=50, fastest=80, division=3, kick="900002902002", snare="000900000900", cymbals=("999",)),
    Style(
        name="waltz",
        slowest=85,
        fastest=190,
        kick="900000000010",
        snare="000080008000",
        cymbals=("9000", "9090", "0000"),
        back=(STICK, SNARE),
    ),
)
# Fixed bars of sixteenths: kick, snare, cymbal ("x" closed hat, "r" ride, "o" open hat).
FAST = {
    "rock, eighths": ("9000000090900000", "0000900000009000", "x0x0x0x0x0x0x0x0"),
    "rock, quarters": ("9000009090000000", "0000900000009000", "o000o000o000o000"),
    "rock, pushed": ("9000009000900000", "0000900000009000", "x0x0x0x0x0x0x0o0"),
    "metal, double bass": ("9090909090999999", "0000900000009000", "r000r000r000r000"),
    "metal, gallop": ("9099909990999099", "0000900000009000", "r0r0r0r0r0r0r0r0"),
    "metal, skank": ("9090009090900090", "0000900000009000", "o000o000o000o000"),
    "breakbeat, amen": ("9090000000990000", "0000900709070090", "x0x0x0x0x0x0x0x0"),
    "breakbeat, funky": ("9000009000900900", "0000900700009007", "x0x0x0x0x0o0x0x0"),
    "breakbeat, rolling": ("9009000000900000", "0000900000709000", "x0xxx0xxx0xxx0xx"),
}


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
