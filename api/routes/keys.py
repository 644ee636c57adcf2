"""Keys of one's own workspace: list, make, revoke."""

from fastapi import APIRouter, Response

from api.auth.actor import Admin, Documented
from api.auth.making import make_key
from api.http.problems import PROBLEMS
from api.http.route import ServiceRoute
from api.schemas.keys import KeyIn, KeyOut, KeysOut, NewKeyOut
from api.service import ServiceDep
from bloghound.errors import NotFoundError
from storage import access
from storage.tables.base import utc_now


class KeyRoute(ServiceRoute):
    """The key itself is shown once, and nothing but its hash is ever stored."""

    unkept = frozenset({"key"})


router = APIRouter(
    prefix="/v1/keys", tags=["keys"], route_class=KeyRoute, responses=PROBLEMS, dependencies=[Documented]
)


@router.get("")
def list_keys(service: ServiceDep, actor: Admin) -> KeysOut:
    """List the keys of the workspace, revoked ones included."""
    with service.database.read() as connection:
        return KeysOut(data=[KeyOut.of(row) for row in access.keys_of(connection, actor.workspace_id)])


@router.post("", status_code=201)
def create_key(service: ServiceDep, actor: Admin, wanted: KeyIn) -> NewKeyOut:
    """Make a key; this answer alone holds it. A repeated request is answered with null in its place."""
    with service.database.transaction() as connection:
        key, row = make_key(
            connection, actor.workspace_id, name=wanted.name, scopes=wanted.scopes, expires_at=wanted.expires_at
        )
    return NewKeyOut(**KeyOut.of(row).model_dump(), key=key)


@router.delete("/{key_id}", status_code=204)
def revoke_key(service: ServiceDep, actor: Admin, key_id: str) -> Response:
    """Revoke a key and sign out the browsers that use it."""
    with service.database.transaction() as connection:
        if not access.revoke(connection, key_id, now=utc_now(), workspace_id=actor.workspace_id):
            raise NotFoundError(f"There is no key {key_id!r} that could be revoked.")
    service.known_keys.clear()
    return Response(status_code=204)
