"""Words and texts of the made-up blogs: real words of their topics among frequent and made-up rare ones.

Words are drawn for a whole batch of posts at once, as numbers, and become text at the end. General words follow
Zipf's law over a vocabulary that is large enough for new ones to turn up in every batch; what a post is about shows in
a quarter of its words.
"""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise, product
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

LANGUAGES = ("en", "de", "fr", "es", "ja")
SPACELESS = "ja"

MEDIAN_WORDS, LENGTH_SIGMA = 90, 0.7
"""Lengths of posts are log-normal: half of the words stand in posts of more than 150."""
LEAST_WORDS, MOST_WORDS = 5, 2500

TOPIC_SHARE, FREQUENT_SHARE = 0.25, 0.45
"""Shares of a text's words that are its topic's, and that are the language's most frequent ones."""
WORDS_PER_SENTENCE = 14
GENERAL_WORDS = {"en": 300_000, "de": 60_000, "fr": 60_000, "es": 60_000, "ja": 60_000}
JARGON = 40
"""Made-up words that only one topic uses, beside its real ones."""
_QUANTILES = 1 << 22
"""Entries of the table that general words are drawn from: the rarest of 300,000 by Zipf's law has one."""
_TOPIC_QUANTILES = 1 << 10
_ONSETS = ("b", "br", "d", "dr", "f", "g", "gl", "h", "k", "l", "m", "n", "p", "pr", "r", "s", "st", "t", "tr", "v")
_RIMES = ("a", "e", "i", "o", "u", "ai", "an", "ar", "el", "en", "er", "in", "on", "or", "us")
_KANA = "あいうえおかきくけこさしすせそたちつてとなにぬねのはひふへほまみむめもやゆよらりるれろわ山川田木空海花月火水"


@dataclass(frozen=True, slots=True)
class SubTopic:
    """A topic seen from one angle: what it is called, and its own words, the most telling first."""

    name: str
    words: tuple[str, ...]

    @property
    def description(self) -> str:
        """A text that the embedding model reads as this sub-topic."""
        return f"{self.name}: {', '.join(self.words)}"


@cache
def _listed() -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_name("blogs06_topics.toml").read_text("utf-8"))


@cache
def topics() -> tuple[str, ...]:
    """The names of the topics."""
    return tuple(_listed()["topics"])


@cache
def sub_topics() -> tuple[SubTopic, ...]:
    """All sub-topics; those of topic ``t`` are the rows ``t * angles`` to ``(t + 1) * angles``."""
    listed = _listed()
    return tuple(
        SubTopic(f"{topic} {angle}", (*words.split(), *own.split()))
        for (topic, words), (angle, own) in product(listed["topics"].items(), listed["angles"].items())
    )


def angles() -> int:
    """Sub-topics of each topic."""
    return len(_listed()["angles"])


def zipf(size: int, exponent: float = 1.0, shift: float = 2.7) -> NDArray[np.float64]:
    """Probabilities by rank, shape (size,): Zipf's law with Mandelbrot's shift, which flattens the first ranks."""
    weights = 1 / (np.arange(size) + 1 + shift) ** exponent
    return np.asarray(weights / weights.sum(), np.float64)


def quantiles(probabilities: NDArray[np.float64], entries: int) -> NDArray[np.int32]:
    """A table in which every rank stands as often as it is likely, so that a draw costs one look-up."""
    middles = (np.arange(entries) + 0.5) / entries
    return np.searchsorted(np.cumsum(probabilities), middles).clip(max=len(probabilities) - 1).astype(np.int32)


class Texts:
    """Draws titles and texts; the vocabularies are made once and take some 150 MB."""

    def __init__(self) -> None:
        self._general = {code: quantiles(zipf(GENERAL_WORDS[code]), _QUANTILES) for code in LANGUAGES}
        self._frequent = {code: quantiles(zipf(len(frequent(code))), _TOPIC_QUANTILES) for code in LANGUAGES}
        own, self._topic_words = _topic_vocabulary()
        self._forms = {code: _forms([*frequent(code), *own, *_made_up(code)]) for code in LANGUAGES}
        self._titles = np.array([word.capitalize() for word in own], object)

    def draw(
        self, chance: np.random.Generator, about: NDArray[np.int64], lengths: NDArray[np.int64], code: str
    ) -> list[str]:
        """A text in the language ``code`` of each of these sub-topics, of so many words."""
        ends = np.cumsum(lengths)
        size = int(ends[-1]) if len(ends) else 0
        ids = self._word_ids(chance, np.repeat(about, lengths), code)
        last = chance.random(size) < 1 / WORDS_PER_SENTENCE
        last[ends - 1] = True
        first = np.concatenate([[True], last[:-1]])[:size]
        forms = self._forms[code]
        words = forms[ids + len(forms) // 3 * np.where(last, 2, first)].tolist()
        gap = "" if code == SPACELESS else " "
        return [gap.join(words[start:stop]) for start, stop in pairwise([0, *ends.tolist()])]

    def titles(self, chance: np.random.Generator, about: NDArray[np.int64]) -> list[str]:
        """Titles of three to six words of the sub-topics."""
        lengths = chance.integers(3, 7, len(about))
        rows = np.repeat(about, lengths)
        words = self._titles[self._topic_words[rows, chance.integers(0, _TOPIC_QUANTILES, len(rows))]].tolist()
        return [" ".join(words[start:stop]) for start, stop in pairwise([0, *np.cumsum(lengths).tolist()])]

    def _word_ids(self, chance: np.random.Generator, about: NDArray[np.int64], code: str) -> NDArray[np.int32]:
        """Numbers of words: the frequent ones first, then those of all topics, then the general ones."""
        size = len(about)
        draws = chance.integers(0, _QUANTILES, size, np.int32)
        kind = chance.random(size, np.float32)
        before = len(frequent(code))
        ids = self._general[code][draws] + np.int32(before + len(self._titles))
        topical = np.flatnonzero(kind < TOPIC_SHARE)
        ids[topical] = before + self._topic_words[about[topical], draws[topical] & (_TOPIC_QUANTILES - 1)]
        common = np.flatnonzero((kind >= TOPIC_SHARE) & (kind < TOPIC_SHARE + FREQUENT_SHARE))
        ids[common] = self._frequent[code][draws[common] & (_TOPIC_QUANTILES - 1)]
        return np.asarray(ids, np.int32)


@cache
def frequent(code: str) -> tuple[str, ...]:
    """The most frequent words of a language, the first one first."""
    return tuple(_listed()["frequent"][code].split())


def lengths_of(chance: np.random.Generator, posts: int) -> NDArray[np.int64]:
    """Words of so many posts."""
    drawn = np.exp(chance.normal(np.log(MEDIAN_WORDS), LENGTH_SIGMA, posts))
    return np.clip(np.rint(drawn), LEAST_WORDS, MOST_WORDS).astype(np.int64)


def _topic_vocabulary() -> tuple[list[str], NDArray[np.int32]]:
    """The words of all topics, and each sub-topic's table to draw them from, shape (sub-topics, entries)."""
    own: dict[str, int] = {}
    tables = []
    for number, sub_topic in enumerate(sub_topics()):
        topic = number // angles()
        mixed = [*sub_topic.words, *(_word((1 + topic * JARGON + place) * 1_299_709, 4) for place in range(JARGON))]
        ids = np.array([own.setdefault(word, len(own)) for word in mixed], np.int32)
        tables.append(ids[quantiles(zipf(len(mixed)), _TOPIC_QUANTILES)])
    return list(own), np.stack(tables)


def _made_up(code: str) -> Sequence[str]:
    """General words of a language by rank; frequent ones are short, as in real languages."""
    offset = 1_000_003 * LANGUAGES.index(code)
    make = _spaceless_word if code == SPACELESS else _word
    return [make(offset + 7919 * rank, 2 if rank < 3000 else 3) for rank in range(GENERAL_WORDS[code])]


def _word(number: int, syllables: int) -> str:
    parts = []
    for _ in range(syllables):
        number, rest = divmod(number, len(_ONSETS) * len(_RIMES))
        parts.append(_ONSETS[rest // len(_RIMES)] + _RIMES[rest % len(_RIMES)])
    return "".join(parts)


def _spaceless_word(number: int, signs: int) -> str:
    parts = []
    for _ in range(signs + 1):
        number, rest = divmod(number, len(_KANA))
        parts.append(_KANA[rest])
    return "".join(parts)


def _forms(words: Sequence[str]) -> NDArray[np.object_]:
    """Every word as it stands within a sentence, at its beginning, and at its end."""
    return np.array([*words, *(word.capitalize() for word in words), *(f"{word}." for word in words)], object)
