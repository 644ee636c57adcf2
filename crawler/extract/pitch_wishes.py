"""What a page says to those who want to pitch: welcome or not, sentence by sentence, in six languages.

A wish is read only from a sentence that names its topic (pitches, paid posts, guest posts, links) beside a word of
refusal or of offer; where one sentence has both for a topic, the refusal counts.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from bloghound.records import StatementKind
from crawler.extract.encoding import one_line

MAX_WORDS_CHARS = 300
"""Kept of the sentence that states a wish: two lines of a table."""
MAX_SENTENCES = 600
"""Looked at on one page: an about page has some tens, and a book is not read for a wish."""

_LEXICON = Path(__file__).with_suffix(".toml")
_MAX_SENTENCE_CHARS = 400
"""Longer runs without a full stop are lists and tables; what they say is not one statement."""

# How many characters may stand between a topic and the words beside it: within one clause.
_BEFORE_CHARS = 70
_JUST_BEFORE_CHARS = 40
_AFTER_CHARS = 45

# Where one thought ends and another begins; the second half of "no guest posts, but ads are welcome" is one of its own.
_SENTENCE_END = re.compile(
    r"(?<=[.!?…])\s+|\s*[•|;\n]\s*|,?\s+(?:but|however|maar|echter|mutta|aber|jedoch|mais|pero|sin embargo)\s+",
    re.IGNORECASE,
)
_QUOTES = str.maketrans({"‘": "'", "’": "'"} | dict.fromkeys('"“”„«»*_', ""))

_REFUSED_KINDS = {
    "pitches": StatementKind.NO_PITCHES,
    "sponsored": StatementKind.NO_SPONSORED,
    "guest_posts": StatementKind.NO_GUEST_POSTS,
    "links": StatementKind.NO_LINK_REQUESTS,
}
# Nobody publishes that link requests are welcome; who sells links calls them sponsored posts.
_WELCOMED_KINDS = {
    "pitches": StatementKind.PR_WELCOME,
    "sponsored": StatementKind.SPONSORED_WELCOME,
    "guest_posts": StatementKind.GUEST_POSTS_WELCOME,
}


@dataclass(frozen=True, slots=True)
class Wish:
    """A wish about pitches, with the sentence that states it."""

    kind: StatementKind
    words: str


@dataclass(frozen=True, slots=True)
class _Language:
    """Patterns of one language by kind; ``invitations`` count also in a question."""

    mentions: re.Pattern[str]
    """Any topic or phrase at all: most sentences have none."""
    phrases: Mapping[StatementKind, re.Pattern[str]]
    refusals: Mapping[StatementKind, re.Pattern[str]]
    offers: Mapping[StatementKind, re.Pattern[str]]
    invitations: Mapping[StatementKind, re.Pattern[str]]


def find_wishes(texts: Iterable[str]) -> tuple[Wish, ...]:
    """Every kind of wish that the texts state, each with the first sentence that states it, in order."""
    found: dict[StatementKind, Wish] = {}
    for number, sentence in enumerate(_sentences(texts)):
        if number >= MAX_SENTENCES:
            break
        for kind in _kinds(_folded(sentence)):
            found.setdefault(kind, Wish(kind, one_line(sentence, MAX_WORDS_CHARS)))
    return tuple(found.values())


def _sentences(texts: Iterable[str]) -> Iterator[str]:
    return (part for text in texts for part in _SENTENCE_END.split(text) if 0 < len(part) <= _MAX_SENTENCE_CHARS)


def _folded(sentence: str) -> str:
    return " ".join(sentence.translate(_QUOTES).lower().split())


def _kinds(sentence: str) -> list[StatementKind]:
    is_question = sentence.endswith("?")
    found: dict[StatementKind, None] = {}
    for language in _languages():
        if not language.mentions.search(sentence):
            continue
        found |= dict.fromkeys(kind for kind, pattern in language.phrases.items() if pattern.search(sentence))
        refused = [] if is_question else [kind for kind, one in language.refusals.items() if one.search(sentence)]
        offers = language.invitations if is_question else language.offers
        opposites = {_opposite(kind) for kind in (*refused, *found)}
        offered = [kind for kind, one in offers.items() if kind not in opposites and one.search(sentence)]
        found |= dict.fromkeys([*refused, *offered])
    return list(found)


def _opposite(kind: StatementKind) -> StatementKind | None:
    topic = next((topic for topic, one in _REFUSED_KINDS.items() if one is kind), "")
    return _WELCOMED_KINDS.get(topic)


@lru_cache(maxsize=1)
def _languages() -> tuple[_Language, ...]:
    lexicon = tomllib.loads(_LEXICON.read_text(encoding="utf-8"))
    return tuple(_language(entry) for entry in lexicon.values())


def _language(entry: Mapping[str, Any]) -> _Language:
    topics: Mapping[str, str] = entry["topics"]
    phrases = {StatementKind(kind): _any_of(words) for kind, words in entry["phrases"].items()}
    invites = _any_of(entry["invites"])
    offers = {
        _WELCOMED_KINDS[topic]: (
            _before(_any_of(entry["welcomes"]), words, _BEFORE_CHARS),
            _after(words, _any_of(entry["welcomed"])),
            _before(invites, words, _BEFORE_CHARS),
        )
        for topic, words in topics.items()
        if topic in _WELCOMED_KINDS
    }
    return _Language(
        mentions=_pattern([*topics.values(), *phrases.values()]),
        phrases={kind: _pattern([words]) for kind, words in phrases.items()},
        refusals={
            _REFUSED_KINDS[topic]: _pattern(
                [
                    _before(_any_of(entry["refuses"]), words, _BEFORE_CHARS),
                    _before(_any_of(entry["none_of"]), words, _JUST_BEFORE_CHARS),
                    _after(words, _any_of(entry["refused"])),
                ]
            )
            for topic, words in topics.items()
        },
        offers={kind: _pattern(list(three)) for kind, three in offers.items()},
        invitations={kind: _pattern([three[-1]]) for kind, three in offers.items()},
    )


def _any_of(words: list[str]) -> str:
    return f"(?:{'|'.join(words)})"


def _before(words: str, topic: str, characters: int) -> str:
    return rf"{words}(?!\w).{{0,{characters}}}?(?<!\w){topic}"


def _after(topic: str, words: str) -> str:
    return rf"{topic}.{{0,{_AFTER_CHARS}}}?(?<!\w){words}"


def _pattern(alternatives: list[str]) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{'|'.join(alternatives)})")
