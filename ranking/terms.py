"""From text to search terms: one analysis per language family, all written to one vocabulary.

Words are stemmed by their language, scripts without spaces become overlapping pairs of characters, and British
spellings fold to American ones, so that ``decentralised`` finds ``decentralized``. Every language's terms share one
vocabulary and one set of statistics: with one each, the idf of a word would say how common it is among the posts of its
language, and a word of a language that few write in would count for less.

Central names: :func:`terms_of`, :func:`query_terms`.
"""

import re
from collections.abc import Iterable
from functools import cache

import tantivy

STEMMERS = {
    "da": "danish",
    "de": "german",
    "en": "english",
    "es": "spanish",
    "fi": "finnish",
    "fr": "french",
    "hu": "hungarian",
    "it": "italian",
    "nb": "norwegian",
    "nl": "dutch",
    "no": "norwegian",
    "pt": "portuguese",
    "ru": "russian",
    "sv": "swedish",
}
"""ISO 639-1 code to tantivy's name of the Snowball stemmer and stop word list."""

PLAIN = "plain"
"""The family of every other language: words as they are, lower-cased."""

MAX_TERM_CHARS = 60
"""Longer tokens are encoded data, not words."""

_SPACELESS = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"
_SPACELESS_RUN = re.compile(f"[{_SPACELESS}]+")
# The regular differences of British and American spelling in lower-cased text; irregular words (grey, tyre) are left
# alone. What stands before is looked at last, so that a text is searched for three letters: thirty times as fast.
_BRITISH = (
    (re.compile(r"is(?<=\w\w\w[^aeiou\W\d]is)(?=(?:e[drs]?|ing|ations?)\b)"), "iz"),
    (re.compile(r"our(?:(?<=\w\w[blmnpv]our)|(?<=\w\wviour))"), "or"),
)


def is_spaceless(text: str) -> bool:
    """Whether the text is in a script that is written without spaces between words."""
    return _SPACELESS_RUN.match(text) is not None


def family_of(language: str | None) -> str:
    """The analysis that a language gets: its own stemmer, or :data:`PLAIN`."""
    code = (language or "").lower().split("-")[0]
    return code if code in STEMMERS else PLAIN


def terms_of(text: str, language: str | None) -> list[str]:
    """The terms of a text in reading order, with repeats; stop words stay out of no text, only out of briefs."""
    family = family_of(language)
    return _analyzer(family).analyze(_prepared(text, family))


def content_words(text: str, language: str | None) -> list[str]:
    """The distinct words of a brief as written, lower-cased, without the stop words of its language."""
    family = family_of(language)
    return list(dict.fromkeys(_word_splitter(family).analyze(_pairs(text))))


def telling_words(text: str, families: Iterable[str]) -> list[str]:
    """The distinct words of a text of unknown language that are a stop word in none of these families."""
    words = content_words(text, None)
    for family in sorted(set(families)):
        told = set(_word_splitter(family).analyze(" ".join(words)))
        words = [word for word in words if word in told]
    return words


def query_terms(words: Iterable[str], families: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Each of the brief's words with its distinct terms over all language families that the index holds."""
    kinds = sorted(set(families))
    return {
        word: tuple(
            dict.fromkeys(
                term for family in kinds for term in _analyzer(family).analyze(_prepared(word, family, pairs=False))
            )
        )
        for word in words
    }


def _prepared(text: str, family: str, *, pairs: bool = True) -> str:
    if pairs:
        text = _pairs(text)
    if family == "en":
        text = text.lower()
        for british, american in _BRITISH:
            text = british.sub(american, text)
    return text


def _pairs(text: str) -> str:
    """Runs of a script without spaces as overlapping pairs: search there needs no word list."""
    return text if text.isascii() else _SPACELESS_RUN.sub(_pairs_of_run, text)


def _pairs_of_run(match: re.Match[str]) -> str:
    run = match.group()
    pairs = " ".join(run[start : start + 2] for start in range(len(run) - 1)) or run
    return f" {pairs} "


@cache
def _analyzer(family: str) -> tantivy.TextAnalyzer:
    builder = _splitting()
    if family in STEMMERS:
        builder = builder.filter(tantivy.Filter.stemmer(STEMMERS[family]))
    return builder.build()


@cache
def _word_splitter(family: str) -> tantivy.TextAnalyzer:
    builder = _splitting()
    if family in STEMMERS:
        builder = builder.filter(tantivy.Filter.stopword(STEMMERS[family]))
    return builder.build()


def _splitting() -> tantivy.TextAnalyzerBuilder:
    builder = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
    return builder.filter(tantivy.Filter.remove_long(MAX_TERM_CHARS)).filter(tantivy.Filter.lowercase())
