"""What two sites prove to each other: each must name the other. Pure.

A claim one way proves nothing, since anyone may claim anything; both ways it can only be made by whoever controls both
(microformats.org/wiki/rel-me, the check that Mastodon itself makes). A name never counts. Central name: :func:`prove`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from bloghound.hosts import host_kind
from bloghound.records import ClaimKind
from bloghound.urls import host_of
from crawler.identity.claims import bare_key, is_profile, names_site
from storage.claims import StoredClaim
from storage.identity import SiteFacts

_STRENGTH = {kind: place for place, kind in enumerate(ClaimKind)}


@dataclass(frozen=True, slots=True)
class Proof:
    """That two sites name each other: how, and where each says so. A blog stands before a profile."""

    site_id: int
    other_site_id: int
    method: str
    evidence: dict[str, str]

    @property
    def pair(self) -> frozenset[int]:
        """Ids of the two sites."""
        return frozenset((self.site_id, self.other_site_id))


def may_be_joined(site: SiteFacts) -> bool:
    """Whether a site can be somebody's: no link page, no network's own page, nothing that is known to be no blog."""
    return is_profile(site.home_url) or host_kind(host_of(site.home_url), urlsplit(site.home_url).path) is None


def prove(one: SiteFacts, other: SiteFacts, claims: Sequence[StoredClaim]) -> Proof | None:
    """The proof that two sites are one person's or organisation's, from ``claims`` of both; None where there is none.

    A checked handle is a proof by itself: the profile names the domain, and the platform has asked the domain.
    """
    if _are_on_one_host(one, other) or not (may_be_joined(one) and may_be_joined(other)):
        return None
    first, second = sorted((one, other), key=lambda site: (is_profile(site.home_url), site.site_id))
    there, back = _claim(claims, first, second), _claim(claims, second, first)
    handle = next((claim for claim in (there, back) if claim and claim.kind is ClaimKind.HANDLE), None)
    if there is not None and back is not None:
        return _proof(first, second, there, back)
    if handle is None:
        return None
    evidence = {"handle": handle.target_url, "handle_checked_by_the_platform_of": handle.source_url}
    return Proof(first.site_id, second.site_id, ClaimKind.HANDLE.value, evidence)


def _proof(first: SiteFacts, second: SiteFacts, there: StoredClaim, back: StoredClaim) -> Proof:
    kinds = dict.fromkeys(claim.kind.value for claim in (there, back))
    evidence = {
        "site_names": there.target_url,
        "on": there.source_url,
        "other_names": back.target_url,
        "other_on": back.source_url,
    }
    return Proof(first.site_id, second.site_id, "+".join(kinds), evidence)


def _claim(claims: Iterable[StoredClaim], source: SiteFacts, target: SiteFacts) -> StoredClaim | None:
    """The strongest claim of a site that names the other as a whole."""
    naming = [
        claim
        for claim in claims
        if claim.site_id == source.site_id
        and bare_key(claim.target_site_key) == bare_key(target.key)
        and names_site(claim.target_url, target.home_url, target.language)
    ]
    return min(naming, key=lambda claim: _STRENGTH[claim.kind], default=None)


def _are_on_one_host(one: SiteFacts, other: SiteFacts) -> bool:
    """Whether one is the other, or its host itself: what a server says of its users, or has them say, is one word."""
    keys = [bare_key(site.key).partition("/") for site in (one, other)]
    same_host = keys[0][0] == keys[1][0]
    return same_host and (keys[0] == keys[1] or not all(path for _, _, path in keys))
