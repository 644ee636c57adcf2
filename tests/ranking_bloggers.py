"""Small hand-written bloggers, the real model, and generations built from them, for the tests of ranking."""

import hashlib
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bloghound.records import (
    BloggerOutline,
    EngagementKind,
    EngagementReading,
    PostText,
    RankableBlogger,
    RankablePost,
    RankableSite,
    UnknownReason,
)
from graph.centrality import distinct_linkers, niche_reach, pagerank
from graph.matrix import link_matrix
from ranking.encoder import BUNDLED_MODEL, Encoder
from ranking.engine import RankingEngine
from ranking.index import Generation, GraphColumns, StoredBloggers, build_generation, exclusive, no_graph
from ranking.index.segment import Document
from ranking.passages import passage_text

AS_OF = datetime(2026, 3, 1, tzinfo=UTC)
ENGLISH = frozenset({"en"})

COFFEE = (
    (
        "Dialling in espresso took six shots today. The burr grinder leaves coarse boulders, so extraction ran uneven. "
        "Distribution and puck preparation helped more than any new basket."
    ),
    (
        "A lever machine at home makes you slow down. Pre-infusion wets the coffee puck before full pressure arrives. "
        "My espresso tastes of cocoa when the water stays at ninety-two degrees."
    ),
    (
        "Fresh beans need rest after roasting. I weigh every dose of coffee and time each espresso shot. "
        "A cheap grinder upgrade changed extraction more than the machine did."
    ),
)
CYCLING = (
    (
        "Sunday's ride climbed three gravel passes before lunch. My bicycle rattled on the descent and a spoke broke. "
        "We repaired the wheel beside a chapel and pedalled home in rain."
    ),
    (
        "Winter training on the bike starts with slow kilometres. The club rides at dawn and races in spring. "
        "New tyres roll better on wet roads than last year's pair."
    ),
    (
        "The stage race crossed two borders in four days. I cramped on the last climb but finished with the bunch. "
        "Good gears and warm gloves matter more than a light frame."
    ),
)
POTTERY = (
    (
        "The kiln cooled overnight and every bowl had cracked. Clay from the river holds too much sand for thin walls. "
        "Next week I shall glaze the plates in celadon."
    ),
    "Throwing tall cylinders on the wheel needs wet hands and patience. Trim the foot when the clay is leather-hard.",
)


@cache
def encoder() -> Encoder:
    """The bundled model, loaded once for all tests."""
    return Encoder.load(BUNDLED_MODEL)


@dataclass(frozen=True, slots=True)
class WrittenPost(RankablePost):
    """A post's facts together with its words, which storage hands out apart."""

    title: str = ""
    text: str = ""


def words_of(entry: RankablePost) -> PostText:
    """What storage would say that the post says; one that was not written here says nothing."""
    if isinstance(entry, WrittenPost):
        return PostText(entry.post_id, entry.title, entry.text)
    return PostText(entry.post_id, "", "")


def texts_of(bloggers: Iterable[RankableBlogger]) -> Callable[[Sequence[int]], Iterable[PostText]]:
    """The words of the bloggers' posts by post id, in the order asked."""
    written = {entry.post_id: words_of(entry) for one in bloggers for entry in one.posts}
    return lambda post_ids: (written[post_id] for post_id in post_ids)


def post(number: int, text: str, **changes: Any) -> WrittenPost:
    """A post with sensible fields; ``comments`` and ``likes`` become readings (None: unknown)."""
    readings = [
        EngagementReading(kind, count, UnknownReason.NOT_EXPOSED if count is None else None)
        for kind, count in (
            (EngagementKind.COMMENTS, changes.pop("comments", None)),
            (EngagementKind.LIKES, changes.pop("likes", None)),
        )
    ]
    url = changes.pop("url", f"https://posts.test/{number}")
    fields: dict[str, Any] = {
        "title": f"Entry {number}",
        "content_hash": hashlib.sha256(f"{url} {text}".encode("utf-8", "surrogatepass")).hexdigest(),
        "language": "en",
        "published": datetime(2025, 1, 1 + number % 28, tzinfo=UTC),
        "words": len(text.split()),
        "engagement": tuple(readings),
    }
    return WrittenPost(post_id=number, url=url, text=text, **{**fields, **changes})


def blogger(name: str, texts: Sequence[str], number: int | None = None, **changes: Any) -> RankableBlogger:
    """A blogger ``name.test`` with one post per text; ``site`` changes its site, the rest goes to every post.

    Without a ``number`` it has one by its name, so that no two of a test have the same ids.
    """
    number = 1 + 28 * zlib.crc32(name.encode()) if number is None else number
    key, home = f"{name}.test", f"https://{name}.test/"
    site = {"kind": "blog", "platform": "wordpress", "language": "en", **changes.pop("site", {})}
    posts = tuple(post(number * 100 + index, text, url=f"{home}{index}", **changes) for index, text in enumerate(texts))
    sites = (RankableSite(number, f"site_{name}", key, home, name.title(), **site),)
    return RankableBlogger(number, f"blg_{name}", name.title(), key, home, sites, posts)


def three_bloggers() -> list[RankableBlogger]:
    """One on coffee, one on cycling, one on pottery."""
    return [blogger("coffee", COFFEE, 1), blogger("cycling", CYCLING, 2), blogger("pottery", POTTERY, 3)]


def vectors_of(bloggers: Sequence[RankableBlogger]) -> dict[str, NDArray[np.float32]]:
    """What storage would hold: the vector of each passage by content hash."""
    posts = [entry for one in bloggers for entry in one.posts if not entry.text_reserved]
    written = {entry.content_hash: words_of(entry) for entry in posts}
    passages = {name: text for name, words in written.items() if (text := passage_text(words.title, words.text))}
    return dict(zip(passages, encoder().encode(list(passages.values())), strict=True))


def documents_of(generation: Generation, number: int) -> list[Document]:
    """All live posts of a blogger, by post id."""
    return [generation.document(entry) for entry in generation.rows_of(number)]


def graph_of(bloggers: Sequence[RankableBlogger], links: Sequence[tuple[str, str]]) -> GraphColumns:
    """The columns of a graph with these links, by blogger name."""
    keys = [one.site_key for one in bloggers]
    rows = np.array([keys.index(f"{source}.test") for source, _ in links], np.int64)
    columns = np.array([keys.index(f"{target}.test") for _, target in links], np.int64)
    matrix = link_matrix(rows, columns, len(keys))
    return GraphColumns(tuple(keys), pagerank(matrix).astype(np.float32), distinct_linkers(matrix), matrix)


def stored(bloggers: Sequence[RankableBlogger], *, marked: bool = False) -> StoredBloggers:
    """These bloggers as storage gives them; where they are ``marked`` by all that is said of them."""
    by_id = {one.blogger_id: one for one in bloggers}
    marks = {number: zlib.crc32(repr(one).encode()) if marked else None for number, one in by_id.items()}
    outlines = [BloggerOutline(one.blogger_id, one.site_key, len(one.posts), marks[one.blogger_id]) for one in bloggers]
    return StoredBloggers(outlines, lambda chosen: (by_id[one.blogger_id] for one in chosen))


def build(
    index_dir: Path,
    bloggers: Sequence[RankableBlogger],
    *,
    vectors: Mapping[str, NDArray[np.float32]] | None = None,
    graph: GraphColumns | None = None,
    model_languages: frozenset[str] | None = ENGLISH,
    full: bool = False,
    as_of: datetime = AS_OF,
) -> Generation:
    """A generation of these bloggers with the real model's vectors."""
    known = vectors_of(bloggers) if vectors is None else vectors
    with exclusive(index_dir) as held:
        return build_generation(
            held,
            stored(bloggers),
            texts_of(bloggers),
            lambda hashes: {name: known[name] for name in hashes if name in known},
            graph or no_graph(tuple(one.site_key for one in bloggers)),
            reserved={entry.post_id for one in bloggers for entry in one.posts if entry.text_reserved}.intersection,
            encoder_name=encoder().name,
            dimensions=encoder().dimensions,
            model_languages=model_languages,
            as_of=as_of,
            full=full,
        )


def engine(index_dir: Path, bloggers: Sequence[RankableBlogger], **changes: Any) -> RankingEngine:
    """An engine over a new generation of these bloggers."""
    return RankingEngine(build(index_dir, bloggers, **changes), encoder(), niche_reach)
