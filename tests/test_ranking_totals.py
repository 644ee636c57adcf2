"""How many fit a brief is counted over everybody, not over the few that are scored exactly."""

from collections.abc import Iterator

import pytest

from graph.centrality import niche_reach
from ranking import matching
from ranking.engine import RankingEngine
from ranking.filters import Filters
from ranking.niche import NicheTerms
from ranking.score import Weights
from tests.ranking_bloggers import COFFEE, CYCLING, POTTERY, blogger, build, encoder

BRIEF = "Specialty coffee at home: espresso machines, grinders and extraction"
ON_COFFEE, ON_OTHERS = 24, 12


@pytest.fixture(scope="module")
def ranker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RankingEngine]:
    """Two dozen on coffee, some of them now and then on cycling, and a dozen on other things; few are scored exactly.
    Every third is on another platform."""
    texts = [COFFEE + CYCLING[: one % 3] for one in range(ON_COFFEE)] + [CYCLING, POTTERY] * (ON_OTHERS // 2)
    given = [
        blogger(f"blog{one:02}", several, site={"platform": "wordpress" if one % 3 else "ghost"})
        for one, several in enumerate(texts)
    ]
    generation = build(tmp_path_factory.mktemp("totals"), given)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(matching, "NICHE_PER_SOURCE", 12)
        yield RankingEngine(generation, encoder(), niche_reach, most_candidates=6)


def test_everybody_in_the_niche_counts(ranker: RankingEngine) -> None:
    found = ranker.rank(BRIEF)
    assert found.ranked < ON_COFFEE
    assert found.total == sum(found.facets["platforms"].values()) == ON_COFFEE


def test_a_filter_counts_its_share_of_them(ranker: RankingEngine) -> None:
    whole = ranker.rank(BRIEF)
    parts = [ranker.rank(BRIEF, filters=Filters(platforms=(one,))) for one in ("ghost", "wordpress")]
    assert [part.total for part in parts] == [ON_COFFEE // 3, ON_COFFEE - ON_COFFEE // 3]
    assert [part.facets["platforms"] for part in parts] == [{"ghost": 8}, {"wordpress": 16}]
    assert whole.facets["platforms"] == {"wordpress": 16, "ghost": 8}


@pytest.mark.parametrize("weights", [Weights(1, 0, 0), Weights(0, 1, 0), Weights(0, 0, 1)])
def test_weights_change_no_count(ranker: RankingEngine, weights: Weights) -> None:
    assert ranker.rank(BRIEF, weights=weights, limit=1, offset=3).total == ON_COFFEE


def test_who_is_hidden_or_excluded_does_not_count(ranker: RankingEngine) -> None:
    assert ranker.rank(BRIEF, hidden={"blg_blog00", "blg_blog30"}).total == ON_COFFEE - 1
    assert ranker.rank(BRIEF, niche=NicheTerms(exclude_sites=("blog01.test",))).total == ON_COFFEE - 1
    left = ranker.rank(BRIEF, niche=NicheTerms(exclude_terms=("extraction",)))
    assert left.total == ON_COFFEE - len(ranker.rank(BRIEF).results) + len(left.results)


def test_a_niche_that_nobody_is_in_counts_nobody(ranker: RankingEngine) -> None:
    assert ranker.rank("quantum chromodynamics on a lattice").total == 0
