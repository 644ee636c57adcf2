"""Robots meta tags, X-Robots-Tag and TDMRep: what a site asks of machines."""

import pytest

from bloghound.errors import ParseError
from bloghound.records import Reservations
from crawler.extract.reservations import TdmRule, is_tdm_reserved, parse_tdmrep, read_reservations
from crawler.parsed import Document

URL = "https://tea.nl/posts/oolong/"


def of_headers(*headers: tuple[str, str]) -> Reservations:
    return read_reservations(Document(URL, b"", None, headers), {})


def of_meta(**meta: str) -> Reservations:
    return read_reservations(
        Document(URL, b"", None), {name.replace("_", "-"): (value,) for name, value in meta.items()}
    )


def test_nothing_said_reserves_nothing() -> None:
    assert of_meta(robots="index, follow") == Reservations()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("noindex", (True, False)),
        ("NOINDEX, NoFollow", (True, True)),
        ("none", (True, True)),
        ("nofollow", (False, True)),
    ],
)
def test_robots_meta_tags(value: str, expected: tuple[bool, bool]) -> None:
    found = of_meta(robots=value)
    assert (found.noindex, found.nofollow) == expected
    assert found.signals == (f"meta robots: {value}",)


def test_a_tag_for_this_crawler_counts_and_for_another_does_not() -> None:
    assert of_meta(bloghound="noindex").noindex
    assert not of_meta(otherbot="noindex").noindex


@pytest.mark.parametrize(
    ("value", "noindex"),
    [
        ("noindex", True),
        ("nofollow, noindex", True),
        ("otherbot: noindex", False),
        ("otherbot: nofollow, noindex", False),
        ("bloghound: noindex", True),
        ("otherbot: nofollow, bloghound: noindex", True),
        ("max-snippet:20, noindex", True),
    ],
)
def test_robots_headers_are_read_by_agent(value: str, noindex: bool) -> None:
    assert of_headers(("X-Robots-Tag", value)).noindex is noindex


def test_several_headers_add_up() -> None:
    found = of_headers(("x-robots-tag", "noindex"), ("X-Robots-Tag", "nofollow"))
    assert (found.noindex, found.nofollow) == (True, True)


def test_text_mining_is_reserved_by_meta_header_or_plain_word() -> None:
    assert of_meta(tdm_reservation="1").tdm_reserved
    assert of_headers(("TDM-Reservation", "1")).tdm_reserved
    assert of_meta(robots="noai").tdm_reserved
    assert not of_meta(tdm_reservation="0").tdm_reserved


def test_tdmrep_rules_apply_in_order() -> None:
    rules = parse_tdmrep(
        b'[{"location": "/open/*", "tdm-reservation": 0}, {"location": "/*.html$", "tdm-reservation": 1}, 7]'
    )
    assert rules == (TdmRule("/open/*", False), TdmRule("/*.html$", True))
    reserved = {
        path: is_tdm_reserved(rules, f"https://tea.nl{path}") for path in ("/open/a.html", "/a.html", "/a.html?b", "/")
    }
    assert reserved == {"/open/a.html": False, "/a.html": True, "/a.html?b": False, "/": False}


@pytest.mark.parametrize("body", [b"", b"{}", b"[" * 100_000, b"<html>"])
def test_a_broken_tdmrep_is_a_parse_error(body: bytes) -> None:
    with pytest.raises(ParseError, match=r"tdmrep\.json"):
        parse_tdmrep(body)
