"""What a worker tells of itself: who is visited, how fast, who is left alone; bounded, and true."""

import asyncio
import pickle
from datetime import UTC, datetime, timedelta

import pytest

from bloghound.records import Outcome
from crawler.plan import CrawlProgress, ParkedHost, Trouble
from crawler.politeness.pace import Pacer
from crawler.progress import RATE_SECONDS, TOLD_PARKED, TOLD_SITES, TOLD_TROUBLES, ProgressBoard
from storage.results import PageResult

NOW = datetime(2026, 5, 1, tzinfo=UTC)


class Clock:
    """Time that the test moves."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def board(clock: Clock) -> ProgressBoard:
    return ProgressBoard(clock)


def told(board: ProgressBoard, parked: list[tuple[str, float, int]] | None = None) -> CrawlProgress:
    return board.progress(3, 10, parked or [], now=NOW)


def result(outcome: Outcome = Outcome.POST, site_id: int = 1, reason: str = "") -> PageResult:
    return PageResult(1, site_id, "https://a.test/p", outcome, NOW, "live", reason=reason)


def test_pages_are_counted_for_the_crawl_and_for_the_visit(board: ProgressBoard, clock: Clock) -> None:
    with board.visiting(1, "a.test"), board.visiting(2, "b.test"):
        clock.now += 7
        board.commit([result(), result(Outcome.HTTP_ERROR), result(site_id=2)], posts_new=2)
        progress = told(board)
    assert (progress.pages, progress.posts, progress.seconds) == (3, 2, 7)
    assert progress.outcomes == {"post": 2, "http_error": 1}
    figures = [(site.key, site.pages, site.posts, site.failed, site.seconds) for site in progress.sites]
    assert figures == [("a.test", 2, 1, 1, 7), ("b.test", 1, 1, 0, 7)]
    assert told(board).sites == ()


def test_each_visit_knows_what_it_asked_last(board: ProgressBoard) -> None:
    both_asked = asyncio.Barrier(3)

    async def visit(site_id: int) -> None:
        with board.visiting(site_id, f"{site_id}.test"):
            # A visit asks for several pages at once, in tasks of its own.
            await asyncio.gather(asyncio.create_task(ask(site_id)))
            await both_asked.wait()
            await both_asked.wait()

    async def ask(site_id: int) -> None:
        board.ask(f"https://shared.test/{site_id}")

    async def run() -> CrawlProgress:
        visits = [asyncio.create_task(visit(site_id)) for site_id in (1, 2)]
        await both_asked.wait()
        progress = told(board)
        await both_asked.wait()
        await asyncio.gather(*visits)
        return progress

    progress = asyncio.run(run())
    assert {site.key: site.url for site in progress.sites} == {f"{n}.test": f"https://shared.test/{n}" for n in (1, 2)}


def test_the_speed_is_that_of_the_last_seconds(board: ProgressBoard, clock: Clock) -> None:
    clock.now += 5
    board.commit([result()] * 20, posts_new=0)
    assert told(board).pages_per_second == 20 / 5
    clock.now += RATE_SECONDS - 1
    board.commit([result()] * 3, posts_new=0)
    assert told(board).pages_per_second == (20 + 3) / RATE_SECONDS
    clock.now += 2
    assert told(board).pages_per_second == 3 / RATE_SECONDS


def test_the_last_troubles_are_kept(board: ProgressBoard) -> None:
    board.commit([result(Outcome.HTTP_ERROR, reason=str(number)) for number in range(9)], posts_new=0)
    board.commit([result()], posts_new=0)
    expected = tuple(Trouble("https://a.test/p", "http_error", str(n)) for n in range(9 - TOLD_TROUBLES, 9))
    assert told(board).troubles == expected


def test_hosts_that_are_free_soonest_are_told_with_the_time(board: ProgressBoard) -> None:
    progress = told(board, [("late.test", 3600.0, 5), ("soon.test", 60.0, 1)])
    soon, late = NOW + timedelta(minutes=1), NOW + timedelta(hours=1)
    assert progress.parked == (ParkedHost("soon.test", soon, 1), ParkedHost("late.test", late, 5))


def test_whatever_is_done_the_message_is_small(board: ProgressBoard, clock: Clock) -> None:
    visits = [board.visiting(number, f"{number}.test/" + "k" * 2_000) for number in range(1_000)]
    for number, visit in enumerate(visits):
        visit.__enter__()
        board.ask("https://a.test/" + "u" * 10_000)
        board.commit([result(Outcome.HTTP_ERROR, number, reason="r" * 10_000)], posts_new=0)
        clock.now += 1
    progress = told(board, [(f"{number}.test", 60.0, 1) for number in range(5_000)])
    assert (len(progress.sites), progress.sites_in_work) == (TOLD_SITES, 1_000)
    assert (len(progress.parked), progress.hosts_parked) == (TOLD_PARKED, 5_000)
    assert len(pickle.dumps(progress)) < 16_000
    for visit in reversed(visits):
        visit.__exit__(None, None, None)


def test_the_pacer_names_who_is_left_alone_after_a_failure(clock: Clock) -> None:
    pacer = Pacer(2.0, clock=clock, chance=lambda: 0.0)
    pacer.report("https://busy.test/a", 503, "120")
    pacer.report("https://fine.test/a", 200)
    assert pacer.parked() == [("busy.test", 120.0, 1)]
    clock.now += 121
    assert pacer.parked() == []
