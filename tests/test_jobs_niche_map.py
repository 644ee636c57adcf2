"""The map of a niche: who is on it, where, in which community, and how fast."""

import time
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from bloghound.jobs.niche_map import layout, niche_map, telling_words
from graph.matrix import link_matrix
from ranking.engine import RankingEngine
from tests.conftest import MEASURED
from tests.ranking_bloggers import COFFEE, CYCLING, POTTERY, blogger, engine, graph_of

BRIEF = "Specialty coffee at home: espresso machines, grinders and extraction"
NAMES = ("arabica", "barista", "crema", "doppio")


@pytest.fixture(scope="module")
def ranker(tmp_path_factory: pytest.TempPathFactory) -> RankingEngine:
    given = [blogger(name, COFFEE, number) for number, name in enumerate(NAMES, 1)]
    given += [blogger("cycling", CYCLING, 8), blogger("pottery", POTTERY, 9)]
    pairs = [("arabica", "barista"), ("barista", "arabica"), ("crema", "doppio"), ("cycling", "arabica")]
    return engine(tmp_path_factory.mktemp("index"), given, graph=graph_of(given, pairs))


def test_the_map_holds_the_niche_and_the_links_within_it(ranker: RankingEngine) -> None:
    found = niche_map(ranker, BRIEF)
    assert {node.id for node in found.nodes} == {f"blg_{name}" for name in NAMES}
    assert {(edge.source, edge.target) for edge in found.edges} == {
        ("blg_arabica", "blg_barista"),
        ("blg_barista", "blg_arabica"),
        ("blg_crema", "blg_doppio"),
    }
    assert all(0 <= place <= 1 for node in found.nodes for place in (node.x, node.y, node.reach, node.relevance))


def test_who_links_among_themselves_is_one_community(ranker: RankingEngine) -> None:
    found = niche_map(ranker, BRIEF)
    groups = {node.id: node.community for node in found.nodes}
    assert groups["blg_arabica"] == groups["blg_barista"] != groups["blg_crema"] == groups["blg_doppio"]
    assert [(one.number, one.size) for one in found.communities] == [(0, 2), (1, 2)]


def test_the_same_brief_gives_the_same_map(ranker: RankingEngine) -> None:
    assert niche_map(ranker, BRIEF) == niche_map(ranker, BRIEF)


def test_the_most_relevant_are_shown_and_the_hidden_are_not(ranker: RankingEngine) -> None:
    found = niche_map(ranker, BRIEF, limit=2, hidden={"blg_arabica"})
    assert (len(found.nodes), found.on_topic) == (2, 3)
    assert "blg_arabica" not in {node.id for node in found.nodes}


def test_a_niche_without_bloggers_is_an_empty_map(ranker: RankingEngine) -> None:
    found = niche_map(ranker, "quantum chromodynamics lattice")
    assert (found.nodes, found.edges, found.communities) == ((), (), ())


def test_telling_words_are_common_inside_and_rare_elsewhere() -> None:
    inside = [frozenset({"filter", "coffee", "once"}), frozenset({"filter", "coffee"})]
    everywhere = Counter({"filter": 2, "coffee": 9, "once": 1})
    assert telling_words(inside, everywhere, 10)[0] == "filter"
    assert "once" not in telling_words(inside, everywhere, 10)


def test_words_that_most_bloggers_write_tell_nothing(tmp_path: Path) -> None:
    title = "How you grind"
    given = [blogger(name, COFFEE, number, title=title) for number, name in enumerate(("arabica", "crema"), 1)]
    given += [blogger(f"rider{number}", CYCLING, number, title="How you ride") for number in (3, 4, 5)]
    found = niche_map(engine(tmp_path, given, graph=graph_of(given, [("arabica", "crema")])), BRIEF)
    assert [one.words for one in found.communities] == [("grind",)]


def test_120_bloggers_are_laid_out_within_a_second() -> None:
    chance = np.random.default_rng(1)
    matrix = link_matrix(chance.integers(0, 120, 900), chance.integers(0, 120, 900), 120)
    started = time.perf_counter()
    places = layout(matrix)
    seconds = time.perf_counter() - started
    MEASURED.append(f"layout of 120 bloggers: {seconds * 1000:.0f} ms")
    assert len(set(places)) == 120
    assert seconds < 1
