"""What bloggers publish for contact. Apart from their profiles, since it has a scope of its own."""

import logging

from fastapi import APIRouter

from api.auth.actor import ContactReader, Documented
from api.http.problems import PROBLEMS
from api.http.route import ServiceRoute
from api.schemas.contacts import ContactsOut
from api.schemas.teams import BloggerId
from api.service import ServiceDep
from bloghound.jobs import contacts

router = APIRouter(
    prefix="/v1/bloggers", tags=["bloggers"], route_class=ServiceRoute, responses=PROBLEMS, dependencies=[Documented]
)

_log = logging.getLogger(__name__)


@router.get("/{blogger_id}/contacts")
def get_contacts(service: ServiceDep, actor: ContactReader, blogger_id: BloggerId) -> ContactsOut:
    """Show how a blogger wants to be reached, and what for: what the blogger publishes for that end, and nothing else.

    Where `collected` is false, this installation does not collect contacts.
    """
    with service.database.read() as connection:
        found = contacts.contacts(connection, service.settings, blogger_id)
    if found.ways:
        # Whose they are is left out: the log must not say it after an erasure.
        _log.info("the contacts of a blogger were shown to the key %s", actor.key_public_id)
    return ContactsOut.of(found)
