"""Which site is meant, and which may never come in."""

import pytest

from bloghound.errors import AddressError, RefusedAddressError
from bloghound.jobs.naming import Refusal, covered_keys, judge, named_site, require_public
from storage.suppressions import Suppressions, keyed_hash

SECRET = b"k" * 32


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("a.example", "a.example"),
        ("https://A.example/post?x=1#y", "a.example"),
        ("@Ann@social.example", "social.example/@ann"),
        ("acct:ann@social.example", "social.example/@ann"),
        ("https://social.example/users/ann", "social.example/@ann"),
        ("https://medium.com/@eve/a-post", "medium.com/@eve"),
        ("http://demo.example:8123/", "demo.example:8123"),
    ],
)
def test_the_site_that_is_meant(text: str, key: str) -> None:
    assert named_site(text).key == key


@pytest.mark.parametrize("text", ["", "two words", "ann@a.example", "https://ann:secret@a.example/", "ftp://a.example"])
def test_what_names_no_site(text: str) -> None:
    with pytest.raises(AddressError):
        named_site(text)


@pytest.mark.parametrize(
    "home", ["http://localhost/", "http://intranet/", "http://box.local/", "http://0x7f.1/", "http://a.example:22/"]
)
def test_what_is_not_on_the_public_web(home: str) -> None:
    with pytest.raises(RefusedAddressError):
        require_public(home)


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ("https://good.example/", None),
        ("https://gone.example/post", Refusal.SUPPRESSED),
        ("http://192.168.0.1/", Refusal.NOT_PUBLIC),
        ("nothing at all", Refusal.NOT_AN_ADDRESS),
    ],
)
def test_an_entry_is_judged(text: str, refusal: Refusal | None) -> None:
    judged = judge(text, Suppressions(SECRET, [keyed_hash(SECRET, "gone.example")]))
    assert (judged.refusal, judged.site is None, bool(judged.message)) == (refusal, bool(refusal), bool(refusal))


def test_a_host_is_covered_with_and_without_www() -> None:
    assert covered_keys("a.example") == ["a.example", "www.a.example"]
    assert covered_keys("www.a.example") == ["www.a.example", "a.example"]
    assert covered_keys("social.example/@ann") == ["social.example/@ann"]
