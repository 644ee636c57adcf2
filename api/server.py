"""Running the application under uvicorn."""

import socket

import uvicorn

from api.app import create_app
from bloghound.errors import ConflictError
from bloghound.settings import Settings


def serve(settings: Settings, *, host: str, port: int) -> None:
    """Serve until interrupted; raises ConflictError when the port is taken."""
    settings.ensure_data_dir()
    listening = _listen(host, port)
    config = uvicorn.Config(create_app(settings), log_level="info", server_header=False)
    uvicorn.Server(config).run(sockets=[listening])


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        raise ConflictError(f"Port {port} on {host} cannot be listened on: {error.strerror}.") from error
    return listening
