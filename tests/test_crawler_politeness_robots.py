import tarfile
import time
from pathlib import Path

import pytest

from crawler.politeness.robots import (
    MAX_MATCHES,
    MAX_ROBOTS_BYTES,
    Access,
    RobotsAnswer,
    Rules,
    decide,
    parse_robots,
    robots_url,
)

URL = "https://blog.example/robots.txt"
HOME = "https://blog.example/"


def rules(text: str) -> Rules:
    return parse_robots(text.encode(), URL)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 451])
def test_a_missing_file_allows_everything(status: int) -> None:
    found = decide(RobotsAnswer(status), URL)
    assert found.access is Access.UNAVAILABLE
    assert found.allows(HOME)


@pytest.mark.parametrize("status", [0, 429, 500, 502, 503, 504, 599, 100, 304])
def test_a_file_that_cannot_be_had_forbids_everything(status: int) -> None:
    found = decide(RobotsAnswer(status, reason="timeout"), URL)
    assert found.access is Access.UNREACHABLE
    assert not found.allows(HOME)
    assert not found.forbids_everything(HOME)
    assert found.reason in {f"robots.txt: HTTP {status}", "robots.txt: timeout"}


def test_the_longest_rule_of_our_own_group_decides() -> None:
    found = rules(
        "User-agent: *\nDisallow: /\n\n"
        "User-agent: bloghound\nDisallow: /private/\nAllow: /private/open\nDisallow: /*.pdf$"
    )
    assert found.allows(HOME)
    assert not found.allows(HOME + "private/diary")
    assert found.allows(HOME + "private/open/door")
    assert not found.allows(HOME + "a.pdf")
    assert found.allows(HOME + "a.pdf?page=2")


def test_groups_for_others_do_not_count() -> None:
    assert rules("User-agent: GPTBot\nDisallow: /").allows(HOME)
    assert rules("User-agent: xbloghound\nDisallow: /").allows(HOME)


def test_a_site_that_forbids_everything_is_told_from_one_that_forbids_its_home() -> None:
    assert rules("User-agent: *\nDisallow: /").forbids_everything(HOME)
    assert not rules("User-agent: *\nDisallow: /$").forbids_everything(HOME)
    assert not rules("").forbids_everything(HOME)
    assert not decide(RobotsAnswer(404), URL).forbids_everything(HOME)


@pytest.mark.parametrize(("path", "seed"), [("/index.html", "index.html"), ("/blog", "blog")])
def test_a_forbidden_seed_without_a_slash_leaves_what_is_beside_it(path: str, seed: str) -> None:
    assert not rules(f"User-agent: *\nDisallow: {path}").forbids_everything(HOME + seed)
    assert rules("User-agent: *\nDisallow: /").forbids_everything(HOME + seed)


@pytest.mark.parametrize("path", ["%F0%9F%90%B6", "caf\u00e9", "caf%C3%A9", "a%zz", "\ud800", "?q=\u0000"])
def test_odd_addresses_are_matched_without_an_error(path: str) -> None:
    assert not rules("User-agent: *\nDisallow: /").allows(HOME + path)
    assert rules("").allows(HOME + path) in {True, False}


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("Crawl-delay: 10", 10.0),
        ("Crawl-delay: 0.5", 0.5),
        ("Crawl-delay: 86400", 300.0),
        ("Request-rate: 1/5", 5.0),
        ("Request-rate: 6/1m\nCrawl-delay: 3", 60 / 6),
        ("Crawl-delay: soon", None),
        ("Crawl-delay: -1", None),
        ("Crawl-delay: nan", None),
        ("Crawl-delay: inf", None),
        ("Disallow:", None),
    ],
)
def test_the_gap_asked_for_is_read_and_capped(text: str, seconds: float | None) -> None:
    assert rules(f"User-agent: *\n{text}").crawl_delay_seconds == seconds


def test_sitemaps_are_absolute_and_named_once() -> None:
    found = rules(
        "Sitemap: /map.xml\nSITEMAP: https://cdn.example/a.xml\nSitemap: /map.xml\nSitemap: ftp://x/\nSitemap:"
    )
    assert found.sitemaps == ("https://blog.example/map.xml", "https://cdn.example/a.xml")
    assert len(rules("".join(f"Sitemap: /{n}.xml\n" for n in range(5000))).sitemaps) == 100


def test_statements_about_machine_use_are_quoted() -> None:
    found = rules(
        "User-Agent: *\nContent-Signal: search=yes,  ai-train=no # note\nAllow: /\nContent-Usage: train-ai=n\n"
    )
    assert found.signals == (
        "robots.txt: content-signal: search=yes, ai-train=no",
        "robots.txt: content-usage: train-ai=n",
    )


def test_a_long_file_is_cut_at_a_whole_line() -> None:
    filler = "# " + "x" * 97 + "\n"
    text = "User-agent: *\nDisallow: /early\n" + filler * (MAX_ROBOTS_BYTES // len(filler) + 1)
    split_rule = text[: MAX_ROBOTS_BYTES - len("Disallow: /")].rpartition("\n")[0]
    split_rule += "\n" + "#" * (MAX_ROBOTS_BYTES - len("Disallow: /") - len(split_rule) - 2) + "\nDisallow: /late\n"
    assert split_rule.encode()[:MAX_ROBOTS_BYTES].endswith(b"\nDisallow: /")
    found = rules(split_rule)
    assert not found.allows(HOME + "early")
    assert found.allows(HOME + "other")
    assert found.allows(HOME + "late")


@pytest.mark.parametrize(
    "body",
    [
        b"<!DOCTYPE html><html>User-agent: *\nDisallow: /\n</html>",
        b"\xef\xbb\xbf  <html>\nUser-agent: *\nDisallow: /",
        b"\x00\xff\xfe" * 1000,
        b"",
        b"\r\n\r\n",
        b"User-agent",
        b":" * 10000,
    ],
)
def test_what_is_no_robots_file_forbids_nothing(body: bytes) -> None:
    assert parse_robots(body, URL).allows(HOME)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_rules_are_read_in_any_encoding(encoding: str) -> None:
    found = parse_robots("User-agent: *\r\nDisallow: /priv\u00e9\rDisallow: /x\n".encode(encoding), URL)
    assert not found.allows(HOME + "x")


def test_many_addresses_are_not_matched_at_once_against_many_rules() -> None:
    few, many = rules("Disallow: /a\n" * 10), rules("Disallow: /*a*b\n" * 20_000)
    assert few.is_quick_for(2_000)
    assert many.is_quick_for(MAX_MATCHES // 20_000)
    assert not many.is_quick_for(2_000)
    assert not rules("Disallow: /*a*b\r" * 20_000).is_quick_for(2_000)


def test_the_file_belongs_to_scheme_host_and_port() -> None:
    assert robots_url("http://blog.example:8080/a/b?c") == "http://blog.example:8080/robots.txt"


def test_real_files_are_read_without_an_error(shared_dir: Path) -> None:
    read = forbidding = 0
    slowest = 0.0
    with tarfile.open(shared_dir / "robustness" / "protego_robots_4231.tar.gz") as archive:
        for member in archive:
            handle = archive.extractfile(member)
            if handle is None:
                continue
            host = member.name.rpartition("/")[2]
            started = time.perf_counter()
            found = parse_robots(handle.read(), f"https://{host}/robots.txt")
            assert found.allows(f"https://{host}/2020/a-post?x=\u00fc%zz") in {True, False}
            slowest = max(slowest, time.perf_counter() - started)
            forbidding += found.forbids_everything(f"https://{host}/")
            read += 1
    assert read >= 4231
    # A file cut at 500 KiB takes some 0.3 s; a busy machine may take five times that.
    assert slowest < 2
    # These are the most visited sites of the web: few of them turn every crawler away.
    assert 0.005 < forbidding / read < 0.03
