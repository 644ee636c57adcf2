"""Proofs and bloggers in both databases: joined, refused, taken back, in chains and by two workers at once."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier
from time import monotonic
from typing import Any

import pytest
from sqlalchemy import Connection, text

from bloghound.errors import DeadlockError
from bloghound.records import Stage
from storage import (
    identity,
    shortlist_changes,
    shortlist_entries,
    shortlist_history,
    shortlists,
    workspaces,
)
from storage.database import Database
from storage.identity import Pair, ProofState, Refusal
from storage.shortlist_changes import NewEntry
from storage.tables.base import public_id
from tests.proven_sites import KEYS, NOW, PROFILE, A, B, C, World


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


def _wait_for_a_waiting_one(database: Database) -> None:
    """Return when a transaction waits for another; SQLite lets the second begin only after the first."""
    waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    until = monotonic() + 30
    while database.engine.dialect.name == "postgresql":
        with database.read() as opened:
            if opened.execute(waiting).scalar_one():
                return
        assert monotonic() < until


@pytest.mark.parametrize("method", ["rel_me", "same_as"])
def test_what_is_taken_back_while_a_crawl_settles_stays_taken_back(database: Database, method: str) -> None:
    with database.transaction() as opened:
        World(opened).join(A, B)

    def settle() -> None:
        with database.transaction() as mine:
            identity.settle(mine, [1, 2], [Pair(1, 2, method, {})], now=NOW)

    with ThreadPoolExecutor(1) as pool:
        with database.transaction() as opened:
            (proof,) = identity.proofs(opened, [1])
            identity.take_back(opened, [proof.proof_id], by="Ann", now=NOW)
            settling = pool.submit(settle)
            _wait_for_a_waiting_one(database)
        settling.result()
    with database.read() as opened:
        assert [one.state for one in identity.proofs(opened, [1, 2])] == [ProofState.TAKEN_BACK]
        assert len(set(opened.execute(text("SELECT blogger_id FROM site WHERE id < 3")).scalars())) == 2


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
