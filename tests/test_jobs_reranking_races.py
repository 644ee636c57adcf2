"""A niche that is changed while it is ranked keeps the ranking of its newest question; edits push no history out."""

from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bloghound.jobs import niche_changes, reranking
from bloghound.jobs.niche_changes import NicheChanges, ShownRanking
from graph.centrality import niche_reach
from ranking.encoder import Encoder
from ranking.engine import RankingEngine
from ranking.ranking import Ranking
from storage import niche_rankings
from storage.database import open_database
from storage.niches import StoredNiche
from tests.ranking_bloggers import AS_OF
from tests.reranked import BRIEF, Reranked, writer

PURE, HALF, THIRD, RIDER = (
    writer("pure", 1, 6),
    writer("half", 2, 4, 4),
    writer("third", 3, 3, 6),
    writer("rider", 4, 0, 4),
)
ON_WHEELS = "Bicycle rides and wheels"


@pytest.fixture
def world(tmp_path: Path, tables_url: str) -> Reranked:
    return Reranked(tmp_path / "data", tables_url)


@pytest.fixture
def quick(tmp_path: Path) -> Reranked:
    """A world for what does not depend on the database."""
    return Reranked(tmp_path / "data")


class Interrupted(RankingEngine):
    """An engine that is at work when something happens, once."""

    def __init__(self, engine: RankingEngine, happens: Callable[[], object]) -> None:
        super().__init__(engine.generation, engine.encoder, niche_reach)
        self.happens: Callable[[], object] | None = happens

    def rank(self, brief: str, **asked: Any) -> Ranking:
        found = super().rank(brief, **asked)
        happens, self.happens = self.happens, None
        if happens:
            happens()
        return found


def rank(world: Reranked, engine: RankingEngine, *saved: StoredNiche) -> reranking.RerankReport:
    with closing(open_database(world.settings)) as database:
        return reranking.rerank(world.settings, database, engine, saved)


def shown(world: Reranked) -> ShownRanking:
    with closing(open_database(world.settings)) as database, database.read() as connection:
        return niche_changes.ranking_of(connection, world.settings, world.room, world.niche.public_id)


def causes(found: NicheChanges) -> list[str]:
    return [one.text for one in found.causes]


# Which question is kept


def test_a_niche_is_ranked_as_it_is_now_whatever_was_read_before(world: Reranked) -> None:
    world.generation([PURE, RIDER])
    before = world.niche
    world.change(brief=ON_WHEELS)
    assert rank(world, world.engine, before).ranked == 1
    assert (world.order(), shown(world).outdated) == (["rider"], False)
    assert rank(world, world.engine, before).unchanged == 1


def test_a_change_while_the_niche_is_ranked_is_ranked_too(world: Reranked) -> None:
    world.generation([PURE, RIDER])
    world.change(brief=f"{BRIEF} and beans")
    busy = Interrupted(world.engine, lambda: world.change(brief=ON_WHEELS))
    assert rank(world, busy, world.niche).ranked == 1
    assert (world.order(), shown(world).outdated) == (["rider"], False)


def test_an_older_question_is_not_kept(world: Reranked) -> None:
    world.generation([PURE])
    asked_at = world.niche.updated_at
    world.change(brief=ON_WHEELS)
    with closing(open_database(world.settings)) as database, database.transaction() as connection:
        newest = niche_rankings.of_niche(connection, world.niche.public_id)[0]
        again = fresh(newest, asked_at=asked_at, generation=2, as_of=AS_OF + timedelta(days=1))
        kept = niche_rankings.keep(connection, world.niche.public_id, again, [])
    assert kept is niche_rankings.Keeping.OLDER_QUESTION


def fresh(stored: niche_rankings.StoredRanking, **changes: object) -> niche_rankings.NewRanking:
    fields = {name: getattr(stored, name) for name in niche_rankings.NewRanking.__slots__}
    return niche_rankings.NewRanking(**{**fields, **changes})


def test_a_change_ranked_by_an_older_engine_is_told_and_made_good_by_the_newer_one(world: Reranked) -> None:
    world.generation([PURE, RIDER])
    older = world.engine
    world.generation([PURE, RIDER], as_of=AS_OF + timedelta(days=1))
    world.change(brief=ON_WHEELS)
    assert rank(world, older, world.niche).ranked == 0
    assert (world.order(), shown(world).outdated, world.changes().outdated) == (["pure"], True, True)
    assert world.rank().ranked == 1
    assert (world.order(), shown(world).outdated) == (["rider"], False)


def test_another_name_outdates_no_ranking(quick: Reranked) -> None:
    quick.generation([PURE])
    quick.change(name="Our coffee")
    assert not shown(quick).outdated


# History


def test_edits_push_no_generation_out(world: Reranked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(niche_rankings, "KEPT_GENERATIONS", 3)
    for _ in range(3):
        world.generation([PURE])
    for number in range(5):
        world.change(brief=f"{BRIEF} {number}")
        assert world.rank().ranked == 1
    kept = [one.generation for one in world.changes().rankings]
    assert kept == [3, 3, 2, 1]
    assert causes(world.changes()) == ["the niche was changed: brief"]
    assert world.changes("gen_000003").since == world.changes().rankings[1]


def test_who_left_is_still_told_when_the_ranking_between_is_replaced(quick: Reranked) -> None:
    quick.generation([PURE, RIDER, HALF])
    quick.change(exclude_sites=["pure.test"])
    quick.rank()
    quick.change(exclude_sites=["pure.test", "nobody.test"])
    quick.rank()
    with closing(open_database(quick.settings)) as database, database.read() as connection:
        newest = niche_rankings.of_niche(connection, quick.niche.public_id)[0]
        assert niche_rankings.left(connection, [newest.ranking_id])["blg_pure"].outside == "excluded"


def test_failed_edits_leave_one_problem_and_every_ranking(world: Reranked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(niche_rankings, "KEPT_GENERATIONS", 2)
    world.generation([PURE])
    world.generation([PURE])
    for number in range(1, 5):
        world.change(brief="?" * number)
        assert len(world.rank().failed) == 1
    with closing(open_database(world.settings)) as database, database.read() as connection:
        kept = niche_rankings.of_niche(connection, world.niche.public_id)
    assert [(one.generation, bool(one.problem)) for one in kept] == [(2, True), (2, False), (1, False)]
    assert (world.order(), shown(world).outdated) == (["pure"], True)


# How the brief was read


def test_another_prompt_is_the_reason_for_all(world: Reranked) -> None:
    world.generation([PURE, HALF, THIRD])
    world.generation([PURE, HALF, THIRD], encoder=Encoder.load(query_prompt="Bicycle rides, wheels and gardens: "))
    assert causes(world.changes()) == ["how the brief is read changed: what is put before it for the language model"]
    assert {reason.kind for one in world.changes().changes for reason in one.change.because} == {"reading_changed"}


def test_an_example_that_writes_on_other_things_is_the_reason_for_all(tmp_path: Path) -> None:
    world = Reranked(tmp_path / "data", examples_like=["blg_half"])
    world.generation([PURE, HALF, THIRD, RIDER])
    world.generation([PURE, THIRD, RIDER, writer("half", 2, 0, 12)])
    assert causes(world.changes()) == ["how the brief is read changed: the bloggers named as examples write otherwise"]


def test_an_example_that_left_is_the_reason_for_all(tmp_path: Path) -> None:
    world = Reranked(tmp_path / "data", examples_like=["blg_rider"])
    world.generation([PURE, HALF, RIDER])
    world.generation([PURE, HALF])
    left = "1 → 0 of the bloggers named as examples are in the index"
    assert causes(world.changes()) == [f"how the brief is read changed: {left}"]


def test_an_example_that_stays_is_no_reason(tmp_path: Path) -> None:
    world = Reranked(tmp_path / "data", examples_like=["blg_half"])
    world.generation([PURE, HALF, THIRD])
    world.generation([PURE, HALF, THIRD])
    assert causes(world.changes()) == []


def test_other_languages_of_the_model_are_the_reason_for_all(quick: Reranked) -> None:
    quick.generation([PURE, HALF])
    quick.generation([PURE, HALF], model_languages=None)
    assert causes(quick.changes()) == ["how the brief is read changed: the languages that the model is said to know"]


def new_key(world: Reranked) -> None:
    path = world.settings.secret_key_path
    path.chmod(0o600)
    path.write_bytes(b"x" * 32)


def test_a_new_secret_key_changes_no_niche(quick: Reranked) -> None:
    quick.generation([PURE, HALF])
    new_key(quick)
    assert not shown(quick).outdated
    quick.generation([PURE, HALF])
    assert causes(quick.changes()) == []


def test_what_cannot_be_compared_for_a_new_secret_key_is_told_so(quick: Reranked) -> None:
    quick.generation([PURE, HALF])
    new_key(quick)
    quick.change(brief=ON_WHEELS)
    quick.generation([PURE, HALF])
    (cause,) = causes(quick.changes())
    assert cause.startswith("the niche was edited, and another secret key is in use")


# Totals


def test_the_total_counts_who_is_shown(world: Reranked) -> None:
    world.generation([PURE, HALF, THIRD])
    assert shown(world).ranking.total == 3
    world.suppress("half.test")
    assert (shown(world).ranking.total, world.changes().to.total) == (2, 2)
