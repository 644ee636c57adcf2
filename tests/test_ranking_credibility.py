import pytest

from bloghound.records import Disclosure
from ranking.credibility import AFFILIATE, COPIED, FLAGGED_AMOUNT, LINK_DENSE, SPONSORED, copying_found, findings_of
from tests.ranking_bloggers import COFFEE, blogger, post

AD = (Disclosure("sponsored", "#ad", 0.0),)


def test_an_honest_blogger_has_no_findings() -> None:
    honest = blogger("honest", COFFEE)
    assert findings_of(honest.posts, honest.sites) == ()


def test_a_finding_counts_and_shows_its_posts() -> None:
    posts = [post(n, "text", disclosures=AD if n < 6 else ()) for n in range(8)]
    (finding,) = findings_of(posts, ())
    assert (finding.finding, finding.count, finding.of) == ("sponsored_posts", 6, 8)
    assert finding.evidence == tuple(entry.url for entry in posts[:3])
    assert finding.amount == pytest.approx(
        SPONSORED.most * (6 / 10 - SPONSORED.free_share) / (1 - SPONSORED.free_share)
    )


def test_one_disclosed_post_in_twelve_is_free() -> None:
    posts = [post(n, "text", disclosures=AD if n == 0 else ()) for n in range(12)]
    assert findings_of(posts, ()) == ()


@pytest.mark.parametrize("changes", [{"marked_links": 2}, {"disclosures": (Disclosure("affiliate", "we earn", 0.9),)}])
def test_affiliate_links_are_named_as_such(changes: dict[str, object]) -> None:
    (finding,) = findings_of([post(n, "word " * 400, **changes) for n in range(10)], ())
    assert finding.finding == AFFILIATE.finding
    assert finding.count == 10


def test_posts_that_are_lists_of_links_are_found() -> None:
    (finding,) = findings_of([post(n, "best casino links", editorial_links=30, words=60) for n in range(9)], ())
    assert finding.finding == LINK_DENSE.finding


def test_an_essay_with_many_links_is_no_list() -> None:
    assert findings_of([post(n, "long", editorial_links=30, words=2000) for n in range(9)], ()) == ()


@pytest.mark.parametrize("flag", ["link_farm", "spam_suspected"])
def test_a_flagged_site_costs_more_than_any_honest_blogger_has(flag: str) -> None:
    farm = blogger("farm", COFFEE, site={"flags": (flag,)})
    (finding,) = findings_of(farm.posts, farm.sites)
    assert (finding.finding, finding.amount, finding.evidence) == (
        "flagged_sites",
        FLAGGED_AMOUNT,
        ("https://farm.test/",),
    )


def test_copying_costs_by_share() -> None:
    (all_copied,) = copying_found(8, [f"https://x.test/{n}" for n in range(8)], 8)
    assert all_copied.amount == pytest.approx(COPIED.most * (8 / 10 - 0.1) / 0.9)
    assert copying_found(1, ["https://x.test/1"], 20) == ()
