"""Crawls, their sites, and jobs over the real server: started, listed, refused, cancelled, kept from other teams."""

from collections.abc import Iterator
from typing import Any

import pytest

from bloghound.demo.exchange import problem
from bloghound.settings import Settings
from tests.mockweb import Content, small_blog
from tests.serving import Answer, ask, make_key, serving
from tests.working import CONTACT, ended, running, small_web, wait_for


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """An installation whose service leaves the work to the test's own runner."""
    return Settings(data_dir=tmp_path_factory.mktemp("service"), contact=CONTACT, jobs_in_service=False)


@pytest.fixture(scope="module")
def service(installation: Settings) -> Iterator[str]:
    with serving(installation) as address:
        yield address


@pytest.fixture(scope="module")
def key(installation: Settings) -> str:
    return make_key(installation, ("read", "crawl"))


@pytest.fixture(scope="module")
def crawled(installation: Settings, service: str, key: str) -> dict[str, Any]:
    """The answer to a crawl of two blogs, one of which turns everybody away, once it is over."""
    blogs: dict[str, dict[str, Content]] = {"open.example": small_blog(3), "shut.example": {"/*": problem(403)}}
    wanted = {"seeds": [f"http://{host}/" for host in blogs] + ["no address"], "max_depth": 0, "index": False}
    with small_web(blogs) as hosts, running(installation, hosts):
        answer = ask("POST", f"{service}/v1/crawls", wanted, key=key)
        assert answer.status == 202, answer.text
        started: dict[str, Any] = answer.json()
        assert answer.headers["location"] == f"/v1/jobs/{started['job']['id']}"
        wait_for(installation, started["job"]["id"], ended)
    return started


def test_a_crawl_is_started_and_wrong_seeds_are_named(crawled: dict[str, Any]) -> None:
    assert (crawled["crawl"]["state"], crawled["job"]["state"]) == ("waiting", "queued")
    assert crawled["crawl"]["job"] == crawled["job"]["id"]
    assert [(one["row"], one["reason"]) for one in crawled["refused"]] == [(3, "not_an_address")]


def test_a_crawl_tells_its_outcomes_and_healths(service: str, key: str, crawled: dict[str, Any]) -> None:
    crawl = ask("GET", f"{service}/v1/crawls/{crawled['crawl']['id']}", key=key).json()
    assert (crawl["state"], crawl["posts_new"], crawl["seeds"]) == ("finished", 3, 2)
    assert sum(crawl["pages"]["outcomes"].values()) == crawl["pages"]["total"] > 0
    assert crawl["pages"]["per_second"] > 0
    assert (crawl["sites"]["total"], crawl["sites"]["health"]["ok"], crawl["sites"]["health"]["blocked"]) == (2, 1, 1)
    listed = ask("GET", f"{service}/v1/crawls", key=key).json()["data"]
    assert [one["id"] for one in listed] == [crawl["id"]]


def test_a_blocked_site_is_blocked_with_a_reason(service: str, key: str, crawled: dict[str, Any]) -> None:
    sites = f"{service}/v1/crawls/{crawled['crawl']['id']}/sites"
    (blocked,) = ask("GET", f"{sites}?health=blocked", key=key).json()["data"]
    assert (blocked["key"], blocked["state"], blocked["posts"]) == ("shut.example", "done", 0)
    assert blocked["reason"]
    (good,) = ask("GET", f"{sites}?q=open", key=key).json()["data"]
    assert (good["health"], good["posts"]) == ("ok", 3)


def test_sites_come_page_by_page(service: str, key: str, crawled: dict[str, Any]) -> None:
    first = ask("GET", f"{service}/v1/sites?limit=1", key=key).json()
    second = ask("GET", f"{service}/v1/sites?limit=1&cursor={first['next_cursor']}", key=key).json()
    assert [page["data"][0]["key"] for page in (first, second)] == ["open.example", "shut.example"]
    assert (first["has_more"], second["has_more"]) == (True, False)
    foreign = ask("GET", f"{service}/v1/jobs?cursor={first['next_cursor']}", key=key)
    assert foreign.status == 400


def test_a_site_tells_the_way_to_it(service: str, key: str, crawled: dict[str, Any]) -> None:
    (found,) = ask("GET", f"{service}/v1/sites?q=open", key=key).json()["data"]
    site = ask("GET", f"{service}/v1/sites/{found['id']}", key=key).json()
    assert [(step["key"], step["found_from_url"]) for step in site["path"]] == [("open.example", None)]
    assert ask("GET", f"{service}/v1/sites/site_none", key=key).status == 404


def test_jobs_are_listed_with_what_came_of_them(service: str, key: str, crawled: dict[str, Any]) -> None:
    jobs = ask("GET", f"{service}/v1/jobs?kind=crawl&state=succeeded", key=key).json()["data"]
    assert [(job["id"], job["crawl"]) for job in jobs] == [(crawled["job"]["id"], crawled["crawl"]["id"])]
    assert jobs[0]["result"]["crawl"]["posts_new"] == 3
    assert ask("POST", f"{service}/v1/jobs/{jobs[0]['id']}:cancel", key=key).status == 409


def test_another_teams_crawls_and_jobs_are_missing(
    service: str, key: str, installation: Settings, crawled: dict[str, Any]
) -> None:
    other = make_key(installation, ("admin",), workspace="other")
    crawl, job = crawled["crawl"]["id"], crawled["job"]["id"]
    paths = [f"/v1/crawls/{crawl}", f"/v1/crawls/{crawl}/sites", f"/v1/jobs/{job}"]
    assert [ask("GET", service + path, key=other).status for path in paths] == [404] * 3
    assert ask("POST", f"{service}/v1/jobs/{job}:cancel", key=other).status == 404
    missing = ask("GET", f"{service}/v1/jobs/job_none", key=other).json()["detail"]
    assert ask("GET", f"{service}/v1/jobs/{job}", key=other).json()["detail"] == missing.replace("job_none", job)
    assert ask("GET", f"{service}/v1/crawls", key=other).json()["data"] == []


def test_a_waiting_index_job_is_cancelled_at_once(service: str, key: str) -> None:
    answer = ask("POST", f"{service}/v1/index", key=key)
    assert (answer.status, answer.json()["state"]) == (202, "queued")
    again = ask("POST", f"{service}/v1/index", key=key)
    assert again.json()["id"] == answer.json()["id"]
    assert ask("POST", service + answer.headers["location"] + ":cancel", key=key).json()["state"] == "cancelled"


def refused(service: str, key: str | None, body: dict[str, Any]) -> Answer:
    answer = ask("POST", f"{service}/v1/crawls", body, key=key)
    assert answer.headers["content-type"] == "application/problem+json"
    return answer


@pytest.mark.parametrize(
    ("seeds", "words"),
    [
        (["http://127.0.0.1/"], "loopback"),
        (["http://[::1]:8080/", "ftp://a.example/"], "None of the 2 seeds"),
        (["http://localhost/"], "not a name on the public web"),
        (["https://a.example:5432/"], "Port 5432"),
        (["ann@a.example"], "mailbox"),
    ],
)
def test_what_is_not_public_is_no_seed(service: str, key: str, seeds: list[str], words: str) -> None:
    answer = refused(service, key, {"seeds": seeds})
    assert answer.status == 400
    assert words in answer.json()["detail"]


@pytest.mark.parametrize(
    "body",
    [
        {"seeds": []},
        {"seeds": ["https://a.example/"] * 10_001},
        {"seeds": ["https://a.example/"], "max_depth": 6},
        {"seeds": ["https://a.example/"], "max_sites": 0},
        {"seeds": ["https://a.example/"], "other": 1},
    ],
)
def test_wishes_have_limits(service: str, key: str, body: dict[str, Any]) -> None:
    assert refused(service, key, body).status == 422


def test_crawling_needs_the_scope_and_a_contact(service: str, installation: Settings, key: str) -> None:
    body = {"seeds": ["https://a.example/"]}
    assert refused(service, None, body).status == 401
    assert refused(service, make_key(installation, ("read",)), body).status == 403
    with serving(installation.model_copy(update={"contact": ""})) as other:
        answer = refused(other, key, body)
    assert (answer.status, "BLOGHOUND_CONTACT" in answer.json()["detail"]) == (409, True)
