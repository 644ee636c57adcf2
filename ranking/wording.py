"""What a brief is about, without how it is worded: "We are looking for bloggers who write about bread" is on bread.

Everybody in an index is a blogger, so that part says nothing, and yet the model would take it for half of the brief and
find those who blog about blogging. ``bench/relevance.py`` measures what it costs to leave it in.

A run of words that only link (pronouns, prepositions, "write", "looking for") is left out where it holds a word for
bloggers; without one it stays, as in "letters to my children".

Central name: :func:`subject_of`.
"""

import re
from collections.abc import Sequence

from ranking.terms import content_words

_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_BLOGGERS = re.compile(
    r"(?:(?:micro|nano)-?)?(?:blogs|bloggers?|bloggerin(?:nen)?|blogueurs?|blogueuses?|blogu?er[oa]s?|blogueir[oa]s?"
    r"|influencers?|influencerin(?:nen)?|influenceurs?|influenceuses?|блоги|блогер[ыа]?)"
)
_BLOG = "blog"
"""Alone it counts only before a linking word or at the end: "a blog on bread", but not "blog software"."""

_LINKING = {
    "en": (
        "about all and any anyone are around as at by cover covering covers do does find finding for from have i in "
        "is like look looking may me my need needs of on or our people please regarding regularly search searching "
        "seek seeking should some someone subject subjects than that the their them they topic topics us want wanted "
        "wants we which who whom whose with would write writes you your"
    ),
    "de": (
        "auf aus bei berichten berichtet das dem den der die für gesucht mit möchten rund schreiben schreibt suche "
        "suchen thema themen um und uns von welche wir zu zum zur über"
    ),
    "es": (
        "acerca buscamos busco con de del en escribe escriben la las los para que queremos quienes sobre tema temas "
        "un una y"
    ),
    "fr": (
        "au autour aux avec cherche cherchons de des du en et je la le les nous parle parlent pour qui recherchons "
        "sujet sujets sur un une voulons écrit écrivent"
    ),
    "it": (
        "cerchiamo cerco che con da dei del della di e gli i il in la le parlano per scrive scrivono su sul sulla "
        "sulle tema temi un una"
    ),
    "nl": (
        "aan de die een en gaan het in met onderwerp onderwerpen ons op over schrijft schrijven van voor we wij "
        "willen zoek zoeken"
    ),
    "pt": (
        "a as com da das de do dos e em escreve escrevem na no o os para procuramos procuro que queremos sobre tema "
        "temas um uma"
    ),
}
"""Words that link a brief's parts, where the stop words of the full text know fewer. English ones count in every brief:
they are mixed into others."""


def subject_of(brief: str, language: str | None) -> str:
    """The brief without the words that only say that bloggers are looked for; whole where nothing else is said."""
    words = list(_WORD.finditer(brief))
    kept, start = [], 0
    for first, last in _wordings([match.group().lower() for match in words], language):
        kept.append(brief[start : words[first].start()])
        start = words[last].end()
    parts = [part.strip(" \t\n.,:;–—-") for part in (*kept, brief[start:])]
    subject = ", ".join(part for part in parts if _WORD.search(part))
    return subject if start and subject else brief


def _wordings(words: Sequence[str], language: str | None) -> list[tuple[int, int]]:
    """First and last place of each run of linking words that holds a word for bloggers."""
    linking = _linking(words, language)
    runs: list[tuple[int, int]] = []
    first = 0
    for place in range(len(words) + 1):
        if place < len(words) and (linking[place] or _names_bloggers(words, linking, place)):
            continue
        if any(_names_bloggers(words, linking, inside) for inside in range(first, place)):
            runs.append((first, place - 1))
        first = place + 1
    return runs


def _linking(words: Sequence[str], language: str | None) -> list[bool]:
    code = (language or "en").split("-")[0]
    known = {*_LINKING["en"].split(), *_LINKING.get(code, "").split()}
    telling = set(content_words(" ".join(words), language or "en"))
    return [word in known or (word not in telling and word.isalpha()) for word in words]


def _names_bloggers(words: Sequence[str], linking: Sequence[bool], place: int) -> bool:
    if words[place] == _BLOG:
        return place + 1 == len(words) or linking[place + 1]
    return _BLOGGERS.fullmatch(words[place]) is not None
