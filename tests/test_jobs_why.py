"""Why a site is here: the way from the seed, crawled for real, and plain words where there is none."""

import json
from collections.abc import Iterator
from contextlib import closing

import pytest

from bloghound.cli import run
from bloghound.cli.console import output
from bloghound.errors import AddressError, NotFoundError
from bloghound.jobs.crawl import run_crawl
from bloghound.jobs.forgetting import run_forget
from bloghound.jobs.why import Why, why
from bloghound.records import LinkContext
from bloghound.settings import Settings
from crawler.candidates import CONTEXT_WEIGHTS
from storage.database import open_database
from tests.mockweb import MockWeb, post_page, small_blog


def blog(title: str, *targets: str) -> dict[str, object]:
    """A small blog whose first post links to other sites."""
    links = "".join(f'<p>Read <a href="{url}">the notes at {url[7:12]}</a>.</p>' for url in targets)
    return {**small_blog(3, title), "/post-1/": post_page(f"{title}, day 1", 1, links=links)}


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[MockWeb, Settings]]:
    """seed → near → far, with a second link to far, one to a social network, and one out of the web."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("why"))
    with MockWeb({}) as web:
        near, far, lost = web.url("near.test"), web.url("far.test"), web.url("lost.test")
        said = {
            "seed.test": blog("Seed", near),
            "near.test": blog("Near", far, lost, "https://www.facebook.com/near"),
            "far.test": blog("Far"),
            "also.test": blog("Also", far),
        }
        for host, pages in said.items():
            for path, content in pages.items():
                web.add(host, path, content)  # type: ignore[arg-type]
        hosts = dict.fromkeys(said, (web.address, web.port))
        run_crawl(settings, [web.url("seed.test"), web.url("also.test")], depth=2, static_hosts=hosts)
        yield web, settings


def reason(settings: Settings, site: str) -> Why:
    with closing(open_database(settings)) as database, database.read() as connection:
        return why(connection, settings, site)


def test_the_way_leads_from_the_seed_link_by_link(crawled: tuple[MockWeb, Settings]) -> None:
    web, settings = crawled
    found = reason(settings, web.url("near.test"))
    assert [(step.site_key, step.way, step.depth) for step in found.steps] == [
        (f"seed.test:{web.port}", "seed", 0),
        (f"near.test:{web.port}", "link", 1),
    ]
    seed, last = found.steps
    assert (seed.priority, seed.found_from_url) == (None, None)
    assert (last.found_from_url, last.anchor) == (web.url("seed.test", "/post-1/"), "the notes at near.")
    assert (last.priority, last.linkers, last.crawl) == (1.0, 1, seed.crawl)
    assert (found.state, found.reason) == ("done", "ok")


def test_all_distinct_linkers_are_named(crawled: tuple[MockWeb, Settings]) -> None:
    web, settings = crawled
    far = reason(settings, web.url("far.test")).steps[-1]
    assert far.linkers == 2
    assert sorted(one.page_url for one in far.best_linkers) == [
        web.url("also.test", "/post-1/"),
        web.url("near.test", "/post-1/"),
    ]
    assert {one.weight for one in far.best_linkers} == {CONTEXT_WEIGHTS[LinkContext.CONTENT]}


def test_a_linked_site_that_did_not_come_in_is_a_candidate(crawled: tuple[MockWeb, Settings]) -> None:
    web, settings = crawled
    found = reason(settings, web.url("lost.test"))
    assert (found.state, found.reason) == ("candidate", "linked to, but in no crawl")
    (step,) = found.steps
    assert (step.crawl, step.priority, step.linkers) == (None, None, 1)


@pytest.mark.parametrize(
    ("site", "words"),
    [
        ("nobody.example", "nobody.example is not stored, and no stored site links to it."),
        ("https://www.facebook.com/near", "www.facebook.com is known to be no blog (social)"),
    ],
)
def test_it_says_why_there_is_no_way(crawled: tuple[MockWeb, Settings], site: str, words: str) -> None:
    with pytest.raises(NotFoundError) as caught:
        reason(crawled[1], site)
    assert words in str(caught.value)


def test_what_is_no_address_is_refused(settings: Settings) -> None:
    with pytest.raises(AddressError):
        reason(settings, "mailto:ann")


def test_the_command_prints_the_way(
    crawled: tuple[MockWeb, Settings], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    web, settings = crawled
    monkeypatch.setenv("BLOGHOUND_DATA_DIR", str(settings.data_dir))
    monkeypatch.setattr(output, "width", 250)
    assert run(["why", web.url("near.test")]) == 0
    shown = capsys.readouterr().out
    assert all(part in shown for part in ("named as a seed", web.url("seed.test", "/post-1/"), "the notes at near."))
    assert run(["why", web.url("near.test"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["steps"][-1]["linkers"] == 1
    assert run(["why", "nobody.example"]) == 2
    assert "nobody.example is not stored" in " ".join(capsys.readouterr().err.split())


def test_at_last_nothing_is_told_about_the_forgotten(crawled: tuple[MockWeb, Settings]) -> None:
    web, settings = crawled
    run_forget(settings, web.url("near.test"))
    with pytest.raises(NotFoundError, match="was forgotten"):
        reason(settings, web.url("near.test"))
    shown = reason(settings, web.url("far.test"))
    assert "near.test" not in repr(shown)
    assert shown.steps[-1].linkers == 1
