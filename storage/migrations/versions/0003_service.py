"""What the service needs: jobs, opt-outs, the history of shortlists, sign-ins, sessions, answers for safe retries."""

import sqlalchemy as sa
from alembic import op

import storage.tables.base

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_TABLES = (
    "opt_out",
    "idempotency_record",
    "shortlist_event",
    "sign_in",
    "web_session",
    "job",
)


def _create_job() -> None:
    op.create_table(
        "job",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(), nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("parameters", storage.tables.base.CleanJson(none_as_null=True), nullable=False),
        sa.Column("crawl_id", sa.Integer(), nullable=True),
        sa.Column("progress", storage.tables.base.CleanJson(none_as_null=True), nullable=False),
        sa.Column("counts", storage.tables.base.CleanJson(none_as_null=True), nullable=False),
        sa.Column("errors", storage.tables.base.CleanJson(none_as_null=True), nullable=False),
        sa.Column("result", storage.tables.base.CleanJson(none_as_null=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("cancel_requested", sa.Boolean(), nullable=False),
        sa.Column("lease_owner", storage.tables.base.CleanText(), nullable=True),
        sa.Column("lease_expires_at", storage.tables.base.UtcDateTime(timezone=True), nullable=True),
        sa.Column("run_after", storage.tables.base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("created_at", storage.tables.base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("started_at", storage.tables.base.UtcDateTime(timezone=True), nullable=True),
        sa.Column("finished_at", storage.tables.base.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["crawl_id"], ["crawl.id"], name=op.f("fk_job_crawl_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name=op.f("fk_job_workspace_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job")),
        sa.UniqueConstraint("public_id", name=op.f("uq_job_public_id")),
    )
    with op.batch_alter_table("job", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_job_crawl_id"), ["crawl_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_job_state"), ["state"], unique=False)
        batch_op.create_index(batch_op.f("ix_job_workspace_id"), ["workspace_id"], unique=False)


def _create_idempotency_record() -> None:
    op.create_table(
        "idempotency_record",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("api_key_id", sa.Integer(), nullable=False),
        sa.Column("idempotency_key", storage.tables.base.CleanText(), nullable=False),
        sa.Column("request_hash", sa.String(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("headers", storage.tables.base.CleanJson(none_as_null=True), nullable=False),
        sa.Column("body", storage.tables.base.CleanText(), nullable=False),
        sa.Column("created_at", storage.tables.base.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["api_key_id"], ["api_key.id"], name=op.f("fk_idempotency_record_api_key_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_idempotency_record")),
        sa.UniqueConstraint(
            "api_key_id", "idempotency_key", name=op.f("uq_idempotency_record_api_key_id_idempotency_key")
        ),
    )
    with op.batch_alter_table("idempotency_record", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_idempotency_record_created_at"), ["created_at"], unique=False)


def _create_opt_out() -> None:
    op.create_table(
        "opt_out",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(), nullable=False),
        sa.Column("site_key", storage.tables.base.CleanText(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("job_id", sa.Integer(), nullable=True),
        sa.Column("created_at", storage.tables.base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("decided_at", storage.tables.base.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name=op.f("fk_opt_out_job_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_opt_out")),
        sa.UniqueConstraint("public_id", name=op.f("uq_opt_out_public_id")),
    )


def _create_shortlist_event() -> None:
    op.create_table(
        "shortlist_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("shortlist_id", sa.Integer(), nullable=False),
        sa.Column("blogger_id", sa.Integer(), nullable=True),
        sa.Column("actor", storage.tables.base.CleanText(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("changes", storage.tables.base.CleanJson(none_as_null=True), nullable=False),
        sa.Column("created_at", storage.tables.base.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["blogger_id"], ["blogger.id"], name=op.f("fk_shortlist_event_blogger_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["shortlist_id"], ["shortlist.id"], name=op.f("fk_shortlist_event_shortlist_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shortlist_event")),
    )
    with op.batch_alter_table("shortlist_event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_shortlist_event_blogger_id"), ["blogger_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_shortlist_event_shortlist_id"), ["shortlist_id"], unique=False)


def _create_sign_in() -> None:
    op.create_table(
        "sign_in",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("api_key_id", sa.Integer(), nullable=False),
        sa.Column("created_at", storage.tables.base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("expires_at", storage.tables.base.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["api_key_id"], ["api_key.id"], name=op.f("fk_sign_in_api_key_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_sign_in_token_hash")),
    )
    with op.batch_alter_table("sign_in", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sign_in_api_key_id"), ["api_key_id"], unique=False)


def _create_web_session() -> None:
    op.create_table(
        "web_session",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("api_key_id", sa.Integer(), nullable=False),
        sa.Column("created_at", storage.tables.base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("expires_at", storage.tables.base.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["api_key_id"], ["api_key.id"], name=op.f("fk_web_session_api_key_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_web_session")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_web_session_token_hash")),
    )
    with op.batch_alter_table("web_session", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_web_session_api_key_id"), ["api_key_id"], unique=False)


_INDEXES = {
    "ix_post_site_listing": ("post", ["site_id", "state", "published_at", "language"]),
    "ix_shortlist_entry_shortlist_id_id": ("shortlist_entry", ["shortlist_id", "id"]),
    "ix_shortlist_entry_shortlist_id_stage": ("shortlist_entry", ["shortlist_id", "stage"]),
}
"""Indexes that the service's listings and counts read, on tables of before."""


def upgrade() -> None:
    """Make the tables, those that others refer to first."""
    _create_job()
    _create_idempotency_record()
    _create_opt_out()
    _create_shortlist_event()
    _create_sign_in()
    _create_web_session()
    for name, (table, columns) in _INDEXES.items():
        op.create_index(name, table, columns)


def downgrade() -> None:
    """Remove the indexes and the tables, in the opposite order; the tables' own indexes go with them."""
    for name, (table, _) in _INDEXES.items():
        op.drop_index(name, table_name=table)
    for name in _TABLES:
        op.drop_table(name)
