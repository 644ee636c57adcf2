"""How much of an article the extraction finds, and how much else: two sets of real pages, and peers in the same run.

The article extraction benchmark is 181 pages, mostly of newspapers, with the right text of each. ``--corpus`` adds
real blogs: their pages against the whole texts that their own feeds carry, a blog counting as much as any other. (Feeds
count captions as text and the benchmark does not; about a tenth of the feeds cut what they call whole.) Usage::

    python -m bench.extraction [--corpus] [--shared ../shared]
"""

import argparse
import gzip
import importlib.util
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

import trafilatura

from bench.corpus import SHARED, Blog, read_blogs
from bench.shingles import Agreement, Scores, compare, summarize
from bloghound.errors import ParseError
from crawler.extract.page import parse_page
from crawler.parsed import Document

BENCHMARK = "robustness/article-extraction-benchmark"
AIM = 0.96
"""Least F1 on the benchmark."""

Extractor = Callable[[Document], str]


@dataclass(frozen=True, slots=True)
class Article:
    """One page of the benchmark and its right text."""

    page: Document
    text: str


def read_articles(shared: Path) -> list[Article]:
    """The pages of the benchmark below the folder ``shared``, decompressed."""
    folder = shared / BENCHMARK
    truth = json.loads((folder / "ground-truth.json").read_text(encoding="utf-8"))
    return [
        Article(_page(folder / "html" / f"{name}.html.gz", right["url"]), right["articleBody"])
        for name, right in truth.items()
    ]


def extracted(page: Document) -> str:
    """The text that the crawler stores of ``page``: everything it does with a page is done."""
    try:
        post = parse_page(page).post
    except ParseError:
        return ""
    return post.text if post is not None else ""


def measure(extractor: Extractor, articles: list[Article]) -> Scores:
    """The agreement of an extractor's texts with the right ones."""
    return summarize([compare(article.text, extractor(article.page)) for article in articles])


def measure_blogs(blogs: list[Blog]) -> Scores:
    """The agreement of posts' pages with their feeds: means over blogs, each the mean over its posts."""
    means = [
        _mean([compare(entry.post.text, page.post.text if page.post else "") for page, entry in pairs])
        for blog in blogs
        if (pairs := blog.covered())
    ]
    return summarize(means)


def peers() -> dict[str, Extractor]:
    """Other extractors: trafilatura as it comes, and resiliparse where it is installed."""
    found: dict[str, Extractor] = {
        "trafilatura, fast": lambda page: trafilatura.extract(page.body, fast=True, include_comments=False) or "",
        "trafilatura, default": lambda page: trafilatura.extract(page.body, include_comments=False) or "",
    }
    if importlib.util.find_spec("resiliparse") is not None:
        html2text = importlib.import_module("resiliparse.extract.html2text")
        found["resiliparse"] = lambda page: html2text.extract_plain_text(
            page.body.decode("utf-8"), main_content=True, alt_texts=False, links=False, comments=False
        )
    return found


def _page(path: Path, url: str) -> Document:
    return Document(url, gzip.decompress(path.read_bytes()), "text/html; charset=utf-8")


def _mean(agreements: list[Agreement]) -> Agreement:
    return Agreement(
        precision=fmean(one.precision or 0.0 for one in agreements),
        recall=fmean(one.recall or 0.0 for one in agreements),
        is_exact=all(one.is_exact for one in agreements),
    )


def _print_scores(name: str, extractor: Extractor, articles: list[Article]) -> Scores:
    extractor(articles[0].page)
    started = time.process_time()
    for article in articles:
        extractor(article.page)
    seconds = time.process_time() - started
    scores = measure(extractor, articles)
    print(f"{name:22} {scores}  {len(articles) / seconds:6.1f} pages/s of one core")
    return scores


def main() -> None:
    """Measure and print; fails where the benchmark's F1 is below the aim."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", action="store_true", help="also measure on blogs, against their feeds")
    parser.add_argument("--shared", type=Path, default=SHARED, help="folder of the shared test data")
    options = parser.parse_args()
    articles = read_articles(options.shared)
    scores = _print_scores("Bloghound, all it does", extracted, articles)
    for name, extractor in peers().items():
        _print_scores(name, extractor, articles)
    if options.corpus:
        print(f"{'blogs and their feeds':22} {measure_blogs(read_blogs(options.shared / 'corpus'))}")
    if scores.f1 < AIM:
        raise SystemExit(f"F1 {scores.f1:.4f} is below {AIM}")


if __name__ == "__main__":
    main()
