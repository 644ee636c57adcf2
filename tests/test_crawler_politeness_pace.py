import asyncio
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta

import pytest

from bloghound.errors import HostParkedError
from bloghound.urls import registrable_domain
from crawler.politeness.backoff import (
    FAILURES_BEFORE_PARKING,
    FIRST_BACKOFF_SECONDS,
    MAX_BACKOFF_SECONDS,
    MAX_RETRY_AFTER_SECONDS,
    PARKING_SECONDS,
    backoff_seconds,
    is_failure,
    retry_after_seconds,
)
from crawler.politeness.pace import Pacer
from crawler.politeness.shared_hosts import SHARED_HOSTS

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
GAP = 2.0


class Time:
    """A clock that moves only when somebody sleeps; sleepers wake in the order of their times."""

    def __init__(self) -> None:
        self.now = 100.0
        self.sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self.count = 0

    async def sleep(self, seconds: float) -> None:
        self.count += 1
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.sleepers.append((self.now + seconds, self.count, future))
        await future

    async def run(self, *work: Coroutine[object, object, object]) -> list[object]:
        tasks = [asyncio.ensure_future(one) for one in work]
        while not all(task.done() for task in tasks):
            for _ in range(20):
                await asyncio.sleep(0)
            if self.sleepers:
                self.sleepers.sort(key=lambda sleeper: sleeper[:2])
                moment, _, future = self.sleepers.pop(0)
                self.now = max(self.now, moment)
                future.set_result(None)
        return await asyncio.gather(*tasks, return_exceptions=True)


class Visits:
    """Requests that take a second each through one pacer; ``spans`` holds start and end by address."""

    def __init__(self, *, chance: float = 0.5, polite: bool = True) -> None:
        self.time = Time()
        self.pacer = Pacer(
            GAP, polite=polite, clock=lambda: self.time.now, sleep=self.time.sleep, chance=lambda: chance
        )
        self.spans: list[tuple[str, float, float]] = []

    async def visit(self, url: str, crawl_delay: float | None = None) -> None:
        async with self.pacer.turn(url, crawl_delay):
            started = self.time.now
            await self.time.sleep(1)
            self.spans.append((url, started - 100, self.time.now - 100))

    def go(self, *urls: str, crawl_delay: float | None = None) -> list[object]:
        return asyncio.run(self.time.run(*(self.visit(url, crawl_delay) for url in urls)))

    @property
    def starts(self) -> list[float]:
        return [started for _, started, _ in self.spans]


def test_one_request_at_a_time_goes_to_a_host_with_a_gap_after_each() -> None:
    visits = Visits()
    visits.go(*["https://blog.example/"] * 3)
    assert visits.starts == [0, 1 + GAP, 2 * (1 + GAP)]


def test_hosts_under_one_domain_share_its_turns() -> None:
    visits = Visits()
    visits.go("https://a.blog.co.uk/", "https://b.blog.co.uk/", "https://blog.co.uk/")
    assert visits.starts == [0, 1 + GAP, 2 * (1 + GAP)]


def test_other_domains_do_not_wait() -> None:
    visits = Visits()
    visits.go("https://a.example/", "https://b.example/", "http://[2606:2800::1]/", "http://93.184.216.34/")
    assert visits.starts == [0, 0, 0, 0]


@pytest.mark.parametrize(("asked", "gap"), [(10.0, 10.0), (0.5, GAP), (None, GAP), (9999.0, 300.0)])
def test_the_longer_of_our_gap_and_the_crawl_delay_is_kept(asked: float | None, gap: float) -> None:
    visits = Visits()
    visits.go(*["https://blog.example/"] * 2, crawl_delay=asked)
    assert visits.starts == [0, 1 + gap]


@pytest.mark.parametrize("host", ["medium.com", "dev.to"])
def test_a_shared_host_that_asks_for_a_delay_itself_gets_it(host: str) -> None:
    visits = Visits()
    visits.go(*[f"https://{host}/@ann"] * 3, crawl_delay=30.0)
    assert visits.starts == [0, 1 + 30, 2 * (1 + 30)]


def test_a_shared_host_has_a_rate_of_its_own_and_each_of_its_blogs_a_gap() -> None:
    visits = Visits()
    visits.go(*(f"https://blog{n}.wordpress.com/" for n in range(6)))
    between = 1 / SHARED_HOSTS["wordpress.com"].requests_per_second
    assert visits.starts == [n * between for n in range(6)]
    again = Visits()
    again.go(*["https://ann.wordpress.com/"] * 2)
    assert again.starts == [0, 1 + GAP]


def test_sites_that_are_paths_of_a_shared_host_share_its_rate() -> None:
    visits = Visits()
    visits.go(*(f"https://medium.com/@writer{n}" for n in range(4)))
    assert visits.starts == [0, 0.5, 1.0, 1.5]


def test_no_more_than_the_allowed_number_run_at_the_same_time_on_a_shared_host() -> None:
    visits = Visits()
    visits.go(*(f"https://blog{n}.wordpress.com/" for n in range(12)))
    running = [sum(start <= moment < end for _, start, end in visits.spans) for moment in visits.starts]
    assert max(running) <= SHARED_HOSTS["wordpress.com"].concurrent


def test_the_shared_hosts_are_registrable_domains() -> None:
    assert [host for host in SHARED_HOSTS if registrable_domain(f"blog.{host}") != host] == []


def test_a_cancelled_or_failed_request_gives_its_turn_back() -> None:
    visits = Visits()

    async def fail() -> None:
        async with visits.pacer.turn("https://blog.example/"):
            raise OSError

    results = asyncio.run(visits.time.run(fail(), visits.visit("https://blog.example/")))
    assert isinstance(results[0], OSError)
    assert visits.starts == [GAP]


def test_without_politeness_nobody_waits() -> None:
    visits = Visits(polite=False)
    visits.pacer.report("https://blog.example/", 503, "3600")
    visits.go(*["https://blog.example/"] * 3, crawl_delay=300)
    assert visits.starts == [0, 0, 0]


def test_retry_after_is_waited_for() -> None:
    visits = Visits()
    assert visits.pacer.report("https://a.blog.com/", 503, "120") == 120
    visits.go("https://a.blog.com/", "https://blog.com/", "https://other.test/")
    assert sorted(visits.starts) == [0, 120, 120 + 1 + GAP]


def test_failures_double_the_wait_and_a_success_ends_it() -> None:
    pacer = Visits(chance=0.5).pacer
    url = "https://blog.example/"
    waits = [pacer.report(url, 500) for _ in range(3)]
    assert waits == [FIRST_BACKOFF_SECONDS, 2 * FIRST_BACKOFF_SECONDS, 4 * FIRST_BACKOFF_SECONDS]
    assert pacer.wait_seconds(url) == waits[-1]
    assert pacer.report(url, 200) == 0
    assert pacer.report(url, 0) == FIRST_BACKOFF_SECONDS


@pytest.mark.parametrize("retry_after", ["", "1", "garbage"])
def test_after_five_failures_a_host_is_parked_for_an_hour_whatever_it_says(retry_after: str) -> None:
    visits = Visits(chance=0.0)
    for _ in range(FAILURES_BEFORE_PARKING):
        visits.pacer.report("https://blog.example/", 503, retry_after)
    (result,) = visits.go("https://blog.example/")
    assert isinstance(result, HostParkedError)
    assert result.seconds >= PARKING_SECONDS == 3600
    assert visits.spans == []


def test_a_failing_host_does_not_park_its_neighbours() -> None:
    visits = Visits()
    for _ in range(FAILURES_BEFORE_PARKING):
        visits.pacer.report("https://dead.wordpress.com/", 500)
    assert visits.go("https://live.wordpress.com/") == [None]


def test_too_many_requests_speaks_for_the_whole_shared_host() -> None:
    visits = Visits()
    visits.pacer.report("https://a.wordpress.com/", 429, "30")
    visits.go("https://b.wordpress.com/")
    assert visits.starts == [30]


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120.0),
        (" 0 ", 0.0),
        ("99999999999999999999", MAX_RETRY_AFTER_SECONDS),
        ("Mon, 04 May 2026 12:01:30 GMT", 90.0),
        ("Mon, 04 May 2026 12:01:30", 90.0),
        ("Sun, 03 May 2026 12:00:00 GMT", 0.0),
        ("Fri, 04 May 2126 12:00:00 GMT", MAX_RETRY_AFTER_SECONDS),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("\u0663", None),
        ("Mon, 99 May 2026 99:99:99 GMT", None),
    ],
)
def test_retry_after_is_seconds_or_a_date_or_nothing(value: str, seconds: float | None) -> None:
    assert retry_after_seconds(value, NOW) == seconds


def test_a_date_counts_from_the_present() -> None:
    soon = (datetime.now(UTC) + timedelta(hours=1)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    wait = retry_after_seconds(soon)
    assert wait is not None
    assert 3590 < wait <= 3600


def test_the_spread_keeps_hosts_apart_and_the_wait_within_bounds() -> None:
    assert backoff_seconds(1, 0.0) == FIRST_BACKOFF_SECONDS * 0.5
    assert backoff_seconds(1, 1.0) == FIRST_BACKOFF_SECONDS * 1.5
    assert backoff_seconds(FAILURES_BEFORE_PARKING, 0.0) == PARKING_SECONDS
    assert backoff_seconds(1000, 1.0) == PARKING_SECONDS * 1.5
    assert all(backoff_seconds(n, 1.0) <= MAX_BACKOFF_SECONDS * 1.5 for n in range(1, 5))


def test_only_a_server_that_is_not_well_counts_as_failing() -> None:
    assert [status for status in (0, 200, 301, 304, 403, 404, 408, 410, 429, 500, 503) if is_failure(status)] == [
        0, 408, 429, 500, 503,
    ]  # fmt: skip
