"""A small indexed world for the tests of pages: coffee and bicycle bloggers, a hostile one, one that opted out."""

from contextlib import closing
from pathlib import Path

from bloghound.jobs.index import run_index
from bloghound.settings import Settings
from storage import suppressions
from storage.database import open_database
from storage.tables.base import utc_now
from tests.profiled_bloggers import HIDDEN, fill
from tests.stored_bloggers import COFFEE, Stored

BRIEF = "Espresso at home: grinders, shots and roasted coffee beans"
HOSTILE = "<img src=x onerror=alert(1)>\"'><script>alert(2)</script>"
HOSTILE_KEY = "evil.example"


def web_world(data_dir: Path) -> Settings:
    """Settings of a data directory with the world in it."""
    settings = Settings(data_dir=data_dir)
    with closing(open_database(settings)) as database:
        with database.transaction() as connection:
            store = Stored(connection, seen_at=utc_now())
            fill(store)
            store.site(HOSTILE_KEY, title=HOSTILE, language="en")
            store.posts(HOSTILE_KEY, 3, title=HOSTILE, text=f"{HOSTILE} {COFFEE}")
        run_index(settings)
        with database.transaction() as connection:
            suppressions.add(connection, settings.secret_key(), [HIDDEN], reason="opted_out", now=utc_now())
    return settings
