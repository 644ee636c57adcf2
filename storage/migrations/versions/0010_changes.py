# ruff: noqa: S608 - statements are put together from names of our own alone
"""Which sites' facts have changed: noted by triggers, so that no writer can forget to, and folded into marks.

A migration that makes one of the watched tables anew (as batch mode does on SQLite) drops its triggers, and has to call
:func:`watch` again.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_INSERT, _UPDATE, _DELETE = "insert", "update", "delete"
_ALWAYS = (_INSERT, _UPDATE, _DELETE)


@dataclass(frozen=True)
class Watched:
    """Rows of a table, and the sites whose facts they tell: a query for their ids, with ``{row}`` for the row and
    ``{at}`` before tables."""

    name: str
    table: str
    columns: tuple[str, ...]
    sites: str
    events: Sequence[str] = _ALWAYS


_SITE_OF_POST = "SELECT post.site_id FROM {at}post WHERE post.id = {row}.post_id"
_LINKED = "SELECT target.id FROM {at}link JOIN {at}site AS target ON target.key = link.target_site_key WHERE "
_LINK_ENDS = (
    "SELECT {row}.site_id WHERE {row}.post_id IS NOT NULL UNION "
    "SELECT site.id FROM {at}site WHERE site.key = {row}.target_site_key AND {row}.post_id IS NOT NULL"
)
_OF_POST = (
    "site_id", "author_id", "url", "content_hash", "published_at", "language", "words", "state", "text_reserved",
    "disclosures",
)  # fmt: skip
_OF_SITE = (
    "blogger_id", "public_id", "key", "home_url", "title", "kind", "platform", "language", "health", "flags",
)  # fmt: skip
_OF_COMMENT = ("post_id", "source", "comment_key", "commenter_hash", "published_at", "words", "by_author")
_OF_METRIC = ("site_id", "kind", "value", "source_url", "observed_at", "imported_from")

# What a post or a site links to is told by its state and its blogger too: only live posts of others cite.
WATCHED = (
    Watched("post", "post", _OF_POST, "SELECT {row}.site_id"),
    Watched("post_moved", "post", ("site_id", "state"), _LINKED + "link.post_id = {row}.id", (_UPDATE,)),
    Watched("site", "site", _OF_SITE, "SELECT {row}.id", (_INSERT, _UPDATE)),
    Watched("site_moved", "site", ("blogger_id",), _LINKED + "link.site_id = {row}.id", (_UPDATE,)),
    Watched(
        "blogger",
        "blogger",
        ("public_id", "name", "site_key"),
        "SELECT site.id FROM {at}site WHERE site.blogger_id = {row}.id",
        (_UPDATE,),
    ),
    Watched(
        "author", "author", ("name",), "SELECT post.site_id FROM {at}post WHERE post.author_id = {row}.id", (_UPDATE,)
    ),
    Watched("link", "link", ("site_id", "post_id", "target_url", "target_site_key", "context", "rel"), _LINK_ENDS),
    Watched("address", "post_address", ("post_id", "site_id", "folded_url"), "SELECT {row}.site_id"),
    Watched(
        "engagement", "engagement_observation", ("post_id", "kind", "count", "reason", "observed_at"), _SITE_OF_POST
    ),
    Watched("comment", "post_comment", _OF_COMMENT, _SITE_OF_POST),
    Watched("metric", "site_metric", _OF_METRIC, "SELECT {row}.site_id"),
)


def watch(watched: Watched, dialect: str) -> Iterator[str]:
    """The statements that make the triggers of one of :data:`WATCHED`."""
    for event in watched.events:
        if dialect == "sqlite":
            yield _sqlite_trigger(watched, event)
        else:
            yield from _postgresql_trigger(watched, event)


def _sqlite_trigger(watched: Watched, event: str) -> str:
    rows = {_INSERT: ("NEW",), _UPDATE: ("OLD", "NEW"), _DELETE: ("OLD",)}[event]
    sites = " UNION ".join(watched.sites.format(row=row, at="") for row in rows)
    before, after = (", ".join(f"{row}.{column}" for column in watched.columns) for row in ("OLD", "NEW"))
    condition = f"WHEN ({before}) IS NOT ({after})" if len(watched.columns) > 1 else f"WHEN {before} IS NOT {after}"
    return (
        f"CREATE TRIGGER note_{watched.name}_{event} AFTER {event.upper()} ON {watched.table} "
        f"{condition if event == _UPDATE else ''} BEGIN "
        f"INSERT INTO site_change (site_id) WITH concerned (site_id) AS ({sites}) "
        "SELECT site_id FROM concerned WHERE site_id NOT IN (SELECT site_id FROM site_change); END"
    )


def _postgresql_trigger(watched: Watched, event: str) -> Iterator[str]:
    """One function call for each statement, which only adds rows, so that no writer waits for another.

    The statement is put together at each call: it is planned for as many rows as there are, where a kept plan of one
    row would take minutes for a hundred thousand; and it names the schema of the table, whatever the caller's path.
    """
    name = f"note_{watched.name}_{event}"
    tables = {
        _INSERT: "NEW TABLE AS after_rows",
        _UPDATE: "OLD TABLE AS before_rows NEW TABLE AS after_rows",
        _DELETE: "OLD TABLE AS before_rows",
    }[event]
    yield (
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $note$ BEGIN "
        "EXECUTE replace($sites$"
        "INSERT INTO here.site_change (site_id) "
        f"SELECT site_id FROM ({_postgresql_sites(watched, event)}) AS concerned (site_id) WHERE NOT EXISTS ("
        "SELECT 1 FROM here.site_change AS known WHERE known.site_id = concerned.site_id "
        "AND known.xmin = CAST(pg_current_xact_id() AS xid))"
        "$sites$, 'here.', quote_ident(TG_TABLE_SCHEMA) || '.'); RETURN NULL; END $note$"
    )
    yield (
        f"CREATE TRIGGER {name} AFTER {event.upper()} ON {watched.table} REFERENCING {tables} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
    )


def _postgresql_sites(watched: Watched, event: str) -> str:
    sites = f"CROSS JOIN LATERAL ({watched.sites.format(row='one', at='here.')}) AS concerned (id)"
    if event != _UPDATE:
        rows = "after_rows" if event == _INSERT else "before_rows"
        return f"SELECT DISTINCT concerned.id FROM {rows} AS one {sites}"
    one, other = (_compared(row, watched.columns) for row in ("one", "other"))
    return " UNION ".join(
        f"SELECT concerned.id FROM {rows} AS one JOIN {others} AS other ON other.id = one.id {sites} "
        f"WHERE ({one}) IS DISTINCT FROM ({other})"
        for rows, others in (("before_rows", "after_rows"), ("after_rows", "before_rows"))
    )


def _compared(row: str, columns: Sequence[str]) -> str:
    # JSON has no equality there.
    return ", ".join(
        f"CAST({row}.{column} AS text)" if column in {"flags", "rel", "disclosures"} else f"{row}.{column}"
        for column in columns
    )


def upgrade() -> None:
    """Make the tables and the triggers; every site that is there has changed."""
    op.create_table(
        "site_change",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_site_change")),
    )
    op.create_index(op.f("ix_site_change_site_id"), "site_change", ["site_id"])
    op.create_table(
        "site_mark",
        sa.Column("site_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("mark", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("site_id", name=op.f("pk_site_mark")),
    )
    op.execute("INSERT INTO site_change (site_id) SELECT id FROM site")
    for watched in WATCHED:
        for statement in watch(watched, op.get_bind().dialect.name):
            op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    """Remove the triggers and the tables."""
    for watched in WATCHED:
        for event in watched.events:
            name = f"note_{watched.name}_{event}"
            if op.get_bind().dialect.name == "sqlite":
                op.execute(f"DROP TRIGGER {name}")
            else:
                op.execute(f"DROP TRIGGER {name} ON {watched.table}")
                op.execute(f"DROP FUNCTION {name}()")
    op.drop_table("site_mark")
    op.drop_table("site_change")
