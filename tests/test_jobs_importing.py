"""From a small web archive to a ranked, exported and forgotten blog: the whole way without a network."""

import gzip
import shutil
from datetime import UTC, datetime
from pathlib import Path

import networkx as nx
import pytest

from bloghound.errors import ArchiveError, IndexDamagedError, IndexMissingError, NotFoundError
from bloghound.jobs.forgetting import run_forget
from bloghound.jobs.graph import run_graph_export
from bloghound.jobs.importing import run_import, run_reparse
from bloghound.jobs.index import run_index
from bloghound.jobs.ranking import open_engine, run_rank
from bloghound.settings import Settings
from crawler.archive.writer import Exchange, WarcWriter
from storage import posts, status
from storage.database import open_database

NOW = datetime(2026, 5, 1, tzinfo=UTC)
TEA = (
    "Oolong is rolled and oxidised, and every steep opens the leaf a little further. I weigh five grams for a small "
    "pot, rinse it once, and pour water just off the boil. The first cup is floral, the fourth tastes of stone fruit. "
    "A clay pot keeps its heat, while a gaiwan lets you smell the lid between two steeps of the same tea. "
)
BIKES = (
    "The rear wheel had lost two spokes by the time we reached the pass, so I trued it against the brake pads with a "
    "spoke key borrowed from the campsite. A cassette tool would have been kinder. We rode on with a wobble that only "
    "showed on the long descents, and bought new spokes in the next town with a bicycle shop. "
)


def _page(title: str, text: str, day: int, links: str = "", head: str = "") -> str:
    return (
        f'<html lang="en"><head><title>{title}</title>{head}</head><body><article class="h-entry"><h1>{title}</h1>'
        f'<time class="dt-published" datetime="2026-03-{day:02}">March {day}</time>'
        f'<div class="entry-content"><p>{text * 2}</p>{links}</div></article></body></html>'
    )


def _archive(folder: Path, pages: dict[str, str], headers: tuple[tuple[str, str], ...] = ()) -> Path:
    writer = WarcWriter(folder)
    for url, html in pages.items():
        shown = (("Content-Type", "text/html; charset=utf-8"), *headers)
        path, _ = writer.write(Exchange(url, "GET", (), 200, shown, html.encode(), NOW))
    writer.close()
    return path


BLOGS = {
    f"https://{host}.example/2026/03/{day:02}/{slug}/": _page(f"{slug.title()} {day}", f"Day {day}. {text}", day, links)
    for host, slug, text, links in (
        ("tea", "oolong", TEA, '<a href="https://bikes.example/2026/03/01/wheel/">a friend</a>'),
        ("bikes", "wheel", BIKES, ""),
    )
    for day in range(1, 5)
}


@pytest.fixture
def imported(settings: Settings, tmp_path: Path) -> Settings:
    report = run_import(settings, [_archive(tmp_path / "warc", BLOGS)])
    assert (report.sites["ok"], report.posts_new, report.outcomes, report.errors) == (2, 8, {"post": 8}, ())
    return settings


def test_import_index_and_rank(imported: Settings) -> None:
    report = run_index(imported)
    assert (report.bloggers, report.posts, report.encoded) == (2, 8, 8)
    found = run_rank(imported, "Brewing oolong tea: steeps, pots and water").as_dict()
    first = found["results"][0]
    assert first["blogger"]["home"] == "https://tea.example/"
    parts = sum(part["contribution"] for part in first["parts"].values())
    assert first["score"] == pytest.approx(parts - sum(abs(one["amount"]) for one in first["deductions"]), abs=1e-9)
    assert len(first["evidence"]) == 3


def test_importing_twice_changes_nothing(imported: Settings, tmp_path: Path) -> None:
    report = run_import(imported, sorted((tmp_path / "warc").iterdir()))
    assert (report.posts_new, report.posts_updated, report.pages_fetched) == (0, 0, 8)


def test_the_same_index_twice_gives_the_same_bytes(imported: Settings) -> None:
    run_index(imported)
    first = run_rank(imported, "Bicycle wheels and spokes on tour").as_dict()
    run_index(imported)
    second = run_rank(imported, "Bicycle wheels and spokes on tour").as_dict()
    assert first | {"generation": ""} == second | {"generation": ""}


def test_a_damaged_generation_is_named_and_can_be_built_again(imported: Settings) -> None:
    run_index(imported)
    expected = run_rank(imported, "oolong tea").results
    largest = max(
        (path for path in imported.index_dir.rglob("*") if path.is_file()), key=lambda path: path.stat().st_size
    )
    content = bytearray(largest.read_bytes())
    content[len(content) // 2] ^= 1
    largest.write_bytes(content)
    with pytest.raises(IndexDamagedError, match=largest.name):
        open_engine(imported)
    run_index(imported)
    assert run_rank(imported, "oolong tea").results == expected


def test_ranking_without_an_index_says_what_to_do(imported: Settings) -> None:
    with pytest.raises(IndexMissingError, match="bloghound index"):
        run_rank(imported, "oolong tea")


def test_a_cut_archive_is_stored_up_to_the_cut(settings: Settings, tmp_path: Path) -> None:
    whole = _archive(tmp_path / "warc", BLOGS)
    cut = tmp_path / "cut.warc.gz"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    report = run_import(settings, [cut])
    assert 0 < report.posts_new < 8
    assert report.pages_fetched == report.posts_new
    assert len(report.errors) == 1
    assert "cut.warc.gz" in report.errors[0]


def test_no_archive_at_all_is_an_error(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "x.warc.gz").write_bytes(gzip.compress(b"hello"))
    with pytest.raises(ArchiveError, match=r"x\.warc\.gz"):
        run_import(settings, [tmp_path / "x.warc.gz"])


@pytest.mark.parametrize("way", ["meta", "header", "file"])
def test_where_text_mining_is_reserved_no_words_are_kept(way: str, settings: Settings, tmp_path: Path) -> None:
    url = "https://tea.example/2026/03/01/oolong/"
    head = '<meta name="tdm-reservation" content="1">' if way == "meta" else ""
    pages = {url: _page("Oolong", TEA, 1, head=head)}
    if way == "file":
        pages["https://tea.example/.well-known/tdmrep.json"] = '[{"location": "/*", "tdm-reservation": 1}]'
    headers = (("tdm-reservation", "1"),) if way == "header" else ()
    run_import(settings, [_archive(tmp_path / "warc", pages, headers)])
    database = open_database(settings)
    with database.read() as connection:
        rows = list(posts.listing(connection))
    database.close()
    assert [(row["url"], row["title"], row["text"], row["words"]) for row in rows] == [(url, "", "", 0)]
    assert run_index(settings).encoded == 0


def test_a_forgotten_blog_does_not_come_back(imported: Settings, tmp_path: Path) -> None:
    run_index(imported)
    shutil.copytree(tmp_path / "warc", imported.archive_dir)
    done = run_forget(imported, "https://tea.example/2026/03/01/oolong/")
    assert (done.site_key, done.receipt.removed["posts"], done.archived_records) == ("tea.example", 4, 4 + 4)
    assert run_import(imported, sorted((tmp_path / "warc").iterdir())).outcomes == {"post": 4, "suppressed": 4}
    assert [result.blogger.site_key for result in run_rank(imported, "oolong tea").results] == ["bikes.example"]
    left = [path for path in imported.data_dir.rglob("*") if path.is_file() and b"tea.example" in path.read_bytes()]
    assert left == []


def test_forgetting_a_stranger_still_keeps_it_out(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match=r"tea\.example"):
        run_forget(settings, "tea.example")
    assert run_import(settings, [_archive(tmp_path / "warc", BLOGS)]).outcomes == {"post": 4, "suppressed": 4}


def test_our_own_archives_are_read_again(imported: Settings, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="no archives"):
        run_reparse(imported)
    shutil.copytree(tmp_path / "warc", imported.archive_dir)
    report = run_reparse(imported)
    assert (report.posts_new, report.pages_fetched) == (0, 8)


def test_the_graph_is_exported_with_its_attributes(imported: Settings, tmp_path: Path) -> None:
    run_graph_export(imported, "graphml", tmp_path / "blogs.graphml")
    graph = nx.read_graphml(tmp_path / "blogs.graphml")
    assert set(graph.edges()) == {("tea.example", "bikes.example")}
    assert graph.nodes["bikes.example"]["linkers"] == 1
    assert graph.nodes["tea.example"]["posts"] == 4


def test_every_page_has_one_outcome(imported: Settings) -> None:
    database = open_database(imported)
    with database.read() as connection:
        counts = status.status(connection).counts
    database.close()
    assert (counts["fetches"], counts["sites"], counts["posts"]) == (8, 2, 8)
