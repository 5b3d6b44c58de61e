"""Constants of the content pack: what Python decided and the browser reads from the manifest, never typed twice."""

from __future__ import annotations

from typing import Any

from datasets.text_features import LONG_WORD, POLAR, SPACE
from datasets.tokens import UNSEEN, token_patterns
from keras_models import content_draft_tags as tag_rules
from keras_models import content_drafter as drafter_rules
from keras_models import content_generation as rules
from keras_models import content_guard as guard_rules
from keras_models import content_hashtags as hashtag_rules
from keras_models import content_language as language_rules
from keras_models import content_layout as layout_rules
from keras_models import content_slots as slot_rules
from keras_models import content_style as style_rules
from keras_models import content_subject as subject_rules
from keras_models import content_vectors as vector_rules
from keras_models import content_writer as writer_rules
from keras_models import content_writing as writing_rules
from keras_models.checkpoint import Checkpoint
from keras_models.content_sentences import DANGLING, I_WORDS


def constants(checkpoint: Checkpoint) -> dict[str, Any]:
    """The constants of a checkpoint's pack, as its manifest entry holds them."""
    return {
        "posts": checkpoint.config["posts"],
        "brands": checkpoint.config["brands"],
        "languages": [language_rules.LEARNED],
        "usualMatch": checkpoint.config["usualMatch"],
        "tokens": {"patterns": [list(item) for item in token_patterns().items()], "unseen": UNSEEN, "space": SPACE},
        "style": {
            "features": list(style_rules.STYLE),
            "descriptions": style_rules.STYLE,
            "functionWords": [listed.split() for listed in style_rules.FUNCTION_WORDS.values()],
            "longWord": LONG_WORD,
            "polar": POLAR,
            "clip": vector_rules.CLIP,
            "off": vector_rules.OFF,
            "mostOff": vector_rules.MOST_OFF,
            "steady": vector_rules.STEADY,
        },
        "hashtags": {
            "reasons": hashtag_rules.REASONS,
            "longestJoined": hashtag_rules.LONGEST_JOINED,
            "leastLetters": hashtag_rules.LEAST_LETTERS,
            "rising": hashtag_rules.RISING,
            "fading": hashtag_rules.FADING,
            "broad": hashtag_rules.BROAD,
        },
        "guard": {"run": guard_rules.RUN, "probes": guard_rules.PROBES, "read": sorted(guard_rules.READ), "part": guard_rules.PART},
        "writer": {
            "voice": writer_rules.VOICE,
            "leastWords": writing_rules.LEAST_WORDS,
            "longestSentence": writing_rules.LONGEST_SENTENCE,
            "longestWalk": writer_rules.LONGEST_WALK,
            "stated": writer_rules.STATED,
            "backedOff": writer_rules.BACKED_OFF,
            "walked": writer_rules.WALKED,
            "framed": writer_rules.FRAMED,
            "exclaimed": writer_rules.EXCLAIMED,
            "dangling": sorted(DANGLING),
            "firstPerson": sorted(I_WORDS),
        },
        "slots": {"dated": list(slot_rules.DATED), "offered": sorted(slot_rules.OFFERED), "edges": slot_rules.EDGES},
        "language": {
            "clear": language_rules.CLEAR,
            "enough": language_rules.ENOUGH,
            "fewest": language_rules.FEWEST,
            "notAscii": language_rules.NOT_ASCII,
            "other": list(style_rules.FUNCTION_WORDS).index(language_rules.SPANISH),
        },
        "subject": {
            "longestPhrase": subject_rules.LONGEST_PHRASE,
            "longestPart": subject_rules.LONGEST_PART,
            "longestTitle": subject_rules.LONGEST_TITLE,
            "quotation": list(subject_rules.QUOTATION),
            "kept": list(subject_rules.KEPT),
            "innerMarks": sorted(subject_rules.INNER_MARKS),
            "calendar": sorted(subject_rules.CALENDAR),
            "joints": sorted(subject_rules.JOINTS),
            "openers": sorted(subject_rules.OPENERS),
            "little": sorted(subject_rules.LITTLE),
        },
        "generate": {
            "tries": rules.TRIES,
            "aboutRead": subject_rules.ABOUT_READ,
            "pool": rules.POOL,
            "mostSentences": layout_rules.MOST_SENTENCES,
            "mostEmoji": layout_rules.MOST_EMOJI,
            "mostMentions": layout_rules.MOST_MENTIONS,
            "mostTags": layout_rules.MOST_TAGS,
            "candidates": tag_rules.CANDIDATES,
            "firstEmoji": drafter_rules.FIRST_EMOJI,
            "habit": tag_rules.HABIT,
            "ownReasons": sorted(tag_rules.OWN),
            "ownPosts": rules.OWN_POSTS,
            "leastDistinct": rules.LEAST_DISTINCT,
            "mostAlike": rules.MOST_ALIKE,
            "repeated": drafter_rules.REPEATED,
            "casing": {
                "lower": drafter_rules.LOWER,
                "shouted": drafter_rules.SHOUTED,
                "titled": drafter_rules.TITLED,
                "lowerStart": drafter_rules.LOWER_START,
            },
            "tie": rules.TIE,
            "notable": rules.NOTABLE,
            "post": rules.POST,
        },
    }
