"""A blogger's channels: its sites with the proofs that join them, and profiles that a file states beside them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bloghound.settings import Settings
from bloghound.urls import holder_key, registrable_domain
from storage import provenance, suppressions
from storage.bloggers import StoredSite
from storage.database import Connection
from storage.identity import ProofState, StoredProof
from storage.provenance import Observation
from storage.suppressions import Suppressions

_NETWORKS = {
    "x.com": "x",
    "twitter.com": "x",
    "instagram.com": "instagram",
    "tiktok.com": "tiktok",
    "facebook.com": "facebook",
    "linkedin.com": "linkedin",
    "threads.net": "threads",
    "threads.com": "threads",
    "youtube.com": "youtube",
    "pinterest.com": "pinterest",
}
"""Platforms by the domains of profiles that are not read; others are named by the domain itself."""


@dataclass(frozen=True, slots=True)
class Channel:
    """A place where a blogger is met, with its latest figures and why it belongs to the blogger.

    ``site`` is None for a profile that only a file of figures names; ``stated_by`` then says whose file, and
    ``beside`` at which site it was put. That is a statement, and no proof.
    """

    url: str
    kind: str
    platform: str
    site: StoredSite | None
    stated_by: str | None
    beside: str | None
    figures: tuple[Observation, ...]
    proofs: tuple[StoredProof, ...]


def visible(figures: Sequence[Observation], suppressed: Suppressions) -> list[Observation]:
    """The figures without those of profiles that asked to be left out."""
    return [one for one in figures if one.profile_url is None or holder_key(one.profile_url) not in suppressed]


def visible_history(
    connection: Connection,
    settings: Settings,
    site_ids: Sequence[int],
    *,
    limit: int,
    after: Sequence[Any] | None = None,
) -> list[Observation]:
    """Up to ``limit`` figures that sites show of themselves, newest first, from as many pages as that takes."""
    suppressed = suppressions.load(connection, settings.secret_key())
    shown: list[Observation] = []
    while len(shown) < limit:
        rows = provenance.figures_history(connection, site_ids, limit=limit, after=after)
        shown += visible(rows, suppressed)
        if len(rows) < limit:
            break
        after = rows[-1].position
    return shown[:limit]


def channels(
    sites: Sequence[StoredSite], figures: Sequence[Observation], proofs: Sequence[StoredProof]
) -> list[Channel]:
    """The sites in their order, each followed by the profiles that were stated at it."""
    found: list[Channel] = []
    for site in sites:
        at_site = [one for one in figures if one.site_key == site.key]
        own = tuple(one for one in at_site if one.profile_url is None)
        valid = tuple(
            one for one in proofs if one.state is ProofState.VALID and site.key in (one.site_key, one.other_site_key)
        )
        found.append(Channel(site.home_url, site.kind, site.platform, site, None, None, own, valid))
        found += _stated(site, [one for one in at_site if one.profile_url is not None])
    return found


def _stated(site: StoredSite, figures: Sequence[Observation]) -> list[Channel]:
    by_profile: dict[str, list[Observation]] = {}
    for one in figures:
        by_profile.setdefault(one.profile_url or "", []).append(one)
    return [
        Channel(
            url=url,
            kind="profile",
            platform=_NETWORKS.get(registrable_domain(url), registrable_domain(url)),
            site=None,
            stated_by=max(seen, key=lambda one: one.observed_at).imported_from,
            beside=site.key,
            figures=tuple(seen),
            proofs=(),
        )
        for url, seen in sorted(by_profile.items())
    ]
