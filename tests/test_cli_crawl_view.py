"""What is shown while a crawl runs, as text of a fixed width; whatever strangers call themselves."""

import io
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from rich.console import Console

from bloghound.cli import crawl_view
from bloghound.cli.crawl_view import render, summary
from crawler.plan import CrawlProgress, ParkedHost, SiteInWork, Trouble

PROGRESS = CrawlProgress(
    sites_done=3,
    sites_total=1200,
    pages=90,
    posts=41,
    outcomes={"http_error": 2, "post": 61, "not_found": 27},
    seconds=60.0,
    pages_per_second=4.25,
    sites=(
        SiteInWork("log.test", "https://log.test/2026/a-post/", 12, 8, 1, 65.2),
        SiteInWork("two.test/~ann", "https://two.test/~ann/b?page=2", 3, 0, 0, 4.0),
    ),
    sites_in_work=32,
    parked=(ParkedHost("busy.test", datetime(2026, 5, 3, 14, 5, 9, tzinfo=UTC), 5),),
    hosts_parked=7,
    troubles=(Trouble("https://down.test/", "network_error", "connection refused"),),
)
HOSTILE = "[red]evil[/] \x1b[2J\x9b31m\u202e\nforged"


def drawn(progress: CrawlProgress, width: int = 100, sites: int = 20) -> list[str]:
    """The lines of the view, on a terminal without colours."""
    console = Console(file=io.StringIO(), width=width, force_terminal=True, color_system=None)
    with console.capture() as captured:
        console.print(render(progress, sites=sites))
    return [" ".join(line.split()) for line in captured.get().split("\n")]


def test_the_figures_come_first() -> None:
    expected = "3 of 1,200 sites, 90 pages, 41 new posts, 4.2 pages/s (mean 1.5), 0:01:00"
    assert drawn(PROGRESS)[0] == expected


def test_sites_in_work_show_where_they_are() -> None:
    lines = drawn(PROGRESS)
    assert "Sites in work (2 of 32)" in lines
    assert "log.test /2026/a-post/ 12 8 1 0:01:05" in lines
    assert "two.test/~ann /b?page=2 3 0 0:00:04" in lines


def test_outcomes_are_in_order_beside_the_hosts_left_alone() -> None:
    lines = drawn(PROGRESS)
    begin = lines.index("Pages Hosts left alone (7)")
    assert lines[begin + 1 : begin + 5] == [
        "outcome pages host free again failures",
        "post 61 busy.test Sun 14:05:09 UTC 5",
        "not_found 27",
        "http_error 2",
    ]


def test_the_last_troubles_are_named() -> None:
    assert "network_error https://down.test/ connection refused" in drawn(PROGRESS)


def test_a_low_terminal_gets_fewer_sites() -> None:
    lines = drawn(PROGRESS, sites=1)
    assert "Sites in work (1 of 32)" in lines
    assert not any("two.test" in line for line in lines)


def test_a_beginning_can_be_drawn() -> None:
    assert (
        drawn(CrawlProgress(0, 0, 0, 0, {}))[0] == "0 of 0 sites, 0 pages, 0 new posts, 0.0 pages/s (mean 0.0), 0:00:00"
    )


def test_no_name_drives_the_terminal_or_takes_a_line_of_its_own() -> None:
    hostile = replace(
        PROGRESS,
        sites=(SiteInWork(HOSTILE, HOSTILE, 1, 1, 0, 1.0),),
        parked=(replace(PROGRESS.parked[0], name=HOSTILE),),
        troubles=(Trouble(HOSTILE, "http_error", HOSTILE),),
    )
    lines = drawn(hostile, width=200)
    assert all(line.isprintable() for line in lines)
    assert len(lines) == len(drawn(PROGRESS, width=200)) - 1
    assert sum("[red]evil[/]" in line for line in lines) == 3


@pytest.mark.parametrize("width", [40, 80, 160])
def test_every_line_fits(width: int) -> None:
    console = Console(file=io.StringIO(), width=width, force_terminal=True, color_system=None)
    with console.capture() as captured:
        console.print(render(replace(PROGRESS, sites=PROGRESS.sites * 10), sites=20))
    assert all(len(line) <= width for line in captured.get().split("\n"))


def test_without_a_terminal_a_line_comes_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = Console(file=io.StringIO(), width=40)
    monkeypatch.setattr(crawl_view, "errors", shown)
    view = crawl_view._view()
    view.show(PROGRESS)
    monkeypatch.setattr(crawl_view, "LINE_SECONDS", 0.0)
    view.show(PROGRESS)
    assert isinstance(shown.file, io.StringIO)
    assert shown.file.getvalue() == f"crawl: {drawn(PROGRESS)[0]}\n"


def test_the_last_word_says_what_is_kept() -> None:
    assert summary(PROGRESS) == "Stopped; stored: 90 pages, 41 new posts, 3 of 1200 sites done."
    assert summary(None) == "Stopped before anything was fetched."
