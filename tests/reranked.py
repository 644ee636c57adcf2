"""A saved niche that is ranked in generation after generation: small bloggers, real engine, real database."""

from collections.abc import Sequence
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import Connection, insert, select

from bloghound.jobs import niche_changes, reranking
from bloghound.jobs.niche_changes import NicheChanges, ShownChange
from bloghound.jobs.reranking import RerankReport
from bloghound.records import RankableBlogger
from bloghound.settings import Settings
from graph.centrality import niche_reach
from ranking.encoder import Encoder
from ranking.engine import RankingEngine
from storage import niches, suppressions, workspaces
from storage.database import open_database
from storage.niches import StoredNiche
from storage.tables import Blogger, Post, Site
from storage.tables.base import public_id, table_of, utc_now
from tests.ranking_bloggers import AS_OF, blogger, engine, graph_of

BRIEF = "Espresso machines and grinders at home"
ON_COFFEE = (
    "espresso grinder machine beans roast extraction crema basket tamper portafilter shots dose brewing water pressure "
    "lever burrs puck aroma cocoa acidity milk steam kettle scale timer filter cup kitchen home barista flavour"
).split()
ON_BICYCLES = (
    "gravel rides spokes wheel tyres chain saddle climb descent brakes gears puncture tube pedals bicycle race "
    "training club handlebar frame touring panniers helmet road forest rain stage bunch sprint hub rim"
).split()
SENTENCE_WORDS = 9
_BLOGGER, _SITE, _POST = table_of(Blogger), table_of(Site), table_of(Post)


def essays(words: Sequence[str], seed: str, number: int) -> list[str]:
    """So many posts of these words, each in another order, since nobody may seem to copy anybody."""
    return [_essay(words, Random(f"{seed} {one}")) for one in range(number)]  # noqa: S311 - the same every time


def _essay(words: Sequence[str], random: Random) -> str:
    drawn = random.choices(words, k=6 * SENTENCE_WORDS)
    sentences = (drawn[start : start + SENTENCE_WORDS] for start in range(0, len(drawn), SENTENCE_WORDS))
    return " ".join(f"{' '.join(one).capitalize()}." for one in sentences)


def writer(name: str, number: int, coffee: int, bicycles: int = 0, **changes: Any) -> RankableBlogger:
    """A blogger with so many posts on coffee, and then so many on bicycles."""
    texts = [*essays(ON_COFFEE, name, coffee), *essays(ON_BICYCLES, name, bicycles)]
    return blogger(name, texts, number, **changes)


class Reranked:
    """A data directory with one niche, and a method for whatever happens to it."""

    def __init__(self, data_dir: Path, database_url: str = "", **niche: Any) -> None:
        self.settings = Settings(data_dir=data_dir, database_url=database_url)
        with closing(open_database(self.settings)) as database, database.transaction() as connection:
            self.room = workspaces.ensure(connection, workspaces.DEFAULT, now=utc_now()).workspace_id
        self.niche = self.save(**{"name": "Coffee", "brief": BRIEF, **niche})

    def save(self, **fields: Any) -> StoredNiche:
        with closing(open_database(self.settings)) as database, database.transaction() as connection:
            return niches.create(connection, self.room, fields, now=utc_now())

    def change(self, **fields: Any) -> None:
        """Change the niche, without ranking it."""
        with closing(open_database(self.settings)) as database, database.transaction() as connection:
            self.niche = niches.change(connection, self.room, self.niche.public_id, fields, now=utc_now())

    def generation(
        self,
        bloggers: Sequence[RankableBlogger],
        *,
        links: Sequence[tuple[str, str]] = (),
        seen_at: datetime = AS_OF - timedelta(days=1),
        encoder: Encoder | None = None,
        **built: Any,
    ) -> RerankReport:
        """Store what is new of these bloggers, build a generation of them, and rank all saved niches in it."""
        with closing(open_database(self.settings)) as database:
            with database.transaction() as connection:
                for one in bloggers:
                    store(connection, one, seen_at)
            self.engine = engine(self.settings.index_dir, bloggers, graph=graph_of(bloggers, links), **built)
            if encoder is not None:
                self.engine = RankingEngine(self.engine.generation, encoder, niche_reach)
        return self.rank()

    def rank(self) -> RerankReport:
        """Rank all saved niches in the newest generation."""
        with closing(open_database(self.settings)) as database:
            with database.read() as connection:
                saved = niches.every(connection)
            return reranking.rerank(self.settings, database, self.engine, saved)

    def changes(self, since: str | None = None) -> NicheChanges:
        with closing(open_database(self.settings)) as database, database.read() as connection:
            return niche_changes.changes_of(connection, self.settings, self.room, self.niche.public_id, since)

    def of(self, name: str, since: str | None = None) -> ShownChange:
        """What became of one blogger."""
        found = {one.blogger.public_id: one for one in self.changes(since).changes}
        return found[f"blg_{name}"]

    def order(self, generation: str | None = None) -> list[str]:
        """Names from the first place on."""
        with closing(open_database(self.settings)) as database, database.read() as connection:
            shown = niche_changes.ranking_of(connection, self.settings, self.room, self.niche.public_id, generation)
        return [one.blogger.public_id.removeprefix("blg_") for one in shown.places]

    def suppress(self, key: str) -> None:
        with closing(open_database(self.settings)) as database, database.transaction() as connection:
            reason = suppressions.OPTED_OUT
            suppressions.add(connection, self.settings.secret_key(), [key], reason=reason, now=utc_now())


def store(connection: Connection, one: RankableBlogger, seen_at: datetime) -> None:
    """Rows for a blogger, its sites and its posts, as far as there are none yet."""
    known = connection.execute(select(_BLOGGER.c.id).where(_BLOGGER.c.public_id == one.public_id)).scalar()
    if known is None:
        row = {"public_id": one.public_id, "name": one.name, "site_key": one.site_key, "created_at": seen_at}
        known = connection.execute(insert(_BLOGGER).values(**row).returning(_BLOGGER.c.id)).scalar_one()
        for site in one.sites:
            facts = {"key": site.key, "blogger_id": known, "home_url": site.home_url, "language": site.language}
            made = Site(public_id=public_id("site", site.key), first_seen=seen_at, **facts)
            connection.execute(insert(_SITE), made.model_dump(exclude={"id"}))
    site_id = connection.execute(select(_SITE.c.id).where(_SITE.c.key == one.site_key)).scalar_one()
    stored = set(connection.execute(select(_POST.c.url).where(_POST.c.site_id == site_id)).scalars())
    for post in one.posts:
        if post.url not in stored:
            written = Post(
                site_id=site_id,
                url=post.url,
                title=f"At {post.url}",
                content_hash=post.content_hash,
                published_at=post.published,
                first_seen=seen_at,
                updated_at=seen_at,
            )
            connection.execute(insert(_POST), written.model_dump(exclude={"id"}))
