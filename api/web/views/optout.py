"""Public pages: asking to be left out, what became of that, and who this crawler is."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from api.auth.sessions import OptionalPageActor, SameOrigin
from api.schemas.ids import OptOutId
from api.service import Service, ServiceDep
from api.web.rendering import render
from bloghound.errors import AddressError, InputError, NotFoundError
from bloghound.jobs.optouts import request_optout
from bloghound.urls import MAX_URL_CHARS
from crawler.politeness.identity import user_agent
from crawler.politeness.robots import ROBOT_NAME
from storage import optouts
from storage.tables.base import utc_now

router = APIRouter(include_in_schema=False)

NOT_YOURS = "Tick the box that it is yours: nobody is left out because somebody else wants it."

# Whoever is not signed in is counted against the limit of his or her address by OptionalPageActor.


@router.get("/opt-out")
def opt_out_form(request: Request, service: ServiceDep, actor: OptionalPageActor) -> Response:  # noqa: ARG001 - see above
    """The form, with what will happen."""
    return _form(request, service)


@router.post("/opt-out", dependencies=[SameOrigin])
def opt_out(
    request: Request,
    service: ServiceDep,
    actor: OptionalPageActor,  # noqa: ARG001 - see above
    address: Annotated[str, Form(max_length=MAX_URL_CHARS)] = "",
    mine: Annotated[bool, Form()] = False,
) -> Response:
    """Leave a site out from now on; the answer is the page of the request, the same whether or not it was stored."""
    if not mine:
        return _form(request, service, address, InputError(NOT_YOURS))
    try:
        receipt = request_optout(service.settings, service.database, address, utc_now())
    except AddressError as error:
        return _form(request, service, address, error)
    return RedirectResponse(f"/opt-out/{receipt.public_id}", status_code=303)


@router.get("/opt-out/{opt_out_id}")
def opt_out_receipt(
    request: Request,
    service: ServiceDep,
    actor: OptionalPageActor,  # noqa: ARG001 - see above
    opt_out_id: OptOutId,
) -> Response:
    """How a request stands; it does not say whom it is about."""
    with service.database.read() as connection:
        record = optouts.by_public_id(connection, opt_out_id)
    if record is None:
        raise NotFoundError(f"There is no opt-out {opt_out_id!r}.")
    return render(
        request,
        "opt_out_receipt.html",
        record=record,
        erase_after=record.erase_after or record.created_at + _grace(service),
        contact=service.settings.contact,
    )


@router.get("/bot")
def bot(request: Request, service: ServiceDep, actor: OptionalPageActor) -> Response:  # noqa: ARG001 - see above
    """Who this crawler is, what it does, and how to keep it away."""
    return render(
        request,
        "bot.html",
        robot=ROBOT_NAME,
        agent=user_agent(service.settings),
        contact=service.settings.contact,
        delay_seconds=service.settings.crawl_delay_seconds,
        max_pages=service.settings.max_pages_per_site,
        archive_days=service.settings.archive_retention_days,
    )


def _form(request: Request, service: Service, address: str = "", problem: InputError | None = None) -> Response:
    return render(
        request,
        "opt_out.html",
        status=problem.http_status if problem else 200,
        address=address,
        problem=problem,
        grace_days=service.settings.optout_grace_days,
        max_chars=MAX_URL_CHARS,
        robot=ROBOT_NAME,
    )


def _grace(service: Service) -> timedelta:
    return timedelta(days=service.settings.optout_grace_days)
