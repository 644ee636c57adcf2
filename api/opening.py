"""What answers while the application is still being imported and its database opened: a process is alive before that.

Importing all that the service uses takes seconds on a busy machine. ``/healthz`` is answered at once, every other
request waits until the application is there.
"""

import asyncio
import json
from collections.abc import Callable
from contextlib import AsyncExitStack

from fastapi import FastAPI
from starlette.types import Receive, Scope, Send

from api.http.headers import ResponseHeaders
from bloghound import __version__
from bloghound.errors import BloghoundError

MakeApp = Callable[[], FastAPI]


class Opening:
    """An ASGI application in front of the one that ``make_app`` makes, in a thread, once the server listens.

    When that fails, ``on_failure`` is called and ``error`` says why.
    """

    def __init__(self, make_app: MakeApp, on_failure: Callable[[], None] = lambda: None) -> None:
        self.error: BaseException | None = None
        self._make_app = make_app
        self._on_failure = on_failure
        self._app: FastAPI | None = None
        self._opened = asyncio.Event()
        self._alive = ResponseHeaders(_answer_alive)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or hand on as soon as there is somebody to hand on to."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif self._app is None and scope["type"] == "http" and scope["path"] == "/healthz":
            await self._alive(scope, receive, send)
        else:
            await self._opened.wait()
            if self._app is not None:
                await self._app(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        """The server's lifespan: complete at once; the application's own begins when it is there."""
        await receive()
        async with AsyncExitStack() as stack:
            opening = asyncio.create_task(self._open(stack))
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await opening
        await send({"type": "lifespan.shutdown.complete"})

    async def _open(self, stack: AsyncExitStack) -> None:
        try:
            app = await asyncio.to_thread(self._make_app)
            await stack.enter_async_context(app.router.lifespan_context(app))
            self._app = app
        except Exception as error:  # noqa: BLE001 - told to whoever started the server, by error
            self.error = error
            self._on_failure()
        finally:
            self._opened.set()

    def raise_error(self) -> None:
        """Raise what kept the application from opening, as one of our errors."""
        if isinstance(self.error, BloghoundError):
            raise self.error
        if self.error is not None:
            raise RuntimeError("the application could not be opened") from self.error


async def _answer_alive(_scope: Scope, _receive: Receive, send: Send) -> None:
    body = json.dumps({"status": "ok", "version": __version__}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
