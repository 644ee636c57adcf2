"""Niches that were changed while no engine was at hand, or an older one: ranked as soon as one opens."""

from contextlib import closing
from pathlib import Path
from typing import Any

from api.reranking import NicheRanker
from storage import niche_rankings
from storage.database import open_database
from tests.ranking_bloggers import engine
from tests.reranked import Reranked, writer
from tests.serving import ask, make_key, serving
from tests.waiting import until

PURE, RIDER = writer("pure", 1, 3), writer("rider", 2, 0, 3)
ON_WHEELS = "Bicycle rides and wheels"


def ranking(world: Reranked, address: str, key: str) -> dict[str, Any]:
    answer = ask("GET", f"{address}/v1/niches/{world.niche.public_id}/ranking", key=key)
    assert answer.status == 200, answer.text
    return dict(answer.json())


def names(found: dict[str, Any]) -> list[str]:
    return [one["blogger"]["name"] for one in found["data"]]


def test_what_was_changed_before_the_index_opened_is_ranked_when_it_does(tmp_path: Path) -> None:
    world = Reranked(tmp_path / "data")
    world.generation([PURE, RIDER])
    world.change(brief=ON_WHEELS)
    with serving(world.settings) as address:
        key = make_key(world.settings)
        until(lambda: not ranking(world, address, key)["outdated"])
        assert names(ranking(world, address, key)) == ["Rider"]


def test_a_generation_of_another_process_is_ranked_when_the_service_opens_it(tmp_path: Path) -> None:
    world = Reranked(tmp_path / "data")
    world.generation([PURE, RIDER])
    with serving(world.settings) as address:
        until(lambda: ask("GET", f"{address}/readyz").status == 200)
        key = make_key(world.settings)
        world.change(brief=ON_WHEELS)
        assert ranking(world, address, key)["outdated"]
        engine(world.settings.index_dir, [PURE, RIDER])
        until(lambda: ask("GET", f"{address}/readyz").status == 200 and not ranking(world, address, key)["outdated"])
        found = ranking(world, address, key)
    assert (names(found), found["ranking"]["generation"]) == (["Rider"], "gen_000002")


def test_a_ranker_that_was_closed_ranks_nothing_more(tmp_path: Path) -> None:
    world = Reranked(tmp_path / "data")
    world.generation([PURE, RIDER])
    world.change(brief=ON_WHEELS)
    with closing(open_database(world.settings)) as database:
        ranker = NicheRanker(world.settings, database)
        ranker.close()
        ranker.opened(world.engine)
        ranker.close()
        with database.read() as connection:
            assert len(niche_rankings.of_niche(connection, world.niche.public_id)) == 1
