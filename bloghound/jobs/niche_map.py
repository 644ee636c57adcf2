"""A niche as a map: its bloggers, the links between them, their communities, and where each stands on the page."""

import math
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice

import networkx as nx
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from graph.centrality import niche_reach
from graph.communities import communities
from ranking.engine import RankingEngine
from ranking.index.generation import Generation
from ranking.index.text import BloggersText
from ranking.reach import reach_of
from ranking.score import gate
from ranking.terms import content_words, terms_of

ON_TOPIC_GATE = 0.5
"""Half open: relevance at :data:`ranking.score.GATE_MIDDLE`, below which 19 of 20 not relevant bloggers stay."""

MAX_NODES = 120
"""What can be told apart on one page, and laid out in a fraction of a second."""

TITLES_PER_BLOGGER = 20
WORDS_PER_COMMUNITY = 6
COMMON_SHARE = 0.5
"""A word that more than half of all bloggers write is grammar, not a theme; stop lists miss "how", "you", "five"."""

_LAYOUT_SEED = 7
"""Any number: the same graph gives the same picture."""


@dataclass(frozen=True, slots=True)
class MapNode:
    """A blogger on the map: ``x`` and ``y`` from 0 to 1, reach in the niche and relevance likewise."""

    id: str
    name: str
    home_url: str
    x: float
    y: float
    reach: float
    relevance: float
    community: int


@dataclass(frozen=True, slots=True)
class MapEdge:
    """A link between two bloggers of the map."""

    source: str
    target: str


@dataclass(frozen=True, slots=True)
class Community:
    """Bloggers that link among themselves, and the words that tell their titles from the others' titles."""

    number: int
    size: int
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NicheMap:
    """The map of a brief; ``on_topic`` counts the bloggers of the niche, of whom the map shows the most relevant."""

    generation: str
    on_topic: int
    nodes: tuple[MapNode, ...]
    edges: tuple[MapEdge, ...]
    communities: tuple[Community, ...]


def on_topic(engine: RankingEngine, brief: str) -> dict[int, float]:
    """Relevance by row of the bloggers who write about the brief, most relevant first; raises BriefError."""
    found = engine.relevance(engine.read(brief))
    pairs = zip(found.bloggers.tolist(), found.value.tolist(), strict=True)
    return dict(sorted(((row, value) for row, value in pairs if gate(value) >= ON_TOPIC_GATE), key=_best_first))


def _best_first(pair: tuple[int, float]) -> tuple[float, int]:
    return -pair[1], pair[0]


def niche_map(
    engine: RankingEngine, brief: str, limit: int = MAX_NODES, hidden: Collection[str] = frozenset()
) -> NicheMap:
    """The ``limit`` most relevant bloggers of a niche as a map, without those whose public ids are ``hidden``.

    Raises BriefError for a brief that cannot be used.
    """
    generation = engine.generation
    names = generation.table.entries.facts.public_id
    topical = {row: value for row, value in on_topic(engine, brief).items() if names[row] not in hidden}
    rows = sorted(islice(topical, limit))
    chosen = np.array(rows, np.int64)
    matrix = csr_array(generation.columns.matrix[chosen][:, chosen])
    groups = communities(matrix) if rows else np.zeros(0, np.int64)
    places, reach = layout(matrix), _reach(generation, topical)
    nodes = tuple(
        MapNode(
            id=generation.bloggers[row].public_id,
            name=generation.bloggers[row].name,
            home_url=generation.bloggers[row].home_url,
            x=places[index][0],
            y=places[index][1],
            reach=float(reach[row]),
            relevance=topical[row],
            community=int(groups[index]),
        )
        for index, row in enumerate(rows)
    )
    sources, targets = matrix.nonzero()
    edges = tuple(MapEdge(nodes[one].id, nodes[other].id) for one, other in zip(sources, targets, strict=True))
    return NicheMap(generation.public_id, len(topical), nodes, edges, _described(generation, rows, groups))


def _reach(generation: Generation, topical: dict[int, float]) -> NDArray[np.float64]:
    weights = np.zeros(len(generation.bloggers))
    for row, value in topical.items():
        weights[row] = gate(value)
    return reach_of(generation.columns.matrix, generation.columns.reach, weights, niche_reach).niche


def layout(matrix: csr_array) -> list[tuple[float, float]]:
    """A place for each node, both coordinates from 0 to 1; the same links give the same places.

    Fruchterman & Reingold 1991 as networkx has it, which draws linked nodes together.
    """
    if not matrix.shape[0]:
        return []
    places = nx.spring_layout(nx.from_scipy_sparse_array(matrix + matrix.T), seed=_LAYOUT_SEED)
    points = np.array([places[node] for node in range(matrix.shape[0])], np.float64)
    low, span = points.min(axis=0), np.ptp(points, axis=0)
    scaled = np.divide(points - low, span, out=np.full_like(points, 0.5), where=span > 0)
    return [(round(float(x), 4), round(float(y), 4)) for x, y in scaled]


def _described(generation: Generation, rows: Sequence[int], groups: NDArray[np.int64]) -> tuple[Community, ...]:
    common = _commonness(generation)
    words = [_title_words(generation, row, common) for row in rows]
    members = {int(number): [words[at] for at in np.flatnonzero(groups == number)] for number in np.unique(groups)}
    everywhere = Counter(word for one in words for word in one)
    return tuple(
        Community(number, len(inside), telling_words(inside, everywhere, len(words)))
        for number, inside in members.items()
    )


def telling_words(inside: Sequence[frozenset[str]], everywhere: Counter[str], bloggers: int) -> tuple[str, ...]:
    """The words that most bloggers inside use and few others do.

    A word counts the share of bloggers inside who use it times the logarithm of how much larger that is than the share
    of all ``bloggers`` (a term of the Kullback-Leibler divergence); a word of one blogger alone tells nothing, unless
    the community is that blogger.
    """
    counts = Counter(word for words in inside for word in words)
    least = min(2, len(inside))
    weighed = [
        (-share * math.log(share / (everywhere[word] / bloggers) + 1), word)
        for word, number in counts.items()
        if number >= least
        for share in [number / len(inside)]
    ]
    return tuple(word for _, word in sorted(weighed)[:WORDS_PER_COMMUNITY])


def _commonness(generation: Generation) -> Callable[[str], bool]:
    """Whether more than :data:`COMMON_SHARE` of all bloggers write a term in their posts."""
    text, most = BloggersText.of(generation), COMMON_SHARE * len(generation.bloggers)
    return cache(lambda term: text.holders(term) > most)


def _title_words(generation: Generation, blogger: int, common: Callable[[str], bool]) -> frozenset[str]:
    posts = generation.rows_of(blogger)[-TITLES_PER_BLOGGER:]
    documents = [generation.document(post) for post in posts]
    return frozenset(
        word
        for document in documents
        for word in content_words(document.title, document.language)
        if len(word) > 2 and not word.isdecimal() and not any(map(common, terms_of(word, document.language)))
    )
