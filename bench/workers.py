"""Two workers on one crawl, against one: each worker, with the parser of its own, is given one core and no more.

So the figure shows what workers lose to each other (the queue, the database), whatever the machine: on two cores, of
which the server takes its part, both cores together are all that two workers can have. Usage::

    python -m bench.workers [--rounds 3] [--blogs 96] [--posts 40]
"""

import argparse
import os
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median

from bench.blogpages import FULL, SMALL, Served
from bench.blogweb import BlogWeb
from bench.crawling import Job, Speed, crawl_ours, measure

AIM = 1.6
"""How many times as fast as one worker two should be."""


def once(served: Served, cores: Sequence[int]) -> Speed:
    """One crawl of a fresh web with a worker on each of ``cores``."""
    from bloghound.jobs.crawl import CrawlLimits, begin_crawl  # noqa: PLC0415 - the parsers import this module as well
    from bloghound.settings import Settings  # noqa: PLC0415
    from storage.database import open_database  # noqa: PLC0415

    with BlogWeb(served) as web, tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder))
        database = open_database(settings)
        with database.transaction() as connection:
            limits = CrawlLimits(served.blogs, settings.max_pages_per_site, 0)
            begun = begin_crawl(connection, settings, web.homes, limits)
        database.close()
        job = Job(web.homes, web.static_hosts, Path(folder), crawl_id=begun.crawl_id)
        return measure(crawl_ours, [replace(job, core=core) for core in cores], web.pid)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--blogs", type=int, default=SMALL.blogs)
    parser.add_argument("--posts", type=int, default=SMALL.posts)
    parser.add_argument("--pages", choices=("small", "full"), default="small")
    asked = parser.parse_args()
    served = replace({"small": SMALL, "full": FULL}[asked.pages], blogs=asked.blogs, posts=asked.posts)
    cores = sorted(os.sched_getaffinity(0))[:2]
    ratios = []
    for number in range(asked.rounds):
        one, two = once(served, cores[:1]), once(served, cores)
        ratios.append(two.pages_per_second / one.pages_per_second)
        rates = f"one {one.pages_per_second:.0f}/s, two {two.pages_per_second:.0f}/s"
        print(f"round {number + 1}: {one.pages} and {two.pages} pages, {rates}; ratio {ratios[-1]:.2f}", flush=True)
    print(f"ratio: median {median(ratios):.2f} (aim {AIM}), from {min(ratios):.2f} to {max(ratios):.2f}")


if __name__ == "__main__":
    main()
