"""Dates, authors and languages of posts' pages, against what the blogs' own feeds and the corpus's labels say. Usage::

    python -m bench.metadata [--shared ../shared] [--differences 20]

The right date and author of a post are its feed's. Languages are labelled by blog; a post in another language than its
blog's main one counts as different, though most of those are really written in it, as ``--differences`` shows.
"""

import argparse
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from bench.corpus import SHARED, Blog, read_blogs
from bloghound.records import ParsedPost

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Case:
    """One post: what its page says, what the feed says (None where no feed lists it), and its blog's language."""

    host: str
    page: ParsedPost
    feed: ParsedPost | None
    language: str


@dataclass(frozen=True, slots=True)
class Share:
    """How many of how many."""

    name: str
    count: int
    total: int

    def __str__(self) -> str:
        return f"{self.name:55} {self.count:5} of {self.total:5}  {self.count / max(1, self.total):7.2%}"


def cases(blogs: Iterable[Blog]) -> list[Case]:
    """Every post of the blogs."""
    return [
        Case(blog.host, page.post, entry.post if (entry := blog.entries.get(key)) else None, blog.language)
        for blog in blogs
        for key, page in blog.posts.items()
        if page.post is not None
    ]


def is_same_day(case: Case) -> bool:
    """True when page and feed give times at most a day apart: time zones move a date by that much."""
    page, feed = case.page.published, case.feed.published if case.feed else None
    return page is not None and feed is not None and abs(page - feed) <= DAY


def has_same_author(case: Case) -> bool:
    """True when page and feed name the same author, letter case and punctuation apart."""
    return case.feed is not None and _letters(case.page.author) == _letters(case.feed.author)


def shares(found: list[Case]) -> list[Share]:
    """The figures."""
    both = [case for case in found if case.page.published and case.feed and case.feed.published]
    signed = [case for case in found if case.feed and case.feed.author]
    named = [case for case in signed if case.page.author]
    signing_hosts = {case.host for case in signed}
    agreeing = {case.host for case in named if has_same_author(case)}
    return [
        Share("posts with a date", sum(case.page.published is not None for case in found), len(found)),
        Share("dates within a day of the feed's", sum(map(is_same_day, both)), len(both)),
        Share("posts with an author", sum(case.page.author is not None for case in found), len(found)),
        Share("posts with an author, where the feed names one", len(named), len(signed)),
        Share("authors as in the feed, where both name one", sum(map(has_same_author, named)), len(named)),
        Share("blogs whose feeds name authors: found on a page", len(agreeing), len(signing_hosts)),
        Share(
            "posts in their blog's main language",
            sum(case.page.language == case.language for case in found),
            len(found),
        ),
        _languages_by_blog(found),
    ]


def differences(found: list[Case], count: int) -> list[str]:
    """Up to ``count`` cases of each kind where page and feed or label differ, at most two a blog, as lines to read."""
    kinds = {
        "date": [case for case in found if _both_dated(case) and not is_same_day(case)],
        "author": [case for case in found if case.feed and case.feed.author and not has_same_author(case)],
        "language": [case for case in found if case.page.language != case.language],
    }
    return [line for kind, some in kinds.items() for line in _lines(kind, some)[:count]]


def _both_dated(case: Case) -> bool:
    return case.page.published is not None and case.feed is not None and case.feed.published is not None


def _lines(kind: str, some: list[Case]) -> list[str]:
    seen: Counter[str] = Counter()
    lines = []
    for case in some:
        seen[case.host] += 1
        if seen[case.host] <= 2:
            lines.append(f"{kind:9} {_said(kind, case)}  {case.page.url}")
    return lines


def _said(kind: str, case: Case) -> str:
    if kind == "language":
        return f"{case.page.language} / {case.language}: {case.page.text[:60]!r}"
    feed = case.feed
    page_says, feed_says = (case.page.author, feed and feed.author) if kind == "author" else (
        case.page.published, feed and feed.published
    )  # fmt: skip
    return f"{page_says} / {feed_says}"


def _languages_by_blog(found: list[Case]) -> Share:
    counts: dict[str, Counter[str | None]] = {}
    labels = {case.host: case.language for case in found}
    for case in found:
        counts.setdefault(case.host, Counter())[case.page.language] += 1
    right = sum(counts[host].most_common(1)[0][0] == label for host, label in labels.items())
    return Share("blogs whose main language is right", right, len(labels))


def _letters(name: str | None) -> str:
    return "".join(char for char in (name or "").casefold() if char.isalnum())


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=SHARED, help="folder of the shared test data")
    parser.add_argument("--differences", type=int, default=0, help="differences of each kind to list")
    options = parser.parse_args()
    found = cases(read_blogs(options.shared / "corpus"))
    for share in shares(found):
        print(share)
    for line in differences(found, options.differences):
        print(line)


if __name__ == "__main__":
    main()
