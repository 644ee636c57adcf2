"""Shortlists, their versions and their history; on both databases."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection

from bloghound.errors import ConflictError, NotFoundError, PreconditionError
from bloghound.records import Stage
from storage import shortlist_changes, shortlist_entries, shortlist_history, shortlists
from storage.database import Database
from storage.shortlist_changes import NewEntry
from storage.shortlists import StoredShortlist
from storage.suppressions import Suppressions, keyed_hash
from tests.listing import NOW, make_blogger, make_workspace


@pytest.fixture
def connection(database: Database) -> Iterator[Connection]:
    with database.transaction() as opened:
        yield opened


@pytest.fixture
def team(connection: Connection) -> int:
    return make_workspace(connection, "team")


def _create(connection: Connection, team: int, name: str = "Spring") -> StoredShortlist:
    return shortlists.create(connection, team, name, actor="ana", now=NOW)


def test_a_new_list_is_at_version_one_and_its_making_is_history(connection: Connection, team: int) -> None:
    made = _create(connection, team)
    assert (made.name, made.version, made.stages) == ("Spring", 1, {})
    (event,) = shortlist_history.page(connection, made.list_id, limit=5)
    assert (event.actor, event.action, event.changes) == ("ana", "list.created", {"name": [None, "Spring"]})
    assert (event.blogger_public_id, event.blogger_name) == (None, None)


def test_pages_go_on_after_the_last_name(connection: Connection, team: int) -> None:
    for name in ("c", "a", "b"):
        _create(connection, team, name)
    first = shortlists.page(connection, team, limit=2)
    rest = shortlists.page(connection, team, limit=2, after_name=first[-1].name)
    assert [one.name for one in first + rest] == ["a", "b", "c"]


def test_entries_are_counted_by_stage(connection: Connection, team: int) -> None:
    made = _create(connection, team)
    for number, stage in enumerate((Stage.CANDIDATE, Stage.AGREED, Stage.CANDIDATE)):
        blogger = make_blogger(connection, f"b{number}.example")
        held = shortlists.hold(connection, team, made.public_id)
        shortlist_changes.add(connection, held, blogger, NewEntry(stage), actor="ana", now=NOW)
    (shown,) = shortlists.page(connection, team, limit=5)
    assert shown.stages == {"candidate": 2, "agreed": 1}
    assert shown == shortlists.get(connection, team, made.public_id)


def test_a_new_name_raises_the_version_and_the_same_one_does_not(connection: Connection, team: int) -> None:
    made = _create(connection, team)
    for name in ("Summer", "Summer"):
        held = shortlists.hold(connection, team, made.public_id)
        shortlists.rename(connection, held, name, actor="bo", now=NOW)
    renamed = shortlists.get(connection, team, made.public_id)
    assert (renamed.name, renamed.version) == ("Summer", 2)
    newest, _ = shortlist_history.page(connection, made.list_id, limit=5)
    assert (newest.actor, newest.changes) == ("bo", {"name": ["Spring", "Summer"]})


def test_an_outdated_version_is_refused(connection: Connection, team: int) -> None:
    made = _create(connection, team)
    assert shortlists.hold(connection, team, made.public_id, expected_version=1).version == 1
    with pytest.raises(PreconditionError, match="at version 1, not 2"):
        shortlists.hold(connection, team, made.public_id, expected_version=2)


def test_a_list_of_another_workspace_is_not_there(connection: Connection, team: int) -> None:
    other, made = make_workspace(connection, "other"), _create(connection, team)
    assert shortlists.page(connection, other, limit=5) == []
    for find in (shortlists.get, shortlists.look_up, shortlists.hold):
        with pytest.raises(NotFoundError, match=f"There is no list {made.public_id}"):
            find(connection, other, made.public_id)


def test_a_removed_list_takes_its_entries_and_history_along(connection: Connection, team: int) -> None:
    made = _create(connection, team)
    held = shortlists.hold(connection, team, made.public_id)
    shortlist_changes.add(connection, held, make_blogger(connection, "a.example"), NewEntry(), actor="ana", now=NOW)
    shortlists.remove(connection, held)
    assert shortlist_history.page(connection, made.list_id, limit=5) == []
    with pytest.raises(NotFoundError):
        shortlists.get(connection, team, made.public_id)


def test_a_taken_name_is_a_conflict(connection: Connection, team: int) -> None:
    _create(connection, team)
    with pytest.raises(ConflictError, match="'Spring'"):
        _create(connection, team)


def test_renaming_to_a_taken_name_is_a_conflict(connection: Connection, team: int) -> None:
    _create(connection, team)
    held = shortlists.hold(connection, team, _create(connection, team, "Summer").public_id)
    with pytest.raises(ConflictError, match="'Spring'"):
        shortlists.rename(connection, held, "Spring", actor="ana", now=NOW)


def test_history_is_paged_from_the_newest(connection: Connection, team: int) -> None:
    made = _create(connection, team)
    for name in ("b", "c"):
        held = shortlists.hold(connection, team, made.public_id)
        shortlists.rename(connection, held, name, actor="ana", now=NOW)
    first = shortlist_history.page(connection, made.list_id, limit=2)
    rest = shortlist_history.page(connection, made.list_id, limit=2, before_id=first[-1].event_id)
    assert [event.changes["name"][1] for event in first + rest] == ["c", "b", "Spring"]


def test_lists_neither_count_nor_remember_whoever_is_hidden(connection: Connection, team: int) -> None:
    made = _create(connection, team, "Spring")
    ana, bo = (make_blogger(connection, f"{name}.example", languages=("en", "fi")) for name in ("ana", "bo"))
    held = shortlists.hold(connection, team, made.public_id)
    shortlist_changes.add_all(connection, held, [ana, bo], NewEntry(), actor="ana", now=NOW)
    secret = b"k" * 32
    hidden = Suppressions(secret, [keyed_hash(secret, "1.ana.example")])
    assert shortlists.get(connection, team, made.public_id, suppressed=hidden).stages == {"candidate": 1}
    assert [one.stages for one in shortlists.page(connection, team, limit=5, suppressed=hidden)] == [{"candidate": 1}]
    events = shortlist_history.page(connection, made.list_id, limit=5, suppressed=hidden)
    assert [event.blogger_public_id for event in events] == [bo, None]
    shown = shortlist_entries.several(connection, made.list_id, [ana, bo, "blg_x"], suppressed=hidden)
    assert [entry.blogger.public_id for entry in shown] == [bo]
