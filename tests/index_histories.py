"""Made-up histories of a small store, to index step by step and all at once: the two must say the same."""

import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import timedelta
from pathlib import Path

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from bloghound.records import (
    Disclosure,
    PostText,
    RankableBlogger,
    RankablePost,
    RankableSite,
)
from graph.centrality import niche_reach
from ranking.engagement import EngagementTable
from ranking.engine import RankingEngine
from ranking.index import Generation, StoredBloggers, build_generation, exclusive, layout
from tests.ranking_bloggers import AS_OF, documents_of, encoder, graph_of, stored, texts_of
from tests.ranking_bloggers import post as post_of

NAMES = ("ant", "bee", "cat", "dog", "elk")
WORDS = "espresso grinder lever bicycle gravel wheel pottery kiln glaze garden soil tomato".split()
BRIEFS = ("espresso at home with a lever and a grinder", "gravel bicycle", "Glasur und kiln")


AGES_DAYS = (30, 31, 365, 3, -2, -7)
"""Of posts at :data:`AS_OF`: old ones, one that is leaving the year, a young one, and two of the future."""


@dataclass(frozen=True)
class Written:
    """A post as the store holds it: which words of :data:`WORDS`, in what language, when, and whether reserved."""

    words: tuple[int, ...]
    language: str = "en"
    day: int = 0
    reserved: bool = False
    owner: int = 0

    @property
    def text(self) -> str:
        """The words, each so often that some posts are long enough to be sketched."""
        return " ".join(WORDS[word] for word in self.words for _ in range(1 + word % 3))


@dataclass
class Store:
    """Posts by number, and links between bloggers."""

    posts: dict[int, Written] = field(default_factory=dict)
    links: set[tuple[int, int]] = field(default_factory=set)
    day: int = 0
    """Days since :data:`AS_OF`."""

    def reserved(self, numbers: Sequence[int]) -> set[int]:
        """Those of the posts whose words must not be kept."""
        return {number for number in numbers if number in self.posts and self.posts[number].reserved}

    def bloggers(self) -> list[RankableBlogger]:
        """Those with posts, in the order of their keys; their ids are in another order."""
        found = []
        for owner, name in enumerate(NAMES):
            posts = tuple(_post(number, one) for number, one in sorted(self.posts.items()) if one.owner == owner)
            if posts:
                key, home = f"{name}.test", f"https://{name}.test/"
                site = RankableSite(owner, f"site_{name}", key, home, name, "blog", "wordpress", "en")
                found.append(RankableBlogger(100 - owner, f"blg_{name}", name, key, home, (site,), posts))
        return found


def _post(number: int, one: Written) -> RankablePost:
    paid = (Disclosure("sponsored", "with thanks to", 0.5),) if one.language == "de" else ()
    return post_of(
        number,
        one.text,
        language=one.language,
        published=AS_OF - timedelta(days=AGES_DAYS[one.day]),
        text_reserved=one.reserved,
        comments=len(one.words),
        disclosures=paid,
    )


writings = st.builds(
    Written,
    words=st.lists(st.integers(0, len(WORDS) - 1), max_size=24).map(tuple),
    language=st.sampled_from(["en", "de", "fi"]),
    day=st.integers(0, len(AGES_DAYS) - 1),
    reserved=st.booleans().filter(lambda wish: not wish) | st.booleans(),
    owner=st.integers(0, len(NAMES) - 1),
)
changes = st.fixed_dictionaries(
    {
        "put": st.dictionaries(st.integers(1, 14), writings, max_size=5),
        "drop": st.sets(st.integers(1, 14), max_size=3),
        "days": st.sampled_from([0, 1, 6, 300]),
        "links": st.sets(st.tuples(st.integers(0, 4), st.integers(0, 4)).filter(lambda ends: ends[0] != ends[1])),
    }
)
histories = st.lists(changes, min_size=2, max_size=7)


def vectors(hashes: Sequence[str]) -> Mapping[str, NDArray[np.float32]]:
    """A unit vector for each content, such as storage would give: made from half floats."""
    found = {}
    for name in hashes:
        row = np.random.default_rng(zlib.crc32(name.encode())).normal(size=encoder().dimensions)
        found[name] = (row / np.linalg.norm(row)).astype(np.float16).astype(np.float32)
    return found


def index(
    folder: Path,
    store: Store,
    *,
    full: bool = False,
    texts: Callable[[Sequence[int]], Iterable[PostText]] | None = None,
    vectors_of: Callable[[Sequence[str]], Mapping[str, NDArray[np.float32]]] = vectors,
    reserved: Callable[[Sequence[int]], set[int]] | None = None,
    bloggers_of: Callable[[list[RankableBlogger]], StoredBloggers] | None = None,
) -> Generation:
    """The next generation of the store."""
    bloggers = store.bloggers()
    known = {int(one.blogger_id): one.name for one in bloggers}
    links = [(NAMES[a], NAMES[b]) for a, b in sorted(store.links) if {100 - a, 100 - b} <= set(known)]
    with exclusive(folder) as held:
        return build_generation(
            held,
            stored(bloggers, marked=True) if bloggers_of is None else bloggers_of(bloggers),
            texts or texts_of(bloggers),
            vectors_of,
            graph_of(bloggers, links),
            reserved=reserved or store.reserved,
            encoder_name=encoder().name,
            dimensions=encoder().dimensions,
            model_languages=frozenset({"en", "de"}),
            as_of=AS_OF + timedelta(days=store.day),
            full=full,
        )


def said(generation: Generation) -> dict[str, object]:
    """All that a generation says, but for its number and where things lie."""
    engine = RankingEngine(generation, encoder(), niche_reach)
    rankings = [engine.rank(brief).as_dict() for brief in BRIEFS] if generation.blogger_count else []
    columns = generation.columns
    return {
        "rankings": [{**ranking, "generation": ""} for ranking in rankings],
        "bloggers": generation.bloggers,
        "ids": generation.blogger_ids.tolist(),
        "vectors": np.asarray(generation.blogger_vectors).tobytes(),
        "families": generation.families,
        "documents": [documents_of(generation, blogger) for blogger in range(generation.blogger_count)],
        "links": columns.matrix.toarray().tolist(),
        "engagement": [str(getattr(columns.engagement, one.name).tolist()) for one in fields(EngagementTable)],
        "findings": columns.findings,
        "statistics": statistics(generation),
    }


def statistics(generation: Generation) -> dict[str, object]:
    """What the postings say of posts and bloggers, summed over the segments."""
    texts = [(segment.posts_text, segment.bloggers_text) for segment in generation.segments]
    lengths, counts = np.zeros(generation.blogger_count, np.int64), {}
    terms = sorted({term for word in WORDS for term in (word, word[:-1], word[:-2])} | {"entri", "entry", "espresso"})
    for owners, (_, bloggers) in zip(generation.owners, texts, strict=True):
        np.add.at(lengths, owners[owners >= 0], bloggers.lengths[owners >= 0])
    for term in terms:
        found = np.zeros(generation.blogger_count, np.int64)
        for owners, (_, bloggers) in zip(generation.owners, texts, strict=True):
            posting = bloggers.find(term)
            rows = owners[posting.rows]
            np.add.at(found, rows[rows >= 0], posting.counts[rows >= 0])
        counts[term] = (found.tolist(), sum(posts.find(term).documents for posts, _ in texts))
    return {
        "documents": sum(posts.documents for posts, _ in texts),
        "length": sum(posts.total_length for posts, _ in texts),
        "bloggers_length": sum(bloggers.total_length for _, bloggers in texts),
        "lengths": lengths.tolist(),
        "terms": counts,
    }


def bytes_of(index_dir: Path) -> bytes:
    """All that lies on disk, and every document unpacked, live or not."""
    raw = [path.read_bytes() for path in sorted(index_dir.rglob("*")) if path.is_file()]
    for number in layout.numbers(index_dir):
        folder = layout.folder_of(index_dir, number)
        generation = Generation(folder, layout.read_meta(folder))
        for segment in generation.segments:
            documents = segment.documents(np.arange(segment.posts))
            raw.extend(f"{document.url} {document.title} {document.text}".encode() for document in documents)
    return b"\n".join(raw)
