"""The pages of lists as the server makes them: content, forms without scripts, and what is refused."""

import re
from collections.abc import Iterator
from contextlib import closing
from typing import Any
from urllib.parse import urlencode

import pytest

from api.web.charts.stage_bar import stage_bar
from api.web.list_words import STAGE_NAMES, event_phrases, generation_shown, origin, outcome_sentence
from bloghound.records import Stage
from bloghound.settings import Settings
from storage import suppressions
from storage.database import open_database
from storage.shortlist_edits import EditOutcome
from tests.listing import NOW, make_blogger
from tests.serving import Answer, ask, make_key, serving, sign_in

PAGE = {"Accept": "text/html"}
HOSTILE = "<img src=x onerror=alert(1)>"


class Lists:
    """A service, a browser that signed in, and one list with Ana on it."""

    def __init__(self, settings: Settings, address: str) -> None:
        self.settings, self.address = settings, address
        self.key = make_key(settings)
        self.session = sign_in(address, self.key)
        with closing(open_database(settings)) as database, database.transaction() as connection:
            self.ana, self.bo = (make_blogger(connection, f"{one}.example", name=one.title()) for one in ("ana", "bo"))
        self.list = self.api("POST", "/v1/lists", {"name": "Spring"}).json()["id"]
        self.path = f"/lists/{self.list}"
        self.entry = f"{self.path}/entries/{self.ana}"
        self.add(self.ana)

    def api(self, method: str, path: str, body: Any = None, key: str | None = None) -> Answer:
        return ask(method, self.address + path, body, key=key or self.key)

    def add(self, blogger: str, **fields: Any) -> None:
        made = self.api("POST", f"/v1/lists/{self.list}/entries", {"blogger_id": blogger, **fields})
        assert made.status == 201, made.text

    def kept(self) -> dict[str, Any]:
        found: dict[str, Any] = self.api("GET", f"/v1/lists/{self.list}/entries/{self.ana}").json()
        return found

    def page(self, path: str, session: dict[str, str] | None = None, **headers: str) -> Answer:
        return ask("GET", self.address + path, headers={**(session or self.session), **PAGE, **headers})

    def token(self, session: dict[str, str] | None = None) -> str:
        found = re.search(r'name="csrf-token" content="([^"]+)"', self.page("/lists", session).text)
        assert found
        return found.group(1)

    def send(self, path: str, token: str | None = None, session: dict[str, str] | None = None, **fields: Any) -> Answer:
        form = {"csrf_token": self.token(session) if token is None else token, **fields}
        headers = {**(session or self.session), **PAGE, "Content-Type": "application/x-www-form-urlencoded"}
        return ask("POST", self.address + path, raw=urlencode(form, doseq=True).encode(), headers=headers)

    def told(self, answer: Answer) -> str:
        """What the page says after a form was sent."""
        assert answer.status == 303, answer.text
        page = self.page(answer.headers["location"].partition("#")[0])
        said = re.search(r'class="told" role="status"[^>]*>([^<]*)<', page.text)
        assert said
        return said.group(1)

    def suppress(self, key: str) -> None:
        with closing(open_database(self.settings)) as database, database.transaction() as connection:
            suppressions.add(connection, self.settings.secret_key(), [key], reason=suppressions.OPTED_OUT, now=NOW)


@pytest.fixture
def lists(settings: Settings) -> Iterator[Lists]:
    with serving(settings) as address:
        yield Lists(settings, address)


def test_the_overview_counts_by_stage(lists: Lists) -> None:
    lists.add(lists.bo, stage="agreed")
    page = lists.page("/lists").text
    assert 'aria-label="Candidate 1, Agreed 1"' in page
    assert 'x="50.0%" width="50.0%"' in page
    assert "2\u00a0bloggers" in page


def test_a_workspace_without_lists_is_told_what_to_do(lists: Lists) -> None:
    other = sign_in(lists.address, make_key(lists.settings, workspace="other"))
    page = lists.page("/lists", other).text
    assert "No list yet" in page
    assert lists.list not in page


def test_a_list_is_made_by_a_form(lists: Lists) -> None:
    made = lists.send("/lists", name="  Autumn ")
    assert made.status == 303
    page = lists.page(made.headers["location"]).text
    assert '<h1 dir="auto">Autumn</h1>' in page
    assert "Nobody is on this list yet" in page


@pytest.mark.parametrize(("name", "status"), [("Spring", 409), ("  ", 400), ("x" * 201, 400)])
def test_a_name_that_cannot_be_used_is_asked_for_again(lists: Lists, name: str, status: int) -> None:
    answer = lists.send("/lists", name=name)
    assert answer.status == status
    assert 'id="new-list-problem" role="alert"' in answer.text
    assert f'value="{name}"' in answer.text


def test_the_board_shows_all_stages_with_their_counts(lists: Lists) -> None:
    page = lists.page(lists.path).text
    assert re.findall(r'<section class="column[^"]*" data-stage="(\w+)"', page) == [stage.value for stage in Stage]
    assert re.findall(r'data-count="(\d+)"', page) == ["1", *["0"] * 7]
    assert page.count("<script") == page.count('<script type="module" src=')
    assert " style=" not in page


def test_a_card_is_moved_without_scripts(lists: Lists) -> None:
    answer = lists.send(lists.entry, action="set_stage", stage="agreed", was="candidate", back="board")
    assert answer.headers["location"].startswith(f"{lists.path}?told=")
    assert answer.headers["location"].endswith(f"#card-{lists.ana}")
    assert lists.told(answer) == "Ana is at Agreed now."
    assert lists.kept()["stage"] == "agreed"


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"action": "set_stage", "stage": "agreed", "was": "contacted"}, "Ana was moved to Candidate meanwhile"),
        ({"action": "set_owner", "owner": "Me", "was": "You"}, "Ana was given to nobody meanwhile"),
    ],
)
def test_what_somebody_else_changed_meanwhile_stands(lists: Lists, fields: dict[str, Any], said: str) -> None:
    before = lists.kept()
    assert lists.told(lists.send(lists.entry, **fields)).startswith(said)
    assert lists.kept() == before


def test_owner_and_tags_are_set_without_scripts(lists: Lists) -> None:
    assert lists.told(lists.send(lists.entry, action="set_owner", owner="Me")) == "Me takes care of Ana now."
    assert lists.told(lists.send(lists.entry, action="add_tag", tag=" x ")) == "Ana is tagged x now."
    assert (lists.kept()["owner"], lists.kept()["tags"]) == ("Me", ["x"])
    assert lists.told(lists.send(lists.entry, action="remove_tag", tag="x")) == "Ana is tagged with nothing now."
    assert lists.told(lists.send(lists.entry, action="add_tag", tag=" ")).startswith("A tag has 1 to 60 characters")


def test_notes_come_and_go_without_scripts(lists: Lists) -> None:
    assert lists.told(lists.send(f"{lists.entry}/notes", text="called")) == "The note is kept."
    (note,) = lists.kept()["notes"]
    assert "called" in lists.page(lists.entry).text
    assert lists.told(lists.send(f"{lists.entry}/notes/{note['id']}/delete")) == "The note is deleted."
    assert lists.kept()["notes"] == []


def test_an_entry_says_where_it_came_from(lists: Lists) -> None:
    source = {"rank": 3, "query": "espresso at home", "generation": "gen_000002", "score": 0.61}
    lists.add(lists.bo, added_from=source)
    page = lists.page(f"{lists.path}/entries/{lists.bo}").text
    assert "Rank 3 of ‘espresso at home’, generation 2, score 61.0 of 100, on " in page
    assert 'href="/?q=espresso+at+home&amp;generation=gen_000002"' in page
    assert f'href="/bloggers/{lists.bo}"' in page


def test_the_table_is_filtered_and_sorted_by_its_address(lists: Lists) -> None:
    lists.add(lists.bo, stage="agreed", tags=["a&b"], owner="Me")
    rows = re.compile(r'<a class="name"[^>]*>(\w+)</a>')
    for query, names in (
        ("sort=name", ["Ana", "Bo"]),
        ("sort=-added", ["Bo", "Ana"]),
        ("stage=agreed", ["Bo"]),
        ("tag=a%26b", ["Bo"]),
        ("owner=Me&stage=&tag=", ["Bo"]),
        ("stage=declined", []),
    ):
        assert rows.findall(lists.page(f"{lists.path}?view=table&{query}").text) == names, query
    assert "No entry passes these filters" in lists.page(f"{lists.path}?view=table&stage=declined").text


def test_a_long_table_goes_on_on_the_next_page(lists: Lists) -> None:
    with closing(open_database(lists.settings)) as database, database.transaction() as connection:
        more = [make_blogger(connection, f"{number}.example", name=f"N{number}") for number in range(100)]
    lists.api("POST", f"/v1/lists/{lists.list}/entries:bulk", {"action": "add", "blogger_ids": more})
    board = lists.page(lists.path).text
    assert (board.count('class="card"'), "Show all 101 in the table" in board) == (100, True)
    first = lists.page(f"{lists.path}?view=table").text
    later = re.search(r'rel="next" href="([^"]+)"', first)
    assert later
    second = lists.page(later.group(1).replace("&amp;", "&")).text
    assert (first.count('name="b"'), second.count('name="b"')) == (100, 1)


@pytest.mark.parametrize(
    ("fields", "said", "field", "after"),
    [
        ({"action": "set_stage", "stage": "declined"}, "1\u00a0blogger changed", "stage", "declined"),
        ({"action": "set_owner", "owner": "Me"}, "1\u00a0blogger changed", "owner", "Me"),
        ({"action": "add_tag", "tag": "x"}, "1\u00a0blogger changed", "tags", ["x"]),
        ({"action": "set_stage", "stage": "candidate"}, "1\u00a0blogger left alone", "stage", "candidate"),
    ],
)
def test_marked_rows_are_changed_together(
    lists: Lists, fields: dict[str, Any], said: str, field: str, after: object
) -> None:
    told = lists.told(lists.send(f"{lists.path}/bulk", b=[lists.ana, lists.bo], **fields))
    assert told.startswith(said)
    assert told.endswith("1\u00a0blogger not on the list any more.")
    assert lists.kept()[field] == after


def test_a_removal_is_asked_about_first(lists: Lists) -> None:
    form: dict[str, Any] = {"b": lists.ana, "action": "remove", "back": f"{lists.path}?view=table&sort=name"}
    asked = lists.send(f"{lists.path}/bulk", **form)
    assert (asked.status, "What is lost" in asked.text, lists.kept()["stage"]) == (200, True, "candidate")
    done = lists.send(f"{lists.path}/bulk", confirmed="true", **form)
    assert lists.told(done) == "1\u00a0blogger removed from the list."
    assert done.headers["location"].startswith(f"{lists.path}?view=table&sort=name&told=")


def test_nobody_marked_changes_nothing_and_nobody_is_sent_elsewhere(lists: Lists) -> None:
    answer = lists.send(f"{lists.path}/bulk", action="set_stage", stage="agreed", back="https://evil.example/")
    assert answer.headers["location"].startswith(f"{lists.path}?view=table&told=")
    assert lists.told(answer) == "Nobody was marked, so nothing was changed."


def test_a_list_is_renamed_and_deleted(lists: Lists) -> None:
    assert lists.told(lists.send(f"{lists.path}/rename", name="Summer")) == "The list is renamed."
    assert "keeps its name" in lists.told(lists.send(f"{lists.path}/rename", name=""))
    asked = lists.page(f"{lists.path}/delete").text
    assert "1\u00a0entry" in asked
    assert lists.told(lists.send(f"{lists.path}/delete")) == "The list “Summer” is deleted."
    assert lists.page(lists.path).status == 404


def test_history_is_told_in_words(lists: Lists) -> None:
    lists.send(lists.entry, action="set_stage", stage="replied")
    page = lists.page(f"{lists.path}/history").text
    said = re.findall(r'<span class="phrase" dir="auto">([^<]*)</span>', page)
    assert said == [
        "stage: Candidate → Replied",
        "added to the list",
        "at Candidate",
        "made the list",
        "named “Spring”",
    ]


def test_scripts_ask_for_a_card_or_a_panel_alone(lists: Lists) -> None:
    for fragment, start in (("card", '<li class="card"'), ("entry", '<article class="entry-of-list"')):
        part = lists.page(lists.entry, None, **{"X-Fragment": fragment})
        assert (part.text.strip().startswith(start), "<html" in part.text) == (True, False)
        assert part.headers["etag"] == f'"{lists.list}-2"'


def test_foreign_text_is_escaped_everywhere(lists: Lists) -> None:
    with closing(open_database(lists.settings)) as database, database.transaction() as connection:
        evil = make_blogger(connection, "evil.example", name=HOSTILE)
    lists.add(evil, tags=[HOSTILE], owner=HOSTILE, note=HOSTILE, added_from={"query": HOSTILE, "why": HOSTILE})
    for path in ("", "?view=table", f"/entries/{evil}", "/history"):
        page = lists.page(lists.path + path).text
        assert "&lt;img src=x" in page, path
        assert HOSTILE not in page, path


FORMS = ("/rename", "/delete", "/bulk", "/entries/{ana}", "/entries/{ana}/notes", "/entries/{ana}/notes/note_x/delete")


@pytest.mark.parametrize("form", FORMS)
def test_a_form_that_is_not_ours_is_refused(lists: Lists, form: str) -> None:
    path = lists.path + form.format(ana=lists.ana)
    fields: dict[str, Any] = {"name": "x", "action": "remove", "text": "x"}
    assert lists.send(path, token="forged", **fields).status == 403
    stranger = lists.token(sign_in(lists.address, lists.key))
    assert lists.send(path, token=stranger, **fields).status == 403
    assert lists.kept()["notes"] == []


@pytest.mark.parametrize("form", FORMS)
def test_a_list_of_another_team_is_not_there(lists: Lists, form: str) -> None:
    other = sign_in(lists.address, make_key(lists.settings, workspace="other"))
    path = lists.path + form.format(ana=lists.ana)
    fields: dict[str, Any] = {"name": "x", "action": "add_tag", "tag": "x", "text": "x", "b": lists.ana}
    assert lists.send(path, session=other, **fields).status == 404
    assert lists.kept()["tags"] == []


@pytest.mark.parametrize("path", ["", "?view=table", "/history", "/delete", "/entries/{ana}"])
def test_pages_of_another_team_are_not_there(lists: Lists, path: str) -> None:
    other = sign_in(lists.address, make_key(lists.settings, workspace="other"))
    assert lists.page(lists.path + path.format(ana=lists.ana), other).status == 404


def test_strangers_sign_in_first_and_readers_may_only_read(lists: Lists) -> None:
    assert ask("GET", lists.address + lists.path, headers=PAGE).headers["location"].startswith("/sign-in?next=")
    reader = sign_in(lists.address, make_key(lists.settings, scopes=["read"]))
    page = lists.page(lists.path, reader).text
    assert (f'action="{lists.path}/rename"' in page, "lacks the scope “export”" in page) == (False, True)
    assert lists.send(f"{lists.path}/rename", session=reader, name="x").status == 403
    exporter = sign_in(lists.address, make_key(lists.settings, scopes=["export"]))
    assert lists.page(lists.path, exporter).status == 403


def test_a_sentence_of_ours_cannot_be_put_into_an_address(lists: Lists) -> None:
    assert "Send your key to" not in lists.page(f"{lists.path}?told=Send+your+key+to+evil.example").text


def test_whoever_opted_out_is_on_no_page(lists: Lists) -> None:
    lists.add(lists.bo)
    lists.suppress("ana.example")
    for path in (lists.path, f"{lists.path}?view=table", f"{lists.path}/history"):
        page = lists.page(path).text
        assert ("Ana" in page, "Bo" in page) == (False, True), path
    assert "1\u00a0blogger" in lists.page("/lists").text
    assert lists.page(lists.entry).status == 404
    assert lists.send(lists.entry, action="add_tag", tag="x").status == 404


def test_a_niche_is_saved_ranked_and_deleted(lists: Lists) -> None:
    form: dict[str, Any] = {"name": "Espresso", "q": "Espresso at home", "relevance": "80", "reach": "20"}
    saved = lists.send("/niches", **form)
    niche = lists.api("GET", "/v1/niches").json()["data"][0]
    assert (saved.status, saved.headers["location"]) == (303, f"/?niche={niche['id']}")
    assert niche["weights"] == {"relevance": 80.0, "engagement": 0.0, "reach": 20.0}
    assert lists.page(f"/niches/{niche['id']}").headers["location"] == f"/?niche={niche['id']}"
    assert lists.send("/niches", **form).status == 409
    assert lists.send("/niches", name="Other", q=" ").status == 400
    assert lists.send(f"/niches/{niche['id']}/delete", token="forged").status == 403
    assert lists.told(lists.send(f"/niches/{niche['id']}/delete")).startswith("The niche “Espresso” is deleted")


def test_the_bar_has_a_segment_for_every_stage_that_anybody_is_at() -> None:
    bar = stage_bar({"agreed": 3, "candidate": 1})
    assert [(one.stage, one.x, one.width) for one in bar] == [(Stage.CANDIDATE, 0, 25), (Stage.AGREED, 25, 75)]
    assert stage_bar({}) == []
    assert list(STAGE_NAMES) == list(Stage)


@pytest.mark.parametrize(
    ("added_from", "niche", "said"),
    [
        ({}, None, "added by hand, not from a ranking, on 1 May 2026"),
        ({"rank": 3}, None, "rank 3, on 1 May 2026"),
        ({"rank": 3, "niche": "nch_x"}, "Coffee", "rank 3 of the niche ‘Coffee’, on 1 May 2026"),
        ({"rank": 3, "niche": "nch_x"}, None, "rank 3 of a niche that was deleted since, on 1 May 2026"),
        ({"query": "a  b", "score": 0.5}, None, "found by ‘a b’, score 50.0 of 100, on 1 May 2026"),
        ({"query": "x" * 61}, None, f"found by ‘{'x' * 60}…’, on 1 May 2026"),
    ],
)
def test_the_origin_of_an_entry_in_words(added_from: dict[str, Any], niche: str | None, said: str) -> None:
    assert origin(added_from, NOW, niche) == said


def test_generations_events_and_outcomes_in_words() -> None:
    assert (generation_shown("gen_000012"), generation_shown("mine")) == ("generation 12", "generation mine")
    changes: dict[str, Any] = {"owner": ["", "Me"], "tags": [["x"], ["y"]]}
    said = ["owner: nobody → Me", "tagged y; no longer tagged x"]
    assert event_phrases("entry.changed", changes) == said
    assert event_phrases("note.removed", {"note": ["old", None]}) == ["note deleted", "“old”"]
    assert event_phrases("list.renamed", {"name": ["a", "b"]}) == ["renamed: “a” → “b”"]
    assert outcome_sentence({EditOutcome.CHANGED: 2, EditOutcome.REMOVED: 0}) == "2\u00a0bloggers changed."
