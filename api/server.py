"""Running the application under uvicorn, in one process or several."""

import logging
import os
import shutil
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING

import uvicorn
from uvicorn.supervisors import Multiprocess

from api.http.connection import BoundedProtocol
from api.opening import Opening
from bloghound.errors import PortError
from bloghound.logs import set_up_logging
from bloghound.settings import Settings, load_settings

if TYPE_CHECKING:
    from fastapi import FastAPI

STOP_SECONDS = 20
"""Requests in flight may end; a job gives itself back within 15 s."""

WORKER_SILENT_SECONDS = 60
"""A worker that loads the model answers its supervisor late; importing torch holds Python for seconds at a time."""

MAX_CONNECTIONS = 1000
"""Open at a time in one process; more are answered 503 at once instead of all becoming slow."""


def serve(
    settings: Settings, *, host: str, port: int, workers: int = 1, announce: Callable[[], None] = lambda: None
) -> None:
    """Serve until interrupted; ``announce`` is called when requests are answered.

    Raises PortError when the port is taken, and whatever keeps the application from opening. With several ``workers``,
    each is a process of its own that reads its settings from the environment again.
    """
    settings.ensure_data_dir()
    listening = listen(host, port)
    if workers == 1:
        _serve_alone(settings, listening, announce)
        return
    announce()
    _share_metrics(settings)
    config = configuration("api.server:app_from_environment", workers=workers, factory=True)
    Multiprocess(config, sockets=[listening]).run()


def _serve_alone(settings: Settings, listening: socket.socket, announce: Callable[[], None]) -> None:
    def open_and_announce() -> "FastAPI":
        app = _make_app(settings)
        announce()
        return app

    def stop() -> None:
        server.should_exit = True

    opening = Opening(open_and_announce, stop)
    server = uvicorn.Server(configuration(opening))
    server.run(sockets=[listening])
    opening.raise_error()


def app_from_environment() -> Opening:
    """The application of a worker process, which logs as the settings say."""
    settings = load_settings()
    set_up_logging(settings, "serve")
    return Opening(lambda: _make_app(settings))


def _make_app(settings: Settings) -> "FastAPI":
    from api.app import create_app  # noqa: PLC0415 - takes seconds, in which the process must already answer

    return create_app(settings)


def configuration(app: object, *, workers: int = 1, factory: bool = False) -> uvicorn.Config:
    """How uvicorn runs us: bounded heads, few connections, no name of the server in the answers."""
    logging.getLogger("uvicorn.access").disabled = True  # addresses carry what people search for
    return uvicorn.Config(
        app,  # type: ignore[arg-type]
        factory=factory,
        workers=workers,
        http=BoundedProtocol,
        ws="none",
        log_config=None,  # the process has a log of its own
        log_level="warning",
        access_log=False,
        server_header=False,
        limit_concurrency=MAX_CONNECTIONS,
        timeout_graceful_shutdown=STOP_SECONDS,
        timeout_worker_healthcheck=WORKER_SILENT_SECONDS,
    )


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens there; raises PortError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        raise PortError(f"Port {port} on {host} cannot be listened on: {error.strerror}.") from error
    listening.set_inheritable(True)
    return listening


def _share_metrics(settings: Settings) -> None:
    """Let the workers put their figures into one folder, empty at each start."""
    from api.metrics import MULTIPROCESS_VARIABLE  # noqa: PLC0415 - only several processes need it

    folder = settings.data_dir / "metrics"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    os.environ[MULTIPROCESS_VARIABLE] = str(folder)
