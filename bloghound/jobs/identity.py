"""Why sites are one blogger's, as it is shown, and taking that back: for the API and the command line alike."""

from datetime import datetime

from bloghound.errors import NotFoundError
from bloghound.jobs import profiles
from bloghound.jobs.naming import named_site
from bloghound.settings import Settings
from storage import identity, sites, suppressions
from storage.database import Connection
from storage.identity import ProofState, StoredProof


def proofs_of_blogger(connection: Connection, settings: Settings, blogger: str) -> list[StoredProof]:
    """The proofs about a blogger's sites, oldest first; raises NotFoundError when there is no such blogger."""
    found = profiles.visible(connection, settings, blogger)
    return profiles.visible_proofs(connection, settings, [site.site_id for site in found.sites])


def proofs_of_site(connection: Connection, settings: Settings, address: str) -> list[StoredProof]:
    """The proofs about one site, oldest first; raises AddressError, and NotFoundError when it is not stored."""
    key = named_site(address).key
    ids = sites.ids_by_key(connection, [key])
    if not ids or key in suppressions.load(connection, settings.secret_key()):
        raise NotFoundError(f"No site {key!r} is stored.")
    return profiles.visible_proofs(connection, settings, list(ids.values()))


def take_back(
    connection: Connection, settings: Settings, blogger: str, proof: str, *, by: str, now: datetime
) -> StoredProof:
    """Let a proof about a blogger's sites count no more; the proof as it then is, with the bloggers of its two sites.

    Raises NotFoundError when there is no such blogger or proof.
    """
    found = next((one for one in proofs_of_blogger(connection, settings, blogger) if one.public_id == proof), None)
    if found is None:
        raise NotFoundError(f"There is no proof {proof!r} about the blogger {blogger!r}.")
    return _taken_back(connection, [found], by, now)[0]


def separate(
    connection: Connection, settings: Settings, address: str, other_address: str | None, *, by: str, now: datetime
) -> list[StoredProof]:
    """Take back every proof that joins a site with another, or with ``other_address`` alone; these proofs.

    Raises AddressError, and NotFoundError when the site is not stored or no such proof joins it.
    """
    other_key = named_site(other_address).key if other_address else None
    joining = [
        one
        for one in proofs_of_site(connection, settings, address)
        if one.state is not ProofState.TAKEN_BACK and other_key in {None, one.site_key, one.other_site_key}
    ]
    if not joining:
        raise NotFoundError(f"No proof joins {address} with {other_address or 'another site'}.")
    return _taken_back(connection, joining, by, now)


def _taken_back(connection: Connection, found: list[StoredProof], by: str, now: datetime) -> list[StoredProof]:
    ids = {one.proof_id for one in found}
    identity.take_back(connection, ids, by=by, now=now)
    site_ids = sites.ids_by_key(connection, [key for one in found for key in (one.site_key, one.other_site_key)])
    return [one for one in identity.proofs(connection, list(site_ids.values())) if one.proof_id in ids]
