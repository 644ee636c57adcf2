"""A small world with an index, for tests of profiles and graphs over the real server."""

from contextlib import closing
from datetime import timedelta
from pathlib import Path

from bloghound.jobs.index import run_index
from bloghound.records import SiteHealth
from bloghound.settings import Settings
from storage import sites, suppressions
from storage.database import open_database
from storage.tables.base import public_id, utc_now
from tests.stored_bloggers import BICYCLE, COFFEE, NOW, Stored

HIDDEN = "hidden.example"


def id_of(key: str) -> str:
    """The id of the blogger whose founding site has that key."""
    return public_id("blg", key)


def built_world(data_dir: Path) -> Settings:
    """Two coffee blogs that link to each other, one cyclist who links to both, one blocked site, one that opted out.

    The index holds all of them; the opt-out came after it was built.
    """
    settings = Settings(data_dir=data_dir)
    with closing(open_database(settings)) as database:
        with database.transaction() as connection:
            # Links that nobody saw for long are no votes any more, so these are seen today.
            fill(Stored(connection, seen_at=utc_now()))
        run_index(settings)
        with database.transaction() as connection:
            suppressions.add(connection, settings.secret_key(), [HIDDEN], reason="opted_out", now=NOW)
    return settings


def fill(store: Stored) -> None:
    """The sites of the world with posts, links and a profile."""
    store.site("bean.example")
    store.site("cup.example", found_from="bean.example")
    store.site("wheel.example")
    store.site("wall.example", health=SiteHealth.BLOCKED, reason="answered 403")
    store.site(HIDDEN)
    store.posts("bean.example", 4, comments=6, author="Bea", to=("https://cup.example/x",))
    store.posts("cup.example", 3, comments=2, to=("https://bean.example/y", f"https://{HIDDEN}/"))
    store.posts("wheel.example", 3, text=BICYCLE, to=("https://bean.example/", "https://cup.example/"))
    store.posts(HIDDEN, 3, text=COFFEE, to=("https://bean.example/",))
    store.posts("wall.example", 1, published=NOW - timedelta(days=900), text=BICYCLE)
    profile = store.site("social.example/@bea", kind="profile", platform="mastodon")
    source = "https://social.example/@bea"
    sites.observe_metric(store.connection, profile, "followers", 120, source_url=source, now=NOW)
    store.join("bean.example", "social.example/@bea")
