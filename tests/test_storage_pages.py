"""The queue of a site's addresses: what is known about the pages that were fetched."""

from datetime import UTC, datetime

from storage import pages, sites
from storage.database import Database
from storage.pages import NewPage, Trail

NOW = datetime(2026, 6, 1, tzinfo=UTC)
HOME = "https://tea.nl/"


def test_a_fetched_page_has_a_trail_and_a_waiting_one_has_none(database: Database) -> None:
    with database.transaction() as connection:
        site_id = sites.ensure(connection, [sites.seed(HOME)], now=NOW)["tea.nl"]
        pages.enqueue(connection, site_id, [NewPage(f"{HOME}{name}", found_from=HOME) for name in ("a", "b", "c")])
        read = {"content_hash": "hash", "signals": {"words": 90}, "outcome": "post", "state": "done"}
        missing = {"outcome": "not_found", "state": "done"}
        for name, found in (("a", read), ("b", missing)):
            url = f"{HOME}{name}"
            pages.mark(connection, [{"site_id": site_id, "url": url, "folded_url": f"tea.nl/{name}", **found}])
        trails = pages.trails(connection, site_id)
    assert trails == {"tea.nl/a": Trail(HOME, "hash", 90), "tea.nl/b": Trail(HOME, None, 0)}
