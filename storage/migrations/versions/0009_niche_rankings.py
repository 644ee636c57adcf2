"""Rankings of saved niches: where each blogger stood in each generation, and by which figures."""

import sqlalchemy as sa
from alembic import op

import storage.tables.base

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_TIME = storage.tables.base.UtcDateTime(timezone=True)
_TEXT = storage.tables.base.CleanText
_JSON = storage.tables.base.CleanJson


def _create_niche_ranking() -> None:
    op.create_table(
        "niche_ranking",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("niche_id", sa.Integer(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("formula", sa.String(), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("question", _JSON(), nullable=False),
        sa.Column("asked_at", _TIME, nullable=False),
        sa.Column("reading", _JSON(), nullable=False),
        sa.Column("weights", _JSON(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("kept", sa.Integer(), nullable=False),
        sa.Column("problem", _TEXT(), nullable=False),
        sa.Column("as_of", _TIME, nullable=False),
        sa.Column("made_at", _TIME, nullable=False),
        sa.ForeignKeyConstraint(["niche_id"], ["niche.id"], name=op.f("fk_niche_ranking_niche_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_niche_ranking")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_niche_ranking_niche_id_id", "niche_ranking", ["niche_id", "id"])


def _create_niche_place() -> None:
    references = (("ranking_id", "niche_ranking.id"), ("blogger_id", "blogger.id"))
    op.create_table(
        "niche_place",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ranking_id", sa.Integer(), nullable=False),
        sa.Column("blogger_id", sa.Integer(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=True),
        sa.Column("outside", sa.String(), nullable=False),
        sa.Column("figures", _JSON(), nullable=True),
        *(
            sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_niche_place_{column}"), ondelete="CASCADE")
            for column, target in references
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_niche_place")),
        sa.UniqueConstraint("ranking_id", "blogger_id", name=op.f("uq_niche_place_ranking_id_blogger_id")),
    )
    op.create_index(op.f("ix_niche_place_blogger_id"), "niche_place", ["blogger_id"])


def upgrade() -> None:
    """Make both tables, the places after the rankings that they belong to."""
    _create_niche_ranking()
    _create_niche_place()


def downgrade() -> None:
    """Remove both tables."""
    op.drop_table("niche_place")
    op.drop_table("niche_ranking")
