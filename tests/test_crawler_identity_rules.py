"""What counts as a site's word, what two sites prove, and where several people share one: pure decisions."""

import itertools
from dataclasses import replace

import pytest

from bloghound.records import ClaimKind, IdentityClaim
from bloghound.urls import site_of
from crawler.identity import claims, persons
from crawler.identity.network import MAX_SITES_OF_ONE, Neighbourhood, judge
from crawler.identity.persons import Persona
from crawler.identity.proof import Proof, prove
from crawler.platforms.protocol import Profile, ProfileLink
from storage.claims import StoredClaim
from storage.identity import Refusal, SiteFacts

BLOG, SOCIAL = "https://koffie.nl/", "https://social.nl/@ann"
_NUMBERS: dict[str, int] = {}


def site(url: str, title: str = "", authors: dict[str, int] | None = None) -> SiteFacts:
    number = _NUMBERS.setdefault(url, len(_NUMBERS) + 1)
    return SiteFacts(number, site_of(url).key, url, title, tuple((authors or {}).items()))


def claim(source: SiteFacts, target: str, kind: ClaimKind = ClaimKind.REL_ME) -> StoredClaim:
    return StoredClaim(source.site_id, kind, source.home_url, target, site_of(target).key)


# Whose word


def counted(*urls: str) -> list[str]:
    found = [IdentityClaim(ClaimKind.REL_ME, url) for url in urls]
    said = claims.of_page(BLOG, BLOG, "koffie.nl", found, is_home=True)
    assert said is not None
    return [one.url for one in said.claims]


def test_profiles_go_under_their_one_address_and_the_site_itself_is_none() -> None:
    assert counted("https://social.nl/users/ann", "https://koffie.nl/about", "https://[bad") == [SOCIAL]


@pytest.mark.parametrize("url", ["https://evil.nl/@ann@social.nl", "https://evil.nl/@ann@social.nl/123"])
def test_what_one_server_shows_of_another_is_not_that_account(url: str) -> None:
    assert counted(url) == []


def test_a_page_that_claims_more_sites_than_anybody_has_says_nothing() -> None:
    most = [f"https://n{number}.nl/" for number in range(claims.MAX_CLAIMED_SITES)]
    assert len(counted(*most, "https://n0.nl/again")) == claims.MAX_CLAIMED_SITES + 1
    assert counted(*most, "https://one-more.nl/") == []


def profile(platform: str, handle: str, *links: ProfileLink) -> list[tuple[str, str]]:
    said = claims.of_profile(Profile(platform, SOCIAL, handle, "Ann", links=links), "social.nl/@ann")
    return [(one.kind.value, one.url) for one in said.claims]


def test_a_profile_says_what_its_platform_marks_as_its_own() -> None:
    links = (ProfileLink(BLOG), ProfileLink("https://star.nl/", rel_me=False))
    assert profile("mastodon", "koffie.nl", *links) == [("rel_me", BLOG)]


def test_of_bluesky_the_field_for_ones_site_counts_and_the_words_do_not() -> None:
    links = (ProfileLink(BLOG, "website", rel_me=False), ProfileLink("https://star.nl/", "description", rel_me=False))
    assert profile("bluesky", "ann.bsky.social", *links) == [("website", BLOG)]
    assert profile("mastodon", "ann", *links) == []


@pytest.mark.parametrize(
    ("handle", "target"),
    [
        ("Koffie.nl", "https://koffie.nl/"),
        ("ann.wordpress.com", "https://ann.wordpress.com/"),
        ("ann.bsky.social", None),
        ("handle.invalid", None),
        ("ann", None),
        ("", None),
        ("koffie.nl/x", None),
    ],
)
def test_a_handle_that_is_a_domain_names_that_site(handle: str, target: str | None) -> None:
    assert profile("bluesky", handle) == ([("handle", target)] if target else [])


@pytest.mark.parametrize(
    ("url", "home_url", "expected"),
    [
        ("http://koffie.nl", BLOG, True),
        ("https://koffie.nl/over-mij/", BLOG, True),
        ("https://koffie.nl/nl/about.html", BLOG, True),
        ("https://koffie.nl/pt-br/sobre", BLOG, True),
        ("https://koffie.nl/blog/", BLOG, True),
        ("https://koffie.nl/en/blog/", BLOG, True),
        ("https://koffie.nl/jo/", BLOG, False),
        ("https://koffie.nl/jo/about", BLOG, False),
        ("https://koffie.nl/bo/about", BLOG, False),
        ("https://koffie.nl/en/", BLOG, False),
        ("https://koffie.nl/en/", "https://koffie.nl/en/", True),
        ("https://koffie.nl/jo/", "https://koffie.nl/jo/", True),
        ("https://koffie.nl/", "https://koffie.nl/nl/", True),
        ("https://koffie.nl/kop/", "https://koffie.nl/kop/", True),
        ("https://koffie.nl/author/ann/", BLOG, False),
        ("https://koffie.nl/blog/about-tea/", BLOG, False),
        ("https://koffie.nl/?author=2", BLOG, False),
        ("https://www.koffie.nl/about", BLOG, True),
        (BLOG, "https://www.koffie.nl/", True),
        ("https://blog.koffie.nl/", BLOG, False),
        ("https://koffie.nl.evil.nl/", BLOG, False),
        ("https://medium.com/@ann", "https://medium.com/@ann", True),
        ("https://medium.com/@ann/about", "https://medium.com/@ann", True),
        ("https://medium.com/@ann/a-post", "https://medium.com/@ann", False),
        ("https://medium.com/", "https://medium.com/@ann", False),
        ("none", BLOG, False),
        (BLOG, "none", False),
    ],
)
def test_an_address_names_a_site_as_a_whole_or_a_part_of_it(url: str, home_url: str, expected: bool) -> None:
    assert claims.names_site(url, home_url) is expected


@pytest.mark.parametrize(
    ("url", "language", "expected"),
    [
        ("https://koffie.nl/nl/", "nl", True),
        ("https://koffie.nl/en/", "nl", False),
        ("https://koffie.nl/jo/", "", False),
    ],
)
def test_the_folder_of_the_language_that_a_site_is_in_names_it(url: str, language: str, expected: bool) -> None:
    assert claims.names_site(url, BLOG, language) is expected


@pytest.mark.parametrize("path", ["jo/", "jo/about/", "en/", "nl/"])
def test_a_folder_of_two_letters_may_be_an_authors_and_does_not_speak_for_the_site(path: str) -> None:
    found = [IdentityClaim(ClaimKind.REL_ME, SOCIAL)]
    assert claims.of_page(f"{BLOG}{path}", BLOG, "koffie.nl", found, is_home=False) is None
    home = f"{BLOG}{path}"
    said = claims.of_page(home, home, "koffie.nl", found, is_home=False)
    assert said is not None
    assert said.place == ""


# What two prove


def proof_of(one: SiteFacts, other: SiteFacts, *said: StoredClaim) -> Proof | None:
    there, back = prove(one, other, said), prove(other, one, said)
    assert there == back
    return there


def test_two_that_name_each_other_prove_it_with_where_each_says_so() -> None:
    blog, account = site(BLOG), site(SOCIAL)
    found = proof_of(blog, account, claim(account, "http://koffie.nl/about"), claim(blog, SOCIAL))
    evidence = {"site_names": SOCIAL, "on": BLOG, "other_names": "http://koffie.nl/about", "other_on": SOCIAL}
    assert found == Proof(blog.site_id, account.site_id, "rel_me", evidence)


@pytest.mark.parametrize(
    ("kinds", "method"),
    [
        ((ClaimKind.SAME_AS, ClaimKind.REL_ME), "rel_me"),
        ((ClaimKind.SAME_AS, ClaimKind.H_CARD), "h_card+rel_me"),
        ((ClaimKind.SAME_AS,), "same_as+rel_me"),
    ],
)
def test_the_strongest_word_of_each_side_is_the_method(kinds: tuple[ClaimKind, ...], method: str) -> None:
    blog, account = site(BLOG), site(SOCIAL)
    found = proof_of(blog, account, claim(account, BLOG), *(claim(blog, SOCIAL, kind) for kind in kinds))
    assert found is not None
    assert found.method == method


@pytest.mark.parametrize(
    ("there", "back"),
    [
        (SOCIAL, None),
        (None, BLOG),
        ("https://social.nl/@bo", BLOG),
        ("https://social.nl/@ann/1", BLOG),
        (SOCIAL, "https://koffie.nl/author/ann/"),
        (SOCIAL, "https://koffie.nl.evil.nl/"),
        (SOCIAL, "https://evil.nl/?https://koffie.nl/"),
    ],
)
def test_one_way_or_another_address_is_none(there: str | None, back: str | None) -> None:
    blog, account = site(BLOG), site(SOCIAL)
    said = [claim(source, url) for source, url in ((blog, there), (account, back)) if url is not None]
    assert proof_of(blog, account, *said) is None


@pytest.mark.parametrize(
    "url", ["https://linktr.ee/ann", "https://social.nl/", "https://github.com/ann", "https://medium.com/about"]
)
def test_a_link_page_a_server_and_a_network_are_nobodys_site(url: str) -> None:
    place, account = site(url), site(SOCIAL)
    assert proof_of(place, account, claim(place, SOCIAL), claim(account, url)) is None


def test_a_checked_handle_proves_the_domain_and_nothing_else() -> None:
    account, blog, other = site(SOCIAL), site(BLOG), site("https://blog.koffie.nl/")
    found = proof_of(blog, account, claim(account, BLOG, ClaimKind.HANDLE))
    assert found is not None
    assert (found.site_id, found.method) == (blog.site_id, "handle")
    assert proof_of(other, account, claim(account, BLOG, ClaimKind.HANDLE)) is None


def test_a_blog_is_named_by_the_folder_of_its_language() -> None:
    blog, account = replace(site(BLOG), language="nl"), site(SOCIAL)
    assert proof_of(blog, account, claim(blog, SOCIAL), claim(account, "https://koffie.nl/nl/")) is not None
    assert proof_of(blog, account, claim(blog, SOCIAL), claim(account, "https://koffie.nl/jo/")) is None


def test_with_and_without_www_is_one_name() -> None:
    blog, account = site("https://www.koffie.nl/"), site(SOCIAL)
    assert proof_of(blog, account, claim(blog, SOCIAL), claim(account, BLOG)) is not None
    found = neighbourhood([blog, account], [claim(blog, SOCIAL), claim(account, BLOG)])
    assert found == [("www.koffie.nl", "social.nl/@ann", None)]
    assert counted("https://www.koffie.nl/") == []


# One or several


def person(name: str, service: str = "", user: str = "") -> Persona:
    return Persona(f"{service}/{user or name}", persons.name_words(name), service, user)


@pytest.mark.parametrize(
    ("shown", "words"),
    [
        ("Ann Bërg (she/her) 🦊", ("ann", "berg")),
        (":verified: Ann Berg | Coffee", ("ann", "berg")),
        ("Ann from Berlin", ("ann",)),
        ("张三", ("张三",)),
        ("🦊", ()),
    ],
)
def test_the_words_of_a_name(shown: str, words: tuple[str, ...]) -> None:
    assert persons.name_words(shown) == words


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (person("Ann Berg", "m", "ann"), person("Ann", "m", "coffee"), False),
        (person("Ann Berg", "m", "ann"), person("Ann M. Berg", "b", "x"), False),
        (person("Ann Berg", "m", "ann"), person("Bo Smit", "b", "bo"), True),
        (person("Ann Berg", "m", "ann"), person("Ann Smit", "b", "ann"), True),
        (person("Ann Berg", "m", "ann"), person("Coffee Girl", "m", "ann"), False),
        (person("Ann", "m", "ann"), person("Bo", "b", "bo"), True),
        (person("", "m", "ann"), person("", "m", "bo"), True),
        (person("", "m", "ann"), person("", "b", "bo"), False),
        (person("Ann", "m", "ann"), person("", "", ""), False),
    ],
)
def test_two_accounts_are_one_persons_unless_something_speaks_for_two(
    one: Persona, other: Persona, expected: bool
) -> None:
    assert persons.is_shared(site(BLOG), [one, other], ()) is expected
    assert persons.is_shared(site(BLOG), [other, one], ()) is expected


def test_who_name_each_other_are_one_whatever_they_are_called() -> None:
    ann, heron = person("Ann Berg", "m", "ann"), person("The Heron", "m", "heron")
    assert persons.is_shared(site(BLOG), [ann, heron], {frozenset((ann.key, heron.key))}) is False


@pytest.mark.parametrize(
    ("authors", "expected"),
    [
        ({}, False),
        ({"Ann Berg": 9}, False),
        ({"Ann Berg": 9, "Bo Smit": 1}, False),
        ({"Ann Berg": 6, "Bo Smit": 2}, True),
        ({"Ann Berg": 3, "Bo Smit": 1}, False),
        ({"Ann Berg": 6, "Ann": 4}, False),
        ({"Ann Berg": 6, "admin": 6}, False),
        ({"Ann Berg": 6, "Koffie": 6}, False),
    ],
)
def test_a_second_author_is_one_who_signs_a_fifth_of_the_posts(authors: dict[str, int], expected: bool) -> None:
    assert persons.has_coauthors(site(BLOG, "Koffie", authors)) is expected


def test_a_pen_name_beside_a_name_is_one_person_where_one_person_signs() -> None:
    ann, pen = person("Ann Berg", "m", "annb"), person("Heron", "b", "heron")
    assert persons.is_shared(site(BLOG), [ann, pen], ()) is True
    assert persons.is_shared(site(BLOG, authors={"Ann Berg": 3}), [ann, pen], ()) is False


@pytest.mark.parametrize(
    ("url", "account"),
    [
        (SOCIAL, ("mastodon", "ann")),
        ("https://x.com/Ann_B", ("x.com", "annb")),
        ("https://www.linkedin.com/in/ann-b/", ("linkedin.com", "annb")),
        (BLOG, ("", "")),
    ],
)
def test_the_service_and_the_user_of_an_address(url: str, account: tuple[str, str]) -> None:
    assert persons.account(url) == account


# A neighbourhood


def neighbourhood(sites: list[SiteFacts], said: list[StoredClaim], *gone: str) -> list[tuple[str, str, Refusal | None]]:
    names = {one.site_id: one.key for one in sites}
    verdicts = judge(Neighbourhood({one.site_id: one for one in sites}, said, frozenset(gone)))
    return [(names[one.proof.site_id], names[one.proof.other_site_id], one.refusal) for one in verdicts]


def both_ways(one: SiteFacts, other: SiteFacts) -> list[StoredClaim]:
    return [claim(one, other.home_url), claim(other, one.home_url)]


def test_a_teams_authors_are_refused_and_its_own_account_is_not() -> None:
    blog, own = site(BLOG, "Koffie"), site("https://social.nl/@koffie", "Koffie")
    ann, bo = site(SOCIAL, "Ann"), site("https://social.nl/@bo", "Bo")
    found = neighbourhood([blog, own, ann, bo], [one for other in (own, ann, bo) for one in both_ways(blog, other)])
    assert {other: refusal for _, other, refusal in found} == {
        own.key: None,
        ann.key: Refusal.TEAM,
        bo.key: Refusal.TEAM,
    }


@pytest.mark.parametrize(("gone", "refusal"), [((), Refusal.TEAM), (("social.nl/@bo",), None)])
def test_an_account_that_does_not_answer_speaks_for_a_team_unless_it_is_no_more(
    gone: tuple[str, ...], refusal: Refusal | None
) -> None:
    blog, ann = site("https://thee.nl/"), site(SOCIAL, "Ann")
    said = [*both_ways(blog, ann), claim(blog, "https://social.nl/@bo")]
    assert neighbourhood([blog, ann], said, *gone) == [("thee.nl", "social.nl/@ann", refusal)]


def test_more_sites_than_anybody_has_are_bound_to_nobody() -> None:
    sites = [site(f"https://n{number}.nl/") for number in range(MAX_SITES_OF_ONE + 1)]
    said = [one for first, second in itertools.pairwise(sites) for one in both_ways(first, second)]
    assert {refusal for _, _, refusal in neighbourhood(sites, said)} == {Refusal.HUB}
    kept = {one.site_id for one in sites[:-1]}
    fewer = [one for one in said if one.site_id in kept]
    assert {refusal for _, _, refusal in neighbourhood(sites[:-1], fewer)} == {None}
