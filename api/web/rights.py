"""What somebody who is signed in may do on a page: the scopes of the key behind the session, as in the API."""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import Depends

from api.auth.actor import Actor, Scope
from api.auth.sessions import CsrfChecked, PageActor
from bloghound.errors import ForbiddenError

Check = Callable[[Actor], Coroutine[Any, Any, Actor]]


def _require(actor: Actor, scope: Scope) -> Actor:
    if not actor.may(scope):
        raise ForbiddenError(f"This needs a key with the scope '{scope}'; you signed in with '{actor.key_name}'.")
    return actor


def _page_with(scope: Scope) -> Check:
    async def check(actor: PageActor) -> Actor:
        return _require(actor, scope)

    return check


def _form_with(scope: Scope) -> Check:
    async def check(actor: CsrfChecked) -> Actor:
        return _require(actor, scope)

    return check


ReaderPage = Annotated[Actor, Depends(_page_with(Scope.READ))]
CrawlForm = Annotated[Actor, Depends(_form_with(Scope.CRAWL))]
AdminForm = Annotated[Actor, Depends(_form_with(Scope.ADMIN))]
"""For pages and forms; strangers are sent to sign in, whoever lacks the scope is told so (403)."""
