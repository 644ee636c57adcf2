"""The command that serves the page and the API; imports little, so that the process answers within a second."""

from typing import Annotated

import typer

from bloghound.cli.console import output, warn
from bloghound.logs import set_up_logging
from bloghound.settings import Settings, load_settings

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
DEFAULT_PORT = 8000

Host = Annotated[str, typer.Option(help="Address to listen on; only this machine reaches the default.")]
Port = Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")]


def register(app: typer.Typer) -> None:
    """Add this module's command."""
    app.command("serve")(serve)


def serve(
    host: Host = "127.0.0.1",
    port: Port = DEFAULT_PORT,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes that answer requests.")] = 1,
) -> None:
    """Serve the page and the HTTP API until Ctrl-C; a fresh installation gets its first key here."""
    serve_until_stopped(load_settings(), host=host, port=port, workers=workers)


def serve_until_stopped(settings: Settings, *, host: str, port: int, workers: int = 1) -> None:
    """Announce where the service is and how to sign in, and serve."""
    from api.server import serve as serve_api  # noqa: PLC0415 - the web framework costs a second that others need not pay

    set_up_logging(settings, "serve")
    serve_api(settings, host=host, port=port, workers=workers, announce=lambda: _announce(settings, host, port))


def _announce(settings: Settings, host: str, port: int) -> None:
    """Tell where the service is and how to sign in; on a fresh installation also its first key."""
    from bloghound.cli.keys import first_sign_in  # noqa: PLC0415 - imports the database's libraries

    key, link = first_sign_in(settings, host, port)
    if key is not None:
        output.print("The first key of this installation, with all rights. It is shown this once:")
        output.print(f"  {key}", style="bold", soft_wrap=True)
    output.print(f"Bloghound answers at {address(host, port)}  (Ctrl-C stops it).")
    output.print("Open this link to sign in; it works once, within 15 minutes:")
    output.print(f"  {link}", soft_wrap=True)
    if host not in LOOPBACK:
        warn(
            f"{host} can be reached from other machines, and keys travel unencrypted over plain HTTP: "
            "put a proxy with TLS in front."
        )


def address(host: str, port: int) -> str:
    """The service's address, for a browser on this machine."""
    shown = "127.0.0.1" if host == "0.0.0.0" else "::1" if host == "::" else host  # noqa: S104 - compared, not bound
    return f"http://[{shown}]:{port}" if ":" in shown else f"http://{shown}:{port}"
