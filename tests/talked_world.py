"""A small indexed world in which readers talk: comments one by one, counts that grow, talks elsewhere, imports."""

from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from bloghound.jobs.index import run_index
from bloghound.records import (
    Comment,
    Discussion,
    EngagementKind,
    EngagementReading,
    ParsedPost,
    PostSource,
    Statement,
    StatementKind,
)
from bloghound.settings import Settings
from storage import discussions, identity, imported_metrics, posts, sites, statements, suppressions
from storage.database import open_database
from storage.imported_metrics import ImportedFigure
from storage.tables.base import utc_now
from tests.profiled_bloggers import HIDDEN, fill
from tests.stored_bloggers import COFFEE, Stored

BEAN = "bean.example"
SOURCE = "Media kit <b>spring</b>"
POSTS, FIRST_COMMENTS, LATER_COMMENTS = 4, 4, 7
WORDS = 12


def talked_world(data_dir: Path) -> Settings:
    """Bean's posts got 4 comments by the first look and 7 by the second, every third by Bea; cup's comments are closed.

    A file states two profiles of Bean and shares of a post; a club's site and one that opted out are not joined to it.
    """
    settings = Settings(data_dir=data_dir, collect_contacts=True)
    now = utc_now()
    with closing(open_database(settings)) as database:
        with database.transaction() as connection:
            store = Stored(connection, seen_at=now)
            fill(store)
            bean = sites.ids_by_key(connection, [BEAN])[BEAN]
            for number in range(POSTS):
                _talk(store, bean, number, now)
            known = posts.at_addresses(connection, bean, [f"https://{BEAN}/talk0"])
            story = Discussion("hackernews", "https://news.ycombinator.com/item?id=1", 120, None, now)
            discussions.keep(connection, [(known[f"https://{BEAN}/talk0"], story)], now=now)
            _import(store, settings, now)
            _refuse(store, bean, now)
            _publish_contact(store, bean, now)
        run_index(settings)
        with database.transaction() as connection:
            suppressions.add(connection, settings.secret_key(), [HIDDEN], reason="opted_out", now=now)
    return settings


def _talk(store: Stored, bean: int, number: int, now: datetime) -> None:
    post = ParsedPost(
        url=f"https://{BEAN}/talk{number}",
        title=f"Talk {number}",
        text=f"talk {number} {COFFEE.format(number=number)}",
        source=PostSource.PAGE,
        published=now - timedelta(days=20 + number),
        language="en",
    )
    for count, days_ago in ((FIRST_COMMENTS, 9), (LATER_COMMENTS, 2)):
        comments = tuple(
            Comment(f"reader {place}", str(place), words=WORDS, by_author=place % 3 == 2) for place in range(count)
        )
        reading = EngagementReading(EngagementKind.COMMENTS, count)
        store.keep(bean, replace(post, engagement=(reading,), comments=comments), now - timedelta(days=days_ago))


def _import(store: Stored, settings: Settings, now: datetime) -> None:
    blog, month_ago = f"https://{BEAN}/", now - timedelta(days=30)
    figures = [
        ImportedFigure("followers", 12_300, month_ago, SOURCE, profile_url="https://x.com/bea", blog=blog),
        ImportedFigure("followers", 11_000, now - timedelta(days=90), SOURCE, "https://x.com/bea", blog),
        ImportedFigure("followers", 40_500, month_ago, SOURCE, profile_url="https://www.instagram.com/bea", blog=blog),
        ImportedFigure("shares", 87, now - timedelta(days=1), "Tool", post_url=f"https://{BEAN}/talk0"),
    ]
    imported_metrics.keep(store.connection, figures, secret_key=settings.secret_key())


def _refuse(store: Stored, bean: int, now: datetime) -> None:
    profile, club = sites.ids_by_key(store.connection, ["social.example/@bea"]), store.site("club.example")
    hidden = sites.ids_by_key(store.connection, [HIDDEN])[HIDDEN]
    evidence = {
        "site_names": "https://o.example/",
        "on": "https://bean.example/about",
        "other_names": "x",
        "other_on": "y",
    }
    pairs = [
        identity.Pair(bean, profile["social.example/@bea"], "rel_me", evidence),
        identity.Pair(bean, club, "same_as+rel_me", evidence, identity.Refusal.TEAM),
        identity.Pair(bean, hidden, "rel_me", evidence, identity.Refusal.TEAM),
    ]
    identity.settle(store.connection, [bean], pairs, now=now)


def _publish_contact(store: Stored, bean: int, now: datetime) -> None:
    page = f"https://{BEAN}/contact"
    stated = [
        Statement(StatementKind.NO_PITCHES, "", "Please send no pitches.", page),
        Statement(StatementKind.EMAIL, f"hello@{BEAN}", f"hello@{BEAN}", page),
    ]
    statements.replace_of_page(store.connection, bean, page, stated, read_at=now)
