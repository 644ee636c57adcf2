"""Why sites are one blogger's, and taking that back."""

from fastapi import APIRouter

from api.auth.actor import Admin, Documented, Reader
from api.http.problems import PROBLEMS
from api.http.route import ServiceRoute
from api.schemas.ids import ProofId
from api.schemas.proofs import ProofListOut, StoredProofOut
from api.schemas.teams import BloggerId
from api.service import ServiceDep
from bloghound.jobs import identity
from storage.tables.base import utc_now

router = APIRouter(
    prefix="/v1/bloggers/{blogger_id}/proofs",
    tags=["bloggers"],
    route_class=ServiceRoute,
    responses=PROBLEMS,
    dependencies=[Documented],
)


@router.get("")
def list_proofs(service: ServiceDep, _actor: Reader, blogger_id: BloggerId) -> ProofListOut:
    """List the proofs about a blogger's sites, also those that join nothing, each with the reason."""
    with service.database.read() as connection:
        found = identity.proofs_of_blogger(connection, service.settings, blogger_id)
    return ProofListOut(data=[StoredProofOut.of(one) for one in found])


@router.delete("/{proof_id}")
def take_back_proof(service: ServiceDep, actor: Admin, blogger_id: BloggerId, proof_id: ProofId) -> StoredProofOut:
    """Take a proof back for good: sites that nothing else joins become bloggers of their own.

    Entries of shortlists stay with the blogger that they are about; rankings follow at the next index.
    """
    with service.database.transaction() as connection:
        found = identity.take_back(connection, service.settings, blogger_id, proof_id, by=actor.key_name, now=utc_now())
    return StoredProofOut.of(found)
