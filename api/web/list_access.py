"""Who may see the pages of lists, who may send their forms, and what is told on the page after a form."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import Depends
from fastapi.responses import RedirectResponse

from api.auth.actor import Actor, Scope
from api.auth.sessions import CsrfChecked, PageActor
from api.service import Service
from bloghound.errors import ForbiddenError
from storage import shortlists, suppressions
from storage.database import Connection
from storage.shortlists import HeldShortlist
from storage.suppressions import Suppressions

MAX_TOLD_CHARS = 2_000
"""Of a signed sentence in an address: some hundred words."""


async def _page_reader(actor: PageActor) -> Actor:
    return _allowed(actor, Scope.READ, "read")


async def _form_writer(actor: CsrfChecked) -> Actor:
    return _allowed(actor, Scope.LISTS_WRITE, "change lists")


def _allowed(actor: Actor, scope: Scope, what: str) -> Actor:
    if not actor.may(scope):
        raise ForbiddenError(f"The key you signed in with may not {what}: it lacks the scope '{scope}'.")
    return actor


PageReader = Annotated[Actor, Depends(_page_reader)]
"""Whoever looks at a page of lists; strangers are sent to the sign-in page."""

FormWriter = Annotated[Actor, Depends(_form_writer)]
"""Whoever sends a form of ours in this session and may change lists."""


def suppressed(service: Service, connection: Connection) -> Suppressions:
    """The sites whose bloggers no list shows."""
    return suppressions.load(connection, service.settings.secret_key())


def hold(service: Service, connection: Connection, actor: Actor, list_id: str) -> HeldShortlist:
    """The list, to be changed in this transaction; raises NotFoundError."""
    hidden = suppressed(service, connection)
    return shortlists.hold(connection, actor.workspace_id, list_id, suppressed=hidden)


def tell(service: Service, path: str, sentence: str, *, anchor: str = "") -> RedirectResponse:
    """To the page at ``path``, which then says the sentence; it is signed, so no address can put words in our mouth."""
    joint = "&" if "?" in path else "?"
    told = urlencode({"told": service.signer.sign("told", sentence)})
    return RedirectResponse(f"{path}{joint}{told}{'#' + anchor if anchor else ''}", status_code=303)


def told(service: Service, text: str) -> str:
    """The sentence of an address that :func:`tell` made; empty for any other."""
    sentence = service.signer.read("told", text) if text else None
    return sentence if isinstance(sentence, str) else ""
