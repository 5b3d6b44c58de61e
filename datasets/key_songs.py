"""Music in known keys: POP909's songs of one key, rendered with various instruments, and often beside a Groove drummer and a bass."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from datasets import groove, pop909
from datasets.groove import Performance
from datasets.keys import key_index
from datasets.midi import Part, Voice
from datasets.multitracks import bass_line, drums_beside
from datasets.pop909 import Song, Split
from datasets.registry import find
from datasets.renders import Render

RATE = 22_050
SECONDS = 30.0
PIANO = 0
_AS_PUBLISHED = 0.25  # shares of excerpts: all parts on a piano; a drummer, a bass beside the others; without the melody
_DRUMS, _BASS, _NO_MELODY = 0.6, 0.5, 0.1
KITS = (0, 8, 16, 24, 25, 32, 40)
_BASSES = (32, 33, 34, 35, 36, 37, 38, 39)
_LEADS = (0, 4, 11, 22, 24, 26, 27, 29, 30, 40, 41, 52, 53, 54, 56, 57, 60, 65, 66, 68, 71, 73, 75, 80, 81, 85)
_CHORDS = (0, 1, 2, 3, 4, 5, 6, 7, 11, 16, 17, 18, 19, 21, 24, 25, 26, 27, 28, 29, 30, 46, 48, 49, 50, 51, 61, 62, 63, 80, 81, 88, 89, 90)


@dataclass(frozen=True, kw_only=True)
class Excerpt:
    """Some seconds of a song: its name, its key as an index of ``datasets.keys``, and what renders it."""

    song: str
    key: int
    render: Render


def excerpts(split: Split, count: int, *, songs: int | None = None) -> list[Excerpt]:
    """Excerpts of the songs of a split that stay in one key, the same on every call.

    Parameters
    ----------
    count
        Excerpts of each song, at random places in random arrangements; the first ``n`` do not hang on ``count``.
    songs
        How many songs, spread over the split; all of them by default.

    Raises
    ------
    DataMissingError
        If POP909 or Groove is missing.
    """
    found = [song for song in pop909.load(find("pop909")) if song.split == split and len(set(song.keys)) == 1]
    chosen = found if songs is None else [found[at] for at in np.linspace(0, len(found) - 1, songs).astype(int)]
    drummers = [it for it in groove.load(find("groove_midi")) if it.split == split and it.kind == "beat" and it.meter == "4-4"]
    return [_excerpt(song, drummers, np.random.default_rng((int(song.name), place))) for song in chosen for place in range(count)]


def _excerpt(song: Song, drummers: Sequence[Performance], random: np.random.Generator) -> Excerpt:
    last = max(part.notes[-1].start for part in song.parts.values())
    start = random.uniform(0, max(last - SECONDS, 0))
    parts = {name: part.cut(start, start + SECONDS) for name, part in song.parts.items()}
    melody, bridge, piano = (parts.get(name, Part(notes=())) for name in ("MELODY", "BRIDGE", "PIANO"))
    if random.random() < _AS_PUBLISHED:
        voices = [(part, PIANO, False) for part in (melody, bridge, piano)]
    else:
        lead = Part(notes=()) if random.random() < _NO_MELODY else melody
        voices = [(lead, random.choice(_LEADS), False), (bridge, random.choice(_CHORDS), False), (piano, random.choice(_CHORDS), False)]
        if random.random() < _BASS:
            voices.append((bass_line(piano, song.beat_seconds), random.choice(_BASSES), False))
        if random.random() < _DRUMS:
            voices.append((drums_beside(song, drummers, random, SECONDS), random.choice(KITS), True))
        voices = [(part.at_velocity(int(random.integers(60, 110))) if part.notes else part, *how) for part, *how in voices]
    played = tuple(Voice(part=part, program=int(program), drums=drums) for part, program, drums in voices if part.notes)
    return Excerpt(song=song.name, key=key_index(song.keys[0]), render=Render(voices=played, seconds=SECONDS, rate=RATE))
