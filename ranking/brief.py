"""A brief as the ranking reads it: checked, its language told, and turned into words, terms and a vector."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bloghound.errors import BriefError
from ranking.encoder import Encoder
from ranking.language import language_of
from ranking.passages import readable
from ranking.terms import content_words, query_terms

MAX_BRIEF_CHARS = 10_000
"""Five pages: a brief is a description of a niche; what is longer is a document sent by mistake."""

MAX_WORDS = 64
"""Distinct words looked up in the full text; the encoder reads no more of a brief than about 200 words either."""


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
    words = content_words(text, language or "en")[:MAX_WORDS]
    known = readable(language, model_languages)
    warnings = () if known else (_unknown_language(language, model_languages),)
    vector = encoder.encode_brief(text) if known else None
    return Brief(text, language, query_terms(words, families), dict.fromkeys(words, 1.0), vector, warnings)


def _unknown_language(language: str | None, model_languages: frozenset[str] | None) -> str:
    known = ", ".join(sorted(model_languages or ()))
    return (
        f"The brief is in a language that the embedding model does not know ({language}; it knows: {known}): "
        "bloggers are ranked by full-text evidence only."
    )
