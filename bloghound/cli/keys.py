"""Commands around keys: sign-in, and keys (list, create, revoke)."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Annotated

import typer

from api.auth.actor import Scope
from api.auth.making import first_key, make_key
from api.auth.sessions import new_sign_in
from bloghound.cli.console import output, print_json, printable, table
from bloghound.cli.serving import DEFAULT_PORT, Host, Port, address
from bloghound.errors import InputError, NotFoundError
from bloghound.settings import Settings, load_settings
from storage import access, workspaces
from storage.access import KeyRow
from storage.database import Database, open_database
from storage.tables.base import utc_now

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of a table.")]
WorkspaceName = Annotated[str, typer.Option("--workspace", help="The team's room; made when it is new.")]


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command("sign-in")(sign_in)
    keys = typer.Typer(help="Keys of the API and the page: list, create, revoke.", no_args_is_help=True)
    keys.command("list")(list_keys)
    keys.command("create")(create_key)
    keys.command("revoke")(revoke_key)
    app.add_typer(keys, name="keys")


def first_sign_in(settings: Settings, host: str, port: int) -> tuple[str | None, str]:
    """The first key of a fresh installation, which is made here, else None; and a link that signs a browser in."""
    with _database(settings) as database:
        key, row = first_key(database)
        return key, _sign_in_link(database, row, host, port)


def sign_in(
    key_id: Annotated[str, typer.Option("--key", help="Id of the key whose rights the browser gets.")] = "",
    host: Host = "127.0.0.1",
    port: Port = DEFAULT_PORT,
) -> None:
    """Print a link that signs a browser in, once; without --key with the newest administrator's key."""
    settings = load_settings()
    with _database(settings) as database:
        link = _sign_in_link(database, _key_for_sign_in(database, key_id), host, port)
    output.print(link, soft_wrap=True)


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
    return f"{address(host, port)}/sign-in?token={new_sign_in(database, row.key_id)}"


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
    output.print(f"  {key}", style="bold", soft_wrap=True)


def _scopes(names: list[str]) -> list[Scope]:
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
