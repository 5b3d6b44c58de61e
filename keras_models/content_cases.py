"""Subjects, voices and texts that the content pack has to stand, for parity and tests: real requests, other languages, hostile callers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

SUBJECTS = (
    "tickets for our Berlin show on June 3 are on sale now https://a.example/t #tour",
    "behind the scenes of our video shoot",
    "thank you to all our fans for 1 million streams!",
    'Hear “Red Rain” & "Blue Road": out Friday, 7:30pm',
    "NEW ALBUM OUT NOW. Listen with your friends",
    "I'm playing in London, Paris and Rome with @someone",
)
WRITTEN = "only 3 days to go: season 2 by @someone at 7:30pm https://a.example/Xy #Tour"
OTHER_VOICES = {
    "a Spanish voice": [
        "Gracias a todos por venir anoche",
        "Los quiero mucho ❤️",
        "Nos vemos en la próxima ciudad",
        "¡Ya está aquí el nuevo video!",
    ],
    "a German voice": ["Unser neues Album ist endlich da! Hört rein", "Wir freuen uns auf euch alle", "Bis bald in Wien #live"] * 3,
    "a Japanese voice": ["新しいアルバムが出ました！🎵", "今夜は東京でライブです"],
    "a loud voice": [
        "@someone SHOW TONIGHT!!! LONDON 🔥🔥 #live",
        "WE LOVE YOU ALL!!! @friend",
        "COME AND SEE THE SHOW!!! https://a.example/Q",
    ],
    "a quiet voice": ["we sat by the river and wrote", "and all of it was good with @friend", "this one is for you"],
}
HOSTILE = {
    "empty": "",
    "white space": " \n\t ",
    "markup": "<script>alert('x')</script> <img src=x onerror=alert(1)> &lt;b&gt; #<i>",
    "control characters": "a\x00b\x1b[31m \u202etxet desrever\u202c \ufeff end\x07",
    "unpaired surrogate": "before \ud83d after #tag\udc00",
    "right to left": "مرحبا بكم! #موسيقى שלום לכולם 🎵 ١٢٣",
    "ideographs": "新しいアルバムが出ました！#音楽 새 앨범 发行了。",
    "joined emoji": "👨‍👩‍👧‍👦🇩🇪👍🏽#️⃣❤️😂😂 🏳️‍🌈\u200d",
    "decomposed": "e\u0301te\u0301 #e\u0301te\u0301 ｆｕｌｌ　ｗｉｄｔｈ",
    "one long word": "a" * 5000,
    "many marks": "!?." * 1000,
    "prototype": "__proto__ constructor #__proto__ #constructor toString",
    "private": "write me@example.com or +1 (555) 123-4567, @me, www.me.example.com/x",
    "digits": "1" * 300 + " 1,000.50 12/05/2016 7:30pm 1st 2Pac 555-123-4567",
}


def made_up(count: int, seed: int = 0) -> list[str]:
    """Posts for where no real ones are at hand."""
    random = np.random.default_rng(seed)
    lines: Sequence[str] = (
        "Out now! 🎉 #newmusic",
        "Thank you all ❤️",
        "Who's coming tonight?",
        "Watch the video: https://a.b/c",
        "So good to be back... #tour #love",
        "¿Listos?",
        "Studio day",
    )
    return [" ".join(lines[at] for at in random.integers(len(lines), size=1 + random.integers(3))) for _ in range(count)]
