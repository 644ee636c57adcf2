"""What real blogs show of the people around them: comments, reactions, whose they are, and where to write. Usage::

    python -m bench.people [--shared ../shared] [--facts 50] [--seed 7]

Counts blogs and places in all 8,428 responses of the corpus. ``--facts`` draws so many of what was read, evenly over
the kinds, to be judged by eye on the pages themselves. What 108 of them told (seeds 7 and 11) is in
``docs/platforms.md``: all stood on their pages as read; 2 of 6 ``sameAs`` and 1 of 6 ``rel=me`` meant somebody else or
the blog itself, all other kinds were right.
"""

import argparse
import csv
import gzip
import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from selectolax.lexbor import LexborHTMLParser

from bench.corpus import SHARED, documents, listed_blogs
from bloghound.errors import ParseError
from bloghound.records import Comment, EngagementKind, EngagementReading
from bloghound.urls import host_of
from crawler.extract.comment_systems import script_systems
from crawler.extract.contact_pages import FOR_CONTACT, page_role
from crawler.extract.document import parse_document
from crawler.extract.encoding import decode_markup
from crawler.parsed import Document, ParsedFeed, ParsedPage


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that was read: of which kind, where, and what it says."""

    kind: str
    url: str
    words: str


def read_facts(corpus: Path, workers: int = 2) -> list[Fact]:
    """Everything that the corpus's pages and feeds show; takes some two minutes on two cores."""
    with gzip.open(corpus / "manifest.csv.gz", "rt", encoding="utf-8", newline="") as file:
        posts = frozenset(row["url"] for row in csv.DictReader(file) if row["kind"] == "post")
    with ProcessPoolExecutor(workers) as pool:
        found = pool.map(partial(_facts_of, posts=posts), documents(corpus), chunksize=16)
        return [fact for facts in found for fact in facts]


def _facts_of(document: Document, posts: frozenset[str]) -> list[Fact]:
    try:
        parsed = parse_document(document)
    except ParseError:
        return []
    if isinstance(parsed, ParsedFeed):
        return list(_of_feed(parsed))
    if not isinstance(parsed, ParsedPage):
        return []
    whole = [*_of_site(parsed), *_of_systems(document)]
    return [*whole, *_of_post(parsed)] if document.url in posts else whole


def _of_post(page: ParsedPage) -> Iterator[Fact]:
    if page.post is None:
        return
    for reading in page.post.engagement:
        yield _of_reading(page.url, reading)
    for comment in page.post.comments:
        kind = "the author's answers" if comment.by_author else "readers' comments"
        yield Fact(f"post: {kind}, one by one", page.url, _said(comment))


def _of_reading(url: str, reading: EngagementReading) -> Fact:
    if reading.count is None:
        return Fact(f"post: {reading.kind} unknown, {reading.reason}", url, str(reading.reason))
    if reading.kind is EngagementKind.COMMENTS and not reading.count:
        return Fact("post: no comments yet", url, "0 comments")
    return Fact(f"post: number of {reading.kind}", url, f"{reading.count} {reading.kind}")


def _of_systems(document: Document) -> Iterator[Fact]:
    tree = LexborHTMLParser(decode_markup(document.body, document.content_type))
    for name in script_systems(tree):
        yield Fact(f"page: comments by script, {name}", document.url, name)


def _of_site(page: ParsedPage) -> Iterator[Fact]:
    for claim in page.identities:
        yield Fact(f"page: {claim.kind.replace('_', ' ')}", page.url, claim.url)
    role = page_role(page.url)
    if role in FOR_CONTACT:
        yield Fact(f"page: for {role.value}", page.url, page.title)


def _of_feed(feed: ParsedFeed) -> Iterator[Fact]:
    if feed.is_comment_feed:
        yield Fact("feed: of comments", feed.url, f"{feed.title}: {len(feed.comments)} comments")
    for url, comment in feed.comments:
        yield Fact("feed: comments, one by one", url, f"{_said(comment)} in {feed.url}")
    for entry in feed.entries:
        for reading in entry.post.engagement:
            yield Fact(f"feed: number of {reading.kind}", feed.url, f"{reading.count} at {entry.post.url}")


def _said(comment: Comment) -> str:
    return f"by {comment.identity!r}, id {comment.comment_id or '-'}, at {comment.published}, {comment.words} words"


def table(facts: Iterable[Fact], blog_of: dict[str, str]) -> list[str]:
    """A line for each kind: on how many blogs it is shown, in how many places, and how often."""
    blogs, places, times = defaultdict[str, set[str]](set), defaultdict[str, set[str]](set), Counter[str]()
    for fact in facts:
        blogs[fact.kind].add(blog_of.get(host_of(fact.url), "?"))
        places[fact.kind].add(fact.url)
        times[fact.kind] += 1
    return [
        f"{kind:45} {len(blogs[kind]):3} blogs  {len(places[kind]):5} places  {times[kind]:6} times"
        for kind in sorted(blogs)
    ]


def drawn(facts: Iterable[Fact], count: int, seed: int) -> list[Fact]:
    """``count`` facts, the kinds by turns and in each kind the blogs by turns, so that no one blog is the measure."""
    order = random.Random(seed)  # noqa: S311 - a draw that can be repeated, no secret
    waiting = {kind: _by_turns(some, order) for kind, some in sorted(_grouped(facts).items())}
    found: list[Fact] = []
    while waiting and len(found) < count:
        for kind in list(waiting):
            fact = next(waiting[kind], None)
            if fact is None:
                del waiting[kind]
            elif len(found) < count:
                found.append(fact)
    return found


def _grouped(facts: Iterable[Fact]) -> dict[str, list[Fact]]:
    found: dict[str, list[Fact]] = defaultdict(list)
    for fact in facts:
        found[fact.kind].append(fact)
    return found


def _by_turns(facts: list[Fact], order: random.Random) -> Iterator[Fact]:
    hosts: dict[str, list[Fact]] = defaultdict(list)
    for fact in order.sample(facts, len(facts)):
        hosts[host_of(fact.url)].append(fact)
    while hosts:
        for host in list(hosts):
            yield hosts[host].pop()
            if not hosts[host]:
                del hosts[host]


def main() -> None:
    """Count and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=SHARED, help="folder of the shared test data")
    parser.add_argument("--facts", type=int, default=0, help="facts to draw, to be judged by eye")
    parser.add_argument("--seed", type=int, default=7, help="seed of the draw")
    options = parser.parse_args()
    corpus = options.shared / "corpus"
    facts = read_facts(corpus)
    print("\n".join(table(facts, {host: blog.host for host, blog in listed_blogs(corpus).items()})))
    for fact in drawn(facts, options.facts, options.seed):
        print(f"{fact.kind:45} {fact.words}  {fact.url}")


if __name__ == "__main__":
    main()
