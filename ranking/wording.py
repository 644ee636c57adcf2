"""What a brief is about, without how it is worded: "We are looking for bloggers who write about bread" is on bread.

Everybody in an index is a blogger, so that part says nothing, and yet the model would take it for half of the brief and
find those who blog about blogging. ``bench/relevance.py`` measures what it costs to leave it in.

A run of words that only link (pronouns, prepositions, "write", "looking for") is left out where it asks for bloggers:

- what stands before them in their part of the sentence asks ("we are looking for", "all"), or is a plain topic
  ("travel bloggers"); in "software for bloggers" and "how to find bloggers" they are the topic;
- what follows them leads to a topic ("who write about", "on"), or nothing follows. Before another word they are part
  of the topic: "influencer marketing".

Once something is denied, the rest stays as it is: without its words "no bloggers who write about cake" would ask for
cake.

Central names: :func:`subject_of`, :func:`names_topic`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ranking.terms import content_words, is_spaceless

_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_BLOGGERS = re.compile(
    r"(?:(?:micro|nano)-?)?(?:blogs?|bloggers?|bloggerin(?:nen)?|blogueurs?|blogueuses?|blogu?er[oa]s?|blogueir[oa]s?"
    r"|influencers?|influencerin(?:nen)?|influenceurs?|influenceuses?|блоги|блогер[ыа]?)"
)
_CLAUSE_END = re.compile(r"[.!?;,:()\n–—…/]|\s-\s")
_SENTENCE_END = re.compile(r"[.!?;\n…]")

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


_ASKING = frozenset(
    (
        "find finding look looking need needs search searching seek seeking want wanted wants gesucht suche suchen "
        "buscamos busco queremos cherche cherchons recherchons cerchiamo cerco zoek zoeken procuramos procuro"
    ).split()
)
"""Linking words that ask for what follows them, with whatever preposition."""

_AND_OR = frozenset("and or und oder y e o et ou en of".split())
_JOINING = _AND_OR | frozenset("a an are is the das dem den der die de la las los el le les il gli i het os as".split())
"""Linking words that lead from bloggers to no topic: "influencers and the press"."""

_MANNER = frozenset("how why wie warum cómo comment pourquoi come perché hoe waarom como".split())
_GOVERNING = _MANNER | frozenset(
    (
        "about around as at by for from in of on to what when where with auf aus bei für mit um von zu zum zur über "
        "acerca con del para sobre au aux avec du pour sur da di per su sul sulla aan met naar op over van voor com"
    ).split()
)
"""Linking words after which bloggers are what is written about, or for whom: "for bloggers: sell more"."""

_DENYING = {
    "en": "except excluding never no non not without",
    "de": "kein keine keinen nicht ohne",
    "es": "ni no sin",
    "fr": "aucun ne ni pas sans",
    "it": "non né senza",
    "nl": "geen niet zonder",
    "pt": "nem não sem",
}


@dataclass(frozen=True, slots=True)
class _Word:
    """A word of a brief in lower case: whether it links, means bloggers or denies, and what begins with it."""

    text: str
    links: bool
    bloggers: bool
    denies: bool
    clause: bool
    sentence: bool

    @property
    def tells(self) -> bool:
        """Whether it may be part of a topic."""
        return not self.links and not self.bloggers


def subject_of(brief: str, language: str | None) -> str:
    """The brief without the words that only say that bloggers are looked for; whole where nothing else is said."""
    matches = list(_WORD.finditer(brief))
    kept, start = [], 0
    for first, end in _wordings(_read(brief, matches, language)):
        kept.append(brief[start : matches[first].start()])
        start = matches[end - 1].end()
    parts = [part.strip(" \t\n.,:;–—-") for part in (*kept, brief[start:])]
    subject = ", ".join(part for part in parts if _WORD.search(part))
    return subject if start and subject else brief


def names_topic(brief: str, language: str | None) -> bool:
    """Whether the brief holds a word beyond stop words and those that ask for bloggers."""
    known = _known(language)
    words = content_words(brief, language or "en")
    return any(word not in known and not _BLOGGERS.fullmatch(word) for word in words)


def _wordings(words: Sequence[_Word]) -> list[tuple[int, int]]:
    """Where each run of linking words that asks for bloggers begins and ends."""
    runs: list[tuple[int, int]] = []
    end = 0
    for place, word in enumerate(words):
        if word.bloggers and place >= end:
            end = next((at for at in range(place + 1, len(words)) if words[at].tells or words[at].sentence), len(words))
            if (
                _leads_from_request(words, place)
                and _leads_to_topic(words, place, end)
                and not any(word.denies for word in words[:end])
            ):
                runs.append((_first_of_run(words, place), end))
    return runs


def _leads_from_request(words: Sequence[_Word], place: int) -> bool:
    """Whether what stands before these bloggers in their clause asks for them, or is their plain topic."""
    lead, topic = _before(words, place)
    if any(word.text in _MANNER for word in lead) or any(word.links and word.text not in _AND_OR for word in topic):
        return False
    return _asks(lead) or not any(word.text in _GOVERNING for word in lead)


def _leads_to_topic(words: Sequence[_Word], place: int, end: int) -> bool:
    """Whether a topic follows the bloggers of this run; where their clause ends with them it must stand before."""
    last = max(at for at in range(place, end) if words[at].bloggers)
    if any(word.text not in _JOINING for word in words[last + 1 : end]):
        return True
    lead, topic = _before(words, place)
    return _begins(words, last + 1) and (_asks(lead) or bool(topic and topic[-1].tells))


def _before(words: Sequence[_Word], place: int) -> tuple[Sequence[_Word], Sequence[_Word]]:
    """What stands before a word in its clause: the linking words that it begins with, and the rest."""
    clause = words[max(at for at in range(place + 1) if words[at].clause) : place]
    told = next((at for at, word in enumerate(clause) if not word.links), len(clause))
    return clause[:told], clause[told:]


def _asks(lead: Sequence[_Word]) -> bool:
    return any(word.text in _ASKING for word in lead)


def _begins(words: Sequence[_Word], place: int) -> bool:
    return place == len(words) or words[place].clause


def _first_of_run(words: Sequence[_Word], place: int) -> int:
    while not words[place].clause and words[place - 1].links:
        place -= 1
    return place


def _read(brief: str, matches: Sequence[re.Match[str]], language: str | None) -> list[_Word]:
    texts = [match.group().lower() for match in matches]
    linking, denying = _linking(texts, language), _DENYING.get(_code(language), _DENYING["en"]).split()
    words: list[_Word] = []
    for place in reversed(range(len(texts))):
        text = texts[place]
        bloggers = _BLOGGERS.fullmatch(text) is not None and (_begins(words, 0) or not words[0].tells)
        gap = brief[matches[place - 1].end() if place else 0 : matches[place].start()]
        clause, sentence = (place == 0 or bool(mark.search(gap)) for mark in (_CLAUSE_END, _SENTENCE_END))
        denies = text in denying or text.endswith(("n't", "n’t"))
        words.insert(0, _Word(text, linking[place], bloggers, denies, clause, sentence))
    return words


def _linking(words: Sequence[str], language: str | None) -> list[bool]:
    known, telling = _known(language), set(content_words(" ".join(words), language or "en"))
    return [word in known or (word not in telling and word.isalpha() and not is_spaceless(word)) for word in words]


def _known(language: str | None) -> frozenset[str]:
    """The linking words of briefs in this language."""
    return frozenset((*_LINKING["en"].split(), *_LINKING.get(_code(language), "").split()))


def _code(language: str | None) -> str:
    return (language or "en").split("-")[0]
