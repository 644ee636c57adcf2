"""Judgements: which bloggers a team found to fit a niche or a free brief."""

import sqlalchemy as sa
from alembic import op

import storage.tables.base

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_TIME = storage.tables.base.UtcDateTime(timezone=True)
_TEXT = storage.tables.base.CleanText


def _refers_to(table: str) -> sa.ForeignKeyConstraint:
    column, name = f"{table}_id", op.f(f"fk_judgement_{table}_id")
    return sa.ForeignKeyConstraint([column], [f"{table}.id"], name=name, ondelete="CASCADE")


def upgrade() -> None:
    """Make the table, and the indexes by which its rows go with their niche and their blogger."""
    op.create_table(
        "judgement",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(), nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("brief_id", sa.String(), nullable=False),
        sa.Column("niche_id", sa.Integer(), nullable=True),
        sa.Column("brief", _TEXT(), nullable=False),
        sa.Column("blogger_id", sa.Integer(), nullable=False),
        sa.Column("grade", sa.Integer(), nullable=False),
        sa.Column("judge", _TEXT(), nullable=False),
        sa.Column("generation", sa.String(), nullable=True),
        sa.Column("rank", sa.Integer(), nullable=True),
        sa.Column("score", sa.Float(), nullable=True),
        sa.Column("judged_at", _TIME, nullable=False),
        *map(_refers_to, ("workspace", "niche", "blogger")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_judgement")),
        sa.UniqueConstraint("public_id", name=op.f("uq_judgement_public_id")),
        sa.UniqueConstraint(
            "workspace_id", "brief_id", "blogger_id", name=op.f("uq_judgement_workspace_id_brief_id_blogger_id")
        ),
    )
    for column in ("niche_id", "blogger_id"):
        op.create_index(op.f(f"ix_judgement_{column}"), "judgement", [column])


def downgrade() -> None:
    """Remove the table; its indexes go with it."""
    op.drop_table("judgement")
