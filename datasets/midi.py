"""MIDI as notes in seconds: read from files, cut, stretched and transposed, and written again for a synthesizer."""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import dataclass, replace

import mido

DRUM_CHANNEL = 9
LOWEST, HIGHEST = 0, 127
_SUSTAIN = 64  # the controller number of the sustain pedal
_TICKS_PER_BEAT, _TEMPO_US = 960, 480_000  # a tick of half a millisecond


@dataclass(frozen=True, kw_only=True)
class Note:
    """One note: ``start`` and ``end`` in seconds, MIDI ``pitch`` and ``velocity`` (1 to 127)."""

    start: float
    end: float
    pitch: int
    velocity: int


@dataclass(frozen=True, kw_only=True)
class Part:
    """The notes of one instrument, by start, and the moves of its sustain pedal as (seconds, value)."""

    notes: tuple[Note, ...]
    pedal: tuple[tuple[float, int], ...] = ()

    def cut(self, start: float, end: float) -> Part:
        """What starts in ``[start, end)`` seconds, moved to begin at 0; what sounds beyond the end stops there."""
        notes = (
            replace(note, start=note.start - start, end=min(note.end, end) - start) for note in self.notes if start <= note.start < end
        )
        pedal = ((at - start, value) for at, value in self.pedal if start <= at < end)
        return Part(notes=tuple(notes), pedal=tuple(pedal))

    def stretched(self, factor: float) -> Part:
        """The same part in ``factor`` times the time."""
        notes = (replace(note, start=note.start * factor, end=note.end * factor) for note in self.notes)
        return Part(notes=tuple(notes), pedal=tuple((at * factor, value) for at, value in self.pedal))

    def transposed(self, semitones: int) -> Part:
        """Every pitch moved by ``semitones``; what leaves MIDI's range is moved back by octaves."""
        return Part(notes=tuple(replace(note, pitch=_in_range(note.pitch + semitones)) for note in self.notes), pedal=self.pedal)

    def at_velocity(self, median: int) -> Part:
        """The part with its velocities scaled to a median, the accents kept."""
        played = sorted(note.velocity for note in self.notes)[len(self.notes) // 2]
        notes = (replace(note, velocity=min(max(round(note.velocity * median / played), 1), 127)) for note in self.notes)
        return Part(notes=tuple(notes), pedal=self.pedal)

    def repeated(self, period: float, end: float) -> Part:
        """The part again every ``period`` seconds, until ``end``."""
        whole = Part(notes=(), pedal=())
        at = 0.0
        while at < end:
            notes = (replace(note, start=note.start + at, end=note.end + at) for note in self.notes if note.start < period)
            pedal = ((moment + at, value) for moment, value in self.pedal if moment < period)
            whole = Part(notes=(*whole.notes, *notes), pedal=(*whole.pedal, *pedal))
            at += period
        return whole.cut(0, end)


@dataclass(frozen=True, kw_only=True)
class Voice:
    """A part as a synthesizer plays it: General MIDI ``program`` 0 to 127; with ``drums`` the program is a kit."""

    part: Part
    program: int
    drums: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.program <= 127:
            raise ValueError(f"expected a General MIDI program of 0 to 127, got {self.program}")


def read(content: bytes) -> dict[str, Part]:
    """Parts of a MIDI file by track name; tracks without notes are left out, an unnamed one is called by its number.

    Raises
    ------
    ValueError
        If the content is no MIDI file.
    """
    try:
        file = mido.MidiFile(file=io.BytesIO(content))
    except (EOFError, OSError, ValueError, KeyError, IndexError) as error:
        raise ValueError(f"expected a MIDI file, got {len(content)} bytes that are none ({error})") from error
    seconds = _clock(file)
    parts = {(track.name or str(index)): _part(track, seconds) for index, track in enumerate(file.tracks)}
    return {name: part for name, part in parts.items() if part.notes}


def write(voices: Iterable[Voice]) -> bytes:
    """Write a MIDI file that plays the voices together, one channel each.

    Raises
    ------
    ValueError
        If there are more melodic voices than the 15 channels that MIDI has for them.
    """
    file = mido.MidiFile(type=1, ticks_per_beat=_TICKS_PER_BEAT)
    file.tracks.append(mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=_TEMPO_US)]))
    melodic = iter(channel for channel in range(16) if channel != DRUM_CHANNEL)
    for voice in voices:
        channel = DRUM_CHANNEL if voice.drums else next(melodic, None)
        if channel is None:
            raise ValueError("expected at most 15 melodic voices, MIDI has no channels for more")
        file.tracks.append(_track(voice, channel))
    content = io.BytesIO()
    file.save(file=content)
    return content.getvalue()


def _clock(file: mido.MidiFile) -> list[tuple[int, float, float]]:
    """Tempo changes of all tracks as (tick, seconds there, seconds per tick from there)."""
    changes = [(0, 500_000)]
    for track in file.tracks:
        tick = 0
        for message in track:
            tick += message.time
            if message.type == "set_tempo":
                changes.append((tick, message.tempo))
    clock: list[tuple[int, float, float]] = []
    for tick, tempo in sorted(changes, key=lambda change: change[0]):
        at = _seconds(clock, tick) if clock else 0.0
        clock.append((tick, at, tempo / 1e6 / file.ticks_per_beat))
    return clock


def _seconds(clock: list[tuple[int, float, float]], tick: int) -> float:
    start, at, per_tick = next(change for change in reversed(clock) if change[0] <= tick)
    return at + (tick - start) * per_tick


def _part(track: mido.MidiTrack, clock: list[tuple[int, float, float]]) -> Part:
    notes: list[Note] = []
    pedal: list[tuple[float, int]] = []
    sounding: dict[tuple[int, int], tuple[float, int]] = {}
    tick = 0
    for message in track:
        tick += message.time
        at = _seconds(clock, tick)
        if message.type in ("note_on", "note_off"):
            key = (message.channel, message.note)
            if started := sounding.pop(key, None):
                notes.append(Note(start=started[0], end=at, pitch=message.note, velocity=started[1]))
            if message.type == "note_on" and message.velocity > 0:
                sounding[key] = (at, message.velocity)
        elif message.type == "control_change" and message.control == _SUSTAIN:
            pedal.append((at, message.value))
    return Part(notes=tuple(sorted(notes, key=lambda note: (note.start, note.pitch))), pedal=tuple(pedal))


def _track(voice: Voice, channel: int) -> mido.MidiTrack:
    # At one tick: the pedal first, then the ends of notes, then the beginnings, so that repeated notes are struck again.
    events = [
        (_tick(at), 0, mido.Message("control_change", channel=channel, control=_SUSTAIN, value=value)) for at, value in voice.part.pedal
    ]
    for note in voice.part.notes:
        start, end = _tick(note.start), max(_tick(note.end), _tick(note.start) + 1)
        events.append((end, 1, mido.Message("note_off", channel=channel, note=note.pitch)))
        events.append((start, 2, mido.Message("note_on", channel=channel, note=note.pitch, velocity=note.velocity)))
    track = mido.MidiTrack([mido.Message("program_change", channel=channel, program=voice.program)])
    now = 0
    for tick, _, message in sorted(events, key=lambda event: event[:2]):
        track.append(message.copy(time=tick - now))
        now = tick
    return track


def _tick(seconds: float) -> int:
    return round(max(seconds, 0.0) * 1e6 / _TEMPO_US * _TICKS_PER_BEAT)


def _in_range(pitch: int) -> int:
    while pitch < LOWEST:
        pitch += 12
    while pitch > HIGHEST:
        pitch -= 12
    return pitch
