"""The database as the event loop sees it: work that the database gave up is done again."""

import asyncio
import threading
from datetime import UTC, datetime

from sqlalchemy import Connection, update

from crawler.ledger import Ledger
from storage import sites
from storage.database import Database
from storage.sites import NewSite
from storage.tables import Site
from storage.tables.base import table_of

NOW = datetime(2026, 5, 1, tzinfo=UTC)
SITE = table_of(Site)


def test_two_workers_that_wait_for_each_other_both_finish(database: Database) -> None:
    with database.transaction() as connection:
        ids = sites.ensure(connection, [NewSite(key, f"https://{key}/") for key in ("a.example", "b.example")], now=NOW)
    met, attempts = threading.Barrier(2, timeout=1), list[str]()

    def crosswise(*order: str) -> None:
        def work(connection: Connection) -> None:
            attempts.append(order[0])
            for key in order:
                connection.execute(update(SITE).where(SITE.c.id == ids[key]).values(linkers=SITE.c.linkers + 1))
                try:
                    met.wait()
                except threading.BrokenBarrierError:
                    continue

        ledger = Ledger(database)
        try:
            asyncio.run(ledger.write(work))
        finally:
            ledger.close()

    threads = [
        threading.Thread(target=crosswise, args=order)
        for order in (("a.example", "b.example"), ("b.example", "a.example"))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.read() as connection:
        assert {row.linkers for row in connection.execute(SITE.select())} == {2}
    assert len(attempts) == (2 if database.is_sqlite else 2 + 1)
