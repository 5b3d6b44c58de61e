"""Learns the ready sentences of drafts: lines that many pages share, so that they are nobody's, and frames with typed slots.

A slot stands for a quoted title, a link, a mention, a number, a date or a time. A line has to fit any subject: none that points at somebody
or at an occasion of its own, denies, complains, or is left of a longer one. What a frame without a title says is judged when it is filled.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from datasets.text_features import sentiment
from datasets.tokens import Token
from keras_models.content_sentences import DANGLING, Told, plain_words
from keras_models.content_slots import OFFERED, SLOT, frame_words, hangs_on_a_word
from keras_models.content_style import word_key
from keras_models.content_subject import LITTLE as LITTLE_TOLD
from keras_models.content_subject import LONGEST_TITLE, QUOTATION

LINE_PAGES = 3
FRAME_PAGES = 2  # of a frame with a longer run of words than nobody's phrase has
LONGEST_RUN = 5  # words in a row that only one brand used
LONGEST_LINE, LONGEST_FRAME = 6, 12  # a line is too short to be a quotation
FIRM = 5  # pages that used every word of a sentence, where there are so many
FRAME_SLOTS = ("mention", "number", "date", "time", "link")
INNER_MARKS = (",", ":", "-", "–")
TITLE, LINK = "{title}", "{link}"


def _set(*listed: str) -> frozenset[str]:
    return frozenset(" ".join(listed).split())


# Words of sentences that suit only their own subject: somebody, an occasion, a denial, a reply.
BARRED = _set(
    "he she him her his hers they them their he's she's they're ya u gonna ain't guy boy girl baby man",
    "birthday bday anniversary christmas easter mother's father's day days morning year summer peace win goal goals home free call quiz",
    "line science hot true right run question happens life comments surprised boss catch et enough welcome well played only all yes back",
    "much these last tomorrow work sense up interesting another happy strong help ask think story imagine",
    "not no nope never nothing nobody didn't doesn't isn't wasn't aren't won't wouldn't couldn't stop over worst sex why money",
)
WELCOME = ("can't wait", "don't miss", "don't forget", "wait is over", "{title} is back")
# What is left of a longer sentence begins with these.
LEFT_OVER = _set("and or nor but at in with until for of about as kind sort all every right just via us by from then because so one two")
# Lines of nothing but these say too little.
LITTLE = _set("are you do would can it is that this that's it's me what how be much had who knew knows")
# What a frame says of its title: that it is out, or that people may hear or see it.
RELEASED = _set(
    "watch listen hear play stream get out new now soon tomorrow starts begins coming happening favorite enjoy remember back here"
)
ARTICLES = _set("the a an my your our his her their this that")
_COUNTED = re.compile(r"[^ {}]+ \{number\}|\{number\} [^ {}]+")


def learn_templates(told: Iterable[Told], pages: Mapping[str, set[str]], common: set[str], names: set[str], *, alone: bool) -> list[str]:
    """Lines and frames, those of more pages first.

    Parameters
    ----------
    told
        Sentences of the pages that are learned from and of others, whose words only count where pages of the former use them.
    pages
        Word -> pages that are learned from that use it.
    common
        Words that are common property.
    names
        Pages that are learned from.
    alone
        Whether there is one page only: its own repetition has to do.
    """
    firm = min(FIRM, max(len(names) // 4, 1))
    found: dict[str, set[str]] = defaultdict(set)
    counts: Counter[str] = Counter()
    ends: dict[str, Counter] = defaultdict(Counter)
    for brand, sentence, end in told:
        line = _line(sentence, common) or _frame(sentence, common)
        if line and all(len(pages[word]) >= firm for word in frame_words(line)):
            found[line].add(brand)
            counts[line] += 1
            ends[line][end] += 1
    wanted = {line for line, brands in found.items() if _is_common(line, brands, counts[line], names, alone)}
    fitting = [line for line in wanted if _suits_anything(line)]
    ordered = sorted(fitting, key=lambda line: (-len(found[line]), -counts[line], line))
    return [line + ("" if line.endswith(LINK) else _end(ends[line])) for line in ordered]


def longest_run(template: str) -> int:
    """Most words in a row without a slot."""
    longest = run = 0
    for piece in template.split():
        run = 0 if "{" in piece else run + 1
        longest = max(longest, run)
    return longest


def _is_common(line: str, brands: set[str], count: int, names: set[str], alone: bool) -> bool:
    if TITLE in line:
        return longest_run(line) <= LONGEST_RUN or len(brands) >= FRAME_PAGES
    if alone:
        return count >= LINE_PAGES and longest_run(line) <= LONGEST_RUN
    return len(brands) >= min(LINE_PAGES, max(len(names), 2))


def _suits_anything(line: str) -> bool:
    words, plain = frame_words(line), _COUNTED.sub("", line)
    for welcome in WELCOME:
        plain = plain.replace(welcome, "")
    is_left_over = words[0] in LEFT_OVER and not line.startswith(f"{words[0]} {{")
    if "n't" in plain or any(word in BARRED for word in frame_words(plain)) or is_left_over or sentiment(line) < 0:
        return False
    if TITLE in line:
        before = line.split(TITLE)[0].split()
        return any(word in RELEASED for word in words) and not (before and before[-1] in ARTICLES)
    if SLOT.search(line):
        return LINK not in line or any(word in OFFERED or word not in LITTLE_TOLD for word in words)
    return words[-1] not in DANGLING and not (words[0] in ARTICLES and len(words) < 4) and not all(word in LITTLE for word in words)


def _line(sentence: Sequence[Token], common: set[str]) -> str:
    """The sentence where it is plain, short and of common words; empty where not."""
    words = [word if word == "," else word_key(word) for word in plain_words(sentence) or []]
    if not 2 <= len(words) <= LONGEST_LINE or not all(word == "," or word in common for word in words):
        return ""
    return " ".join(words).replace(" ,", ",").strip(",")


def _frame(sentence: Sequence[Token], common: set[str]) -> str:
    """The sentence with its only quoted title, links, mentions and numbers as slots; empty where it has none, or other names."""
    if len(sentence) > LONGEST_FRAME + LONGEST_TITLE:
        return ""
    title = _title(sentence)
    line = ""
    for at, token in enumerate(sentence):
        if title.start < at < title.stop:
            continue
        if at in title:
            piece = TITLE
        elif token.kind == "word" and word_key(token.text) in common:
            piece = word_key(token.text)
        elif token.kind in FRAME_SLOTS:
            piece = f"{{{token.kind}}}"
        elif token.text in INNER_MARKS:
            piece = token.text
        else:
            return ""
        line += (" " if token.spaced and line else "") + piece
    return line if _is_sound(line) else ""


def _title(sentence: Sequence[Token]) -> range:
    """Where the only title in quotation marks stands, with these; empty where there is none."""
    marks = [at for at, token in enumerate(sentence) if token.text in QUOTATION]
    if len(marks) != 2 or not 1 < marks[1] - marks[0] <= LONGEST_TITLE + 1:
        return range(0)
    title = sentence[marks[0] + 1 : marks[1]]
    is_name = all(token.kind in ("word", "number") for token in title) and title[0].text[0] != title[0].text[0].lower()
    return range(marks[0], marks[1] + 1) if is_name else range(0)


def _is_sound(line: str) -> bool:
    """Whether a frame has words and each slot once, ends on no little word but before a slot, and has a link at its end only."""
    slots, words, last = SLOT.findall(line), frame_words(line), line.split(" ")[-1]
    if not slots or not words or len(set(slots)) < len(slots) or {line[0], line[-1]} & set(INNER_MARKS):
        return False
    ends = words[-1] not in DANGLING or (TITLE not in line and "{" in last)
    # What is counted or thanked beside a title is of that title alone.
    if TITLE in line and {"number", "mention"} & set(slots):
        return False
    return ends and (LINK not in line or last == LINK) and hangs_on_a_word(line) and len(line.split()) <= LONGEST_FRAME


def _end(ends: Counter) -> str:
    """How the sentence usually ends; a full stop where it has no mark of its own."""
    mark = min(ends, key=lambda end: (-ends[end], end))
    return mark or "."
