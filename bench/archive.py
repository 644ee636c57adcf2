"""Pages stored per second from archives, against the live crawl that wrote them.

The live web is on loopback and answers at once, and nobody is spared: against strangers' servers, each of which is
asked once a second, a live crawl is slower by far. Usage::

    python -m bench.archive [--rounds 3] [--blogs 96] [--posts 40] [--parsers 2]
"""

import argparse
import tempfile
from dataclasses import replace
from pathlib import Path
from statistics import median

from bench.blogpages import FULL, SMALL, Served
from bench.blogweb import BlogWeb
from bench.crawling import Job, Speed, crawl_ours, measure

AIM = 2.0
"""How many times as fast as live a crawl from archives should be."""


def both(served: Served, parsers: int) -> tuple[Speed, Speed]:
    """A live crawl, and one of the same sites from what it archived."""
    with tempfile.TemporaryDirectory() as first, tempfile.TemporaryDirectory() as second:
        with BlogWeb(served) as web:
            live = measure(crawl_ours, [Job(web.homes, web.static_hosts, Path(first), parsers)], web.pid)
        archives = tuple(sorted(Path(first).rglob("*.warc.gz")))
        return live, measure(crawl_ours, [Job(web.homes, {}, Path(second), parsers, archives)])


def compare(title: str, served: Served, rounds: int, parsers: int) -> None:
    """Measure both in turn and print what each round gave, and the medians."""
    pairs: list[tuple[Speed, Speed]] = []
    print(f"{title}: {served.blogs} blogs of {served.posts} posts, {parsers} parsing process(es)", flush=True)
    for number in range(rounds):
        live, archived = both(served, parsers)
        pairs.append((live, archived))
        ratio = archived.pages_per_second / live.pages_per_second
        rates = f"live {live.pages_per_second:.0f}/s, archived {archived.pages_per_second:.0f}/s"
        print(f"  round {number + 1}: {live.pages} and {archived.pages} pages, {rates}; ratio {ratio:.2f}", flush=True)
    ratios = sorted(archived.pages_per_second / live.pages_per_second for live, archived in pairs)
    print(f"  ratio: median {median(ratios):.2f} (aim {AIM}), from {ratios[0]:.2f} to {ratios[-1]:.2f}")
    for name, side in zip(("live", "archived"), zip(*pairs, strict=True), strict=True):
        names = sorted({key for one in side for key in one.cpu_seconds})
        costs = ", ".join(f"{key} {median(one.cpu_ms(key) for one in side):.2f}" for key in names)
        print(f"  {name}: CPU ms per page: {costs}", flush=True)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--blogs", type=int, default=SMALL.blogs)
    parser.add_argument("--posts", type=int, default=SMALL.posts)
    parser.add_argument("--parsers", type=int, default=2)
    parser.add_argument("--pages", choices=("small", "full"), default="small")
    asked = parser.parse_args()
    served = replace({"small": SMALL, "full": FULL}[asked.pages], blogs=asked.blogs, posts=asked.posts)
    compare(f"{asked.pages} pages", served, asked.rounds, asked.parsers)


if __name__ == "__main__":
    main()
