"""Downloads of shortlists: every format read back by another program, whatever strangers wrote into them."""

import csv
import io
import json
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import openpyxl
import pytest
from openpyxl.utils.escape import unescape
from openpyxl.worksheet.worksheet import Worksheet

from api.exports.filenames import content_disposition, safe_stem
from api.exports.formats import MAX_CELL_CHARS, write_xlsx
from api.exports.rows import COLUMNS, MAX_WHY_BYTES, cut_to_bytes, export_row, percent
from bloghound.settings import Settings
from storage import suppressions
from storage.database import open_database
from storage.shortlist_entries import StoredEntry
from storage.shown_bloggers import ShownBlogger
from tests.listing import NOW, make_blogger
from tests.serving import Answer, ask, make_key, serving

HOSTILE = [
    '=HYPERLINK("http://evil.example","x")',
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "\t=1+1",
    "\r=1+1",
    "  =1+1",
    "\uff1d1+1",
    "\uff0b1",
    "\uff0d1",
    "\uff20SUM",
    "\u200b=1+1",
]
HARMLESS = ['Ana, "the" best', "two\nlines", "<b>&amp;</b>", "http://a.example/", "_x0041_", "naïve 日本"]


class Lists:
    """A service with one list whose entries are named by the test."""

    def __init__(self, settings: Settings, address: str) -> None:
        self.settings, self.address = settings, address
        self.key = make_key(settings, scopes=["read", "lists:write", "export"])
        self.list = self.make("Spring")

    def make(self, name: str) -> str:
        made = ask("POST", f"{self.address}/v1/lists", {"name": name}, key=self.key)
        return f"{self.address}/v1/lists/{made.json()['id']}"

    def add(self, key: str, name: str, languages: tuple[str, ...] = ("en",), **fields: Any) -> str:
        with closing(open_database(self.settings)) as database, database.transaction() as connection:
            blogger = make_blogger(connection, key, name=name, languages=languages)
        added = ask("POST", f"{self.list}/entries", {"blogger_id": blogger, **fields}, key=self.key)
        assert added.status == 201, added.text
        return blogger

    def export(self, query: str = "") -> Answer:
        answer = ask("GET", f"{self.list}/export{query}", key=self.key)
        assert answer.status == 200, answer.text
        assert len(answer.body) == int(answer.headers["content-length"])
        return answer

    def csv_rows(self, query: str = "") -> list[dict[str, str]]:
        return list(csv.DictReader(io.StringIO(self.export(query).body.decode("utf-8"), newline="")))

    def sheet(self) -> Worksheet:
        book = openpyxl.load_workbook(io.BytesIO(self.export("?format=xlsx").body))
        return book.worksheets[0]


@pytest.fixture
def lists(settings: Settings) -> Iterator[Lists]:
    with serving(settings) as address:
        yield Lists(settings, address)


def test_a_csv_row_holds_what_tools_import(lists: Lists) -> None:
    figures = {"score": 0.714, "relevance": 0.5, "credibility": 1.0, "rank": 2, "query": "coffee", "why": "writes"}
    blogger = lists.add("www.ana.example", "Ana", ("en", "fi"), tags=["x", "y"], note="hi", added_from=figures)
    (row,) = lists.csv_rows()
    assert tuple(row) == COLUMNS
    assert (row["external_id"], row["name"], row["company"]) == (blogger, "Ana", "ana.example")
    assert (row["profile_url"], row["stage"], row["tags"]) == ("https://www.ana.example/", "candidate", "x; y")
    assert (row["influence_score"], row["relevance"], row["credibility"]) == ("71", "50", "100")
    assert (row["engagement"], row["sponsored_share"]) == ("", "")
    assert (row["why"], row["added_from_query"], row["added_from_rank"]) == ("writes", "coffee", "2")
    assert (row["languages"], row["notes"][10:]) == ("en; fi", " test key: hi")
    assert datetime.fromisoformat(row["optout_checked_at"]) >= datetime.fromisoformat(row["added_at"])


def test_csv_is_as_rfc_4180_has_it(lists: Lists) -> None:
    lists.add("ana.example", 'Ana, "the"\nbest')
    answer = lists.export()
    header, record = answer.body.split(b"\r\n")[:2]
    assert header == ",".join(COLUMNS).encode()
    assert b'"Ana, ""the""\nbest"' in record
    assert answer.body.endswith(b"\r\n")
    assert answer.headers["content-type"].startswith("text/csv; charset=utf-8")
    assert answer.headers["export-rows"] == "1"


def test_a_byte_order_mark_comes_on_request(lists: Lists) -> None:
    assert lists.export().body.startswith(b"external_id")
    assert lists.export("?bom=true").body.startswith(b"\xef\xbb\xbfexternal_id")


@pytest.mark.parametrize("text", HOSTILE)
def test_no_cell_of_a_csv_runs(lists: Lists, text: str) -> None:
    lists.add("ana.example", text, owner=f".{text}"[1:], tags=[text], added_from={"query": text, "why": text})
    (row,) = lists.csv_rows()
    for column in ("name", "tags", "added_from_query", "why", "owner"):
        assert row[column].startswith("'"), column


@pytest.mark.parametrize("text", HARMLESS)
def test_harmless_text_comes_back_from_every_format(lists: Lists, text: str) -> None:
    lists.add("ana.example", text)
    (row,) = lists.csv_rows()
    (found,) = json.loads(lists.export("?format=json").body)["data"]
    assert row["name"] == found["name"] == text
    assert unescape(str(lists.sheet().cell(2, 2).value)) == text


def test_no_cell_of_a_workbook_is_a_formula_or_a_link(lists: Lists) -> None:
    for number, text in enumerate([*HOSTILE, "http://a.example/"]):
        lists.add(f"b{number}.example", text, tags=[text])
    sheet = lists.sheet()
    cells = [cell for row in sheet.iter_rows(min_row=2) for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s"}
    assert [cell.hyperlink for cell in cells if cell.hyperlink] == []
    names = [sheet.cell(row, 2) for row in range(2, 2 + len(HOSTILE))]
    assert [bool(cell.quotePrefix) for cell in names] == [True] * len(HOSTILE)
    assert not sheet.cell(2 + len(HOSTILE), 2).quotePrefix


def test_figures_of_a_workbook_are_numbers(lists: Lists) -> None:
    lists.add("ana.example", "Ana", added_from={"score": 0.5, "rank": 7})
    sheet = lists.sheet()
    row = dict(zip((cell.value for cell in sheet[1]), (cell.value for cell in sheet[2]), strict=True))
    assert (row["influence_score"], row["added_from_rank"], row["engagement"]) == (50, 7, None)


def test_json_keeps_lists_and_says_how_many(lists: Lists) -> None:
    lists.add("ana.example", "Ana", tags=["=x"], note="hi")
    answer = lists.export("?format=json").json()
    assert (answer["count"], answer["list"]["name"], answer["list"]["version"]) == (1, "Spring", 2)
    (row,) = answer["data"]
    assert (row["tags"], row["notes"][0]["text"], row["engagement"]) == (["=x"], "hi", None)


@pytest.mark.parametrize("format_", ["csv", "json", "xlsx"])
def test_an_empty_list_is_an_empty_file(lists: Lists, format_: str) -> None:
    answer = lists.export(f"?format={format_}")
    assert answer.headers["export-rows"] == "0"
    if format_ == "json":
        assert answer.json()["data"] == []


def test_who_opted_out_is_never_exported(lists: Lists) -> None:
    gone, stays = lists.add("gone.example", "Gone", ("en", "en")), lists.add("stays.example", "Stays")
    with closing(open_database(lists.settings)) as database, database.transaction() as connection:
        suppressions.add(connection, lists.settings.secret_key(), ["1.gone.example"], reason="opt-out", now=NOW)
    for format_ in ("csv", "json"):
        answer = lists.export(f"?format={format_}")
        assert (gone.encode() in answer.body, stays.encode() in answer.body) == (False, True)
    assert lists.sheet().max_row == 2


def test_a_download_is_named_after_its_list(lists: Lists) -> None:
    lists.list = lists.make('Kevät "../\u202e2026\r\n')
    disposition = lists.export("?format=xlsx").headers["content-disposition"]
    assert disposition == "attachment; filename=\"Kev_t .. 2026.xlsx\"; filename*=UTF-8''Kev%C3%A4t%20..%202026.xlsx"


@pytest.mark.parametrize(
    ("name", "stem"),
    [("a/b\\c", "a b c"), ("...", "shortlist"), ("日本", "日本"), ("x" * 300, "x" * 80), ("%2e", "2e")],
)
def test_a_file_name_has_no_dangerous_part(name: str, stem: str) -> None:
    assert safe_stem(name) == stem
    assert content_disposition(name, "csv").isascii()


def test_an_unknown_format_is_refused(lists: Lists) -> None:
    assert ask("GET", f"{lists.list}/export?format=exe", key=lists.key).status == 422


@pytest.mark.parametrize(("share", "shown"), [(None, None), (0.0, 0), (0.005, 0), (0.996, 100), (-0.2, 0), (1.7, 100)])
def test_a_figure_is_a_whole_number_or_unknown(share: float | None, shown: int | None) -> None:
    assert percent(share) == shown


def test_text_is_cut_at_a_character() -> None:
    assert cut_to_bytes("ä" * 200, MAX_WHY_BYTES) == "ä" * (MAX_WHY_BYTES // 2)
    assert cut_to_bytes("short", MAX_WHY_BYTES) == "short"


def _entry(**fields: Any) -> StoredEntry:
    person = ShownBlogger("blg_a", "Ana", "https://ana.example/", ())
    known: dict[str, Any] = {"stage": "candidate", "owner": "", "notes": [], "tags": [], "added_from": {}}
    return StoredEntry(1, created_at=NOW, updated_at=NOW, blogger=person, **(known | fields))


def test_newer_figures_win_over_those_an_entry_was_added_with() -> None:
    entry = _entry(added_from={"score": 0.1, "relevance": 0.2})
    row = export_row(entry, checked_at=datetime(2026, 6, 1, tzinfo=UTC), figures={"score": 0.9})
    assert (row.influence_score, row.relevance, row.optout_checked_at) == (90, 20, "2026-06-01T00:00:00+00:00")


def test_a_cell_too_long_for_a_workbook_is_cut() -> None:
    note = {"author": "ana", "created_at": NOW.isoformat(), "text": "x" * 5000}
    row = export_row(_entry(notes=[note] * 10), checked_at=NOW)
    target = io.BytesIO()
    assert write_xlsx([row], target) == 1
    sheet = openpyxl.load_workbook(target).worksheets[0]
    assert len(str(sheet.cell(2, COLUMNS.index("notes") + 1).value)) == MAX_CELL_CHARS
