"""Alembic's entry: runs the migrations on the connection that ``storage.migrating`` hands over."""

from typing import Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlmodel.sql.sqltypes import AutoString

from storage.tables import metadata


def render_plain_strings(kind: str, item: object, _context: AutogenContext) -> str | Literal[False]:
    """SQLModel's own string type is a plain string to the database."""
    return "sa.String()" if kind == "type" and isinstance(item, AutoString) else False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    render_item=render_plain_strings,
    transactional_ddl=True,
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
