"""The template of a post: where its lines, emoji, mentions, links and tags stand, and whether a text is whole; twin: ``layout.ts``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from datasets.tokens import normalized, tokens
from keras_models.content_sentences import ends_sentence

MOST_SENTENCES, MOST_EMOJI, MOST_MENTIONS, MOST_TAGS = 3, 4, 2, 6
QUOTES = {"(": ")", "[": "]", "{": "}", "“": "”", "«": "»"}

Slot = tuple[str, int]


def layout_of(text: str) -> list[Slot]:
    """A post's template: its lines, emoji runs, mentions, links and hashtag blocks in order, within what a draft may have."""
    slots: list[Slot] = []
    left = {"line": MOST_SENTENCES, "emoji": MOST_EMOJI, "mention": MOST_MENTIONS, "link": 1, "hashtags": MOST_TAGS}
    has_line, mentions, tags = False, 0, 0

    def add(kind: str, count: int) -> None:
        count = min(count, left[kind])
        left[kind] -= count
        if count and slots and slots[-1][0] == kind and kind != "line":
            slots[-1] = (kind, slots[-1][1] + count)
        elif count:
            slots.append((kind, count))

    # Mentions and hashtags within a sentence stand behind it.
    for token in [*tokens(text), None]:
        if token is None or token.kind in ("break", "emoji", "link") or ends_sentence(token):
            add("line", int(has_line))
            add("mention", mentions)
            add("hashtags", tags)
            has_line, mentions, tags = False, 0, 0
        if token is not None and (token.kind in ("emoji", "link") or (token.kind == "mention" and not has_line)):
            add(token.kind, 1)
        elif token is not None:
            has_line, mentions, tags = (
                has_line or token.kind == "word",
                mentions + (token.kind == "mention"),
                tags + (token.kind == "hashtag"),
            )
    return slots if left["line"] < MOST_SENTENCES else [("line", 1), *slots]


def laid_out(layout: Sequence[Slot], lines: Sequence[str], blocks: Mapping[str, Sequence[str]]) -> str:
    """Lines and blocks in the order of a layout; what it has no place for stands behind the last line, hashtags at the end."""
    order = list(layout)
    last = max(at for at, (kind, _) in enumerate(order) if kind == "line")
    missing = [kind for kind in blocks if not any(kind == other for other, _ in order)]
    order[last + 1 : last + 1] = [(kind, 0) for kind in missing if kind != "hashtags"]
    order.extend((kind, 0) for kind in missing if kind == "hashtags")
    ends = {kind: at for at, (kind, _) in enumerate(order)}
    left = {"line": list(lines), **{kind: list(block) for kind, block in blocks.items()}}
    parts = []
    for at, (kind, count) in enumerate(order):
        taken = left[kind] if ends[kind] == at else left[kind][:count]
        left[kind] = left[kind][len(taken) :]
        parts.append(("" if kind == "emoji" else " ").join(taken))
    return " ".join(part for part in parts if part)


def is_well_formed(text: str) -> bool:
    """Whether quotation marks and brackets are balanced, every sign of a hashtag has its tag, and no slot, blank or half emoji is left."""
    open_marks: list[str] = []
    for character in text:
        if character in QUOTES:
            open_marks.append(QUOTES[character])
        elif character in QUOTES.values() and (not open_marks or open_marks.pop() != character):
            return False
    found = tokens(text)
    signs = text.count("#") + text.count("＃")
    tags = sum(token.kind == "hashtag" or (token.kind in ("link", "emoji") and "#" in token.text) for token in found)
    is_plain = text == normalized(text) and "\ufffd" not in text and "  " not in text and text == text.strip(" ") and bool(found)
    return is_plain and not open_marks and text.count('"') % 2 == 0 and signs == tags
