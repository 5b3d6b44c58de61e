"""Styles that drum patterns are drawn in, the fixed bars that judge fast material, and the instruments of both: data, as musicians know it.

No draw may repeat a fixed bar, and none is played on the instruments that judge.
"""

from __future__ import annotations

from dataclasses import dataclass

KICK, STICK, SNARE, CLAP, CLOSED, OPEN, CRASH, RIDE = 36, 37, 38, 39, 42, 46, 49, 51
PERCUSSION = (54, 56, 70, 62, 75)  # tambourine, cowbell, maracas, conga, claves


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
