"""Addresses without end: how a visit keeps calendars, facets and session ids from eating the budget of a site's posts.

Some addresses show by themselves that they lead nowhere new (:func:`leads_astray`, :func:`without_session`). For the
rest the site's own answers decide: pages whose addresses have one shape, of which one after the other brings nothing
new, are put off (:class:`Yield`, :func:`choose`), and in the end left alone. All pure. Putting off is harmless to a
site that is no trap: it changes the order only.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

from bloghound.records import Outcome
from bloghound.urls import fold_url
from crawler.extract.classify import MIN_POST_WORDS
from crawler.extract.paths import address_pattern, path_of
from storage.pages import QueuedPage, Trail
from storage.results import PageResult

DRY_PAGES = 8
"""Pages of one shape in a row that brought nothing new, after which others come first: an honest archive of months or
tags names a new post on nearly every page."""
BARREN_PAGES = 30
"""As many in a row without so much as a new text, and the shape is left alone in this crawl."""
MAX_PAGE_DEPTH = 200
"""Hops inside a site: as many as the default page budget, for a blog whose every post names but the one before it."""
LOOK_AHEAD = 2000
"""Addresses looked through for one that is not put off: all that a site keeps between crawls."""

MAX_SEGMENTS = 20
"""Folders in a path; the deepest of 200,000 addresses of real blogs has 12."""
MAX_PARAMETERS = 5
"""Parameters of a query: facets combine them without end, while no blog's post needs more."""
MAX_REPEATS = 2
"""The same folder name so often in a row: relative links on folder pages lead to ``/a/a/a/`` (Heritrix allows 2)."""

# Parameters that PHP, Java, ASP, ColdFusion, osCommerce and Zen Cart put into addresses to know a visitor again; the
# short name "sid" only with a value that looks like one.
_SESSION = re.compile(
    r"(?:^|&)(?:(?:php|asp|j)?sess(?:ion)?_?id\w*|aspsessionid\w*|cfid|cftoken|oscsid|zenid|s_?id(?==[0-9a-f]{8,}(?:&|$)))"
    r"=[^&]*",
    re.IGNORECASE,
)
_SESSION_IN_PATH = re.compile(r";jsessionid=[^/?#]*", re.IGNORECASE)

_POSTS = frozenset({Outcome.POST, Outcome.RESERVED, Outcome.NOT_MODIFIED})
_FRUITLESS = frozenset({Outcome.LISTING, Outcome.PAGE, Outcome.NOINDEX, Outcome.NOT_FOUND, Outcome.OTHER_SITE})
# What a site says about itself is asked for in any case: there are few of these, and feeds are told by their parsing.
_NEVER_PUT_OFF = frozenset({"home", "feed", "sitemap", "profile"})


@dataclass(frozen=True, slots=True)
class Trial:
    """One page that was fetched: what came of it, and which page had named it first."""

    url: str
    outcome: Outcome
    found_from: str | None = None
    text_hash: str | None = None
    words: int = 0


def trial(result: PageResult, found_from: str | None) -> Trial:
    """The trial that a page's result is; ``found_from`` had named the page, or what was redirected to it."""
    words = int((result.signals or {}).get("words", 0))
    return Trial(result.url, result.outcome, found_from, result.content_hash, words)


def remember(rows: Iterable[tuple[str, str, str]], trails: Mapping[str, Trail]) -> Iterator[Trial]:
    """The trials of earlier visits: log lines (address, outcome, reason) in order, with what is stored of the pages."""
    found_from: str | None = None
    is_hop = False
    for url, name, _ in rows:
        outcome = Outcome(name)
        trail = trails.get(fold_url(url), Trail(None, None, 0))
        found_from = found_from if is_hop else trail.found_from
        is_hop = outcome == Outcome.REDIRECT
        yield Trial(url, outcome, found_from, trail.text_hash, trail.words)


def without_session(url: str) -> str:
    """``url`` without the parameters by which a server knows a visitor again."""
    parts = urlsplit(url)
    query = _SESSION.sub("", parts.query).lstrip("&")
    return urlunsplit(parts._replace(path=_SESSION_IN_PATH.sub("", parts.path), query=query))


def leads_astray(url: str) -> bool:
    """True for addresses that no post has: very deep, with many parameters, or with a folder inside itself."""
    parts = urlsplit(url)
    segments = parts.path.strip("/").split("/")
    if len(segments) > MAX_SEGMENTS or parts.query.count("&") >= MAX_PARAMETERS:
        return True
    runs = (segments[start : start + MAX_REPEATS + 1] for start in range(len(segments) - MAX_REPEATS))
    # The parts of a date may be alike: /11/11/11/.
    return any(len(set(run)) == 1 and not run[0].isdigit() for run in runs)


def shapes(url: str) -> tuple[str, ...]:
    """The families of addresses that ``url`` belongs to, from near to far: digits folded, slug left out, any query.

    ``/calendar/2026/05/`` is in ``calendar/9999/99`` and ``calendar/9999/*``; ``/shop?size=9&color=red`` in
    ``shop?color&size``, ``*?color&size`` and ``*?``.
    """
    path = re.sub(r"\d", "9", path_of(url))
    pattern = address_pattern(url)
    query = urlsplit(url).query
    if not query:
        return tuple(dict.fromkeys((path, pattern)))
    names = "&".join(sorted({re.sub(r"\d", "9", pair.partition("=")[0]) for pair in query.split("&")}))
    return tuple(dict.fromkeys((f"{path}?{names}", f"{pattern}?{names}", f"{pattern}?")))


class Yield:
    """How long each shape of a site's addresses has brought nothing new, learnt from one trial after the other."""

    def __init__(self, *, misses_count: bool = True) -> None:
        """``misses_count`` is off for archives, where an address that is missing says nothing about the site."""
        self._fruitless = _FRUITLESS if misses_count else _FRUITLESS - {Outcome.NOT_FOUND}
        self._dry: Counter[str] = Counter()
        self._barren: Counter[str] = Counter()
        self._texts: set[str] = set()

    def note(self, trial: Trial) -> None:
        """Count a page that was fetched; one with a new post speaks for its own shapes and for those of its finder."""
        is_new = trial.text_hash is None or trial.text_hash not in self._texts
        if trial.text_hash is not None:
            self._texts.add(trial.text_hash)
        if trial.outcome in _POSTS and is_new:
            self._praise(trial.url)
            if trial.found_from is not None:
                self._praise(trial.found_from)
        elif trial.outcome in self._fruitless or trial.outcome in _POSTS:
            self._dry.update(shapes(trial.url))
            if is_new and trial.text_hash is not None and trial.words >= MIN_POST_WORDS:
                self._forget(self._barren, trial.url)
            else:
                self._barren.update(shapes(trial.url))

    def is_dry(self, url: str) -> bool:
        """Whether other addresses come before ``url``."""
        return any(self._dry[shape] >= DRY_PAGES for shape in shapes(url))

    def is_barren(self, url: str) -> bool:
        """Whether ``url`` is not asked for at all."""
        return any(self._barren[shape] >= BARREN_PAGES for shape in shapes(url))

    def _praise(self, url: str) -> None:
        self._forget(self._dry, url)
        self._forget(self._barren, url)

    @staticmethod
    def _forget(counts: Counter[str], url: str) -> None:
        for shape in shapes(url):
            counts.pop(shape, None)


def is_put_off(page: QueuedPage, found: Yield) -> bool:
    """Whether the next addresses should be looked through for better ones than ``page``."""
    return page.kind not in _NEVER_PUT_OFF and (found.is_dry(page.url) or found.is_barren(page.url))


def choose(pages: Sequence[QueuedPage], found: Yield, limit: int) -> list[QueuedPage]:
    """The pages to fetch next, ``limit`` at most, given the queue best first: dry shapes when nothing else is left,
    barren ones never."""
    first = [page for page in pages if not is_put_off(page, found)]
    return (first or [page for page in pages if not found.is_barren(page.url)])[:limit]
