"""A store that was filled by an earlier version, brought to the tables of this one: on both databases."""

from contextlib import closing
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import func, inspect, select

from storage import judgements, niches
from storage.database import open_database, revision_of, upgrade
from storage.judgements import Grade, JudgedFor, Seen
from storage.migrating import run_downgrade
from storage.tables import Blogger, Niche, Post, Site, metadata
from storage.tables.base import table_of, utc_now
from tests.reranked import Reranked, writer

FILLED = (Niche, Blogger, Site, Post)
SINCE_0007 = {"judgement", "niche_ranking", "niche_place"}


def test_a_filled_store_of_0007_keeps_its_rows_and_is_ranked_and_judged(tmp_path: Path, database_url: str) -> None:
    world = Reranked(tmp_path / "data", "" if database_url.startswith("sqlite") else database_url)
    world.generation([writer("pure", 1, 3), writer("rider", 2, 0, 3)])
    with closing(open_database(world.settings)) as database:
        run_downgrade(database, "0007")
        assert not SINCE_0007 & set(inspect(database.engine).get_table_names())
        with database.read() as connection:
            assert revision_of(connection) == "0007"
            before = [connection.execute(select(func.count()).select_from(table_of(one))).scalar() for one in FILLED]
        upgrade(database)
        with database.read() as connection:
            after = [connection.execute(select(func.count()).select_from(table_of(one))).scalar() for one in FILLED]
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            assert compare_metadata(context, metadata) == []
            assert niches.every(connection) == [world.niche]
        with database.transaction() as connection:
            asked = JudgedFor(world.niche.public_id)
            judgements.give(
                connection, world.room, asked, "blg_pure", Grade.LIKE, seen=Seen(), judge="x", now=utc_now()
            )
    assert before == after == [1, 2, 2, 6]
    assert (world.rank().ranked, world.order()) == (1, ["pure"])
