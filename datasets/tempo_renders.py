"""Renders whose tempo is known: Groove's drummers, POP909's songs and written patterns, balanced over tempi from 55 to 210 BPM."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from datasets import groove, pop909
from datasets.groove import Performance
from datasets.midi import Part, Voice
from datasets.pop909 import Song, Split
from datasets.registry import find
from datasets.renders import Render
from datasets.tempo_patterns import drawn, fast
from datasets.tempo_styles import FAST, STYLES, TEST, TRAIN, Style

RATE = 22_050
SECONDS, TEST_SECONDS = 14.0, 20.0
SLOWEST, FASTEST = 55.0, 210.0


@dataclass(frozen=True, kw_only=True)
class Piece:
    """Something to render, and its tempo in BPM."""

    name: str
    bpm: float
    render: Render


def groove_pieces(split: str, *, seed: int = 5, stretched: bool = False, seconds: float = TEST_SECONDS) -> list[Piece]:
    """Excerpts of Groove's beats: of ``test`` and ``validation`` with kits that no training hears, of ``train`` some accompanied.

    With ``stretched`` each is brought to another tempo, up to 1.5 times slower or 1.9 times faster.
    """
    random = np.random.default_rng(seed + stretched)
    pieces = []
    for performance in groove.load(find("groove_midi")):
        if performance.split != split or performance.kind != "beat" or performance.part.notes[-1].start < 12:
            continue
        bpm = float(performance.bpm)
        if stretched:
            low, high = max(SLOWEST, bpm / 1.5), min(FASTEST, bpm * 1.9)
            bpm = float(low * (high / low) ** random.random()) if low < high else bpm
        kit = int(random.choice(TRAIN.kits if split == "train" else (0, *TEST.kits)))
        part = _excerpt(performance, bpm, seconds, random)
        others = _chords(bpm, seconds, random) if split == "train" and random.random() < 0.3 else ()
        pieces.append(_piece(f"groove {performance.name}{' stretched' if stretched else ''}", bpm, seconds, (_voice(part, kit), *others)))
    return pieces


def _excerpt(performance: Performance, bpm: float, seconds: float, random: np.random.Generator) -> Part:
    factor = performance.bpm / bpm
    length = seconds / factor
    spare = max(performance.part.notes[-1].start - length, 0)
    start = float(random.uniform(0, spare))
    return performance.part.cut(start, start + length).stretched(factor)


def _voice(part: Part, kit: int) -> Voice:
    return Voice(part=part, program=kit, drums=True)


def _chords(bpm: float, seconds: float, random: np.random.Generator) -> tuple[Voice, ...]:
    """An accompaniment without drums, of a style that suits the tempo."""
    style = next(style for style in STYLES if style.name == "rock")
    return tuple(voice for voice in drawn(random, bpm, style, seconds) if not voice.drums)


def pop_pieces(split: Split, count: int, *, seed: int = 6) -> list[Piece]:
    """Excerpts of POP909's songs, half of them with a written drum pattern; tempo and phase by the songs' own beats."""
    random = np.random.default_rng(seed)
    songs = [song for song in pop909.load(find("pop909")) if song.split == split]
    chosen = [songs[at] for at in np.linspace(0, len(songs) - 1, min(count, len(songs))).astype(int)]
    return [_song_piece(song, random) for song in chosen]


def _song_piece(song: Song, random: np.random.Generator) -> Piece:
    beats = song.beats
    first = int(random.integers(4, max(len(beats) - 60, 5)))
    start, factor = float(beats[first]), float(2 ** random.uniform(-0.25, 0.35))
    length = SECONDS / factor
    inside = beats[(beats >= start) & (beats < start + length)]
    bpm = 60 / float(np.median(np.diff(inside))) / factor
    programs = {"MELODY": TRAIN.leads, "BRIDGE": TRAIN.leads, "PIANO": TRAIN.chords}
    voices = []
    for name, part in song.parts.items():
        cut = part.cut(start, start + length).stretched(factor)
        if cut.notes and name in programs:
            voices.append(Voice(part=cut, program=int(random.choice(programs[name]))))
    if random.random() < 0.5 or not voices:
        fitting = [style for style in _styles_at(bpm) if style.division == 4 and len(style.kick) == 16]
        if fitting:
            voices += [voice for voice in drawn(random, bpm, fitting[random.integers(len(fitting))], SECONDS) if voice.drums]
    return _piece(f"pop {song.name}", bpm, SECONDS, tuple(voices))


def pattern_pieces(count: int, *, seed: int) -> list[Piece]:
    """Drawn patterns, tempi even on a logarithmic scale, styles drawn among those that are played at the tempo."""
    random = np.random.default_rng(seed)
    pieces = []
    for at in range(count):
        bpm = float(SLOWEST * (FASTEST / SLOWEST) ** random.random())
        style = _style_at(bpm, random)
        pieces.append(_piece(f"{style.name} {seed}-{at}", bpm, SECONDS, drawn(random, bpm, style, SECONDS)))
    return pieces


def loop_pieces(count: int, *, seed: int) -> list[Piece]:
    """Loops of one, two or four bars, two seconds at least, exactly in time from 60 to 200 BPM; they judge and are never learned from."""
    random = np.random.default_rng(seed)
    pieces = []
    for at in range(count):
        bpm = float(60 * (200 / 60) ** ((at + random.random()) / count))
        style = _style_at(bpm, random)
        beats = len(style.kick) // style.division
        bar = beats * 60 / bpm
        seconds = bar * int(random.choice([bars for bars in (1, 2, 4) if bars * bar >= 2]))
        voices = drawn(random, bpm, style, seconds, programs=TEST, exact=True)
        pieces.append(_piece(f"loop, {style.name} {seed}-{at}", bpm, seconds, voices))
    return pieces


def fast_pieces() -> list[Piece]:
    """The fixed rock, metal and breakbeat bars at 160 to 200 BPM, every second one accompanied; they judge and are never learned from."""
    pieces = []
    for row, name in enumerate(FAST):
        for column, bpm in enumerate(np.linspace(160, 200, 9)):
            place = 9 * row + column
            kit = (0, *TEST.kits)[place % 3]
            voices = fast(name, float(bpm), TEST_SECONDS, kit=kit, seed=place, accompanied=bool((row + column) % 2))
            pieces.append(_piece(f"{name} {bpm:g}", float(bpm), TEST_SECONDS, voices))
    return pieces


def _style_at(bpm: float, random: np.random.Generator) -> Style:
    fitting = _styles_at(bpm)
    return fitting[random.integers(len(fitting))]


def _styles_at(bpm: float) -> list[Style]:
    """Those that are played at a tempo."""
    return [style for style in STYLES if style.slowest <= bpm <= style.fastest]


def _piece(name: str, bpm: float, seconds: float, voices: tuple[Voice, ...]) -> Piece:
    return Piece(name=name, bpm=bpm, render=Render(voices=voices, seconds=seconds, rate=RATE))
