"""Addresses: what is one, its forms, and which site it belongs to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bloghound import urls
from bloghound.errors import AddressError
from bloghound.urls import (
    canonical_url,
    fold_url,
    holder_key,
    host_of,
    parse_address,
    registrable_domain,
    shorten,
    site_of,
)


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("a.example", "https://a.example/"),
        ("//a.example/x", "https://a.example/x"),
        ("HTTP://A.Example:80/x#top", "http://a.example/x"),
        ("a.example:8080/x", "https://a.example:8080/x"),
        ("https://bücher.example/", "https://xn--bcher-kva.example/"),
        ("https://user:pass@a.example/x", "https://a.example/x"),
        ("http://[2001:db8::1]:8080/", "http://[2001:db8::1]:8080/"),
    ],
)
def test_what_is_meant_by_an_address(text: str, url: str) -> None:
    assert parse_address(text) == url


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "ftp://a.example/", "javascript:alert(1)", "mailto:ann@a.example", "http://", "https://a b/"),
        *("http://a:99999/", "file:///etc/passwd", "http://[::1", "https://a.example/\nx", "https://" + "a" * 3000),
        "https://\u2028.example/",
    ],
)
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(AddressError):
        parse_address(text)


@given(st.from_regex(urls._PLAIN, fullmatch=True))
def test_a_plain_address_has_the_forms_that_all_rules_together_give_it(url: str) -> None:
    # A fragment or a tracking parameter makes it one of those that every rule is looked at for.
    assert canonical_url(url) == canonical_url(f"{url}#top") == url
    assert fold_url(url) == fold_url(f"{url}?utm_source=feed")


@given(st.text(max_size=60))
def test_any_text_is_an_address_or_an_address_error(text: str) -> None:
    try:
        url = parse_address(text)
    except AddressError:
        return
    assert canonical_url(canonical_url(url)) == canonical_url(url)
    assert fold_url(url)
    assert site_of(url).key


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        ("https://a.example/x?utm_source=feed&id=1", "https://a.example/x?id=1"),
        ("https://a.example/x?b=2&a=1", "https://a.example/x?b=2&a=1"),
        ("https://a.example/ä b", "https://a.example/%C3%A4%20b"),
        ("https://a.example/%7eann/%C3%A4", "https://a.example/~ann/%C3%A4"),
        ("https://a.example/100%", "https://a.example/100%25"),
        ("https://a.example/x%2Fy", "https://a.example/x%2Fy"),
        ("https://a.example/a%2541", "https://a.example/a%2541"),
        ("https://a.example/x?q=%2f&é=1", "https://a.example/x?q=%2F&%C3%A9=1"),
        ("https://a.example/x?a", "https://a.example/x?a"),
    ],
)
def test_the_stored_form(url: str, canonical: str) -> None:
    assert canonical_url(url) == canonical


def test_an_address_is_short_when_escaped() -> None:
    with pytest.raises(AddressError, match="too long"):
        canonical_url("https://a.example/" + "é" * 500)


@pytest.mark.parametrize(
    "same", ["http://a.example/x+y", "https://a.example/x%2By/", "https://a.example/x+y/index.html", "A.example/x+y#z"]
)
def test_servers_redirect_between_these(same: str) -> None:
    assert fold_url(same) == fold_url("https://a.example/x+y")


@pytest.mark.parametrize(
    ("url", "key", "home"),
    [
        ("http://jvns.example/blog/2024/x", "jvns.example", "http://jvns.example/"),
        ("https://ann.github.io/x", "ann.github.io", "https://ann.github.io/"),
        ("https://medium.com/@ann/x-1", "medium.com/@ann", "https://medium.com/@ann"),
        ("https://mastodon.example/@ann/123", "mastodon.example/@ann", "https://mastodon.example/@ann"),
        ("https://mastodon.example/@Ann", "mastodon.example/@ann", "https://mastodon.example/@ann"),
        ("https://mastodon.example/@ann@Other.example", "other.example/@ann", "https://other.example/@ann"),
        ("https://mastodon.example/@ann.b.rss", "mastodon.example/@ann.b", "https://mastodon.example/@ann.b"),
        ("https://bsky.app/profile/Ann.example/post/1", "bsky.app/profile/ann.example", None),
        ("https://www.uni.example/~ann/blog/x", "www.uni.example/~ann", "https://www.uni.example/~ann/"),
        ("http://ann.blogspot.co.uk/2024/x", "ann.blogspot.com", "http://ann.blogspot.com/"),
        ("https://www.tumblr.com/ann/123/x", "ann.tumblr.com", "https://ann.tumblr.com/"),
        ("http://koffie.demo.test:8765/x", "koffie.demo.test:8765", "http://koffie.demo.test:8765/"),
    ],
)
def test_the_site_of_an_address(url: str, key: str, home: str | None) -> None:
    found = site_of(url)
    assert found.key == key
    assert home is None or found.home_url == home


@pytest.mark.parametrize(
    ("url", "domain"),
    [
        ("https://blog.a.co.uk/", "a.co.uk"),
        ("https://ann.github.io/", "github.io"),
        ("localhost", "localhost"),
        ("127.0.0.1", "127.0.0.1"),
    ],
)
def test_the_unit_of_politeness(url: str, domain: str) -> None:
    assert registrable_domain(url) == domain


def test_small_parts() -> None:
    assert host_of("https://A.example:8080/") == "a.example"
    assert host_of("http://[") == ""
    assert shorten("abc", 2) == "a…"


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("https://www.x.com/Ann", "x.com/ann"),
        ("https://mobile.x.com/ann/", "x.com/ann"),
        ("https://m.facebook.com/profile.php?id=12", "facebook.com/profile.php?id=12"),
        ("https://linkedin.com/in/ann/", "linkedin.com/in/ann"),
        ("https://www.tiktok.com/@ann", "tiktok.com/@ann"),
        ("https://x.com", "x.com"),
        ("https://mastodon.social/@Ann", "mastodon.social/@ann"),
        ("https://ann.wordpress.com/2020/05/post", "ann.wordpress.com"),
        ("https://a.example/@ann", "a.example/@ann"),
        ("https://vox.com/a/b", "vox.com"),
    ],
)
def test_who_holds_an_address_is_known_on_networks_that_are_no_sites_too(url: str, key: str) -> None:
    assert holder_key(url) == key


def test_what_is_no_address_has_an_empty_key_and_an_empty_fold() -> None:
    assert (urls.key_or_empty("mailto:ann@a.example"), urls.fold_or_empty("no address")) == ("", "")
    assert urls.key_or_empty("https://a.example/x") == urls.site_of("https://a.example/x").key
    assert urls.fold_or_empty("https://a.example/x/") == urls.fold_url("https://a.example/x/")
