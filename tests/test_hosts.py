"""Shared hosts: whose site an address there belongs to; and hosts that are known to be no blogs."""

import csv
import re
from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from bloghound.hosts import (
    HostKind,
    host_kind,
    may_be_fediverse,
    shared_domains,
    shared_site,
    shows_another_server,
)
from bloghound.urls import canonical_url, registrable_domain, site_of
from tests.conftest import MEASURED


def site(address: str) -> str | None:
    host, _, path = address.partition("/")
    return shared_site(host, f"/{path}")


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("ann.wordpress.com/2024/05/x", "ann.wordpress.com"),
        ("ann.home.blog", "ann.home.blog"),
        ("ann.blogspot.com/2024/05/x.html", "ann.blogspot.com"),
        ("ann.blogspot.de", "ann.blogspot.com"),
        ("www.ann.blogspot.com", "ann.blogspot.com"),
        ("ann.tumblr.com/post/1", "ann.tumblr.com"),
        ("www.tumblr.com/Ann/1/x", "ann.tumblr.com"),
        ("www.tumblr.com/blog/view/ann", "ann.tumblr.com"),
        ("ann.substack.com/p/x", "ann.substack.com"),
        ("open.substack.com/pub/ann/p/x", "ann.substack.com"),
        ("substack.com/@Ann", "substack.com/@ann"),
        ("medium.com/@ann/x-1", "medium.com/@ann"),
        ("medium.com/feed/@ann", "medium.com/@ann"),
        ("medium.com/some-magazine/x-1", "medium.com/some-magazine"),
        ("ann.medium.com/x-1", "ann.medium.com"),
        ("ann.ghost.io/x", "ann.ghost.io"),
        ("write.as/ann/x", "write.as/ann"),
        ("ann.writeas.com/x", "ann.writeas.com"),
        ("bsky.app/profile/Ann.Example/post/3k", "bsky.app/profile/ann.example"),
        ("bsky.app/profile/did:plc:abc123", "bsky.app/profile/did:plc:abc123"),
        ("bsky.app/profile/did%3Aplc%3Aabc123", "bsky.app/profile/did%3aplc%3aabc123"),
        ("m.youtube.com/@Ann/videos", "www.youtube.com/@Ann"),
        ("youtube.com/channel/UCabc", "www.youtube.com/channel/UCabc"),
        ("ann.github.io/project/x", "ann.github.io"),
        ("ann.gitlab.io", "ann.gitlab.io"),
        ("dev.to/ann/x-1", "dev.to/ann"),
        ("dev.to/feed/ann", "dev.to/ann"),
        ("ann.hashnode.dev/x", "ann.hashnode.dev"),
        ("hashnode.com/@ann", "hashnode.com/@ann"),
        ("ann.livejournal.com/1.html", "ann.livejournal.com"),
        ("users.livejournal.com/_ann_/1.html", "users.livejournal.com/_ann_"),
        ("ann.bearblog.dev/x", "ann.bearblog.dev"),
        ("ann.micro.blog", "ann.micro.blog"),
        ("micro.blog/ann", "micro.blog/ann"),
        ("neocities.org/site/ann", "ann.neocities.org"),
        ("sites.google.com/view/ann/home", "sites.google.com/view/ann"),
        ("sites.google.com/site/ann", "sites.google.com/site/ann"),
        ("ameblo.jp/ann/entry-1.html", "ameblo.jp/ann"),
        ("m.blog.naver.com/ann/1", "blog.naver.com/ann"),
        ("mastodon.social/@Ann/1", "mastodon.social/@ann"),
        ("social.example/@ann", "social.example/@ann"),
        ("social.example:8080/@ann", "social.example:8080/@ann"),
        ("uni.example/~ann/papers", "uni.example/~ann"),
        ("ann.blog.fc2.com/x", "ann.blog.fc2.com"),
        ("ann.blog12.fc2.com/x", "ann.blog12.fc2.com"),
    ],
)
def test_whose_site_an_address_on_a_shared_host_is(address: str, key: str) -> None:
    assert site(address) == key
    host, _, path = address.partition("/")
    assert host_kind(host, f"/{path}") is None


@pytest.mark.parametrize(
    "address",
    [
        *("wordpress.com", "en.wordpress.com", "www.tumblr.com/dashboard", "64.media.tumblr.com/x.png"),
        "1.bp.blogspot.com/x.jpg",
        *(
            "medium.com",
            "medium.com/tag/tea",
            "help.medium.com",
            "bsky.app/search",
            "youtube.com/watch",
            "dev.to/t/tea",
        ),
        *("write.as/about", "mastodon.social/explore", "docs.google.com/document", "www.livejournal.com", "qiita.com"),
        "substack.com",
    ],
)
def test_a_platforms_own_pages_are_nobodys_site(address: str) -> None:
    host, _, path = address.partition("/")
    assert site(address) is None
    assert host_kind(host, f"/{path}") is HostKind.PLATFORM


@pytest.mark.parametrize(
    ("host", "kind"),
    [
        ("www.facebook.com", HostKind.SOCIAL),
        ("x.com", HostKind.SOCIAL),
        ("www.amazon.co.uk", HostKind.SHOP),
        ("amazon.de", HostKind.SHOP),
        ("gist.github.com", HostKind.SOFTWARE),
        ("docs.python.org", HostKind.DOCUMENTATION),
        ("fi.wikipedia.org", HostKind.REFERENCE),
        ("youtu.be", HostKind.MEDIA),
        ("t.co", HostKind.SHORTENER),
        ("d111.cloudfront.net", HostKind.FILES),
        ("maps.google.fr", HostKind.SERVICE),
        ("www.example.com", HostKind.PLACEHOLDER),
    ],
)
def test_what_is_known_to_be_no_blog(host: str, kind: HostKind) -> None:
    assert host_kind(host) is kind


@pytest.mark.parametrize(
    "host",
    [
        "blog.mozilla.org",
        "devblogs.microsoft.com",
        "engineering.fb.com",
        "amazon.blog.example",
        "ann.example",
        "notx.com",
    ],
)
def test_what_may_be_a_blog(host: str) -> None:
    assert host_kind(host) is None


def test_a_persons_folder_on_a_projects_host_may_be_a_blog() -> None:
    assert host_kind("people.debian.org", "/~ann/") is None
    assert host_kind("people.debian.org", "/") is HostKind.SOFTWARE
    assert host_kind("t.co", "/~ann/") is HostKind.SHORTENER


def test_a_short_address_is_no_blog_whatever_it_is_called() -> None:
    assert host_kind("blog.t.co") is HostKind.SHORTENER


@pytest.mark.parametrize(
    ("host", "may_be"),
    [
        ("social.example", True),
        ("mastodon.social", True),
        ("social.kernel.org", True),
        ("velog.io", False),
        ("listed.to", False),
        ("hashnode.com", False),
        ("medium.com", False),
        ("www.youtube.com", False),
        ("www.threads.net", False),
        ("odysee.com", False),
        ("www.flickr.com", False),
    ],
)
def test_which_hosts_may_have_profiles_of_the_fediverse(host: str, may_be: bool) -> None:
    assert may_be_fediverse(host) is may_be


@pytest.mark.parametrize(
    ("address", "key", "shows_another"),
    [
        ("evil.example/@ann@social.example/1", "social.example/@ann", True),
        ("evil.example/@ann@mastodon.social", "mastodon.social/@ann", True),
        ("evil.example/@ann@velog.io/a-post", None, True),
        ("evil.example/@ann@medium.com", None, True),
        ("social.example/@ann@Social.example", "social.example/@ann", False),
        ("social.example/@ann/1", "social.example/@ann", False),
        ("evil.example/about", None, False),
    ],
)
def test_a_page_about_anothers_account_is_never_a_page_of_a_blog(
    address: str, key: str | None, shows_another: bool
) -> None:
    host, _, path = address.partition("/")
    assert site(address) == key
    assert shows_another_server(host, f"/{path}") is shows_another


def test_every_shared_host_has_a_rate_and_is_a_domain_of_its_own() -> None:
    assert {rate.concurrent >= 1 and 0 < rate.requests_per_second <= 2 for rate in shared_domains().values()} == {True}
    assert [domain for domain in shared_domains() if registrable_domain(f"ann.{domain}") != domain] == []


def test_the_site_of_a_sites_home_is_itself() -> None:
    for domain in shared_domains():
        address = site_of(f"https://ann.{domain}/@ann/x")
        assert site_of(address.home_url) == address


def feeds(shared_dir: Path) -> list[str]:
    lines = (shared_dir / "lists/kagi-smallweb/smallweb.txt").read_text("utf-8").split()
    named = (shared_dir / "lists/hn-popularity/domains-meta.csv").open(encoding="utf-8", newline="")
    with named:
        domains = [f"https://{next(iter(row.values()))}/" for row in csv.DictReader(named)]
    return [url for url in lines if url.startswith("http")] + domains


# What the list names by the address of a service that only carries the feed.
_CARRIED = re.compile(r"feedburner|blogger\.com/feeds|amazonaws|cloudfront|githubusercontent")


def test_no_real_blog_is_taken_for_something_else(shared_dir: Path) -> None:
    found: Counter[str] = Counter()
    wrong = []
    for url in feeds(shared_dir):
        parts = urlsplit(canonical_url(url))
        kind = host_kind(parts.netloc, parts.path)
        found[kind or "possible blog"] += 1
        if kind and not _CARRIED.search(parts.netloc + parts.path):
            wrong.append(url)
    MEASURED.append(f"hosts: {found.total()} addresses of real blogs, {len(wrong)} taken for something else")
    assert wrong == []


def test_the_corpus_keeps_its_keys(shared_dir: Path) -> None:
    seeds = (shared_dir / "corpus/seeds.txt").read_text("utf-8").split()
    assert [seed for seed in seeds if site_of(seed).key != urlsplit(seed).netloc] == []
    assert [seed for seed in seeds if host_kind(urlsplit(seed).netloc)] == []
