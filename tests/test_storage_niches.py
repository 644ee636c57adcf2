"""Niches are kept by name within a workspace; on both databases."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection

from bloghound.errors import ConflictError, NotFoundError
from storage import niches
from storage.database import Database
from tests.listing import NOW, make_workspace


@pytest.fixture
def connection(database: Database) -> Iterator[Connection]:
    with database.transaction() as opened:
        yield opened


@pytest.fixture
def team(connection: Connection) -> int:
    return make_workspace(connection, "team")


def test_a_niche_comes_back_as_it_was_given(connection: Connection, team: int) -> None:
    fields = {"name": "Coffee", "brief": "home espresso", "languages": ["en"], "weights": {"relevance": 1.0}}
    made = niches.create(connection, team, fields, now=NOW)
    assert made == niches.get(connection, team, made.public_id)
    assert (made.name, made.brief, made.languages, made.weights) == (
        "Coffee",
        "home espresso",
        ["en"],
        fields["weights"],
    )
    assert (made.examples_like, made.exclude_sites, made.created_at) == ([], [], NOW)


def test_pages_go_on_after_the_last_name(connection: Connection, team: int) -> None:
    for name in ("c", "a", "b"):
        niches.create(connection, team, {"name": name}, now=NOW)
    first = niches.page(connection, team, limit=2)
    rest = niches.page(connection, team, limit=2, after_name=first[-1].name)
    assert [niche.name for niche in first + rest] == ["a", "b", "c"]


def test_a_change_sets_what_is_given_only(connection: Connection, team: int) -> None:
    made = niches.create(connection, team, {"name": "a", "brief": "old"}, now=NOW)
    changed = niches.change(connection, team, made.public_id, {"brief": "new"}, now=NOW)
    assert (changed.name, changed.brief) == ("a", "new")


def test_a_removed_niche_is_not_found(connection: Connection, team: int) -> None:
    made = niches.create(connection, team, {"name": "a"}, now=NOW)
    niches.remove(connection, team, made.public_id)
    with pytest.raises(NotFoundError, match=made.public_id):
        niches.get(connection, team, made.public_id)
    with pytest.raises(NotFoundError):
        niches.remove(connection, team, made.public_id)


def test_a_niche_of_another_workspace_is_not_there(connection: Connection, team: int) -> None:
    other = make_workspace(connection, "other")
    made = niches.create(connection, team, {"name": "a"}, now=NOW)
    assert niches.page(connection, other, limit=5) == []
    with pytest.raises(NotFoundError):
        niches.change(connection, other, made.public_id, {"brief": "theirs"}, now=NOW)
    with pytest.raises(NotFoundError):
        niches.remove(connection, other, made.public_id)
    assert niches.get(connection, team, made.public_id).brief == ""


def test_two_workspaces_may_use_one_name(connection: Connection, team: int) -> None:
    other = make_workspace(connection, "other")
    assert {niches.create(connection, one, {"name": "a"}, now=NOW).name for one in (team, other)} == {"a"}


def test_a_taken_name_is_a_conflict(connection: Connection, team: int) -> None:
    niches.create(connection, team, {"name": "a"}, now=NOW)
    with pytest.raises(ConflictError, match="'a'"):
        niches.create(connection, team, {"name": "a"}, now=NOW)


def test_renaming_to_a_taken_name_is_a_conflict(connection: Connection, team: int) -> None:
    niches.create(connection, team, {"name": "a"}, now=NOW)
    other = niches.create(connection, team, {"name": "b"}, now=NOW)
    with pytest.raises(ConflictError, match="'a'"):
        niches.change(connection, team, other.public_id, {"name": "a"}, now=NOW)
