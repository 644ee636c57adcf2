"""Which sites of a neighbourhood are one blogger's, and which proofs do not join them, with the reason. Pure.

Central name: :func:`judge`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from crawler.identity.claims import bare_key
from crawler.identity.persons import Persona, account, is_called_like, is_shared, persona_of
from crawler.identity.proof import Proof, prove
from storage.claims import StoredClaim
from storage.identity import Refusal, SiteFacts

MAX_SITES_OF_ONE = 50
"""Sites that may be one blogger's: more than anybody has; what is bound together in larger numbers is a farm or hub."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """A proof, and why it joins nothing, where it does not."""

    proof: Proof
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """Sites that may be one's, by id, what they claim, and which of the sites named are known to be gone."""

    sites: Mapping[int, SiteFacts]
    claims: Sequence[StoredClaim]
    gone: frozenset[str] = frozenset()
    """Keys of sites that a visit has found to be no more."""


def judge(found: Neighbourhood) -> list[Verdict]:
    """A verdict on every two sites that name each other."""
    claims = _by_site(found.claims)
    proofs = [
        proof
        for one, other in _pairs(found)
        if (proof := prove(one, other, [*claims.get(one.site_id, ()), *claims.get(other.site_id, ())])) is not None
    ]
    if len(found.sites) > MAX_SITES_OF_ONE:
        return [Verdict(proof, Refusal.HUB) for proof in proofs]
    shared = _shared(found, proofs, claims)
    return [Verdict(proof, _refusal(proof, found.sites, shared)) for proof in proofs]


def _by_site(claims: Sequence[StoredClaim]) -> dict[int, list[StoredClaim]]:
    by_site: dict[int, list[StoredClaim]] = {}
    for claim in claims:
        by_site.setdefault(claim.site_id, []).append(claim)
    return by_site


def _pairs(found: Neighbourhood) -> list[tuple[SiteFacts, SiteFacts]]:
    """Every two sites of which one names the other, once."""
    ids: dict[str, list[int]] = {}
    for site in found.sites.values():
        ids.setdefault(bare_key(site.key), []).append(site.site_id)
    named = {
        frozenset((claim.site_id, other_id))
        for claim in found.claims
        for other_id in ids.get(bare_key(claim.target_site_key), ())
        if claim.site_id in found.sites
    }
    pairs = sorted(tuple(sorted(pair)) for pair in named if len(pair) == 2)
    return [(found.sites[one], found.sites[other]) for one, other in pairs]


def _shared(found: Neighbourhood, proofs: Sequence[Proof], claims: Mapping[int, list[StoredClaim]]) -> set[int]:
    """Ids of the sites that are several people's."""
    linked = frozenset(frozenset(found.sites[one].key for one in proof.pair) for proof in proofs)
    shared: set[int] = set()
    for site_id, site in found.sites.items():
        confirmed = [other for proof in proofs if site_id in proof.pair for other in proof.pair - {site_id}]
        if confirmed:
            people = {found.sites[other].key: persona_of(found.sites[other]) for other in confirmed}
            named = people | _unconfirmed(claims.get(site_id, ()), people, found)
            if is_shared(site, list(named.values()), linked):
                shared.add(site_id)
    return shared


def _unconfirmed(
    claims: Sequence[StoredClaim], confirmed: Mapping[str, Persona], found: Neighbourhood
) -> dict[str, Persona]:
    """Accounts that a site names and that do not name it back, or were never read; those that are gone left out."""
    known = {bare_key(site.key): site for site in found.sites.values()}
    answered = {bare_key(key) for key in confirmed}
    personas: dict[str, Persona] = {}
    for claim in claims:
        key = bare_key(claim.target_site_key)
        if key in answered or claim.target_site_key in found.gone:
            continue
        service, user = account(claim.target_url)
        if key in known:
            personas[known[key].key] = persona_of(known[key])
        elif service:
            personas[claim.target_url] = Persona(claim.target_url, (), service, user)
    return personas


def _refusal(proof: Proof, sites: Mapping[int, SiteFacts], shared: set[int]) -> Refusal | None:
    for site_id in proof.pair & shared:
        (other_id,) = proof.pair - {site_id}
        if not is_called_like(persona_of(sites[other_id]), sites[site_id]):
            return Refusal.TEAM
    return None
