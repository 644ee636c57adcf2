"""The two stages, over generations whose posts lie in one segment or in several."""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from bloghound.records import RankableBlogger
from graph.centrality import niche_reach
from ranking import matching, scoring
from ranking.brief import Brief
from ranking.cosines import ROWS_AT_A_TIME, cosines, post_cosines
from ranking.engine import RankingEngine
from ranking.filters import Filters
from ranking.index.post_list import PostRows
from ranking.matching import Library, Matcher, highest
from ranking.relevance import BEST_POSTS, BEST_SHARE, mean_of_best
from ranking.score import Weights
from ranking.scoring import Scorer
from tests.ranking_bloggers import COFFEE, CYCLING, POTTERY, blogger, build, encoder, engine, three_bloggers

BRIEF = "Specialty coffee at home: espresso machines, grinders and extraction"
DUTCH = "Mijn espresso en mijn grinder, elke dag coffee."


def many_bloggers(count: int = 12) -> list[RankableBlogger]:
    """Bloggers with different shares of posts on each theme, and with different numbers of readers."""
    texts = (*COFFEE, *CYCLING, *POTTERY)
    return [
        blogger(
            f"blog{number:02}",
            [f"{texts[(number + step * (1 + number % 3)) % len(texts)]} {number}" for step in range(1 + number % 5)],
            number + 1,
            comments=number % 4,
        )
        for number in range(count)
    ]


@pytest.fixture(scope="module")
def ranker(tmp_path_factory: pytest.TempPathFactory) -> RankingEngine:
    return engine(tmp_path_factory.mktemp("index"), many_bloggers())


def matcher_of(ranker: RankingEngine, brief: str = BRIEF) -> Matcher:
    return Matcher(Library(ranker.generation, ranker.encoder.background), ranker.read(brief))


@pytest.mark.parametrize("brief", [BRIEF, "kiln and clay", DUTCH])
def test_nobodys_figures_depend_on_who_else_is_looked_at(ranker: RankingEngine, brief: str) -> None:
    matcher, everybody = matcher_of(ranker, brief), np.arange(12)
    whole = matcher.match(everybody)
    for chosen in (everybody[:1], everybody[::-1], np.array([7, 2, 3])):
        some = matcher.match(chosen)
        assert some.relevance.evidence.tobytes() == whole.relevance.evidence[chosen].tobytes()
        assert some.relevance.value.tobytes() == whole.relevance.value[chosen].tobytes()
        for place, one in enumerate(chosen.tolist()):
            assert some.posts_of(place).cosines.tobytes() == whole.posts_of(one).cosines.tobytes()
            assert some.posts_of(place).matches.tobytes() == whole.posts_of(one).matches.tobytes()


def test_matches_of_some_and_matches_joined_are_the_same_as_of_all(ranker: RankingEngine) -> None:
    matcher = matcher_of(ranker)
    whole = matcher.match(np.arange(12))
    joined = matcher.match(np.arange(5, 12)).joined(matcher.match(np.arange(5))).of(np.roll(np.arange(12), 5))
    assert joined.relevance.evidence.tobytes() == whole.relevance.evidence.tobytes()
    assert joined.offsets.tolist() == whole.offsets.tolist()
    assert joined.posts.cosines.tobytes() == whole.posts.cosines.tobytes()
    assert joined.posts.matches.tobytes() == whole.posts.matches.tobytes()


def test_evidence_is_what_plain_arithmetic_gives(ranker: RankingEngine) -> None:
    generation, brief, background = ranker.generation, ranker.read(BRIEF), encoder().background
    found = matcher_of(ranker).match(np.arange(12)).relevance
    assert brief.vector is not None
    for number in range(12):
        rows = [generation.segments[post.segment].post_vectors[post.row] for post in generation.rows_of(number)]
        close = sorted((float(np.float32(row) @ brief.vector) for row in rows), reverse=True)
        counted = min(max(BEST_POSTS, round(BEST_SHARE * len(close))), len(close))
        best, whole = sum(close[:counted]) / counted, float(generation.blogger_vectors[number] @ brief.vector)
        expected = [(cosine - background) / (1 - background) for cosine in (whole, best)]
        assert found.evidence[number, :2] == pytest.approx(expected, abs=1e-6)


def test_candidates_are_the_best_of_those_that_pass(ranker: RankingEngine) -> None:
    few = RankingEngine(ranker.generation, encoder(), niche_reach, most_candidates=3)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(matching, "NICHE_PER_SOURCE", 3)
        scorer = Scorer(Library(few.generation, encoder().background), niche_reach, 3)
        niche = scorer.niche(few.read(BRIEF))
        allowed = ~np.isin(np.arange(12), niche.members.relevance.bloggers)
        chosen = scorer.candidates(niche, Weights(), allowed)
        best = scorer.scored(niche, np.flatnonzero(allowed), Weights())
    assert len(chosen) == 3
    assert set(chosen.tolist()) == set(np.flatnonzero(allowed)[np.argsort(-best.scores.total)[:3]].tolist())


def test_a_narrow_filter_finds_whoever_passes_however_far_down(tmp_path: Path) -> None:
    given = [*many_bloggers(), blogger("verre", ("Over fietsen en wielen.",), 60, language="nl")]
    few = RankingEngine(build(tmp_path, given), encoder(), niche_reach, most_candidates=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(matching, "NICHE_PER_SOURCE", 1)
        found = few.rank(BRIEF, filters=Filters(languages=("nl",)))
        everybody = few.rank(BRIEF)
    assert [one.blogger.public_id for one in found.results] == ["blg_verre"]
    assert 1 <= len(everybody.results) <= 4


def test_scoring_everybody_gives_the_same_first_ones(ranker: RankingEngine) -> None:
    all_of_them = RankingEngine(ranker.generation, encoder(), niche_reach, most_candidates=12)
    few = RankingEngine(ranker.generation, encoder(), niche_reach, most_candidates=5)
    assert few.candidates(BRIEF)[:5] == all_of_them.candidates(BRIEF)[:5]
    assert len(all_of_them.candidates(BRIEF)) == 12


def test_candidates_come_in_the_order_of_the_ranking(ranker: RankingEngine) -> None:
    listed = [ranker.generation.bloggers[one.blogger].public_id for one in ranker.candidates(BRIEF)]
    ranked = ranker.rank(BRIEF).results
    assert listed == [one.blogger.public_id for one in ranked]
    assert [one.score for one in ranker.candidates(BRIEF)] == [one.score.total for one in ranked]
    assert ranked[0].blogger.public_id not in {
        ranker.generation.bloggers[one.blogger].public_id
        for one in ranker.candidates(BRIEF, hidden={ranked[0].blogger.public_id})
    }


def test_a_brief_that_nobody_matches_is_estimated_too(tmp_path: Path) -> None:
    nobody = engine(tmp_path, [blogger("coffee", COFFEE, 1), blogger("cycling", CYCLING, 2)])
    matcher = matcher_of(nobody, "zzzzzz")
    assert matcher.estimated(np.arange(2), matcher.match(matcher.niche())).shape == (2,)


def test_nobody_at_all(tmp_path: Path) -> None:
    matcher = matcher_of(engine(tmp_path, []))
    assert matcher.niche().tolist() == []
    assert matcher.match(matcher.niche()).relevance.evidence.shape == (0, 4)


def test_the_highest_of_equal_ones_are_the_first() -> None:
    assert sorted(highest(np.array([1.0, 2.0, 1.0, 2.0, 0.0]), 3).tolist()) == [0, 1, 3]
    assert highest(np.array([1.0, 2.0]), 3).tolist() == [0, 1]


@pytest.mark.parametrize("levels", [3, 50, 10_000])
@pytest.mark.parametrize(("size", "count"), [(6000, 1), (6000, 20), (500, 40), (5003, 300)])
def test_the_highest_are_those_of_sorting_all(size: int, count: int, levels: int) -> None:
    figures = np.random.default_rng(size + count + levels).integers(levels, size=size).astype(np.float64)
    expected = np.argsort(-figures, kind="stable")[:count]
    assert sorted(highest(figures, count).tolist()) == sorted(expected.tolist())


@pytest.mark.parametrize("weights", [Weights(), Weights(0, 1, 0), Weights(0.1, 0.2, 0.7), Weights(1, 0, 0)])
def test_those_who_cannot_be_among_the_best_change_nothing_by_being_left_out(
    ranker: RankingEngine, weights: Weights, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(matching, "NICHE_PER_SOURCE", 2)
    for most in (1, 2, 4):
        scorer = Scorer(Library(ranker.generation, encoder().background), niche_reach, most)
        niche = scorer.niche(ranker.read(BRIEF))
        found = scorer.candidates(niche, weights).tolist()
        with monkeypatch.context() as patch:
            patch.setattr(scoring, "PROBED", 12)  # everybody is estimated
            assert scorer.candidates(niche, weights).tolist() == found


def reference_mean(figures: Sequence[float]) -> float:
    known = sorted((one for one in figures if not np.isnan(one)), reverse=True)
    count = min(max(BEST_POSTS, round(BEST_SHARE * len(known))), len(known))
    return sum(known[:count]) / count if known else float("nan")


def test_means_of_the_best_posts() -> None:
    chance = np.random.default_rng(3)
    sizes = [0, 1, 2, 3, 19, 24, 25, 26, 150, 60, 61, 0]
    figures = chance.standard_normal(sum(sizes))
    figures[chance.random(len(figures)) < 0.2] = np.nan
    offsets = np.cumsum([0, *sizes])
    expected = [reference_mean(figures[start:end].tolist()) for start, end in pairwise(offsets.tolist())]
    assert mean_of_best(figures, offsets) == pytest.approx(expected, nan_ok=True)


class Halves:
    """A segment as far as cosines need it."""

    def __init__(self, rows: NDArray[np.float16]) -> None:
        self.post_vectors = rows


def test_cosines_of_posts_in_several_segments_are_the_same_in_any_company() -> None:
    chance = np.random.default_rng(5)
    parts = [chance.standard_normal((size, 96)).astype(np.float16) for size in (ROWS_AT_A_TIME + 7, 40)]
    parts[1][3] = 0
    vector = chance.standard_normal(96).astype(np.float32)
    segments = np.concatenate([np.zeros(len(parts[0]), np.uint16), np.ones(40, np.uint16)])
    rows = np.concatenate([np.arange(len(parts[0])), np.arange(40)]).astype(np.uint32)
    order = chance.permutation(len(rows))
    listed = PostRows(np.array([0, len(rows)]), segments[order], rows[order])
    found = post_cosines([Halves(part) for part in parts], listed, vector)
    alone = np.concatenate([cosines(part.astype(np.float32), vector) for part in parts])[order]
    blank = (segments[order] == 1) & (rows[order] == 3)
    assert np.isnan(found).tolist() == blank.tolist()
    assert found[~blank].tobytes() == alone[~blank].tobytes()


def test_without_words_and_without_a_vector_nothing_is_found(ranker: RankingEngine) -> None:
    matcher = Matcher(Library(ranker.generation, 0.0), Brief.without_text())
    found = matcher.match(np.arange(12)).relevance
    assert found.value.tolist() == [0.0] * 12


def test_three_bloggers_in_pieces_rank_like_in_one(tmp_path: Path) -> None:
    whole, pieces = tmp_path / "whole", tmp_path / "pieces"
    given = three_bloggers()
    one = engine(whole, given)
    for count in (1, 2, 3):
        grown = engine(pieces, given[:count])
    assert len(grown.generation.segments) > len(one.generation.segments)
    shown = [ranker.rank(BRIEF).as_dict()["results"] for ranker in (one, grown)]
    assert shown[0] == shown[1]


def test_a_brief_is_read_once_and_its_niche_found_once(tmp_path: Path) -> None:
    ranker = engine(tmp_path, three_bloggers())
    assert ranker.read(BRIEF) is ranker.read(BRIEF)
    first = ranker.rank(BRIEF, filters=Filters(languages=("en",)))
    kept = ranker.rank(BRIEF)
    assert [one.score for one in first.results] == [one.score for one in kept.results]
    assert RankingEngine(ranker.generation, encoder(), niche_reach).rank(BRIEF).as_dict() == kept.as_dict()
