"""What a team keeps: workspaces, niches, shortlists, keys."""

import sqlalchemy as sa
from alembic import op

import storage.tables.base

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_TABLES = (
    "shortlist_entry",
    "shortlist",
    "niche",
    "api_key",
    "workspace",
)


def _create_workspace() -> None:
    op.create_table(
        "workspace",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(), nullable=False),
        sa.Column("name", storage.tables.base.CleanText(), nullable=False),
        sa.Column("created_at", storage.tables.base.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workspace")),
        sa.UniqueConstraint("public_id", name=op.f("uq_workspace_public_id")),
    )


def _create_api_key() -> None:
    op.create_table(
        "api_key",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(), nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("name", storage.tables.base.CleanText(), nullable=False),
        sa.Column("prefix", sa.String(), nullable=False),
        sa.Column("key_hash", sa.String(), nullable=False),
        sa.Column("scopes", storage.tables.base.CleanJson(none_as_null=True), nullable=False),
        sa.Column("created_at", storage.tables.base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("expires_at", storage.tables.base.UtcDateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", storage.tables.base.UtcDateTime(timezone=True), nullable=True),
        sa.Column("last_used_at", storage.tables.base.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name=op.f("fk_api_key_workspace_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_key")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_api_key_key_hash")),
        sa.UniqueConstraint("public_id", name=op.f("uq_api_key_public_id")),
    )
    with op.batch_alter_table("api_key", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_api_key_workspace_id"), ["workspace_id"], unique=False)


def _create_niche() -> None:
    op.create_table(
        "niche",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(), nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("name", storage.tables.base.CleanText(), nullable=False),
        sa.Column("brief", storage.tables.base.CleanText(), nullable=False),
        sa.Column("examples_like", storage.tables.base.CleanJson(none_as_null=True), nullable=False),
        sa.Column("examples_unlike", storage.tables.base.CleanJson(none_as_null=True), nullable=False),
        sa.Column("languages", storage.tables.base.CleanJson(none_as_null=True), nullable=False),
        sa.Column("exclude_terms", storage.tables.base.CleanJson(none_as_null=True), nullable=False),
        sa.Column("exclude_sites", storage.tables.base.CleanJson(none_as_null=True), nullable=False),
        sa.Column("weights", storage.tables.base.CleanJson(none_as_null=True), nullable=False),
        sa.Column("created_at", storage.tables.base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", storage.tables.base.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name=op.f("fk_niche_workspace_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_niche")),
        sa.UniqueConstraint("public_id", name=op.f("uq_niche_public_id")),
        sa.UniqueConstraint("workspace_id", "name", name=op.f("uq_niche_workspace_id_name")),
    )


def _create_shortlist() -> None:
    op.create_table(
        "shortlist",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(), nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("name", storage.tables.base.CleanText(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", storage.tables.base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", storage.tables.base.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name=op.f("fk_shortlist_workspace_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shortlist")),
        sa.UniqueConstraint("public_id", name=op.f("uq_shortlist_public_id")),
        sa.UniqueConstraint("workspace_id", "name", name=op.f("uq_shortlist_workspace_id_name")),
    )


def _create_shortlist_entry() -> None:
    op.create_table(
        "shortlist_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("shortlist_id", sa.Integer(), nullable=False),
        sa.Column("blogger_id", sa.Integer(), nullable=False),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("owner", storage.tables.base.CleanText(), nullable=False),
        sa.Column("notes", storage.tables.base.CleanJson(none_as_null=True), nullable=False),
        sa.Column("tags", storage.tables.base.CleanJson(none_as_null=True), nullable=False),
        sa.Column("added_from", storage.tables.base.CleanJson(none_as_null=True), nullable=False),
        sa.Column("created_at", storage.tables.base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", storage.tables.base.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["blogger_id"], ["blogger.id"], name=op.f("fk_shortlist_entry_blogger_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["shortlist_id"], ["shortlist.id"], name=op.f("fk_shortlist_entry_shortlist_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shortlist_entry")),
        sa.UniqueConstraint("shortlist_id", "blogger_id", name=op.f("uq_shortlist_entry_shortlist_id_blogger_id")),
    )
    with op.batch_alter_table("shortlist_entry", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_shortlist_entry_blogger_id"), ["blogger_id"], unique=False)


def upgrade() -> None:
    """Make the tables, those that others refer to first."""
    _create_workspace()
    _create_api_key()
    _create_niche()
    _create_shortlist()
    _create_shortlist_entry()


def downgrade() -> None:
    """Remove the tables, in the opposite order; their indexes go with them."""
    for name in _TABLES:
        op.drop_table(name)
