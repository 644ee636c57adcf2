"""Share of on-topic sites among the first that discovery admits: best first, by linkers only, and breadth first.

The sites are the 90 real blogs of the shared corpus with their own posts, each cut into parts of some posts so that the
web is large enough; what is on topic is what its judges say. Only five links between the 90 are known, so the links
are drawn: from any post, with the given chance to a site that a judge gave a niche in common, else to any site. The
simulated frontier is the crawler's own (``crawler.candidates``); ``--spider`` also crawls the same web with the real
spider, from a web archive that is written for it. Usage::

    bloghound import ../shared/corpus/dev.warc.gz        # once, into some data directory
    python -m bench.discovery --data DIR [--model] [--spider 3]
"""

import argparse
import json
import random
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from html import escape
from pathlib import Path
from statistics import fmean

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata
from sqlalchemy import text as sql

from bloghound.demo.exchange import Document
from bloghound.jobs.crawl import run_crawl
from bloghound.records import LinkContext
from bloghound.settings import Settings
from crawler.candidates import Budget, Candidates, Endorsement, weight_of
from crawler.linkfarms import LinkRow, find_farms
from crawler.outward import Relevance, relevance_of, site_relevance
from ranking.word_judge import WordJudge
from storage import niches, sites, workspaces
from storage.database import Database, open_database
from storage.farms import links_of
from storage.tables.base import utc_now
from tests.crawling import write_archive
from tests.mockweb import page

CORPUS = Path(__file__).resolve().parents[2] / "shared/corpus"
POSTS_PER_SITE = 6
PARTS_PER_BLOG = 4
LINKS_PER_SITE = 8
ROLL_PER_SITE = 4
WIDTH = 4
"""Sites in work at a time."""


@dataclass(frozen=True)
class Site:
    """A part of a real blog: its posts as (title, text, language), and the niches it is on topic for."""

    key: str
    blog: str
    posts: tuple[tuple[str, str, str | None], ...]
    niches: frozenset[str]


@dataclass(frozen=True)
class Web:
    """Sites, and links as (source, number of the linking post or None for the blogroll, target)."""

    sites: Mapping[str, Site]
    links: Mapping[str, Sequence[tuple[int | None, str]]]


def farms_among(database: Database) -> str:
    """What the recognition of link farms makes of the real blogs: each that it names is one too many."""
    with database.read() as connection:
        titles = {row.key: row.title for row in connection.execute(sql("SELECT key, title FROM site"))}
        ids = sites.ids_by_key(connection, list(titles))
        rows = [LinkRow(*link) for link in links_of(connection, list(ids.values()))]
    found = [key for farm in find_farms(rows, titles) for key in farm.site_keys]
    return f"{len(rows)} links of {len(ids)} real blogs: {len(found)} taken for a link farm {found or ''}"


def chance_of(seed: int | str) -> random.Random:
    """Draws that are the same in every run."""
    return random.Random(seed)  # noqa: S311 - no secret hangs on it


def read_sites(database: Database, relevant: Mapping[str, Collection[str]]) -> list[Site]:
    """The corpus's blogs in parts; ``relevant`` names the blogs of each niche."""
    query = sql(
        "SELECT site.key, post.title, post.text, post.language FROM post JOIN site ON site.id = post.site_id "
        "WHERE post.state = 'live' AND post.words >= 60 AND post.source = 'page' ORDER BY site.key, post.url"
    )
    by_blog: defaultdict[str, list[tuple[str, str, str | None]]] = defaultdict(list)
    with database.read() as connection:
        for key, title, body, language in connection.execute(query):
            by_blog[key].append((title, body, language))
    found = []
    for blog, posts in by_blog.items():
        chance_of(blog).shuffle(posts)
        topics = frozenset(name for name, blogs in relevant.items() if blog in blogs)
        for part in range(min(PARTS_PER_BLOG, len(posts) // POSTS_PER_SITE)):
            own = tuple(posts[part * POSTS_PER_SITE : (part + 1) * POSTS_PER_SITE])
            found.append(Site(f"p{part}-{blog.replace('.', '-')}.example", blog, own, topics))
    return found


def draw_web(parts: Sequence[Site], same_topic: float, seed: int) -> Web:
    """Links between parts, ``same_topic`` of them where there are any to a site with a niche in common."""
    chance = chance_of(seed)
    links: dict[str, list[tuple[int | None, str]]] = {}
    for site in parts:
        kin = [other.key for other in parts if other.blog != site.blog and other.niches & site.niches]
        others = [other.key for other in parts if other.blog != site.blog]
        targets = [
            chance.choice(kin if kin and chance.random() < same_topic else others)
            for _ in range(LINKS_PER_SITE + ROLL_PER_SITE)
        ]
        places: list[int | None] = [chance.randrange(len(site.posts)) for _ in range(LINKS_PER_SITE)]
        links[site.key] = list(zip([*places, *[None] * ROLL_PER_SITE], targets, strict=True))
    return Web({site.key: site for site in parts}, links)


Relevances = Callable[[Site], list[float]]
"""How much each post of a site is on topic."""


def simulate(web: Web, seeds: Sequence[str], relevances: Relevances | None, *, in_order: bool, count: int) -> list[str]:
    """The first sites that are admitted after the seeds; ``in_order`` takes them as they are found."""
    candidates, admitted, waiting = Candidates(), list(seeds), list(seeds)
    found: list[str] = []
    budget = Budget(10**6, Counter(), Counter())
    while waiting and len(admitted) < count + len(seeds):
        for key in waiting:
            links = [(place, target) for place, target in web.links[key] if target not in admitted]
            candidates.add(_endorsements(web, key, links, relevances))
            found += [target for _, target in links if target not in found]
        if in_order:
            waiting = [key for key in found if key not in admitted][:WIDTH]
        else:
            waiting = [one.site_key for one in candidates.take(WIDTH, budget, lambda _: True)]
        admitted += waiting
    return admitted[len(seeds) : len(seeds) + count]


def _endorsements(
    web: Web, key: str, links: Sequence[tuple[int | None, str]], relevances: Relevances | None
) -> list[Endorsement]:
    posts = relevances(web.sites[key]) if relevances else None
    known = None if posts is None else Relevance(site_relevance(posts), dict(enumerate(posts)))
    made = []
    for place, target in links:
        context = LinkContext.BLOGROLL if place is None else LinkContext.CONTENT
        weight = weight_of(context, (), relevance_of(place, known))
        made.append(Endorsement(target, f"https://{target}/", target, web.sites[key].blog, 1, key, 1, weight))
    return made


def share(keys: Sequence[str], web: Web, wanted: Collection[str]) -> float:
    """Share of sites that are on topic for any of the niches."""
    return fmean(not web.sites[key].niches.isdisjoint(wanted) for key in keys) if keys else 0.0


def crawl(web: Web, seeds: Sequence[str], briefs: Mapping[str, str], count: int) -> list[str]:
    """The first sites that the real spider admits, from an archive of the web, with the briefs as niches."""
    with tempfile.TemporaryDirectory() as folder:
        archive = write_archive(Path(folder) / "web", {key: _pages(web, site) for key, site in web.sites.items()})
        settings = Settings(data_dir=Path(folder) / "data", concurrent_sites=WIDTH, extraction_workers=1)
        with closing(open_database(settings)) as database, database.transaction() as connection:
            room = workspaces.ensure(connection, workspaces.DEFAULT, now=utc_now())
            for name, brief in briefs.items():
                niches.create(connection, room.workspace_id, {"name": name, "brief": brief}, now=utc_now())
        homes = [f"https://{key}/" for key in seeds]
        run_crawl(settings, homes, archives=[archive], depth=9, max_sites=count + len(seeds))
        with closing(open_database(settings)) as database, database.read() as connection:
            rows = connection.execute(
                sql("SELECT key FROM crawl_site JOIN site ON site.id = site_id ORDER BY crawl_site.id")
            )
            return [row[0] for row in rows][len(seeds) :]


def _pages(web: Web, site: Site) -> dict[str, str | Document]:
    """A small blog with the posts and links of a site."""
    links = web.links[site.key]
    items = "".join(f'<li><a href="/{n}/">{escape(post[0])}</a></li>' for n, post in enumerate(site.posts))
    roll = "".join(f'<li><a href="https://{key}/">{key}</a></li>' for place, key in links if place is None)
    aside = f'<aside><h2>Blogroll</h2><ul class="blogroll">{roll}</ul></aside>'
    pages: dict[str, str | Document] = {"/": page(site.key, f"<h1>{site.key}</h1><ul>{items}</ul>{aside}")}
    for number, (title, body, _) in enumerate(site.posts):
        found = "".join(f'<p>See <a href="https://{key}/">{key}</a>.</p>' for place, key in links if place == number)
        pages[f"/{number}/"] = page(
            title,
            f'<article><h1>{escape(title)}</h1><time datetime="2026-05-{number + 1:02}">May {number + 1}, 2026</time>'
            f"<p>{escape(body[:4000])}</p>{found}</article>",
            f'<meta property="article:published_time" content="2026-05-{number + 1:02}T08:00:00+00:00">',
        )
    return pages


def judge_quality(parts: Sequence[Site], queries: Sequence[Mapping[str, str]], scores: NDArray[np.float64]) -> str:
    """Area under the curve and R-precision of posts' scores, shape (briefs, posts), against their blogs' labels."""
    areas, precisions = [], []
    for row, query in zip(scores, queries, strict=True):
        good = np.array([query["id"] in site.niches for site in parts for _ in site.posts])
        if good.any():
            ranks, count = rankdata(row), int(good.sum())
            areas.append((ranks[good].sum() - count * (count + 1) / 2) / (count * (len(good) - count)))
            precisions.append(good[np.argsort(-row, kind="stable")[:count]].mean())
    return f"area under the curve {np.mean(areas):.3f}, R-precision {np.mean(precisions):.3f}"


def model_scores(posts: Sequence[tuple[str, str, str | None]], briefs: Sequence[str]) -> NDArray[np.float64]:
    """Cosines of the embedding model, shape (briefs, posts)."""
    from ranking.encoder import BUNDLED_MODEL, Encoder  # noqa: PLC0415 - heavy
    from ranking.passages import passage_text  # noqa: PLC0415

    encoder = Encoder.load(BUNDLED_MODEL)
    rows = encoder.encode([passage_text(title, body) for title, body, _ in posts])
    return np.array([encoder.encode_brief(brief) for brief in briefs], np.float64) @ rows.T.astype(np.float64)


def main() -> None:
    """Measure the judge, then the strategies."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="data directory into which the corpus was imported")
    parser.add_argument("--niches", type=int, default=4, help="niches in the database at a time")
    parser.add_argument("--rounds", type=int, default=20, help="draws of niches and links")
    parser.add_argument("--same-topic", type=float, nargs="+", default=[0.3, 0.5, 0.7])
    parser.add_argument("--first", type=int, nargs="+", default=[25, 50, 100])
    parser.add_argument("--model", action="store_true", help="measure the embedding model as a judge as well")
    parser.add_argument("--spider", type=int, default=0, help="so many of the draws are crawled by the real spider too")
    asked = parser.parse_args()
    queries = json.loads((CORPUS / "queries.json").read_text("utf-8"))["queries"]
    with closing(Database(Settings(data_dir=asked.data).sqlalchemy_url)) as database:
        parts = read_sites(database, {query["id"]: query["relevant"] for query in queries})
        print(farms_among(database))
    words = judged(parts, [query["query"] for query in queries])
    flat = [post for site in parts for post in site.posts]
    print(f"{len(parts)} sites, {len(flat)} posts, {len(queries)} briefs")
    table = np.array([words[site.key][:, place] for site in parts for place in range(len(site.posts))]).T
    print(f"judge by words: {judge_quality(parts, queries, table)}")
    if asked.model:
        started = time.perf_counter()
        scores = model_scores(flat, [query["query"] for query in queries])
        print(f"judge by the model: {judge_quality(parts, queries, scores)}, {time.perf_counter() - started:.0f} s")
    for same_topic in asked.same_topic:
        compare(parts, queries, words, same_topic, asked)


def judged(parts: Sequence[Site], briefs: Sequence[str]) -> dict[str, NDArray[np.float64]]:
    """The judge's relevances by site, shape (briefs, posts)."""
    judge, started = WordJudge(briefs), time.perf_counter()
    rows = {site.key: np.array([judge.relevances(post[0], post[1]) for post in site.posts]).T for site in parts}
    posts = sum(len(site.posts) for site in parts)
    milliseconds = (time.perf_counter() - started) / posts * 1e3
    print(f"judged {posts} posts against {len(briefs)} briefs: {milliseconds:.2f} ms a post")
    return rows


@dataclass(frozen=True)
class Draw:
    """Some niches that are looked for, a web, and the seeds of a crawl."""

    web: Web
    wanted: dict[str, str]
    """Niches with their briefs."""
    places: tuple[int, ...]
    seeds: tuple[str, ...]


def draw(
    parts: Sequence[Site], queries: Sequence[Mapping[str, str]], same_topic: float, number: int, size: int
) -> Draw:
    """One draw of ``size`` niches and of links."""
    chance = chance_of(number)
    places = tuple(chance.sample(range(len(queries)), size))
    wanted = {queries[place]["id"]: queries[place]["query"] for place in places}
    on_topic = [site.key for site in parts if not site.niches.isdisjoint(wanted)]
    return Draw(draw_web(parts, same_topic, number), wanted, places, tuple(chance.sample(on_topic, 3)))


def orders(made: Draw, words: Mapping[str, NDArray[np.float64]], count: int) -> dict[str, list[str]]:
    """The sites that each strategy admits first."""

    def by_words(site: Site) -> list[float]:
        return [float(best) for best in words[site.key][list(made.places)].max(axis=0)]

    def by_labels(site: Site) -> list[float]:
        return [float(not site.niches.isdisjoint(made.wanted))] * len(site.posts)

    return {
        "breadth first": simulate(made.web, made.seeds, None, in_order=True, count=count),
        "linkers only": simulate(made.web, made.seeds, None, in_order=False, count=count),
        "best first": simulate(made.web, made.seeds, by_words, in_order=False, count=count),
        "best first, perfect judge": simulate(made.web, made.seeds, by_labels, in_order=False, count=count),
    }


def compare(
    parts: Sequence[Site],
    queries: Sequence[Mapping[str, str]],
    words: Mapping[str, NDArray[np.float64]],
    same_topic: float,
    asked: argparse.Namespace,
) -> None:
    """Print the shares of all strategies at one homophily."""
    shares: defaultdict[str, list[list[float]]] = defaultdict(list)
    for number in range(asked.rounds):
        made = draw(parts, queries, same_topic, number, asked.niches)
        found = orders(made, words, max(asked.first)) | {"(all sites)": list(made.web.sites)}
        if number < asked.spider:
            found["real spider, no niches"] = crawl(made.web, made.seeds, {}, max(asked.first))
            found["real spider, niches"] = crawl(made.web, made.seeds, made.wanted, max(asked.first))
        for name, keys in found.items():
            shares[name].append([share(keys[:first], made.web, made.wanted) for first in asked.first])
    shares["(all sites)"] = [[row[-1]] for row in shares["(all sites)"]]
    print(f"\n{same_topic:.0%} of links to kin; on topic among the first {asked.first} that are admitted:")
    for name, rows in shares.items():
        means = "  ".join(f"{fmean(column):6.1%}" for column in zip(*rows, strict=True))
        print(f"  {name:26} {means}   ({len(rows)} draws)")


if __name__ == "__main__":
    main()
