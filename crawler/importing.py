"""Importing web archives, whoever made them: every response through the same extraction as the spider's, no network.

robots.txt is not applied, since the fetch was another's; every reservation signal is recorded, and where text mining is
reserved neither text nor vector is kept. Central name: :func:`import_archives`.
"""

import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from bloghound.errors import (
    AddressError,
    ArchiveError,
    OversizedDocumentError,
    ParseError,
    ParseTimeoutError,
    StorageError,
)
from bloghound.hosts import shows_another_server
from bloghound.records import CrawlReport, Outcome
from bloghound.settings import Settings
from bloghound.urls import canonical_url, site_of
from crawler.archive.reader import ArchivedResponse, read_records
from crawler.extract.pool import ParserPool
from crawler.extract.reservations import TdmRule, parse_tdmrep
from crawler.intake import Arrival, failure, page_result
from crawler.parsed import Document, ParsedDocument
from crawler.settle import end_of_site, settle_site
from crawler.visits import judge
from storage import crawls, imported, results, sites, suppressions
from storage.database import Database
from storage.imported import KnownSite
from storage.results import PageResult
from storage.sites import NewSite
from storage.suppressions import Suppressions
from storage.tables.base import utc_now

IN_FLIGHT = 64
"""Pages being parsed at once: enough to keep some processes busy; at 5 MiB a page 320 MiB at the worst."""

OWN = "archive"
"""Origin of answers that our own crawls fetched, as against ``import``."""

BATCH_PAGES = 100
"""Pages per transaction: a commit costs about as much as writing 20 pages, and a kill loses one batch at most."""

Progress = Callable[[int, int, int], None]
"""Told the bytes of archive read so far, the bytes there are, and the pages stored so far."""


@dataclass(slots=True)
class _Import:
    """One import under way: the sites met so far, and what is to be written next."""

    database: Database
    secret_key: bytes
    origin: str
    crawl_id: int
    suppressed: Suppressions
    site_ids: dict[str, int] = field(default_factory=dict)
    owners: dict[int, KnownSite] = field(default_factory=dict)
    """For our own archives: the blog that each answer of the present file belongs to, by offset."""
    tdm_rules: dict[int, tuple[TdmRule, ...]] = field(default_factory=dict)
    """What a site's tdmrep.json reserves, by site id."""
    pending: list[PageResult] = field(default_factory=list)
    pages: int = 0
    bytes_before: int = 0
    """Size of the archives that are done."""


def import_archives(
    database: Database,
    settings: Settings,
    archives: Sequence[Path],
    *,
    origin: str = "import",
    progress: Progress | None = None,
) -> CrawlReport:
    """Store the posts of archives; with ``origin`` ``archive`` they are our own, read again.

    A damaged archive is read up to the damage, which the report's ``errors`` name.
    Raises ArchiveError when none of the files is an archive.
    """
    started = time.monotonic()
    sizes = archive_sizes(archives)
    job = _begin(database, settings, archives, origin)
    report = progress or (lambda _read, _total, _pages: None)
    errors: list[str] = []
    with ParserPool(
        settings.extraction_workers,
        settings.parse_timeout_seconds,
        settings.parse_memory_mib,
        collect_contacts=settings.collect_contacts,
    ) as pool:
        for archive, size in zip(archives, sizes, strict=True):
            try:
                _import_one(job, pool, archive, lambda read, pages: report(read, sum(sizes), pages))
            except ArchiveError as error:
                errors.append(str(error))
            job.bytes_before += size
    _write(job, final=True)
    _settle(job)
    if errors and not job.pages:
        raise ArchiveError(errors[0])
    return _report(job, time.monotonic() - started, errors)


def _begin(database: Database, settings: Settings, archives: Sequence[Path], origin: str) -> _Import:
    secret_key = settings.secret_key()
    files = [[str(path.resolve()), path.stat().st_size] for path in archives]
    with database.transaction() as connection:
        run = crawls.begin(connection, origin, {"archives": files}, now=utc_now())
        imported.clear_log(connection, run.crawl_id)
        suppressed = suppressions.load(connection, secret_key)
    return _Import(database, secret_key, origin, run.crawl_id, suppressed)


def _import_one(job: _Import, pool: ParserPool, archive: Path, report: Callable[[int, int], None]) -> None:
    waiting: deque[tuple[Arrival, Future[ParsedDocument]]] = deque()
    if job.origin == OWN:
        with job.database.read() as connection:
            job.owners = imported.owners(connection, archive.name)
    try:
        for response in read_records(archive):
            arrival = _arrival(job, response)
            if arrival is not None:
                _take(job, pool, waiting, arrival, response)
            report(job.bytes_before + response.offset, job.pages)
    finally:
        _drain(job, waiting, keep=0)


def _take(
    job: _Import,
    pool: ParserPool,
    waiting: deque[tuple[Arrival, Future[ParsedDocument]]],
    arrival: Arrival,
    response: ArchivedResponse,
) -> None:
    settled = _without_parsing(job, arrival, response)
    if settled is not None:
        job.pending.append(settled)
    else:
        document = Document(
            response.url, response.body, arrival.content_type, response.headers, fetched_at=response.fetched_at
        )
        waiting.append((arrival, pool.submit(document)))
    _drain(job, waiting, keep=IN_FLIGHT)


def _drain(job: _Import, waiting: deque[tuple[Arrival, Future[ParsedDocument]]], *, keep: int) -> None:
    while len(waiting) > keep:
        arrival, future = waiting.popleft()
        job.pending.append(_result(arrival, future))
        _write(job)
    _write(job)


def _arrival(job: _Import, response: ArchivedResponse) -> Arrival | None:
    """How a record came in; None when its site is suppressed or its address is none (counted), or it is no blog's."""
    if job.origin == OWN and response.offset not in job.owners:
        return None
    try:
        url = canonical_url(response.url)
        site = site_of(url)
    except AddressError as error:
        job.pending.append(_nameless(job, response.fetched_at, Outcome.PARSE_ERROR, str(error)))
        return None
    parts = urlsplit(url)
    if shows_another_server(parts.netloc, parts.path):
        job.pending.append(
            _nameless(job, response.fetched_at, Outcome.OTHER_SITE, "shows an account of another server")
        )
        return None
    if site.key in job.suppressed:
        job.pending.append(_nameless(job, response.fetched_at, Outcome.SUPPRESSED, ""))
        return None
    owner = job.owners.get(response.offset) or _known_site(job, NewSite(site.key, site.home_url))
    job.site_ids[owner.key] = owner.site_id
    headers = {name.lower(): value for name, value in response.headers}
    return Arrival(
        crawl_id=job.crawl_id,
        site_id=owner.site_id,
        site_key=owner.key,
        home_url=owner.home_url,
        url=url,
        fetched_at=response.fetched_at,
        origin=job.origin,
        status=response.status,
        content_type=headers.get("content-type", ""),
        headers=headers,
        body_bytes=len(response.body),
        warc_file=Path(response.file).name,
        warc_offset=response.offset,
        obeys_noindex=job.origin == OWN,
    )


def _nameless(job: _Import, fetched_at: datetime, outcome: Outcome, reason: str) -> PageResult:
    return PageResult(job.crawl_id, None, "", outcome, fetched_at, job.origin, reason=reason)


def _known_site(job: _Import, site: NewSite) -> KnownSite:
    if site.key not in job.site_ids:
        with job.database.transaction() as connection:
            job.site_ids |= sites.ensure(connection, [site], now=utc_now())
    return KnownSite(job.site_ids[site.key], site.key, site.home_url)


def _without_parsing(job: _Import, arrival: Arrival, response: ArchivedResponse) -> PageResult | None:
    """What needs no parser: errors, bodies over the limit, and the two files that speak about the site."""
    said = judge(arrival.url, response.status, response.header("location"), body_bytes=len(response.body))
    if said.outcome is not None or said.redirect_url is not None:
        return failure(arrival, said.outcome or Outcome.REDIRECT, said.reason)
    if response.too_large:
        return failure(arrival, Outcome.TOO_LARGE, "longer than the limit")
    path = urlsplit(arrival.url).path
    if path == "/robots.txt":
        return replace(failure(arrival, Outcome.ROBOTS_TXT), is_page=False)
    if path == "/.well-known/tdmrep.json":
        return _take_reservations(job, arrival, response.body)
    return None


def _take_reservations(job: _Import, arrival: Arrival, body: bytes) -> PageResult:
    try:
        rules = parse_tdmrep(body)
    except ParseError as error:
        return replace(failure(arrival, Outcome.PARSE_ERROR, str(error)), is_page=False)
    job.tdm_rules[arrival.site_id] = rules
    signals = tuple(f"tdmrep.json: {rule.location}" for rule in rules if rule.reserved)
    return replace(failure(arrival, Outcome.PAGE), is_page=False, reservations=signals)


def _result(arrival: Arrival, future: Future[ParsedDocument]) -> PageResult:
    try:
        return page_result(arrival, future.result(), follow=False)
    except ParseTimeoutError as error:
        return failure(arrival, Outcome.PARSE_TIMEOUT, str(error))
    except OversizedDocumentError as error:
        return failure(arrival, Outcome.TOO_LARGE, str(error))
    except ParseError as error:
        return failure(arrival, Outcome.PARSE_ERROR, str(error))


def _write(job: _Import, *, final: bool = False) -> None:
    if len(job.pending) < BATCH_PAGES and not final:
        return
    try:
        _record(job, job.pending)
    except StorageError:
        for result in job.pending:
            _record_alone(job, result)
    job.pages += len(job.pending)
    job.pending.clear()


def _record(job: _Import, pages: Sequence[PageResult]) -> None:
    with job.database.transaction() as connection:
        results.record(connection, pages, secret_key=job.secret_key, now=utc_now())


def _record_alone(job: _Import, result: PageResult) -> None:
    """What cannot be stored costs its own page only; raises StorageError when not even that can be noted."""
    try:
        _record(job, [result])
    except StorageError as error:
        _record(job, [_nameless(job, result.fetched_at, Outcome.PARSE_ERROR, f"could not be stored: {error}")])


def _settle(job: _Import) -> None:
    now = utc_now()
    for site_id in job.site_ids.values():
        with job.database.transaction() as connection:
            settled = settle_site(connection, site_id, tdm_rules=job.tdm_rules.get(site_id, ()))
            end = end_of_site(connection, site_id, settled)
            imported.end_site(
                connection,
                site_id,
                now=now,
                health=end.health,
                reason=end.reason,
                facts=settled.facts,
                only_better=job.origin == OWN,
            )
    with job.database.transaction() as connection:
        sites.refresh_linkers(connection)
        crawls.finish(connection, job.crawl_id, now=now)


def _report(job: _Import, seconds: float, errors: Iterable[str]) -> CrawlReport:
    with job.database.read() as connection:
        outcomes, new, updated = crawls.outcomes(connection, job.crawl_id)
        healths = imported.site_healths(connection, job.crawl_id)
    return CrawlReport(
        sites=healths,
        outcomes=outcomes,
        posts_new=new,
        posts_updated=updated,
        pages_fetched=sum(outcomes.values()),
        seconds=seconds,
        errors=tuple(errors),
    )


def archive_sizes(archives: Sequence[Path]) -> list[int]:
    """Sizes of the archives in bytes; raises ArchiveError for one that is not there."""
    try:
        return [path.stat().st_size for path in archives]
    except OSError as error:
        raise ArchiveError(f"The archive {error.filename} cannot be read: {error.strerror}.") from error
