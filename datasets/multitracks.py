"""Multitracks with a known balance: stems of POP909 songs and Groove drummers, rendered by a synthesizer at General MIDI's own levels."""

from __future__ import annotations

import bisect
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from datasets import groove, pop909
from datasets.groove import Performance
from datasets.midi import Note, Part, Voice
from datasets.pop909 import Song, Split
from datasets.registry import find
from datasets.renders import Render, render, render_all

Levels = Literal["even", "played"]
ROLES = ("drums", "bass", "voice", "keys", "other")
SECONDS = 12.0
_LOWEST_BASS = 28  # the E of a bass guitar; the part stays within the octave and a half above
_VELOCITY = 100
# General MIDI programs by role, kits for the drums; by their place in turn heard in training, validation and test, and nowhere else.
# General MIDI has no singer: choirs and the wind instruments that usually lead stand in for the voice.
_PROGRAMS = {
    "drums": (0, 8, 16, 24, 25, 32, 40),
    "bass": (32, 33, 34, 35, 36, 37, 38, 39),
    "voice": (22, 52, 53, 54, 65, 68, 71, 73, 85),
    "keys": (0, 1, 2, 4, 5, 6, 11, 16, 18),
    "other": (24, 25, 26, 27, 28, 45, 46, 48, 49, 50, 51, 56, 61, 62, 63, 80, 81, 89, 90),
}
_SPLITS: tuple[Split, ...] = ("train", "validation", "test")
# Less usual ones, for training alone: what is learned of levels should hold for any sound, and few programs make few sounds.
_FURTHER = {
    "drums": (1, 2, 3, 4, 9, 10, 11, 26, 41, 48),
    "bass": (43, 58, 87),
    "voice": (40, 64, 66, 69, 72, 74, 75, 78, 79, 91),
    "keys": (3, 7, 8, 9, 10, 12, 17, 19, 21),
    "other": (29, 30, 41, 42, 44, 57, 59, 60, 82, 84, 86, 88, 92, 94, 95, 104, 105, 110),
}
_SEEDS: dict[Levels, int] = {"even": 0, "played": 1000}  # a song has other instruments at other levels


@dataclass(frozen=True, kw_only=True)
class Stem:
    """One instrument of a multitrack: its role, and what renders it alone."""

    role: str
    voice: Voice


@dataclass(frozen=True, kw_only=True)
class Multitrack:
    """Some seconds of a song, an instrument a stem."""

    name: str
    stems: tuple[Stem, ...]
    seconds: float = SECONDS

    @property
    def renders(self) -> list[Render]:
        """What renders each stem alone, all at one level."""
        return [Render(voices=(stem.voice,), seconds=self.seconds) for stem in self.stems]

    def audio(self) -> list[np.ndarray]:
        """float32 [samples, 2] of each stem at ``renders.RATE``; their sum is the balanced mix."""
        return [render(wanted) for wanted in self.renders]


def multitracks(split: Split, count: int, *, levels: Levels = "even") -> list[Multitrack]:
    """Excerpts of songs of a split, with drummers of the same split and programs that no other split has.

    Parameters
    ----------
    count
        How many songs, spread over the split.
    levels
        ``even``: all parts at a median velocity of 100, accents kept, the level at which General MIDI means instruments to balance;
        ``played``: as the musicians played, who never played together.

    Raises
    ------
    DataMissingError
        If POP909 or Groove is missing.
    """
    songs = [song for song in pop909.load(find("pop909")) if song.split == split]
    drummers = [it for it in groove.load(find("groove_midi")) if it.split == split and it.kind == "beat" and it.meter == "4-4"]
    chosen = [songs[at] for at in np.linspace(0, len(songs) - 1, min(count, len(songs))).astype(int)]
    pool = {
        role: programs[_SPLITS.index(split) :: 3] + (_FURTHER[role] if split == "train" else ()) for role, programs in _PROGRAMS.items()
    }
    return [multitrack for song in chosen if len((multitrack := _multitrack(song, drummers, pool, levels)).stems) >= 3]


def prepare(wanted: Iterable[Multitrack]) -> None:
    """Render what is not in the cache yet, with a progress bar."""
    render_all([each for multitrack in wanted for each in multitrack.renders])


def spoil(stems: Sequence[np.ndarray], *, seed: int, gain_db: float = 12.0, pan: float = 0.7) -> tuple[list[np.ndarray], np.ndarray]:
    """Random levels and positions, as stems come that nobody has mixed.

    Parameters
    ----------
    gain_db, pan
        Bounds of the uniform draws, either side of 0; pan 1 is hard right, at constant power.

    Returns
    -------
    tuple
        float32 [samples, 2] of each stem, and the gains drawn, float64 [stems], dB.
    """
    random = np.random.default_rng(seed)
    gains = random.uniform(-gain_db, gain_db, len(stems))
    angles = (random.uniform(-pan, pan, len(stems)) + 1) * np.pi / 4
    factors = 10 ** (gains / 20) * np.sqrt(2) * np.stack([np.cos(angles), np.sin(angles)])
    return [(stem * factor).astype(np.float32) for stem, factor in zip(stems, factors.T, strict=True)], gains


def _multitrack(song: Song, drummers: Sequence[Performance], programs: dict[str, tuple[int, ...]], levels: Levels) -> Multitrack:
    random = np.random.default_rng(int(song.name) + _SEEDS[levels])
    start = _busiest(song)
    cut = {name: part.cut(start, start + SECONDS) for name, part in song.parts.items()}
    parts = {
        "drums": drums_beside(song, drummers, random, SECONDS),
        "bass": bass_line(cut.get("PIANO", Part(notes=())), song.beat_seconds),
        "voice": cut.get("MELODY", Part(notes=())),
        "keys": cut.get("PIANO", Part(notes=())),
        "other": cut.get("BRIDGE", Part(notes=())),
    }
    stems = tuple(
        Stem(role=role, voice=Voice(part=part.at_velocity(_VELOCITY) if levels == "even" else part, program=program, drums=role == "drums"))
        for (role, part), program in zip(parts.items(), (int(random.choice(programs[role])) for role in parts), strict=True)
        if len(part.notes) >= 8
    )
    return Multitrack(name=song.name, stems=stems)


def _busiest(song: Song) -> float:
    """The beat from which most notes of the rarest part follow: an excerpt in which everybody plays."""
    starts = [[note.start for note in part.notes] for part in song.parts.values()]
    beats = song.beats[song.beats < song.beats[-1] - SECONDS]
    return float(max(beats, key=lambda beat: min(bisect.bisect(part, beat + SECONDS) - bisect.bisect(part, beat) for part in starts)))


def drums_beside(song: Song, drummers: Sequence[Performance], random: np.random.Generator, seconds: float) -> Part:
    """A drummer for so many seconds: at the song's tempo from the first beat on, played within 15 % of it, its double or its half."""
    bpm = 60 / song.beat_seconds
    fits = [(drummer, octave) for drummer in drummers for octave in (1.0, 2.0, 0.5) if abs(np.log(drummer.bpm / (bpm * octave))) < 0.15]
    if not fits:
        return Part(notes=())
    drummer, octave = fits[random.integers(len(fits))]
    bar = 4 * 60 / drummer.bpm
    bars = max(1, int(drummer.part.notes[-1].start / bar))
    factor = drummer.bpm / (bpm * octave)
    return drummer.part.repeated(bars * bar, seconds / factor).stretched(factor)


def bass_line(piano: Part, beat: float) -> Part:
    """The lowest piano note that starts in each beat, brought to a bass guitar's range: POP909 has no bass."""
    lowest: dict[int, Note] = {}
    for note in piano.notes:
        known = lowest.get(index := int(note.start / beat))
        if known is None or note.pitch < known.pitch:
            lowest[index] = note
    notes = []
    for index, note in lowest.items():
        pitch = _LOWEST_BASS + (note.pitch - _LOWEST_BASS) % 12
        end = min((index + 1) * beat, note.start + beat)
        notes.append(Note(start=note.start, end=end, pitch=pitch, velocity=note.velocity))
    return Part(notes=tuple(notes))
