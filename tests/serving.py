"""The service on loopback, keys for it, and a small HTTP client that shows answers as they come."""

import http.client
import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

import uvicorn

from api.app import create_app
from api.auth.actor import COOKIE, Scope
from api.auth.making import make_key as make
from api.server import configuration, listen
from bloghound.settings import Settings
from storage import workspaces
from storage.database import open_database
from storage.tables.base import utc_now

GENEROUS = 1_000_000
"""Requests a minute for tests that are not about limits."""


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body read as JSON."""
        return json.loads(self.body)

    @property
    def text(self) -> str:
        """The body read as text."""
        return self.body.decode("utf-8")


@contextmanager
def serving(settings: Settings, *, limited: bool = False) -> Iterator[str]:
    """The address of the service, run in a thread until the block ends; its rate limits are out of the way."""
    limits = {"rate_limit_per_minute": GENEROUS, "rate_limit_anonymous_per_minute": GENEROUS}
    app = create_app(settings if limited else settings.model_copy(update=limits))
    listening = listen("127.0.0.1", 0)
    server = uvicorn.Server(configuration(app))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        while not server.started:
            thread.join(0.02)
            assert thread.is_alive()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listening.close()


def make_key(settings: Settings, scopes: Sequence[str] = ("admin",), workspace: str = workspaces.DEFAULT) -> str:
    """A key with these scopes in that workspace."""
    with closing(open_database(settings)) as database, database.transaction() as connection:
        room = workspaces.ensure(connection, workspace, now=utc_now())
        key, _ = make(connection, room.workspace_id, name="test key", scopes=[Scope(scope) for scope in scopes])
    return key


def ask(
    method: str,
    url: str,
    body: Any = None,
    *,
    key: str | None = None,
    headers: Mapping[str, str] | None = None,
    raw: bytes | None = None,
) -> Answer:
    """Send a request, with ``body`` as JSON or ``raw`` as it is, and never follow a redirect."""
    target = urlsplit(url)
    sent = dict(headers or {})
    if key is not None:
        sent["Authorization"] = f"Bearer {key}"
    content = raw
    if body is not None:
        content = json.dumps(body).encode()
        sent.setdefault("Content-Type", "application/json")
    with closing(http.client.HTTPConnection(target.hostname or "", target.port, timeout=120)) as connection:
        connection.request(method, target.path + (f"?{target.query}" if target.query else ""), content, sent)
        response = connection.getresponse()
        return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, response.read())


def sign_in(address: str, key: str) -> dict[str, str]:
    """The headers of a browser that signed in with a key."""
    form = urlencode({"key": key}).encode()
    answer = ask("POST", f"{address}/sign-in", raw=form, headers={"Content-Type": "application/x-www-form-urlencoded"})
    assert answer.status == 303, answer.text
    return {"Cookie": f"{COOKIE}={answer.headers['set-cookie'].partition('=')[2].partition(';')[0]}"}
