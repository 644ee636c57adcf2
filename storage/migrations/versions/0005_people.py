"""People and conversation: single comments, talks elsewhere, contact and wishes, proofs that were taken back."""

import sqlalchemy as sa
from alembic import op

import storage.tables.base

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_TIME = storage.tables.base.UtcDateTime(timezone=True)
_TEXT = storage.tables.base.CleanText


def _create_post_comment() -> None:
    op.create_table(
        "post_comment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("post_id", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("comment_key", sa.String(), nullable=False),
        sa.Column("commenter_hash", sa.String(), nullable=False),
        sa.Column("published_at", _TIME, nullable=True),
        sa.Column("words", sa.Integer(), nullable=True),
        sa.Column("by_author", sa.Boolean(), nullable=False),
        sa.Column("first_seen", _TIME, nullable=False),
        sa.ForeignKeyConstraint(["post_id"], ["post.id"], name=op.f("fk_post_comment_post_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_post_comment")),
        sa.UniqueConstraint(
            "post_id", "source", "comment_key", name=op.f("uq_post_comment_post_id_source_comment_key")
        ),
    )
    op.create_index(op.f("ix_post_comment_commenter_hash"), "post_comment", ["commenter_hash"])


def _carry_commenters() -> None:
    """Who commented was known by post and number only; each of the comments becomes a row of its own."""
    connection = op.get_bind()
    rows = connection.execute(
        sa.text(
            "SELECT commenter.post_id, commenter.commenter_hash, commenter.comments, post.first_seen "
            "FROM commenter JOIN post ON post.id = commenter.post_id ORDER BY commenter.id"
        )
    ).all()
    table = sa.table(
        "post_comment",
        *map(sa.column, ("post_id", "source", "comment_key", "commenter_hash", "by_author", "first_seen")),
    )
    carried = [
        {
            "post_id": post_id,
            "source": "page",
            "comment_key": f"{person}#{number}",
            "commenter_hash": person,
            "by_author": False,
            "first_seen": first_seen,
        }
        for post_id, person, comments, first_seen in rows
        for number in range(1, comments + 1)
    ]
    if carried:
        connection.execute(sa.insert(table), carried)
    op.drop_table("commenter")


def _create_discussion() -> None:
    op.create_table(
        "discussion",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("post_id", sa.Integer(), nullable=False),
        sa.Column("venue", sa.String(), nullable=False),
        sa.Column("url", _TEXT(), nullable=False),
        sa.Column("points", sa.BigInteger(), nullable=True),
        sa.Column("comments", sa.BigInteger(), nullable=True),
        sa.Column("started_at", _TIME, nullable=True),
        sa.Column("observed_at", _TIME, nullable=False),
        sa.ForeignKeyConstraint(["post_id"], ["post.id"], name=op.f("fk_discussion_post_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_discussion")),
        sa.UniqueConstraint("post_id", "url", name=op.f("uq_discussion_post_id_url")),
    )


def _create_site_statement() -> None:
    op.create_table(
        "site_statement",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        *(sa.Column(name, _TEXT(), nullable=False) for name in ("value", "words", "source_url")),
        sa.Column("observed_at", _TIME, nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_site_statement_site_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_site_statement")),
        sa.UniqueConstraint("site_id", "kind", "value", name=op.f("uq_site_statement_site_id_kind_value")),
    )


def upgrade() -> None:
    """Make the tables, and carry over who commented."""
    _create_post_comment()
    _carry_commenters()
    _create_discussion()
    _create_site_statement()
    for name in ("site_metric", "engagement_observation"):
        op.add_column(name, sa.Column("imported_from", _TEXT(), nullable=False, server_default=""))
    op.drop_column("site", "last_new_post_at")
    op.add_column("blogger_proof", sa.Column("revoked_at", _TIME, nullable=True))
    op.add_column("blogger_proof", sa.Column("revoked_by", sa.String(), nullable=False, server_default=""))


def downgrade() -> None:
    """Put the comments of each commenter together again; what had no place before is gone."""
    op.add_column("site", sa.Column("last_new_post_at", _TIME, nullable=True))
    for name in ("revoked_at", "revoked_by"):
        op.drop_column("blogger_proof", name)
    for name in ("site_metric", "engagement_observation"):
        op.drop_column(name, "imported_from")
    op.create_table(
        "commenter",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("post_id", sa.Integer(), nullable=False),
        sa.Column("commenter_hash", sa.String(), nullable=False),
        sa.Column("comments", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["post_id"], ["post.id"], name=op.f("fk_commenter_post_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commenter")),
        sa.UniqueConstraint("post_id", "commenter_hash", name=op.f("uq_commenter_post_id_commenter_hash")),
    )
    op.execute(
        "INSERT INTO commenter (post_id, commenter_hash, comments) SELECT post_id, commenter_hash, count(*) "
        "FROM post_comment WHERE source = 'page' GROUP BY post_id, commenter_hash"
    )
    op.create_index(op.f("ix_commenter_commenter_hash"), "commenter", ["commenter_hash"])
    for name in ("site_statement", "discussion", "post_comment"):
        op.drop_table(name)
