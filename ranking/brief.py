"""A brief as the ranking reads it: checked, its language told, and turned into weighted words, terms and a vector.

A brief of ten words holds some that it is about and some that merely hold it together, and rarity does not tell
which: in a small index "days" may be rarer than "children". The model does: a word counts by its nearness to the
whole brief. That bloggers are looked for goes without saying, and is left out (:mod:`ranking.wording`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bloghound.errors import BriefError
from ranking.encoder import Encoder
from ranking.language import language_of
from ranking.passages import readable
from ranking.terms import content_words, query_terms
from ranking.wording import names_topic, subject_of

MAX_BRIEF_CHARS = 10_000
"""Five pages: a brief is a description of a niche; what is longer is a document sent by mistake."""

MAX_WORDS = 64
"""Distinct words looked up in the full text; the encoder reads no more of a brief than about 200 words either."""

LEAST_WEIGHT = 0.05
"""Of a word that the model finds unrelated to its brief: it may be a name that the model does not know. Values from
0.001 to 0.1 rank the corpus alike."""


NO_TOPIC = (
    "The brief names no topic: it only asks for bloggers, or holds nothing but the commonest words. "
    "Say what they should write about."
)


@dataclass(frozen=True, slots=True)
class Brief:
    """A brief ready to be matched; ``vector`` is None when the model does not know its language.

    ``words`` gives each word's terms, and ``weights`` how much each word counts in the full text.
    """

    text: str
    language: str | None
    words: Mapping[str, tuple[str, ...]]
    weights: Mapping[str, float]
    vector: NDArray[np.float32] | None
    warnings: tuple[str, ...] = ()

    @classmethod
    def without_text(cls) -> "Brief":
        """The brief of a niche that is described by examples alone."""
        return cls("", None, {}, {}, None)

    @property
    def terms(self) -> list[str]:
        """The distinct terms of all words."""
        return list(dict.fromkeys(term for terms in self.words.values() for term in terms))

    @property
    def term_weights(self) -> dict[str, float]:
        """The distinct terms with the weight of the first word that each belongs to."""
        weights: dict[str, float] = {}
        for word, terms in self.words.items():
            for term in terms:
                weights.setdefault(term, self.weights[word])
        return weights


def checked(text: str) -> str:
    """The brief without surrounding space; raises BriefError when it is empty, too long, no Unicode, or has no word."""
    if len(text) > MAX_BRIEF_CHARS:
        raise BriefError(f"The brief has {len(text):,} characters; at most {MAX_BRIEF_CHARS:,} can be used.")
    stripped = text.strip()
    if not stripped:
        raise BriefError("The brief is empty; describe the niche in a sentence or two.")
    if any("\ud800" <= char <= "\udfff" for char in stripped):
        raise BriefError("The brief holds bytes that are no UTF-8 text; save or type it as UTF-8.")
    if not any(char.isalnum() for char in stripped):
        raise BriefError(f"The brief {stripped[:20]!r} holds no word; describe the niche in a sentence or two.")
    return stripped


def read_brief(text: str, encoder: Encoder, families: Sequence[str], model_languages: frozenset[str] | None) -> Brief:
    """The brief, ready to be matched; raises BriefError when it cannot be used."""
    text = checked(text)
    language = language_of(text)
    subject = subject_of(text, language)
    words = content_words(subject, language or "en")[:MAX_WORDS]
    known = readable(language, model_languages)
    warnings = () if known else (_unknown_language(language, model_languages),)
    if not names_topic(text, language):
        warnings = (*warnings, NO_TOPIC)
    rows = encoder.encode_with_words(subject, words) if known else None
    weights = np.ones(len(words)) if rows is None else _weights_of(rows, encoder.background)
    weighted = dict(zip(words, weights.tolist(), strict=True))
    vector = None if rows is None else rows[0]
    return Brief(text, language, query_terms(words, families), weighted, vector, warnings)


def _weights_of(rows: NDArray[np.float32], background: float) -> NDArray[np.float64]:
    """How near each word is to the brief, whose row is the first: 1 says the same, :data:`LEAST_WEIGHT` is no nearer
    than unrelated texts."""
    cosines = np.vecdot(rows[1:], rows[0]).astype(np.float64)
    return np.asarray(np.maximum((cosines - background) / (1 - background), LEAST_WEIGHT), np.float64)


def _unknown_language(language: str | None, model_languages: frozenset[str] | None) -> str:
    known = ", ".join(sorted(model_languages or ()))
    return (
        f"The brief is in a language that the embedding model does not know ({language}; it knows: {known}): "
        "bloggers are ranked by full-text evidence only."
    )
