"""Which shortlists a blogger is on: those of the workspace that asks, by name; on both databases."""

from typing import Any

from sqlalchemy import Connection

from bloghound.records import Stage
from storage import blogger_shortlists, bloggers, shortlist_changes, shortlists
from storage.database import Database
from storage.shortlist_changes import NewEntry
from tests.listing import NOW, make_blogger, make_workspace

BY_ANA: dict[str, Any] = {"actor": "ana", "now": NOW}


def listed(connection: Connection, workspace: int, name: str, blogger: str, new: NewEntry | None = None) -> None:
    public_id = shortlists.create(connection, workspace, name, **BY_ANA).public_id
    held = shortlists.hold(connection, workspace, public_id)
    shortlist_changes.add(connection, held, blogger, new or NewEntry(), **BY_ANA)
    shortlist_changes.add_note(connection, held, blogger, f"a note of {name}", **BY_ANA)


def own_id(connection: Connection, public_id: str) -> int:
    found = bloggers.find(connection, public_id)
    assert found is not None
    return found.blogger_id


def test_a_blogger_is_on_the_lists_of_the_workspace_that_asks(database: Database) -> None:
    with database.transaction() as connection:
        ours, theirs = (make_workspace(connection, name) for name in ("ours", "theirs"))
        ana, bob = (make_blogger(connection, key) for key in ("ana.example", "bob.example"))
        listed(connection, ours, "Spring", ana, NewEntry(stage=Stage.CONTACTED, owner="Eva", tags=["tea"]))
        listed(connection, ours, "Autumn", ana)
        listed(connection, theirs, "Secret", ana)
        listed(connection, ours, "Others", bob)
        found = blogger_shortlists.holding(connection, ours, own_id(connection, ana))
    assert [one.name for one in found] == ["Autumn", "Spring"]
    spring = found[1]
    assert (spring.stage, spring.owner, spring.tags, spring.created_at) == ("contacted", "Eva", ["tea"], NOW)
    assert [note["text"] for note in spring.notes] == ["a note of Spring"]


def test_a_blogger_on_no_list_has_none(database: Database) -> None:
    with database.transaction() as connection:
        workspace = make_workspace(connection, "ours")
        ana = make_blogger(connection, "ana.example")
        assert blogger_shortlists.holding(connection, workspace, own_id(connection, ana)) == []
