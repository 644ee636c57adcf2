"""Who is who: what pages say of whose they are, apart from their other links, so that it can be withdrawn."""

import sqlalchemy as sa
from alembic import op

import storage.tables.base

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_TIME = storage.tables.base.UtcDateTime(timezone=True)
_TEXT = storage.tables.base.CleanText
_COLUMNS = ("site_id", "place", "source_url", "kind", "target_url", "target_site_key", "observed_at")


def _create_site_claim() -> None:
    op.create_table(
        "site_claim",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("place", _TEXT(), nullable=False),
        sa.Column("source_url", _TEXT(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("target_url", _TEXT(), nullable=False),
        sa.Column("target_site_key", _TEXT(), nullable=False),
        sa.Column("observed_at", _TIME, nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_site_claim_site_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_site_claim")),
        sa.UniqueConstraint(
            "site_id", "place", "kind", "target_url", name=op.f("uq_site_claim_site_id_place_kind_target_url")
        ),
    )
    op.create_index(op.f("ix_site_claim_target_site_key"), "site_claim", ["target_site_key"])


def _carry_identity_links() -> None:
    """Links with ``rel=me`` stood among a site's links; each becomes a claim of its home page, until that is read."""
    connection = op.get_bind()
    link = sa.table(
        "link",
        *map(sa.column, ("id", "site_id", "post_id", "target_url", "target_site_key")),
        sa.column("rel", sa.JSON()),
        sa.column("last_seen", _TIME),
    )
    site = sa.table("site", sa.column("id"), sa.column("home_url"))
    claim = sa.table("site_claim", *map(sa.column, _COLUMNS[:-1]), sa.column("observed_at", _TIME))
    query = (
        sa.select(link, site.c.home_url)
        .join_from(link, site, site.c.id == link.c.site_id)
        .where(link.c.post_id.is_(None))
        .order_by(link.c.id)
    )
    carried = {
        (row.site_id, row.target_url): {
            "site_id": row.site_id,
            "place": "",
            "source_url": row.home_url,
            "kind": "rel_me",
            "target_url": row.target_url,
            "target_site_key": row.target_site_key,
            "observed_at": row.last_seen,
        }
        for row in connection.execute(query)
        if "me" in (row.rel or ())
    }
    if carried:
        connection.execute(sa.insert(claim), list(carried.values()))


def upgrade() -> None:
    """Make the table, and carry over the links that say who is who."""
    _create_site_claim()
    _carry_identity_links()


def downgrade() -> None:
    """Drop the table: the older program reads the same words from the pages at their next visit."""
    op.drop_index(op.f("ix_site_claim_target_site_key"), "site_claim")
    op.drop_table("site_claim")
