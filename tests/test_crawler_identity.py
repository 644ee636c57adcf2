"""Who is who on a local web made to mislead, through real crawls: what is joined, what expires, what stays apart."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass

import pytest

from bloghound.demo.exchange import Document
from bloghound.jobs.crawl import run_crawl
from bloghound.settings import Settings
from storage import identity
from storage.database import open_database
from storage.tables.base import utc_now
from tests.conftest import MEASURED
from tests.crawling import query
from tests.identity_web import Case, Joined, compare, me, misleading_cases
from tests.mockweb import Content, MockWeb, NoIndex, page

CASES = misleading_cases()


def crawl(settings: Settings, web: MockWeb, seeds: Sequence[str]) -> None:
    own = dict.fromkeys(web.hosts, (web.address, web.port))
    run_crawl(settings, seeds, static_hosts=own, retry_delays_seconds=(0.0,))


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Joined]:
    settings = Settings(data_dir=tmp_path_factory.mktemp("misled"), concurrent_sites=64)
    with MockWeb({host: pages for case in CASES for host, pages in case.hosts.items()}) as web:
        crawl(settings, web, [seed for case in CASES for seed in case.seeds])
    return {one.case: one for one in compare(settings, CASES)}


def test_the_cases_share_no_host() -> None:
    hosts = [host for case in CASES for host in case.hosts]
    assert len(hosts) == len(set(hosts))


@pytest.mark.parametrize("name", [case.name for case in CASES])
def test_nothing_is_joined_that_is_not_one(judged: dict[str, Joined], name: str) -> None:
    assert judged[name].wrong == frozenset()


@pytest.mark.parametrize("name", [case.name for case in CASES if case.truth][:-2])
def test_what_is_one_is_joined(judged: dict[str, Joined], name: str) -> None:
    assert judged[name].missing == frozenset()
    assert judged[name].right


def test_precision_and_recall_over_the_whole_set(judged: dict[str, Joined]) -> None:
    right, wrong, missing = (
        sum(len(getattr(one, name)) for one in judged.values()) for name in ("right", "wrong", "missing")
    )
    precision, recall = right / (right + wrong), right / (right + missing)
    counted = f"{right} of {right + missing} pairs joined, {wrong} wrongly"
    MEASURED.append(f"identity, {len(judged)} cases: precision {precision:.3f}, recall {recall:.3f}; {counted}")
    assert precision == 1.0
    assert recall >= 0.75


# What was joined once


@dataclass(frozen=True)
class Change:
    """What becomes of one page of a blog, or of its profile's server, and whether the two are one afterwards."""

    path: str
    content: Content
    joined: bool = False
    on_profile: bool = False


CHANGES = {
    "taken off": Change("/", page("Ann", "<h1>Ann</h1><p>No word of it any more.</p>")),
    "sold": Change("/", page("This domain is for sale", "<p>Ask for a price.</p>")),
    "gone": Change("/", Document(b"gone", status=410)),
    "leads elsewhere": Change("/", Document(b"", status=301, headers=(("Location", "http://casino.test/"),))),
    "asks not to be indexed": Change("/", NoIndex()),
    "not reached": Change("/", Document(b"", status=503), joined=True),
    "not changed": Change("/nothing", page("Nothing"), joined=True),
    "profile gone": Change("/api/v1/accounts/lookup?acct=ann", Document(b"{}", status=404), on_profile=True),
    "profile not reached": Change("/api/v1/accounts/lookup?acct=ann", Document(b"", status=503), True, True),
    "taken off the about page": Change("/about/", page("About", "<p>I write here.</p>")),
    "about page leads to a post": Change("/about/", Document(b"", status=301, headers=(("Location", "/day-1/"),))),
    "about page leads elsewhere": Change(
        "/about/", Document(b"", status=301, headers=(("Location", "http://casino.test/"),))
    ),
}


def blog_of(name: str) -> str:
    return f"{name.replace(' ', '-')}.test"


def joined_case(name: str) -> Case:
    """A blog and a profile that name each other, the blog on its home page or on the one about its author."""
    host, change = blog_of(name), CHANGES[name]
    word = me(f"http://on-{host}/@ann")
    about = {"/about/": page("About", f"{word}<p>I write here.</p>")}
    is_about = change.path == "/about/"
    case = Case(name, [{host, f"on-{host}/@ann"}]).blog(host, "" if is_about else word, pages=about if is_about else {})
    case.profile(f"on-{host}", "ann", f"http://{host}/")
    if change.on_profile and change.joined:
        # A server that is down answers nothing, by whichever of its interfaces.
        case.hosts[f"on-{host}"]["/.well-known/webfinger"] = change.content
    return case


@dataclass(frozen=True)
class Later:
    """What two crawls made of the changes: who was joined before and after, and the posts then."""

    before: dict[str, Joined]
    after: dict[str, Joined]
    posts: tuple[list[tuple[object, ...]], list[tuple[object, ...]]]


@pytest.fixture(scope="module")
def later(tmp_path_factory: pytest.TempPathFactory) -> Later:
    settings = Settings(data_dir=tmp_path_factory.mktemp("later"), concurrent_sites=32)
    cases = [joined_case(name) for name in CHANGES]
    seeds = [seed for case in cases for seed in case.seeds]
    compared, posts = [], []
    with MockWeb({host: pages for case in cases for host, pages in case.hosts.items()}) as web:
        for _ in range(2):
            crawl(settings, web, seeds)
            compared.append({one.case: one for one in compare(settings, cases)})
            posts.append(query(settings, "SELECT site_id, url FROM post ORDER BY url"))
            for name, change in CHANGES.items():
                web.add(f"{'on-' if change.on_profile else ''}{blog_of(name)}", change.path, change.content)
    return Later(compared[0], compared[1], (posts[0], posts[1]))


@pytest.mark.parametrize("name", CHANGES)
def test_what_one_side_says_no_more_is_parted_and_what_was_not_heard_is_not(later: Later, name: str) -> None:
    assert len(later.before[name].right) == 1
    assert len(later.after[name].right) == CHANGES[name].joined


def test_no_post_is_lost_by_a_parting(later: Later) -> None:
    assert later.posts[0] == later.posts[1] != []


TOGETHER, ALONE = [["ann.test", "one.test/@ann"]], [["ann.test"], ["one.test/@ann"]]


@pytest.fixture
def web() -> Iterator[MockWeb]:
    """A blog and a profile that name each other."""
    case = Case("").blog("ann.test", me("http://one.test/@ann")).profile("one.test", "ann", "http://ann.test/")
    with MockWeb(case.hosts) as served:
        yield served


def bloggers(settings: Settings) -> list[list[str]]:
    rows = query(settings, "SELECT blogger_id, key FROM site ORDER BY key")
    groups: dict[object, list[str]] = {}
    for blogger, key in rows:
        groups.setdefault(blogger, []).append(str(key))
    return list(groups.values())


def states(settings: Settings) -> list[tuple[object, ...]]:
    return query(settings, "SELECT method, revoked_by FROM blogger_proof")


def visit(settings: Settings, web: MockWeb, *seeds: str) -> list[list[str]]:
    crawl(settings, web, seeds or ["http://ann.test/", "http://one.test/@ann"])
    return bloggers(settings)


def test_what_expired_is_joined_again_when_both_say_so_again(settings: Settings, web: MockWeb) -> None:
    home = Case("").blog("ann.test", me("http://one.test/@ann")).hosts["ann.test"]["/"]
    assert visit(settings, web, "http://ann.test/") == TOGETHER
    web.add("ann.test", "/", page("Ann", "<p>Under construction.</p>"))
    assert visit(settings, web, "http://ann.test/") == ALONE
    assert states(settings) == [("rel_me", "expired")]
    web.add("ann.test", "/", home)
    assert visit(settings, web, "http://ann.test/") == TOGETHER
    assert states(settings) == [("rel_me", "")]


def test_a_second_author_parts_what_was_joined_with_the_first(settings: Settings) -> None:
    first = Case("").blog("boats.test", me("http://one.test/@ann")).profile("one.test", "ann", "http://boats.test/")
    second = Case("").blog("boats.test", me("http://one.test/@ann", "http://two.test/@bo"))
    second.profile("two.test", "bo", "http://boats.test/")
    with MockWeb(first.hosts | {"two.test": second.hosts["two.test"]}) as web:
        assert visit(settings, web, *first.seeds) == [["boats.test", "one.test/@ann"]]
        web.add("boats.test", "/", second.hosts["boats.test"]["/"])
        assert visit(settings, web, *second.seeds) == [["boats.test"], ["one.test/@ann"], ["two.test/@bo"]]
    assert states(settings) == [("rel_me", "team"), ("rel_me", "team")]


def test_what_somebody_took_apart_no_crawl_joins_again(settings: Settings, web: MockWeb) -> None:
    visit(settings, web)
    with closing(open_database(settings)) as database, database.transaction() as connection:
        (proof,) = identity.proofs(connection, [1, 2])
        identity.take_back(connection, [proof.proof_id], by="ann", now=utc_now())
    assert bloggers(settings) == ALONE
    assert visit(settings, web) == ALONE
    assert states(settings) == [("rel_me", "by ann")]
