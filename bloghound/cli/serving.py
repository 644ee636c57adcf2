"""Commands around the service: serve, sign-in, and keys (list, create, revoke)."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from bloghound.cli.console import output, print_json, printable, table, warn
from bloghound.errors import InputError, NotFoundError
from bloghound.settings import Settings, load_settings
from storage import access, workspaces
from storage.access import KeyRow
from storage.database import Database, open_database
from storage.tables.base import utc_now

if TYPE_CHECKING:
    from api.auth.actor import Scope

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
DEFAULT_PORT = 8000

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of a table.")]
Host = Annotated[str, typer.Option(help="Address to listen on; only this machine reaches the default.")]
Port = Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")]
WorkspaceName = Annotated[str, typer.Option("--workspace", help="The team's room; made when it is new.")]


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command("serve")(serve)
    app.command("sign-in")(sign_in)
    keys = typer.Typer(help="Keys of the API and the page: list, create, revoke.", no_args_is_help=True)
    keys.command("list")(list_keys)
    keys.command("create")(create_key)
    keys.command("revoke")(revoke_key)
    app.add_typer(keys, name="keys")


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

    _announce(settings, host, port)
    serve_api(settings, host=host, port=port, workers=workers)


def _announce(settings: Settings, host: str, port: int) -> None:
    from api.auth.making import first_key  # noqa: PLC0415 - as above

    with _database(settings) as database:
        key, row = first_key(database)
        link = _sign_in_link(database, row, host, port)
    if key is not None:
        output.print("The first key of this installation, with all rights. It is shown this once:")
        output.print(f"  [bold]{key}[/bold]", soft_wrap=True)
    output.print(f"Bloghound answers at {_address(host, port)}  (Ctrl-C stops it).", markup=False)
    output.print("Open this link to sign in; it works once, within 15 minutes:")
    output.print(f"  {link}", soft_wrap=True, markup=False)
    if host not in LOOPBACK:
        warn(
            f"{host} can be reached from other machines, and keys travel unencrypted over plain HTTP: "
            "put a proxy with TLS in front."
        )


def sign_in(
    key_id: Annotated[str, typer.Option("--key", help="Id of the key whose rights the browser gets.")] = "",
    host: Host = "127.0.0.1",
    port: Port = DEFAULT_PORT,
) -> None:
    """Print a link that signs a browser in, once; without --key with the newest administrator's key."""
    settings = load_settings()
    with _database(settings) as database:
        link = _sign_in_link(database, _key_for_sign_in(database, key_id), host, port)
    output.print(link, soft_wrap=True, markup=False)


def _key_for_sign_in(database: Database, key_id: str) -> KeyRow:
    now = utc_now()
    with database.read() as connection:
        if not key_id:
            row = access.newest_admin_key(connection, now=now)
        else:
            row = next((one for one in access.all_keys(connection) if one.public_id == key_id), None)
    if row is None or not row.valid_at(now):
        raise NotFoundError(
            f"There is no valid key {key_id!r}; 'bloghound keys list' shows them."
            if key_id
            else "There is no valid administrator's key; 'bloghound keys create NAME --scope admin' makes one."
        )
    return row


def _sign_in_link(database: Database, row: KeyRow, host: str, port: int) -> str:
    from api.auth.sessions import new_sign_in  # noqa: PLC0415 - as above

    return f"{_address(host, port)}/sign-in?token={new_sign_in(database, row.key_id)}"


def _address(host: str, port: int) -> str:
    shown = "127.0.0.1" if host == "0.0.0.0" else "::1" if host == "::" else host  # noqa: S104 - compared, not bound
    return f"http://[{shown}]:{port}" if ":" in shown else f"http://{shown}:{port}"


def list_keys(as_json: AsJson = False) -> None:
    """List all keys, revoked and expired ones included."""
    with _database(load_settings()) as database, database.read() as connection:
        rows = access.all_keys(connection)
    if as_json:
        print_json([_as_json(row) for row in rows])
        return
    shown = table("Keys", ["id", "name", "workspace", "scopes", "begins with", "last used", "state"])
    for row in rows:
        state = "revoked" if row.revoked_at else "valid" if row.valid_at(utc_now()) else "expired"
        used = row.last_used_at.strftime("%Y-%m-%d %H:%M") if row.last_used_at else "never"
        names = (printable(row.name), printable(row.workspace_name))
        shown.add_row(row.public_id, *names, " ".join(row.scopes), row.prefix, used, state)
    output.print(shown)


def create_key(
    name: Annotated[str, typer.Argument(help="What the key is for.")],
    scope: Annotated[list[str] | None, typer.Option(help="read, lists:write, crawl, export or admin.")] = None,
    workspace: WorkspaceName = workspaces.DEFAULT,
    days: Annotated[int | None, typer.Option(min=1, max=3650, help="Days until it expires.")] = None,
    as_json: AsJson = False,
) -> None:
    """Make a key; it is shown this once, and only its hash is stored."""
    from api.auth.making import make_key  # noqa: PLC0415 - as above

    scopes, now = _scopes(scope or ["read"]), utc_now()
    if not name.strip() or not workspace.strip():
        raise InputError("A key and its workspace need a name.")
    expires_at = None if days is None else now + timedelta(days=days)
    with _database(load_settings()) as database, database.transaction() as connection:
        room = workspaces.ensure(connection, workspace.strip(), now=now)
        key, row = make_key(connection, room.workspace_id, name=name, scopes=scopes, expires_at=expires_at)
    if as_json:
        print_json({**_as_json(row), "key": key})
        return
    output.print(f"{row.public_id} in the workspace {printable(row.workspace_name)}; shown this once:")
    output.print(f"  [bold]{key}[/bold]", soft_wrap=True)


def _scopes(names: list[str]) -> "list[Scope]":
    from api.auth.actor import Scope  # noqa: PLC0415 - as above

    try:
        return [Scope(name) for name in names]
    except ValueError as error:
        raise InputError(f"{error}; the scopes are {', '.join(Scope)}.") from error


def revoke_key(key_id: Annotated[str, typer.Argument(help="As 'bloghound keys list' shows it.")]) -> None:
    """Revoke a key and sign out every browser that uses it."""
    with _database(load_settings()) as database, database.transaction() as connection:
        if not access.revoke(connection, key_id, now=utc_now()):
            raise NotFoundError(f"There is no key {key_id!r} that could be revoked.")
    output.print(f"{printable(key_id)} is revoked.")


def _as_json(row: KeyRow) -> dict[str, object]:
    times = {"created_at": row.created_at, "expires_at": row.expires_at, "revoked_at": row.revoked_at}
    return {
        "id": row.public_id,
        "name": row.name,
        "workspace": row.workspace_name,
        "prefix": row.prefix,
        "scopes": list(row.scopes),
        **{name: value and value.isoformat() for name, value in times.items()},
    }


@contextmanager
def _database(settings: Settings) -> Iterator[Database]:
    database = open_database(settings)
    try:
        yield database
    finally:
        database.close()
