"""Crawls, jobs and sites as the pages show them: outcomes in groups, healths in words, how far a job is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from api.schemas.crawls import CrawlOut, CrawlState
from api.schemas.jobs import JobKind, JobOut, JobState
from api.web.charts.stacked import Slice, stacked
from api.web.formatting import number, plural
from bloghound.records import Outcome, SiteHealth
from storage.crawls import CrawlRow

OUTCOME_GROUPS: tuple[tuple[str, str, tuple[Outcome, ...]], ...] = (
    ("posts", "posts and profiles", (Outcome.POST, Outcome.PROFILE)),
    (
        "ways",
        "ways to posts and readers",
        (
            *(Outcome.FEED, Outcome.LISTING, Outcome.SITEMAP, Outcome.REDIRECT, Outcome.ROBOTS_TXT),
            *(Outcome.PAGE, Outcome.API),
        ),
    ),
    ("same", "seen before", (Outcome.NOT_MODIFIED, Outcome.DUPLICATE)),
    ("kept-out", "not to be kept", (Outcome.NOINDEX, Outcome.RESERVED, Outcome.SUPPRESSED)),
    ("nothing", "nothing to read", (Outcome.NOT_FOUND, Outcome.NOT_TEXT, Outcome.EMPTY, Outcome.OTHER_SITE)),
    ("blocked", "turned us away", (Outcome.BLOCKED,)),
    (
        "failed",
        "failed",
        (
            *(Outcome.HTTP_ERROR, Outcome.NETWORK_ERROR, Outcome.TOO_LARGE),
            *(Outcome.PARSE_ERROR, Outcome.PARSE_TIMEOUT),
        ),
    ),
)
"""Key, label and outcomes of each part of the bar; every outcome stands in exactly one."""

OUTCOME_WORDS = {
    Outcome.POST: "posts",
    Outcome.FEED: "feeds",
    Outcome.LISTING: "lists of posts",
    Outcome.PAGE: "other pages",
    Outcome.SITEMAP: "sitemaps",
    Outcome.ROBOTS_TXT: "robots.txt files",
    Outcome.PROFILE: "profiles",
    Outcome.API: "answers about readers",
    Outcome.REDIRECT: "redirects",
    Outcome.NOT_MODIFIED: "not changed since the last visit",
    Outcome.NOT_FOUND: "not found",
    Outcome.NOT_TEXT: "no text",
    Outcome.NOINDEX: "asked not to be indexed",
    Outcome.RESERVED: "text mining reserved",
    Outcome.DUPLICATE: "the same as another page",
    Outcome.EMPTY: "without text",
    Outcome.BLOCKED: "turned us away",
    Outcome.HTTP_ERROR: "errors of the server",
    Outcome.NETWORK_ERROR: "errors of the network",
    Outcome.TOO_LARGE: "too large",
    Outcome.PARSE_ERROR: "not readable",
    Outcome.PARSE_TIMEOUT: "too slow to read",
    Outcome.SUPPRESSED: "of sites that opted out",
    Outcome.OTHER_SITE: "led to another site",
}


@dataclass(frozen=True, slots=True)
class HealthWords:
    """A health as people say it, and what it means."""

    word: str
    meaning: str


HEALTHS = {
    SiteHealth.OK: HealthWords("readable", "Posts were read."),
    SiteHealth.ROBOTS: HealthWords("robots.txt forbids", "The site’s robots.txt keeps crawlers out, and is obeyed."),
    SiteHealth.BLOCKED: HealthWords("blocks us", "The site answers people but turns this crawler away."),
    SiteHealth.EMPTY: HealthWords("empty", "The site answers, but shows no posts."),
    SiteHealth.NOT_A_BLOG: HealthWords("not a blog", "There are pages, but they are no posts of a blogger."),
    SiteHealth.FAILED: HealthWords("failed", "The site could not be reached or read; the reason says why."),
}

STATES = {
    "known": "known, not asked for yet",
    "waiting": "waiting",
    "in_work": "in work",
}

CRAWL_STATES = {
    CrawlState.WAITING: "waiting for its turn",
    CrawlState.RUNNING: "running",
    CrawlState.FINISHED: "finished",
    CrawlState.UNFINISHED: "stopped before its end",
}

JOB_NAMES = {
    JobKind.CRAWL: "Crawl",
    JobKind.INDEX: "Index build",
    JobKind.FORGET: "Erasure",
    JobKind.QUALITY: "Measuring of the judgements",
}
JOB_STATES = {
    JobState.QUEUED: "waiting for its turn",
    JobState.RUNNING: "running",
    JobState.SUCCEEDED: "finished",
    JobState.FAILED: "failed",
    JobState.CANCELLED: "cancelled",
}
STAGES = {
    "crawl": ("Crawling", "site"),
    "load": ("Reading what is stored", "post"),
    "encode": ("Reading new posts with the language model", "post"),
    "build": ("Writing the index", "post"),
    "niches": ("Ranking the saved niches again", "niche"),
    "forget": ("Erasing", "site"),
    "baselines": ("Reading posts for the baselines", "post"),
    "briefs": ("Ranking the judged briefs", "brief"),
    "wait": ("Waiting for another build to end", ""),
}
"""Stage of a job → what it is called, and what is counted."""

SEEDS_SHOWN = 3


@dataclass(frozen=True, slots=True)
class ShownCrawl:
    """A crawl with its two bars, pages by outcome and sites by health."""

    out: CrawlOut
    title: str
    state: str
    seeds: tuple[str, ...]
    workspace: str
    pages: tuple[Slice, ...]
    sites: tuple[Slice, ...]
    outcomes: tuple[tuple[str, int], ...]

    @property
    def more_seeds(self) -> int:
        """Seeds that are not named."""
        return self.out.seeds - len(self.seeds)

    @property
    def address(self) -> str:
        """The crawl's page."""
        return f"/crawl/{quote(self.out.id)}"


@dataclass(frozen=True, slots=True)
class Activity:
    """Work that is under way or waits: a job, a crawl, or a job that works on a crawl."""

    key: str
    title: str
    state: str
    stage: str
    done: int | None
    total: int | None
    since: datetime | None
    job: JobOut | None
    crawl: ShownCrawl | None
    cancellable: bool


def shown_crawl(row: CrawlRow, out: CrawlOut) -> ShownCrawl:
    """A crawl ready to be drawn."""
    seeds = tuple(str(seed) for seed in row.options.get("seeds", ()))[:SEEDS_SHOWN]
    return ShownCrawl(
        out=out,
        title=_crawl_title(out),
        state=CRAWL_STATES[out.state],
        seeds=seeds,
        workspace=str(row.options.get("workspace", "")),
        pages=outcome_slices(out.pages.outcomes),
        sites=site_slices(out),
        outcomes=outcome_rows(out.pages.outcomes),
    )


def _crawl_title(out: CrawlOut) -> str:
    if out.kind == "crawl":
        return f"Crawl from {plural(out.seeds, 'seed')}"
    return "Known sites visited again" if out.kind == "recrawl" else "Reading of archives"


def outcome_slices(outcomes: Mapping[str, int]) -> tuple[Slice, ...]:
    """Pages by group of outcomes."""
    grouped = [(key, label, sum(outcomes.get(one, 0) for one in members)) for key, label, members in OUTCOME_GROUPS]
    return stacked(grouped)


def outcome_rows(outcomes: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
    """Every outcome that occurred, in words, most frequent first."""
    found = [(OUTCOME_WORDS[outcome], outcomes[outcome]) for outcome in Outcome if outcomes.get(outcome)]
    return tuple(sorted(found, key=lambda one: -one[1]))


def site_slices(out: CrawlOut) -> tuple[Slice, ...]:
    """Sites of a crawl: by health when done, else in work or waiting."""
    done = [(health.value, words.word, out.sites.health[health]) for health, words in HEALTHS.items()]
    return stacked([*done, ("in_work", "in work", out.sites.in_work), ("waiting", "waiting", out.sites.waiting)])


def activity_of_job(job: JobOut, crawl: ShownCrawl | None, *, may_cancel: bool) -> Activity:
    """A job that is not over."""
    progress = job.progress if job.state is JobState.RUNNING else None
    title = crawl.title if crawl and job.kind is JobKind.CRAWL else JOB_NAMES[job.kind]
    return Activity(
        key=job.id,
        title=title,
        state="stopping" if job.cancel_requested else JOB_STATES[job.state],
        stage=stage_sentence(job),
        done=progress.done if progress else None,
        total=progress.total if progress else None,
        since=job.started_at or job.created_at,
        job=job,
        crawl=crawl,
        cancellable=may_cancel and job.kind is not JobKind.FORGET and not job.cancel_requested,
    )


def activity_of_crawl(crawl: ShownCrawl) -> Activity:
    """A crawl that another process, such as the command line, works on."""
    return Activity(
        key=crawl.out.id,
        title=crawl.title,
        state=crawl.state,
        stage="Crawling; it was started from the command line, where Ctrl-C stops it.",
        done=crawl.out.sites.total - crawl.out.sites.waiting - crawl.out.sites.in_work,
        total=crawl.out.sites.total,
        since=crawl.out.started_at,
        job=None,
        crawl=crawl,
        cancellable=False,
    )


def stage_sentence(job: JobOut) -> str:
    """How far a job is, in words with counts."""
    if job.state is JobState.QUEUED:
        return "Not begun yet."
    if job.progress is None:
        return "Beginning."
    words, unit = STAGES.get(job.progress.stage, (job.progress.stage.capitalize(), ""))
    parts = [_of_total(job.progress.done, job.progress.total, unit)] if unit and job.progress.total else []
    if job.progress.stage == "crawl":
        parts += [plural(job.counts[name], name.removesuffix("s")) for name in ("pages", "posts") if name in job.counts]
    return f"{words}: {', '.join(parts)}." if parts else f"{words}."


def _of_total(done: int, total: int | None, unit: str) -> str:
    return f"{number(done)} of {plural(total or 0, unit)}"


def result_sentence(job: JobOut) -> str:
    """What came of a job that is over, in words; empty when nothing did."""
    built = job.result.get("index")
    crawled = job.result.get("crawl")
    receipts = job.result.get("receipts")
    parts = []
    if crawled:
        new, updated = plural(crawled["posts_new"], "new post"), plural(crawled["posts_updated"], "updated post")
        parts.append(f"{new}, {updated} from {plural(crawled['pages_fetched'], 'page')}")
    if built:
        parts.append(f"generation {built['generation']} with {plural(built['bloggers'], 'blogger')}")
    if receipts:
        parts.append(f"{plural(_removed(receipts), 'row')} of {plural(len(receipts), 'site')} erased")
    return "; ".join(parts)


def _removed(receipts: Sequence[Mapping[str, Mapping[str, int]]]) -> int:
    return sum(sum(receipt["removed"].values()) for receipt in receipts)
