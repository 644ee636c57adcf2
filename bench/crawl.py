"""Pages stored per second, against a bare Scrapy spider that fetches and follows the same links from the same server.

Ours also asks for robots.txt, reads feeds and sitemaps, archives every answer, parses every page in another process and
commits what it finds. The server is a process of its own, and starting up counts for neither. Both are measured in
turn, several times, with small pages and with pages of usual weight; CPU time per page stands beside, since it depends
less on what else the machine does. Usage::

    python -m bench.crawl [--rounds 3] [--blogs 96] [--posts 40] [--parsers 1] [--pages small|full|both]
"""

import argparse
import tempfile
from dataclasses import replace
from pathlib import Path
from statistics import median

from bench.blogpages import FULL, SMALL, Served
from bench.blogweb import BlogWeb
from bench.crawling import Crawl, Job, Speed, crawl_bare, crawl_ours, measure

AIM = 0.8
"""The least acceptable share of the bare spider's speed."""


def once(crawl: Crawl, served: Served, parsers: int) -> Speed:
    """One crawl of a fresh web into a fresh folder."""
    with BlogWeb(served) as web, tempfile.TemporaryDirectory() as folder:
        return measure(crawl, [Job(web.homes, web.static_hosts, Path(folder), parsers)], web.pid)


def compare(title: str, served: Served, rounds: int, parsers: int) -> None:
    """Measure both in turn and print what each round gave, the medians, and what a page costs."""
    print(f"{title}: {served.blogs} blogs of {served.posts} posts, {parsers} parsing process(es)", flush=True)
    pairs: list[tuple[Speed, Speed]] = []
    for number in range(rounds):
        bare, ours = once(crawl_bare, served, parsers), once(crawl_ours, served, parsers)
        pairs.append((bare, ours))
        print(f"  round {number + 1}: {line(bare, ours)}", flush=True)
    ratios = sorted(ours.pages_per_second / bare.pages_per_second for bare, ours in pairs)
    print(f"  ratio: median {median(ratios):.2f} (aim {AIM}), from {ratios[0]:.2f} to {ratios[-1]:.2f}")
    for name, side in zip(("bare", "ours"), zip(*pairs, strict=True), strict=True):
        rate = median(one.pages_per_second for one in side)
        names = sorted({key for one in side for key in one.cpu_seconds})
        costs = ", ".join(f"{key} {median(one.cpu_ms(key) for one in side):.2f}" for key in names)
        print(f"  {name}: median {rate:.0f} pages/s; CPU ms per page: {costs}", flush=True)


def line(bare: Speed, ours: Speed) -> str:
    """Both rates and the ratio."""
    return (
        f"bare {bare.pages} fetched, {bare.pages_per_second:.0f}/s; ours {ours.pages} stored, "
        f"{ours.pages_per_second:.0f}/s; ratio {ours.pages_per_second / bare.pages_per_second:.2f}"
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rounds", type=int, default=3, help="each of a bare crawl and one of ours")
    parser.add_argument("--blogs", type=int, default=SMALL.blogs)
    parser.add_argument("--posts", type=int, default=SMALL.posts)
    parser.add_argument("--parsers", type=int, default=1, help="processes that parse: 1 is what a second core can run")
    parser.add_argument("--pages", choices=("small", "full", "both"), default="both")
    asked = parser.parse_args()
    for title, served in (("small", SMALL), ("full", FULL)):
        if asked.pages in {title, "both"}:
            sized = replace(served, blogs=asked.blogs, posts=asked.posts)
            compare(f"{title} pages", sized, asked.rounds, asked.parsers)


if __name__ == "__main__":
    main()
