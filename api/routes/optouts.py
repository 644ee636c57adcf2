"""Being left out: the public request and its state; what administrators see and reject."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from api.auth.actor import Admin, Documented
from api.http.limits import address_of, charge
from api.http.paging import Cursor, Page, PageLimit, page_of
from api.http.problems import PROBLEMS
from api.http.route import ServiceRoute
from api.schemas.ids import OptOutId
from api.schemas.optouts import OptOutIn, OptOutOut, OptOutReceiptOut, OptOutState, OptOutStateOut
from api.service import Service, ServiceDep
from bloghound.errors import NotFoundError
from bloghound.jobs.optouts import reject_optout, request_optout
from storage import optouts
from storage.tables.base import utc_now

# Without a key there is nobody to whom an Idempotency-Key could belong; asking twice does no harm.
public = APIRouter(prefix="/v1/optouts", tags=["opt-outs"], responses=PROBLEMS)
router = APIRouter(
    prefix="/v1/optouts", tags=["opt-outs"], route_class=ServiceRoute, responses=PROBLEMS, dependencies=[Documented]
)


@public.post("", status_code=202)
def request_opt_out(request: Request, service: ServiceDep, wanted: OptOutIn, response: Response) -> OptOutReceiptOut:
    """Ask to be left out, without a key: in force at once, and everything stored is erased after the days of grace."""
    _charge(request, service)
    receipt = request_optout(service.settings, service.database, wanted.address, utc_now())
    response.headers["Location"] = f"/v1/optouts/{receipt.public_id}"
    return OptOutReceiptOut(
        id=receipt.public_id,
        state=OptOutState(receipt.state),
        effective="now",
        erase_after=receipt.erase_after,
    )


@public.get("/{opt_out_id}")
def get_opt_out(request: Request, service: ServiceDep, opt_out_id: OptOutId) -> OptOutStateOut:
    """Tell how a request stands, without a key."""
    _charge(request, service)
    with service.database.read() as connection:
        record = optouts.by_public_id(connection, opt_out_id)
    if record is None:
        raise NotFoundError(f"There is no opt-out {opt_out_id!r}.")
    return OptOutStateOut(id=record.public_id, state=OptOutState(record.state))


@router.get("")
def list_opt_outs(
    request: Request,
    response: Response,
    service: ServiceDep,
    actor: Admin,  # noqa: ARG001 - that there is one is what counts
    state: Annotated[list[OptOutState] | None, Query(max_length=3, description="Only these states.")] = None,
    limit: PageLimit = 50,
    cursor: Cursor = None,
) -> Page[OptOutOut]:
    """List the requests to be left out, newest first."""
    position = service.signer.position("opt-outs", cursor, (int,))
    with service.database.read() as connection:
        before_id = position[0] if position else None
        rows = optouts.newest_first(connection, states=state or (), before_id=before_id, limit=limit + 1)
    numbers = {row.public_id: row.opt_out_id for row in rows}
    return page_of(
        request,
        response,
        rows=[OptOutOut.of(row) for row in rows],
        limit=limit,
        cursor_of=lambda last: service.signer.cursor("opt-outs", [numbers[last.id]]),
    )


@router.post("/{opt_out_id}:reject")
def reject_opt_out(service: ServiceDep, actor: Admin, opt_out_id: OptOutId) -> OptOutOut:  # noqa: ARG001 - as above
    """Reject a false request: the site may be crawled and shown again, and is not erased."""
    return OptOutOut.of(reject_optout(service.settings, service.database, opt_out_id, utc_now()))


def _charge(request: Request, service: Service) -> None:
    charge(request, service.limiter, address_of(request), service.settings.rate_limit_anonymous_per_minute)
