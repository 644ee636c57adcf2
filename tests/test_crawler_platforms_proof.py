import pytest

from crawler.platforms.proof import confirms
from crawler.platforms.protocol import Profile, ProfileLink

BLOG = "https://koffie.example/"


def profile(*links: ProfileLink) -> Profile:
    return Profile(
        platform="mastodon",
        url="https://social.example/@ann",
        handle="ann@social.example",
        name="Ann",
        links=links,
        aliases=("https://social.example/users/ann",),
    )


@pytest.mark.parametrize(
    "back", ["https://social.example/@ann", "http://social.example/@ann/", "https://social.example/users/ann"]
)
@pytest.mark.parametrize("there", [BLOG, "http://koffie.example", "https://koffie.example/about/"])
def test_links_both_ways_are_a_proof_that_names_them(there: str, back: str) -> None:
    proof = confirms(profile(ProfileLink("https://x.example/"), ProfileLink(there)), ["https://y.example/", back], BLOG)
    assert proof is not None
    assert (proof.kind, proof.profile_links_to, proof.site_links_to) == ("rel_me", there, back)
    assert (proof.profile_url, proof.site_url) == ("https://social.example/@ann", BLOG)


@pytest.mark.parametrize(
    ("links", "rel_me"),
    [
        ([], ["https://social.example/@ann"]),
        ([ProfileLink(BLOG)], []),
        ([ProfileLink(BLOG)], ["https://social.example/@bo"]),
        ([ProfileLink(BLOG)], ["https://other.example/@ann"]),
        ([ProfileLink(BLOG)], ["not an address", ""]),
        ([ProfileLink("https://evil.example/?https://koffie.example/")], ["https://social.example/@ann"]),
        ([ProfileLink("https://koffie.example.evil.example/")], ["https://social.example/@ann"]),
        ([ProfileLink(BLOG, rel_me=False)], ["https://social.example/@ann"]),
        ([ProfileLink("mailto:ann@koffie.example")], ["https://social.example/@ann"]),
    ],
)
def test_one_way_or_another_address_is_none(links: list[ProfileLink], rel_me: list[str]) -> None:
    assert confirms(profile(*links), rel_me, BLOG) is None


def test_on_a_shared_host_the_path_is_part_of_the_site() -> None:
    ann = profile(ProfileLink("https://medium.com/@ann/a-post"))
    back = ["https://social.example/@ann"]
    assert confirms(ann, back, "https://medium.com/@ann") is not None
    assert confirms(ann, back, "https://medium.com/@bo") is None


def test_a_home_that_is_no_address_proves_nothing() -> None:
    assert confirms(profile(ProfileLink("also none")), ["https://social.example/@ann"], "none") is None
