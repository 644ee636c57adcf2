"""At the end of a visit: whose the site is, as far as it and its neighbours say, and with that who its blogger is.

Central name: :func:`settle_identity`.
"""

from datetime import datetime

from crawler.identity.claims import MAX_CLAIMED_SITES, both_keys
from crawler.identity.network import MAX_SITES_OF_ONE, Neighbourhood, Verdict, judge
from crawler.identity.proof import prove
from storage import claims, identity, sites
from storage.claims import StoredClaim
from storage.database import Connection
from storage.identity import Pair, SiteFacts


def settle_identity(connection: Connection, site_id: int, *, now: datetime) -> None:
    """Join a site with those that it names and that name it back, and take apart what they no longer say together."""
    found = _neighbourhood(connection, site_id)
    if list(found.sites) == [site_id]:
        return  # as of most blogs: nobody answers it, and nothing was ever joined with it
    pairs = [_pair(verdict) for verdict in judge(found)]
    identity.settle(connection, list(found.sites), pairs, now=now)


def _pair(verdict: Verdict) -> Pair:
    proof = verdict.proof
    return Pair(proof.site_id, proof.other_site_id, proof.method, proof.evidence, verdict.refusal)


def _neighbourhood(connection: Connection, site_id: int) -> Neighbourhood:
    """The site, all that were ever found to be its blogger's, and all that two-way claims lead to from these."""
    ids = identity.related(connection, site_id)
    reached = {site.site_id: site for site in identity.facts(connection, ids)}
    frontier, said = reached, dict[int, list[StoredClaim]]()
    while frontier and len(reached) <= MAX_SITES_OF_ONE:
        named = _named_around(connection, frontier, said)
        frontier = {
            one.site_id: one for one in named.values() if one.site_id not in reached and _is_bound(one, reached, said)
        }
        reached = reached | frontier
    everything = [claim for one_id in reached for claim in said.get(one_id, ())]
    unread = {claim.target_site_key for claim in everything} - {site.key for site in reached.values()}
    return Neighbourhood(reached, everything, identity.gone(connection, unread))


def _named_around(
    connection: Connection, frontier: dict[int, SiteFacts], said: dict[int, list[StoredClaim]]
) -> dict[int, SiteFacts]:
    """The stored sites that those at the frontier name, or that have one as handle; reads what all of them say."""
    _read(connection, list(frontier), said)
    keys = both_keys(claim.target_site_key for one_id in frontier for claim in said[one_id])
    by_handle = claims.by_handle(connection, both_keys(site.key for site in frontier.values()))
    ids = {*sites.ids_by_key(connection, sorted(keys)).values(), *(claim.site_id for claim in by_handle)}
    _read(connection, list(ids), said)
    return {site.site_id: site for site in identity.facts(connection, ids)}


def _read(connection: Connection, site_ids: list[int], said: dict[int, list[StoredClaim]]) -> None:
    missing = [one_id for one_id in site_ids if one_id not in said]
    said.update((one_id, []) for one_id in missing)
    for claim in claims.of_sites(connection, missing):
        said[claim.site_id].append(claim)
    for one_id in missing:
        if len({claim.target_site_key for claim in said[one_id]}) > MAX_CLAIMED_SITES:
            said[one_id] = []  # one page names no more, but a site may have any number of pages about its author


def _is_bound(one: SiteFacts, reached: dict[int, SiteFacts], said: dict[int, list[StoredClaim]]) -> bool:
    """Whether a site and one of those reached name each other."""
    return any(prove(one, other, [*said[one.site_id], *said[other.site_id]]) is not None for other in reached.values())
