"""Settings: who is signed in, keys, browsers, requests to be left out, and every setting with its meaning."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from api.auth.actor import Actor, Scope
from api.auth.sessions import PageActor
from api.routes.keys import create_key, revoke_key
from api.schemas.ids import OptOutId
from api.schemas.keys import KeyIn
from api.service import Service, ServiceDep
from api.web.rendering import render
from api.web.rights import AdminForm
from bloghound.errors import BloghoundError, InputError
from bloghound.jobs.optouts import reject_optout
from bloghound.settings import PREFIX, Settings
from storage import access, optouts
from storage.tables.base import utc_now

router = APIRouter(include_in_schema=False)

OPT_OUTS_SHOWN = 50

SCOPES = (
    (Scope.READ, "search, and see bloggers, lists and crawls"),
    (Scope.LISTS_WRITE, "make and change niches and lists"),
    (Scope.EXPORT, "download lists"),
    (Scope.CRAWL, "import sites, start crawls and index builds"),
    (Scope.CONTACTS_READ, "see contact addresses"),
    (Scope.ADMIN, "everything, with keys, opt-outs and erasure"),
)
"""What a key may do, in words, from least to most."""


@dataclass(frozen=True, slots=True)
class ShownSetting:
    """A setting as the environment names it."""

    variable: str
    value: str
    default: str
    is_usual: bool
    meaning: str


@dataclass(frozen=True, slots=True)
class NewKey:
    """The form for a new key as it was filled in."""

    name: str = ""
    scopes: tuple[str, ...] = ("read",)
    ends: str = ""


@router.get("/settings")
def settings(
    request: Request,
    service: ServiceDep,
    actor: PageActor,
    before: Annotated[int | None, Query(ge=1, le=2**63 - 1)] = None,
) -> Response:
    """Everything that can be seen and changed about this installation; ``before`` turns the pages of opt-outs."""
    return _page(request, service, actor, before=before)


@router.post("/settings/keys")
def make_key(
    request: Request,
    service: ServiceDep,
    actor: AdminForm,
    name: Annotated[str, Form(max_length=1000)] = "",
    scopes: Annotated[list[Scope] | None, Form(max_length=len(Scope))] = None,
    ends: Annotated[str, Form(max_length=10)] = "",
) -> Response:
    """Make a key; the answer is the only page that ever shows it."""
    wanted = NewKey(name, tuple(scopes or ()), ends)
    try:
        made = create_key(service, actor, _key_in(wanted))
    except InputError as error:
        return _page(request, service, actor, wanted=wanted, problem=error)
    return render(request, "key_made.html", status=201, nav="settings", made=made, scope_words=dict(SCOPES))


@router.post("/settings/keys/{key_id}/revoke")
def end_key(service: ServiceDep, actor: AdminForm, key_id: str) -> Response:
    """Revoke a key; whoever revokes the own one is signed out by that."""
    revoke_key(service, actor, key_id)
    return RedirectResponse("/settings#keys", status_code=303)


@router.post("/settings/browsers/{session_id}/end")
def end_session(service: ServiceDep, actor: AdminForm, session_id: int) -> Response:
    """Sign a browser out."""
    with service.database.transaction() as connection:
        access.end_session_of(connection, actor.workspace_id, session_id)
    service.known_keys.clear()
    return RedirectResponse("/settings#browsers", status_code=303)


@router.post("/settings/opt-outs/{opt_out_id}/reject")
def reject(service: ServiceDep, actor: AdminForm, opt_out_id: OptOutId) -> Response:  # noqa: ARG001 - one is needed
    """Reject a false request to be left out."""
    reject_optout(service.settings, service.database, opt_out_id, utc_now())
    return RedirectResponse("/settings#opt-outs", status_code=303)


def _page(
    request: Request,
    service: Service,
    actor: Actor,
    *,
    before: int | None = None,
    wanted: NewKey | None = None,
    problem: BloghoundError | None = None,
) -> Response:
    is_admin, now = actor.may(Scope.ADMIN), utc_now()
    with service.database.read() as connection:
        keys = access.keys_of(connection, actor.workspace_id) if is_admin else []
        browsers = access.sessions_of(connection, actor.workspace_id, now=now) if is_admin else []
        requests = optouts.newest_first(connection, before_id=before, limit=OPT_OUTS_SHOWN + 1) if is_admin else []
    return render(
        request,
        "settings.html",
        status=problem.http_status if problem else 200,
        nav="settings",
        is_admin=is_admin,
        scopes=[(scope.value, words) for scope, words in SCOPES],
        held=[(scope.value, words) for scope, words in SCOPES if scope in actor.scopes],
        keys=[(key, key.valid_at(now)) for key in keys],
        browsers=[(one, one.token_hash == actor.session_hash) for one in browsers],
        opt_outs=requests[:OPT_OUTS_SHOWN],
        older=requests[OPT_OUTS_SHOWN - 1].opt_out_id if len(requests) > OPT_OUTS_SHOWN else None,
        before=before,
        variables=shown_settings(service) if is_admin else [],
        wanted=wanted or NewKey(),
        problem=problem,
    )


def shown_settings(service: Service) -> list[ShownSetting]:
    """Every setting: its variable, present value and default, and what it means; without the database's password."""
    return [
        ShownSetting(
            variable=PREFIX + name.upper(),
            value=service.database.shown_url if name == "database_url" else _written(getattr(service.settings, name)),
            default=_written(field.default),
            is_usual=name == "database_url" or getattr(service.settings, name) == field.default,
            meaning=field.description or "",
        )
        for name, field in Settings.model_fields.items()
    ]


def _written(value: object) -> str:
    """A value as one writes it into the environment."""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)


def _key_in(wanted: NewKey) -> KeyIn:
    """What the API takes for a new key; raises InputError that says what is missing."""
    name = wanted.name.strip()
    if not 1 <= len(name) <= 100:
        raise InputError("Give the key a name of at most 100 characters that says what it is for.")
    if not wanted.scopes:
        raise InputError("Tick at least one thing that the key may do.")
    return KeyIn(name=name, scopes=[Scope(scope) for scope in wanted.scopes], expires_at=_end_of(wanted.ends))


def _end_of(day: str) -> datetime | None:
    """The end of a day in UTC; None when none is given."""
    if not day:
        return None
    try:
        return datetime.combine(date.fromisoformat(day), time.max, tzinfo=UTC)
    except ValueError as error:
        raise InputError(f"{day!r} is no date such as 2030-12-31.") from error
