"""Why a blog is here, why two sites are one blogger's, and what was seen when."""

from datetime import timedelta
from itertools import pairwise

from sqlalchemy import update

from bloghound.records import EngagementKind, EngagementReading, ParsedPost, PostSource
from storage import identity, provenance, sites
from storage.database import Database
from storage.tables import Site
from storage.tables.base import table_of
from tests.stored_bloggers import NOW, Stored

SITE = table_of(Site)


def test_the_path_leads_back_to_the_seed(database: Database) -> None:
    with database.transaction() as connection:
        store = Stored(connection)
        store.site("seed.example")
        store.site("mid.example", found_from="seed.example")
        end = store.site("end.example", found_from="mid.example")
        steps = provenance.path(connection, end)
    assert [(step.key, step.found_from_url) for step in steps] == [
        ("end.example", "https://mid.example/links"),
        ("mid.example", "https://seed.example/links"),
        ("seed.example", None),
    ]


def test_a_path_that_runs_in_a_circle_ends(database: Database) -> None:
    with database.transaction() as connection:
        store = Stored(connection)
        one = store.site("one.example")
        two = store.site("two.example", found_from="one.example")
        connection.execute(update(SITE).where(SITE.c.id == one).values(found_from_site_id=two))
        assert [step.site_id for step in provenance.path(connection, two)] == [two, one]


def test_proofs_name_both_sites_and_what_they_say(database: Database) -> None:
    with database.transaction() as connection:
        store = Stored(connection)
        blog, profile = store.site("a.example"), store.site("social.example/@a", kind="profile")
        store.join("a.example", "social.example/@a")
        (proof,) = identity.proofs(connection, [blog])
        assert identity.proofs(connection, [profile]) == [proof]
    assert (proof.site_key, proof.other_site_key, proof.method) == ("a.example", "social.example/@a", "rel-me")
    assert (proof.evidence["blog"], proof.observed_at) == ("https://a.example", NOW)


def test_engagement_history_keeps_every_figure_with_source_and_time(database: Database) -> None:
    with database.transaction() as connection:
        store = Stored(connection)
        site_id = store.site("a.example")
        for day, count in enumerate((3, 5, 9)):
            readings = (EngagementReading(EngagementKind.COMMENTS, count),)
            post = ParsedPost("https://a.example/p", "T", "Words of it.", PostSource.PAGE, engagement=readings)
            store.keep(site_id, post, NOW + timedelta(days=day))
        first = provenance.engagement_history(connection, [site_id], limit=2)
        rest = provenance.engagement_history(connection, [site_id], limit=2, after=first[-1].position)
    assert [one.value for one in [*first, *rest]] == [9, 5, 3]
    assert {(one.source_url, one.post_title, one.site_key) for one in first} == {
        ("https://a.example/p", "T", "a.example")
    }
    assert all(later.observed_at > earlier.observed_at for later, earlier in pairwise([*first, *rest]))


def test_followers_history_and_the_latest_figures(database: Database) -> None:
    with database.transaction() as connection:
        store = Stored(connection)
        site_id = store.site("social.example/@a")
        for day, value in enumerate((10, None, 30)):
            now = NOW + timedelta(days=day)
            sites.observe_metric(connection, site_id, "followers", value, source_url="https://s.example/a", now=now)
        first = provenance.figures_history(connection, [site_id], limit=2)
        rest = provenance.figures_history(connection, [site_id], limit=2, after=first[-1].position)
        latest = provenance.latest_figures(connection, [site_id])
    assert [(one.value, one.reason) for one in [*first, *rest]] == [(30, None), (None, "not_exposed"), (10, None)]
    assert [(one.site_key, one.kind, one.value) for one in latest] == [("social.example/@a", "followers", 30)]
