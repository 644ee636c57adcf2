"""Proofs and bloggers in both databases: joined, refused, taken back, in chains and by two workers at once."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import Connection, text

from bloghound.errors import DeadlockError
from bloghound.records import ClaimKind, IdentityClaim, IdentityStatement, Link, LinkContext, Outcome, Stage
from storage import (
    carrying,
    claims,
    crawls,
    erasure,
    identity,
    links,
    results,
    shortlist_changes,
    shortlist_entries,
    shortlist_history,
    shortlists,
    sites,
    suppressions,
    workspaces,
)
from storage.claims import StoredClaim
from storage.database import Database, upgrade
from storage.identity import Pair, ProofState, Refusal
from storage.migrating import run_downgrade
from storage.results import PageResult
from storage.shortlist_changes import NewEntry
from storage.sites import NewSite
from storage.tables.base import public_id

NOW = datetime(2026, 5, 1, tzinfo=UTC)
SECRET = b"k" * 32
KEYS = ("a.example", "b.example", "c.example", "m.example/@ann")
A, B, C, PROFILE = KEYS


class World:
    """Four sites, none joined; the last is a profile."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.ids = sites.ensure(connection, [NewSite(key, f"https://{key}") for key in KEYS], now=NOW)
        sites.set_facts(connection, self.ids[PROFILE], {"kind": "profile"})

    def join(self, one: str, other: str, method: str = "rel_me") -> None:
        evidence = {"site_names": f"https://{other}", "other_names": f"https://{one}"}
        identity.join(self.connection, self.ids[one], self.ids[other], method=method, evidence=evidence, now=NOW)

    def settle(self, *pairs: Pair) -> None:
        identity.settle(self.connection, list(self.ids.values()), pairs, now=NOW)

    def pair(self, one: str, other: str, refusal: Refusal | None = None) -> Pair:
        return Pair(self.ids[one], self.ids[other], "rel_me", {"site_names": f"https://{other}"}, refusal)

    def take_back(self, one: str, other: str) -> None:
        found = [proof for proof in self.proofs() if {proof.site_key, proof.other_site_key} == {one, other}]
        identity.take_back(self.connection, [proof.proof_id for proof in found], by="Ann", now=NOW)

    def proofs(self) -> list[identity.StoredProof]:
        return identity.proofs(self.connection, list(self.ids.values()))

    def bloggers(self) -> dict[str, list[str]]:
        """Keys of each blogger's sites, by the key that the blogger is known by."""
        rows = self.connection.execute(
            text(
                "SELECT blogger.site_key, site.key FROM site JOIN blogger ON blogger.id = blogger_id ORDER BY site.key"
            )
        )
        groups: dict[str, list[str]] = {}
        for founder, key in rows:
            groups.setdefault(founder, []).append(key)
        return groups

    def names(self) -> set[str]:
        return set(self.connection.execute(text("SELECT public_id FROM blogger")).scalars())


@pytest.fixture
def connection(database: Database) -> Any:
    with database.transaction() as opened:
        yield opened


@pytest.fixture
def world(connection: Connection) -> World:
    return World(connection)


APART = {key: [key] for key in KEYS}


# Joining


def test_a_blog_keeps_its_blogger_and_the_profile_gives_up_its_own(world: World) -> None:
    world.join(PROFILE, B)
    assert world.bloggers() == {A: [A], B: [B, PROFILE], C: [C]}
    assert world.names() == {public_id("blg", key) for key in (A, B, C)}


def test_of_two_blogs_the_one_known_first_is_kept_whoever_is_named_first(world: World) -> None:
    world.join(C, B)
    assert world.bloggers() == {A: [A], B: [B, C], PROFILE: [PROFILE]}


def test_a_chain_is_one_blogger_in_whatever_order_it_is_found(world: World) -> None:
    world.join(A, B)
    world.join(C, PROFILE)
    world.join(B, C)
    assert world.bloggers() == {A: list(KEYS)}


def test_a_join_twice_changes_nothing(world: World) -> None:
    world.join(A, B)
    before = world.bloggers(), world.proofs()
    world.join(A, B)
    assert (world.bloggers(), world.proofs()) == before


# Settling


@pytest.mark.parametrize("refusal", [Refusal.TEAM, Refusal.HUB])
def test_a_refused_proof_is_kept_and_joins_nothing(world: World, refusal: Refusal) -> None:
    world.settle(world.pair(A, PROFILE, refusal))
    assert world.bloggers() == APART
    assert [(proof.state, proof.revoked_at, proof.revoked_by) for proof in world.proofs()] == [
        (ProofState(refusal), NOW, "")
    ]


def test_a_refusal_that_ends_joins(world: World) -> None:
    world.settle(world.pair(A, PROFILE, Refusal.TEAM))
    world.settle(world.pair(A, PROFILE))
    assert world.bloggers()[A] == [A, PROFILE]
    assert [(proof.state, proof.revoked_at) for proof in world.proofs()] == [(ProofState.VALID, None)]


def test_what_is_proven_no_more_expires_and_parts(world: World) -> None:
    world.settle(world.pair(A, B), world.pair(B, PROFILE))
    world.settle(world.pair(A, B))
    assert world.bloggers() == {A: [A, B], C: [C], PROFILE: [PROFILE]}
    assert [proof.state for proof in world.proofs()] == [ProofState.VALID, ProofState.EXPIRED]


def test_a_site_that_leaves_gets_the_blogger_that_it_had(world: World) -> None:
    before = world.names()
    world.settle(world.pair(A, B), world.pair(B, C))
    world.settle()
    assert (world.bloggers(), world.names()) == (APART, before)


def test_other_sites_proofs_are_left_as_they_are(world: World) -> None:
    world.join(A, B)
    identity.settle(world.connection, [world.ids[C], world.ids[PROFILE]], [world.pair(C, PROFILE)], now=NOW)
    assert world.bloggers() == {A: [A, B], C: [C, PROFILE]}


# Taking back


def test_a_proof_taken_back_parts_and_names_who_did_it(world: World) -> None:
    world.join(A, PROFILE)
    world.take_back(A, PROFILE)
    assert world.bloggers() == APART
    assert [(proof.state, proof.revoked_by) for proof in world.proofs()] == [(ProofState.TAKEN_BACK, "Ann")]


@pytest.mark.parametrize("method", ["rel_me", "same_as"])
def test_what_was_taken_back_comes_in_by_no_method_and_from_neither_side(world: World, method: str) -> None:
    world.join(A, B)
    world.take_back(A, B)
    world.join(B, A, method)
    world.settle(world.pair(A, B), world.pair(B, A))
    assert world.bloggers() == APART
    assert [proof.state for proof in world.proofs()] == [ProofState.TAKEN_BACK]


def test_sites_joined_by_other_proofs_stay_joined(world: World) -> None:
    for one, other in ((A, B), (B, C), (A, C)):
        world.join(one, other)
    world.take_back(A, B)
    assert world.bloggers()[A] == [A, B, C]
    world.take_back(B, C)
    assert world.bloggers() == {A: [A, C], B: [B], PROFILE: [PROFILE]}


def test_taking_back_in_the_middle_of_a_chain_leaves_both_ends_whole(world: World) -> None:
    for one, other in ((A, B), (B, C), (C, PROFILE)):
        world.join(one, other)
    world.take_back(B, C)
    assert world.bloggers() == {A: [A, B], C: [C, PROFILE]}


def test_taking_back_twice_keeps_who_was_first(world: World) -> None:
    world.join(A, B)
    world.take_back(A, B)
    (proof,) = world.proofs()
    identity.take_back(world.connection, [proof.proof_id], by="Bo", now=NOW + timedelta(days=1))
    assert world.proofs() == [proof]


# Shortlists


@pytest.fixture
def list_id(connection: Connection) -> str:
    workspaces.ensure(connection, "Team", now=NOW)
    return shortlists.create(connection, 1, "Spring", actor="Ann", now=NOW).public_id


def _add(world: World, list_id: str, key: str, *, at: datetime = NOW, **entry: Any) -> None:
    held = shortlists.hold(world.connection, 1, list_id)
    shortlist_changes.add(world.connection, held, public_id("blg", key), NewEntry(**entry), actor="Ann", now=at)


def _entries(world: World, list_id: str) -> list[tuple[str, str, Sequence[str], list[str]]]:
    held = shortlists.look_up(world.connection, 1, list_id)
    names = {public_id("blg", key): key for key in KEYS}
    exported = shortlist_entries.all_with_site_keys(world.connection, held.list_id)
    found = [one.entry for one in exported]
    return [(names[one.blogger.public_id], one.stage, one.tags, [note["text"] for note in one.notes]) for one in found]


def test_an_entry_goes_with_the_join_and_stays_there_after_it_is_taken_back(world: World, list_id: str) -> None:
    _add(world, list_id, PROFILE, note="kind")
    version = shortlists.get(world.connection, 1, list_id).version
    world.join(A, PROFILE)
    assert shortlists.get(world.connection, 1, list_id).version == version + 1
    world.take_back(A, PROFILE)
    assert _entries(world, list_id) == [(A, "candidate", [], ["kind"])]
    held = shortlists.look_up(world.connection, 1, list_id)
    history = shortlist_history.page(world.connection, held.list_id, limit=9)
    assert {event.blogger_public_id for event in history} == {None, public_id("blg", A)}


def test_two_entries_of_one_list_become_one_without_loss(world: World, list_id: str) -> None:
    _add(world, list_id, A, note="first", tags=["tea"])
    later = NOW + timedelta(days=1)
    _add(world, list_id, PROFILE, at=later, note="second", tags=["tea", "milk"], stage=Stage.CONTACTED)
    world.join(A, PROFILE)
    assert _entries(world, list_id) == [(A, "contacted", ["tea", "milk"], ["first", "second"])]


# Claims


def _say(world: World, key: str, *urls: str, place: str = "", at: datetime = NOW) -> None:
    found = tuple(IdentityClaim(ClaimKind.REL_ME, url) for url in urls)
    claims.keep(world.connection, [(world.ids[key], IdentityStatement(place, f"https://{key}", found), at)])


def test_what_a_page_says_takes_the_place_of_what_it_said(world: World) -> None:
    _say(world, A, "https://b.example/", "https://c.example/")
    _say(world, A, "https://m.example/@ann", place="a.example/about")
    _say(world, A, "https://c.example/", at=NOW + timedelta(hours=1))
    assert claims.named_urls(world.connection, world.ids[A]) == ["https://m.example/@ann", "https://c.example/"]


def test_what_was_read_earlier_changes_nothing(world: World) -> None:
    _say(world, A, "https://b.example/")
    _say(world, A, at=NOW - timedelta(hours=1))
    _say(world, A, "https://c.example/", at=NOW - timedelta(hours=1))
    assert claims.named_urls(world.connection, world.ids[A]) == ["https://b.example/"]


def test_what_is_no_address_is_left_out(world: World) -> None:
    _say(world, A, "https://[bad/", "https://b.example/")
    assert [claim.target_site_key for claim in claims.of_sites(world.connection, [world.ids[A]])] == [B]


def test_forgetting_a_site_takes_its_proofs_and_what_others_say_of_it(world: World) -> None:
    _say(world, A, "https://b.example/")
    world.join(A, B)
    world.join(B, C)
    erasure.forget(world.connection, B, secret_key=SECRET, now=NOW)
    assert claims.of_sites(world.connection, list(world.ids.values())) == []
    assert world.proofs() == []
    assert world.bloggers() == {A: [A], C: [C], PROFILE: [PROFILE]}


def test_who_asked_to_be_left_out_is_named_by_nobody_and_forgotten_where_they_were(world: World) -> None:
    urls = ("https://b.example/", "https://x.com/Ann", "https://x.com/bo", "https://c.example/")
    _say(world, A, *urls)
    for key in (B, "x.com/ann"):
        erasure.forget(world.connection, key, secret_key=SECRET, now=NOW)
    left = ["https://x.com/bo", "https://c.example/"]
    assert claims.named_urls(world.connection, world.ids[A]) == left
    said = IdentityStatement("", "https://a.example", tuple(IdentityClaim(ClaimKind.REL_ME, url) for url in urls))
    page = PageResult(1, world.ids[A], "https://a.example/", Outcome.PAGE, NOW, "live", identity=said)
    crawls.begin(world.connection, "crawl", {}, now=NOW)
    results.record(world.connection, [page], secret_key=SECRET, now=NOW)
    assert claims.named_urls(world.connection, world.ids[A]) == left


@pytest.mark.parametrize(
    ("url", "key"), [("https://www.b.example/about", "www.b.example"), ("https://x.com/Ann", "x.com/ann")]
)
def test_a_restored_database_that_names_somebody_forgotten_is_known_by_its_claims(
    world: World, url: str, key: str
) -> None:
    _say(world, A, url)
    assert carrying.keys_to_erase(world.connection, SECRET) == []
    suppressions.add(world.connection, SECRET, [key], reason=suppressions.FORGOTTEN, now=NOW)
    assert carrying.keys_to_erase(world.connection, SECRET) == [key]


@pytest.mark.parametrize(
    ("outcome", "kind", "left"),
    [
        (Outcome.NOT_FOUND, "home", []),
        (Outcome.NOT_FOUND, "page", ["https://b.example/"]),
        (Outcome.NETWORK_ERROR, "home", ["https://b.example/"]),
        (Outcome.NOT_MODIFIED, "home", ["https://b.example/"]),
        (Outcome.BLOCKED, "home", ["https://b.example/"]),
    ],
)
def test_a_page_that_is_not_there_says_nothing_and_one_that_was_not_read_says_what_it_said(
    world: World, outcome: Outcome, kind: str, left: list[str]
) -> None:
    _say(world, A, "https://b.example/")
    crawls.begin(world.connection, "crawl", {}, now=NOW)
    page = PageResult(1, world.ids[A], "https://a.example/", outcome, NOW, "live", kind=kind)
    results.record(world.connection, [page], secret_key=SECRET, now=NOW)
    assert claims.named_urls(world.connection, world.ids[A]) == left


def test_the_links_of_older_databases_that_said_so_become_claims(database: Database) -> None:
    with database.transaction() as opened:
        world = World(opened)
        said = [("https://m.example/@ann", ("me", "noopener")), ("https://b.example/", ("noopener",))]
        found = [(world.ids[A], Link(url, LinkContext.BOILERPLATE, rel)) for url, rel in said]
        links.keep_site_links(opened, found, now=NOW)
    run_downgrade(database, "0005")
    upgrade(database)
    with database.read() as opened:
        assert claims.of_sites(opened, [world.ids[A]]) == [
            StoredClaim(world.ids[A], ClaimKind.REL_ME, "https://a.example", "https://m.example/@ann", PROFILE)
        ]


# Two workers


@pytest.mark.parametrize("round_", range(5))
def test_workers_that_join_overlapping_chains_at_once_agree(database: Database, round_: int) -> None:
    with database.transaction() as opened:
        ids = World(opened).ids
    links = [(A, B), (B, C), (C, PROFILE), (A, PROFILE)]
    start = Barrier(len(links))

    def work(link: tuple[str, str]) -> None:
        start.wait()
        for _ in range(10):
            try:
                with database.transaction() as opened:
                    one, other = (ids[key] for key in link)
                    identity.join(opened, one, other, method="rel_me", evidence={}, now=NOW)
            except DeadlockError:
                continue
            return

    with ThreadPoolExecutor(len(links)) as pool:
        list(pool.map(work, links))
    with database.read() as opened:
        owners = set(opened.execute(text("SELECT blogger_id FROM site")).scalars())
        assert opened.execute(text("SELECT count(*) FROM blogger")).scalar_one() == len(owners) == 1
