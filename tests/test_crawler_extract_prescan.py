"""The check before any parser: what may go on, and what would hold one or fill its memory."""

import pytest

from bloghound.errors import OversizedDocumentError
from crawler.extract.prescan import MAX_BODY_BYTES, MAX_TAG_BYTES, check_markup

ATTRIBUTES = b" ".join(b"a%d=1" % number for number in range(3_000))
MANY = b"&a;" * 1_000


def entities(*values: bytes) -> bytes:
    declared = b"".join(b'<!ENTITY e%d "%s">' % (number, value) for number, value in enumerate(values))
    return b"<?xml version='1.0'?><!DOCTYPE rss [" + declared + b"]><rss>"


@pytest.mark.parametrize(
    "body",
    [
        b"<p>" + b"x" * (MAX_BODY_BYTES - 3),
        b"<div title='" + b"long " * 10_000 + b"'>",
        b"<script>" + b"if (a<b) c(); " * 5_000 + b"</script>",
        b"<!-- " + b"a<b c=d " * 5_000 + b"-->",
        entities(b"&#160;", b"&#xE9;") + b"&e0;" * 100_000,
        entities(b"a" * 1_000) + MANY,
        b"<a href='?a=1&b=2'>" * 10_000,
    ],
)
def test_long_but_honest_documents_pass(body: bytes) -> None:
    check_markup(body, is_html=True)


@pytest.mark.parametrize(
    "body",
    [
        b"x" * (MAX_BODY_BYTES + 1),
        b"<div " + ATTRIBUTES + b">",
        b"<rss><title><div " + ATTRIBUTES + b">",
        ("<div " + ATTRIBUTES.decode() + ">").encode("utf-16"),
        entities(b"lol", b"&e0;&e0;&e0;"),
        entities(b"%e0;"),
        entities(b"a" * 6_000) + MANY,
        b"<!doctype x [<!entity a '&b;'>]>",
        (entities(b"lol", b"&e0;&e0;").decode()).encode("utf-16"),
    ],
)
def test_what_would_hold_or_fill_a_parser_is_refused(body: bytes) -> None:
    with pytest.raises(OversizedDocumentError):
        check_markup(body, is_html=True)


def test_the_limit_on_tags_is_that_of_the_specification() -> None:
    assert MAX_TAG_BYTES == 16 * 1024
