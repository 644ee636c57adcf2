"""Entries of a shortlist: adding, editing, notes, bulk edits, pages in every order; on both databases."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection

from bloghound.errors import ConflictError, InputError, NotFoundError
from bloghound.records import Stage
from storage import shortlist_changes, shortlist_entries, shortlist_history, shortlists
from storage.database import Database
from storage.shortlist_changes import NewEntry
from storage.shortlist_edits import MAX_NOTES, MAX_TAGS, Edit, EditOutcome, changed_fields
from storage.shortlist_entries import EntryFilters, EntrySort
from storage.shortlists import HeldShortlist
from storage.shown_bloggers import ShownBlogger
from tests.listing import NOW, make_blogger, make_workspace

BY_ANA: dict[str, Any] = {"actor": "ana", "now": NOW}


@pytest.fixture
def connection(database: Database) -> Iterator[Connection]:
    with database.transaction() as opened:
        yield opened


class Team:
    """A workspace with one list, and short names for what is done to it."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.workspace = make_workspace(connection, "team")
        self.list_public_id = shortlists.create(connection, self.workspace, "Spring", **BY_ANA).public_id

    @property
    def held(self) -> HeldShortlist:
        return shortlists.hold(self.connection, self.workspace, self.list_public_id)

    def add(self, key: str, new: NewEntry | None = None, **more: Any) -> str:
        blogger = make_blogger(self.connection, key, **more)
        shortlist_changes.add(self.connection, self.held, blogger, new or NewEntry(), **BY_ANA)
        return blogger

    def edit(self, bloggers: list[str], edit: Edit) -> dict[str, EditOutcome]:
        return shortlist_changes.edit_all(self.connection, self.held, bloggers, edit, **BY_ANA).outcomes

    def entry(self, blogger: str) -> shortlist_entries.StoredEntry:
        return shortlist_entries.get(self.connection, self.held.list_id, blogger)

    def names(self, **wanted: Any) -> list[str]:
        found = shortlist_entries.page(self.connection, self.held.list_id, limit=100, **wanted)
        return [entry.blogger.name for entry in found]

    def last_event(self) -> shortlist_history.StoredEvent:
        return shortlist_history.page(self.connection, self.held.list_id, limit=1)[0]


@pytest.fixture
def team(connection: Connection) -> Team:
    return Team(connection)


def test_an_entry_comes_back_as_it_was_added(team: Team) -> None:
    blogger = make_blogger(team.connection, "a.example", name="Ana", languages=("en", "fi", None, "en"))
    new = NewEntry(Stage.SHORTLISTED, "bo", ["x", "y", "x"], "call first", {"rank": 3})
    added = shortlist_changes.add(team.connection, team.held, blogger, new, **BY_ANA)
    assert (added.entry, added.version) == (team.entry(blogger), team.held.version)
    assert added.entry.blogger == ShownBlogger(blogger, "Ana", "https://a.example/", ("en", "fi"))
    assert (added.entry.stage, added.entry.owner, added.entry.tags) == ("shortlisted", "bo", ["x", "y"])
    assert added.entry.added_from == {"rank": 3}
    (note,) = added.entry.notes
    assert (note["author"], note["text"], note["created_at"]) == ("ana", "call first", NOW.isoformat())


def test_a_blogger_without_a_name_is_shown_by_key(team: Team) -> None:
    assert team.entry(team.add("a.example", languages=(None,))).blogger == ShownBlogger(
        team.last_event().blogger_public_id or "", "a.example", "https://a.example/", ()
    )


def test_adding_is_history_and_raises_the_version(team: Team) -> None:
    before = team.held.version
    blogger = team.add("a.example", NewEntry(owner="bo", note="hm"), name="Ana")
    event = team.last_event()
    assert team.held.version == before + 1
    assert (event.action, event.blogger_public_id, event.blogger_name) == ("entry.added", blogger, "Ana")
    assert event.changes == {"stage": [None, "candidate"], "owner": [None, "bo"], "note": [None, "hm"]}


def test_adding_twice_is_a_conflict_that_names_the_blogger(team: Team) -> None:
    blogger = team.add("a.example")
    with pytest.raises(ConflictError, match=blogger):
        shortlist_changes.add(team.connection, team.held, blogger, NewEntry(), **BY_ANA)


def test_an_unknown_blogger_cannot_be_added(team: Team) -> None:
    with pytest.raises(NotFoundError, match="There is no blogger blg_none"):
        shortlist_changes.add(team.connection, team.held, "blg_none", NewEntry(), **BY_ANA)


def test_an_edit_is_history_with_before_and_after(team: Team) -> None:
    blogger = team.add("a.example", NewEntry(tags=["x"]))
    wanted = Edit(stage=Stage.CONTACTED, owner="bo", tags=["y"])
    changed = shortlist_changes.edit(team.connection, team.held, blogger, wanted, **BY_ANA)
    assert (changed.entry.stage, changed.entry.owner, changed.entry.tags) == ("contacted", "bo", ["y"])
    assert team.last_event().changes == {
        "stage": ["candidate", "contacted"],
        "owner": ["", "bo"],
        "tags": [["x"], ["y"]],
    }


def test_an_edit_that_changes_nothing_leaves_the_version(team: Team) -> None:
    blogger = team.add("a.example", NewEntry(Stage.AGREED))
    before = team.held.version
    assert team.edit([blogger], Edit(stage=Stage.AGREED)) == {blogger: EditOutcome.UNCHANGED}
    assert (team.held.version, team.last_event().action) == (before, "entry.added")


def test_who_is_not_on_the_list_cannot_be_changed_or_removed(team: Team) -> None:
    other = make_blogger(team.connection, "b.example")
    for change in (
        lambda: shortlist_changes.edit(team.connection, team.held, other, Edit(owner="bo"), **BY_ANA),
        lambda: shortlist_changes.remove(team.connection, team.held, other, **BY_ANA),
        lambda: shortlist_changes.add_note(team.connection, team.held, other, "hm", **BY_ANA),
        lambda: shortlist_changes.remove_note(team.connection, team.held, other, "note_x", **BY_ANA),
    ):
        with pytest.raises(NotFoundError, match=f"The list has no blogger {other}"):
            change()


def test_a_removed_entry_is_gone_and_its_removal_is_history(team: Team) -> None:
    blogger = team.add("a.example")
    version = shortlist_changes.remove(team.connection, team.held, blogger, **BY_ANA)
    assert (team.names(), team.held.version) == ([], version)
    assert (team.last_event().action, team.last_event().changes) == ("entry.removed", {"stage": ["candidate", None]})


def test_a_note_keeps_author_and_time_and_can_be_deleted(team: Team) -> None:
    blogger = team.add("a.example")
    later = NOW + timedelta(hours=1)
    noted = shortlist_changes.add_note(team.connection, team.held, blogger, "said yes", actor="bo", now=later)
    (note,) = noted.entry.notes
    assert (note["author"], note["text"], note["created_at"]) == ("bo", "said yes", later.isoformat())
    assert team.last_event().changes == {"note": [None, "said yes"]}
    after = shortlist_changes.remove_note(team.connection, team.held, blogger, note["id"], **BY_ANA)
    assert (after.entry.notes, team.last_event().action) == ([], "note.removed")
    with pytest.raises(NotFoundError, match=note["id"]):
        shortlist_changes.remove_note(team.connection, team.held, blogger, note["id"], **BY_ANA)


def test_an_entry_full_of_notes_takes_no_more(team: Team) -> None:
    blogger = team.add("a.example")
    for number in range(MAX_NOTES):
        shortlist_changes.add_note(team.connection, team.held, blogger, str(number), **BY_ANA)
    with pytest.raises(InputError, match=str(MAX_NOTES)):
        shortlist_changes.add_note(team.connection, team.held, blogger, "one more", **BY_ANA)


def test_bulk_adding_twice_adds_once(team: Team) -> None:
    bloggers = [make_blogger(team.connection, f"b{number}.example") for number in range(3)]
    wanted = [*bloggers, bloggers[0], "blg_none"]
    first = shortlist_changes.add_all(team.connection, team.held, wanted, NewEntry(owner="bo"), **BY_ANA)
    again = shortlist_changes.add_all(team.connection, team.held, wanted, NewEntry(owner="cy"), **BY_ANA)
    unknown = {"blg_none": EditOutcome.UNKNOWN_BLOGGER}
    assert first.outcomes == dict.fromkeys(bloggers, EditOutcome.ADDED) | unknown
    assert again.outcomes == dict.fromkeys(bloggers, EditOutcome.UNCHANGED) | unknown
    assert again.version == first.version == 2
    assert {team.entry(blogger).owner for blogger in bloggers} == {"bo"}


def test_a_bulk_edit_says_what_became_of_each(team: Team) -> None:
    tagged, plain = team.add("a.example", NewEntry(tags=["x"])), team.add("b.example")
    absent = make_blogger(team.connection, "c.example")
    outcomes = team.edit([tagged, plain, absent, "blg_none"], Edit(add_tags=["x"]))
    assert list(outcomes.values()) == ["unchanged", "changed", "not_listed", "unknown_blogger"]
    assert team.edit([tagged, plain], Edit(remove_tags=["x"])) == dict.fromkeys([tagged, plain], "changed")
    assert team.entry(tagged).tags == team.entry(plain).tags == []


def test_a_thousand_are_edited_and_removed_at_once(team: Team) -> None:
    bloggers = [make_blogger(team.connection, f"b{number}.example") for number in range(1000)]
    shortlist_changes.add_all(team.connection, team.held, bloggers, NewEntry(), **BY_ANA)
    assert set(team.edit(bloggers, Edit(stage=Stage.DECLINED)).values()) == {EditOutcome.CHANGED}
    assert shortlists.get(team.connection, team.workspace, team.list_public_id).stages == {"declined": 1000}
    gone = shortlist_changes.remove_all(team.connection, team.held, [*bloggers, "blg_none"], **BY_ANA)
    assert (sum(outcome == "removed" for outcome in gone.outcomes.values()), gone.version) == (1000, 4)
    assert gone.outcomes["blg_none"] == EditOutcome.UNKNOWN_BLOGGER


def test_too_many_tags_are_refused() -> None:
    full = [str(number) for number in range(MAX_TAGS)]
    with pytest.raises(InputError, match=str(MAX_TAGS + 1)):
        changed_fields(Edit(add_tags=["more"]), stage="candidate", owner="", tags=full)
    assert changed_fields(Edit(add_tags=["0"], remove_tags=["1"]), stage="candidate", owner="", tags=full) == {
        "tags": [full, [tag for tag in full if tag != "1"]]
    }


@pytest.mark.parametrize(
    ("sort", "names"),
    [
        (EntrySort.ADDED, ["Bo", "Cy", "Ana", "Di"]),
        (EntrySort.ADDED_LAST, ["Di", "Ana", "Cy", "Bo"]),
        (EntrySort.UPDATED_LAST, ["Cy", "Di", "Ana", "Bo"]),
        (EntrySort.NAME, ["Ana", "Bo", "Cy", "Di"]),
    ],
)
def test_every_order_goes_on_where_the_page_ended(team: Team, sort: EntrySort, names: list[str]) -> None:
    bloggers = {name: team.add(f"{name}.example".lower(), name=name) for name in ("Bo", "Cy", "Ana", "Di")}
    later = NOW + timedelta(seconds=1)
    shortlist_changes.add_note(team.connection, team.held, bloggers["Cy"], "hm", actor="ana", now=later)
    seen: list[str] = []
    after: list[Any] | None = None
    while found := shortlist_entries.page(team.connection, team.held.list_id, limit=1, sort=sort, after=after):
        seen += [entry.blogger.name for entry in found]
        after = shortlist_entries.position(found[-1], sort)
        assert tuple(map(type, after)) == shortlist_entries.position_kinds(sort)
    assert seen == names


def test_filters_are_joined_by_and(team: Team) -> None:
    team.add("a.example", NewEntry(Stage.AGREED, "bo", ["x", "y"]), name="Ana")
    team.add("b.example", NewEntry(Stage.AGREED, "cy", ["xy"]), name="Bea")
    team.add("c.example", NewEntry(Stage.CANDIDATE, "bo", ["y"]), name="Cleo")
    assert team.names(filters=EntryFilters(stage="agreed")) == ["Ana", "Bea"]
    assert team.names(filters=EntryFilters(tag="y")) == ["Ana", "Cleo"]
    assert team.names(filters=EntryFilters(owner="bo")) == ["Ana", "Cleo"]
    assert team.names(filters=EntryFilters("agreed", "y", "bo"), sort=EntrySort.NAME) == ["Ana"]


@pytest.mark.parametrize("tag", ["' OR 1=1 --", '"', "[", "%", "é=1"])
def test_a_hostile_tag_is_a_tag(team: Team, tag: str) -> None:
    team.add("a.example", NewEntry(tags=[tag]), name="Ana")
    team.add("b.example", NewEntry(tags=["x"]))
    assert team.names(filters=EntryFilters(tag=tag)) == ["Ana"]


def test_an_export_reads_all_entries_with_the_keys_of_their_sites(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shortlist_entries, "EXPORT_BATCH_ENTRIES", 2)
    bloggers = [team.add(f"{name}.example", languages=("en", "en")) for name in "abcd"]
    found = list(shortlist_entries.all_with_site_keys(team.connection, team.held.list_id))
    assert [one.entry.blogger.public_id for one in found] == bloggers
    assert sorted(found[0].site_keys) == ["1.a.example", "a.example"]
