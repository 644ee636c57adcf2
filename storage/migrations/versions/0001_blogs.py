"""What is crawled: bloggers, sites, pages, posts and what belongs to them."""

import sqlalchemy as sa
from alembic import op

import storage.tables.base

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_TABLES = (
    "post_address",
    "link",
    "engagement_observation",
    "commenter",
    "post",
    "site_metric",
    "page",
    "fetch",
    "blogger_proof",
    "author",
    "site",
    "suppression",
    "embedding",
    "crawl",
    "blogger",
)


def _create_blogger() -> None:
    op.create_table(
        "blogger",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(), nullable=False),
        sa.Column("name", storage.tables.base.CleanText(), nullable=False),
        sa.Column("site_key", storage.tables.base.CleanText(), nullable=False),
        sa.Column("created_at", storage.tables.base.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_blogger")),
        sa.UniqueConstraint("public_id", name=op.f("uq_blogger_public_id")),
        sa.UniqueConstraint("site_key", name=op.f("uq_blogger_site_key")),
    )


def _create_crawl() -> None:
    op.create_table(
        "crawl",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("options", storage.tables.base.CleanJson(none_as_null=True), nullable=False),
        sa.Column("started_at", storage.tables.base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("finished_at", storage.tables.base.UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crawl")),
        sa.UniqueConstraint("public_id", name=op.f("uq_crawl_public_id")),
    )
    with op.batch_alter_table("crawl", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_crawl_fingerprint"), ["fingerprint"], unique=False)


def _create_embedding() -> None:
    op.create_table(
        "embedding",
        sa.Column("content_hash", sa.String(), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("content_hash", "model", name=op.f("pk_embedding")),
    )


def _create_suppression() -> None:
    op.create_table(
        "suppression",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("keyed_hash", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("created_at", storage.tables.base.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suppression")),
        sa.UniqueConstraint("keyed_hash", name=op.f("uq_suppression_keyed_hash")),
    )


def _create_site() -> None:
    op.create_table(
        "site",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(), nullable=False),
        sa.Column("key", storage.tables.base.CleanText(), nullable=False),
        sa.Column("blogger_id", sa.Integer(), nullable=False),
        sa.Column("home_url", storage.tables.base.CleanText(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("title", storage.tables.base.CleanText(), nullable=False),
        sa.Column("description", storage.tables.base.CleanText(), nullable=False),
        sa.Column("language", sa.String(), nullable=True),
        sa.Column("flags", storage.tables.base.CleanJson(none_as_null=True), nullable=False),
        sa.Column("tdm_reserved", sa.Boolean(), nullable=False),
        sa.Column("depth", sa.Integer(), nullable=False),
        sa.Column("found_from_url", storage.tables.base.CleanText(), nullable=True),
        sa.Column("found_from_site_id", sa.Integer(), nullable=True),
        sa.Column("linkers", sa.Integer(), nullable=False),
        sa.Column("first_seen", storage.tables.base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("crawl_id", sa.Integer(), nullable=True),
        sa.Column("priority", sa.Float(), nullable=False),
        sa.Column("next_visit_at", storage.tables.base.UtcDateTime(timezone=True), nullable=True),
        sa.Column("lease_owner", sa.String(), nullable=True),
        sa.Column("lease_expires_at", storage.tables.base.UtcDateTime(timezone=True), nullable=True),
        sa.Column("visits", sa.Integer(), nullable=False),
        sa.Column("health", sa.String(), nullable=True),
        sa.Column("health_reason", storage.tables.base.CleanText(), nullable=False),
        sa.Column("last_visited_at", storage.tables.base.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["blogger_id"], ["blogger.id"], name=op.f("fk_site_blogger_id")),
        sa.ForeignKeyConstraint(["crawl_id"], ["crawl.id"], name=op.f("fk_site_crawl_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(
            ["found_from_site_id"], ["site.id"], name=op.f("fk_site_found_from_site_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_site")),
        sa.UniqueConstraint("key", name=op.f("uq_site_key")),
        sa.UniqueConstraint("public_id", name=op.f("uq_site_public_id")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("site", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_site_blogger_id"), ["blogger_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_site_crawl_id"), ["crawl_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_site_found_from_site_id"), ["found_from_site_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_site_lease_owner"), ["lease_owner"], unique=False)
        batch_op.create_index(batch_op.f("ix_site_state"), ["state"], unique=False)


def _create_author() -> None:
    op.create_table(
        "author",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("name", storage.tables.base.CleanText(), nullable=False),
        sa.Column("first_seen", storage.tables.base.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_author_site_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_author")),
        sa.UniqueConstraint("site_id", "name", name=op.f("uq_author_site_id_name")),
    )


def _create_blogger_proof() -> None:
    op.create_table(
        "blogger_proof",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("other_site_id", sa.Integer(), nullable=False),
        sa.Column("method", sa.String(), nullable=False),
        sa.Column("evidence", storage.tables.base.CleanJson(none_as_null=True), nullable=False),
        sa.Column("observed_at", storage.tables.base.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["other_site_id"], ["site.id"], name=op.f("fk_blogger_proof_other_site_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_blogger_proof_site_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_blogger_proof")),
        sa.UniqueConstraint(
            "site_id", "other_site_id", "method", name=op.f("uq_blogger_proof_site_id_other_site_id_method")
        ),
    )
    with op.batch_alter_table("blogger_proof", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_blogger_proof_other_site_id"), ["other_site_id"], unique=False)


def _create_fetch() -> None:
    op.create_table(
        "fetch",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("crawl_id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=True),
        sa.Column("url", storage.tables.base.CleanText(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("reason", storage.tables.base.CleanText(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("content_type", storage.tables.base.CleanText(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("reservations", storage.tables.base.CleanJson(none_as_null=True), nullable=False),
        sa.Column("warc_file", storage.tables.base.CleanText(), nullable=True),
        sa.Column("warc_offset", sa.BigInteger(), nullable=True),
        sa.Column("posts_new", sa.Integer(), nullable=False),
        sa.Column("posts_updated", sa.Integer(), nullable=False),
        sa.Column("fetched_at", storage.tables.base.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["crawl_id"], ["crawl.id"], name=op.f("fk_fetch_crawl_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_fetch_site_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fetch")),
    )
    with op.batch_alter_table("fetch", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_fetch_crawl_id"), ["crawl_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_fetch_site_id"), ["site_id"], unique=False)


def _create_page() -> None:
    op.create_table(
        "page",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("url", storage.tables.base.CleanText(), nullable=False),
        sa.Column("folded_url", storage.tables.base.CleanText(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("depth", sa.Integer(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("found_from", storage.tables.base.CleanText(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("etag", storage.tables.base.CleanText(), nullable=True),
        sa.Column("last_modified", storage.tables.base.CleanText(), nullable=True),
        sa.Column("content_hash", sa.String(), nullable=True),
        sa.Column("signals", storage.tables.base.CleanJson(none_as_null=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("fetched_at", storage.tables.base.UtcDateTime(timezone=True), nullable=True),
        sa.Column("next_fetch_at", storage.tables.base.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_page_site_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_page")),
        sa.UniqueConstraint("site_id", "folded_url", name=op.f("uq_page_site_id_folded_url")),
    )


def _create_site_metric() -> None:
    op.create_table(
        "site_metric",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=True),
        sa.Column("source_url", storage.tables.base.CleanText(), nullable=False),
        sa.Column("observed_at", storage.tables.base.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_site_metric_site_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_site_metric")),
        sa.UniqueConstraint("site_id", "kind", "observed_at", name=op.f("uq_site_metric_site_id_kind_observed_at")),
    )


def _create_post() -> None:
    op.create_table(
        "post",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=True),
        sa.Column("url", storage.tables.base.CleanText(), nullable=False),
        sa.Column("title", storage.tables.base.CleanText(), nullable=False),
        sa.Column("text", storage.tables.base.CleanText(), nullable=False),
        sa.Column("content_hash", sa.String(), nullable=False),
        sa.Column("text_hash", sa.String(), nullable=False),
        sa.Column("published_at", storage.tables.base.UtcDateTime(timezone=True), nullable=True),
        sa.Column("date_source", sa.String(), nullable=True),
        sa.Column("language", sa.String(), nullable=True),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("words", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("text_reserved", sa.Boolean(), nullable=False),
        sa.Column("in_feed", sa.Boolean(), nullable=False),
        sa.Column("disclosures", storage.tables.base.CleanJson(none_as_null=True), nullable=False),
        sa.Column("warc_file", storage.tables.base.CleanText(), nullable=True),
        sa.Column("warc_offset", sa.BigInteger(), nullable=True),
        sa.Column("first_seen", storage.tables.base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", storage.tables.base.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["author.id"], name=op.f("fk_post_author_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_post_site_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_post")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("post", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_post_author_id"), ["author_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_post_content_hash"), ["content_hash"], unique=False)
        batch_op.create_index(batch_op.f("ix_post_site_id"), ["site_id"], unique=False)
        batch_op.create_index("ix_post_site_text", ["site_id", "text_hash"], unique=False)


def _create_commenter() -> None:
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
    with op.batch_alter_table("commenter", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_commenter_commenter_hash"), ["commenter_hash"], unique=False)


def _create_engagement_observation() -> None:
    op.create_table(
        "engagement_observation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("post_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("source_url", storage.tables.base.CleanText(), nullable=False),
        sa.Column("observed_at", storage.tables.base.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["post_id"], ["post.id"], name=op.f("fk_engagement_observation_post_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_engagement_observation")),
        sa.UniqueConstraint(
            "post_id", "kind", "observed_at", name=op.f("uq_engagement_observation_post_id_kind_observed_at")
        ),
    )


def _create_link() -> None:
    op.create_table(
        "link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("post_id", sa.Integer(), nullable=True),
        sa.Column("target_url", storage.tables.base.CleanText(), nullable=False),
        sa.Column("target_site_key", storage.tables.base.CleanText(), nullable=False),
        sa.Column("context", sa.String(), nullable=False),
        sa.Column("rel", storage.tables.base.CleanJson(none_as_null=True), nullable=False),
        sa.Column("anchor", storage.tables.base.CleanText(), nullable=False),
        sa.Column("first_seen", storage.tables.base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("last_seen", storage.tables.base.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["post_id"], ["post.id"], name=op.f("fk_link_post_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_link_site_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_link")),
    )
    with op.batch_alter_table("link", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_link_site_id"), ["site_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_link_target_site_key"), ["target_site_key"], unique=False)
        batch_op.create_index(
            "uq_link_post",
            ["post_id", "target_url"],
            unique=True,
            sqlite_where=sa.text("post_id IS NOT NULL"),
            postgresql_where=sa.text("post_id IS NOT NULL"),
        )
        batch_op.create_index(
            "uq_link_site",
            ["site_id", "target_site_key", "context"],
            unique=True,
            sqlite_where=sa.text("post_id IS NULL"),
            postgresql_where=sa.text("post_id IS NULL"),
        )


def _create_post_address() -> None:
    op.create_table(
        "post_address",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("post_id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("url", storage.tables.base.CleanText(), nullable=False),
        sa.Column("folded_url", storage.tables.base.CleanText(), nullable=False),
        sa.Column("claim", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["post_id"], ["post.id"], name=op.f("fk_post_address_post_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_post_address_site_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_post_address")),
        sa.UniqueConstraint("site_id", "folded_url", name=op.f("uq_post_address_site_id_folded_url")),
    )
    with op.batch_alter_table("post_address", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_post_address_post_id"), ["post_id"], unique=False)


def upgrade() -> None:
    """Make the tables, those that others refer to first."""
    _create_blogger()
    _create_crawl()
    _create_embedding()
    _create_suppression()
    _create_site()
    _create_author()
    _create_blogger_proof()
    _create_fetch()
    _create_page()
    _create_site_metric()
    _create_post()
    _create_commenter()
    _create_engagement_observation()
    _create_link()
    _create_post_address()


def downgrade() -> None:
    """Remove the tables, in the opposite order; their indexes go with them."""
    for name in _TABLES:
        op.drop_table(name)
