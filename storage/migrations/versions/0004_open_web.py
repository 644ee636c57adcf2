"""Crawling the open web: places in crawls, the pace of hosts, when a site is due, the log counted."""

import sqlalchemy as sa
from alembic import op

import storage.tables.base
from bloghound.urls import registrable_domain

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_TIME = storage.tables.base.UtcDateTime(timezone=True)


def _create_crawl_site() -> None:
    op.create_table(
        "crawl_site",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("crawl_id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("depth", sa.Integer(), nullable=False),
        sa.Column("priority", sa.Float(), nullable=False),
        sa.Column("due_at", _TIME, nullable=False),
        sa.Column("begun_at", _TIME, nullable=True),
        sa.Column("visits", sa.Integer(), nullable=False),
        sa.Column("health", sa.String(), nullable=True),
        sa.Column("health_reason", storage.tables.base.CleanText(), nullable=False),
        sa.Column("ended_at", _TIME, nullable=True),
        sa.ForeignKeyConstraint(["crawl_id"], ["crawl.id"], name=op.f("fk_crawl_site_crawl_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_crawl_site_site_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crawl_site")),
        sa.UniqueConstraint("crawl_id", "site_id", name=op.f("uq_crawl_site_crawl_id_site_id")),
    )
    op.create_index("ix_crawl_site_queue", "crawl_site", ["crawl_id", "state", sa.text("priority DESC"), "due_at"])
    op.create_index(op.f("ix_crawl_site_site_id"), "crawl_site", ["site_id"])


def _create_host_pace() -> None:
    op.create_table(
        "host_pace",
        sa.Column("name", storage.tables.base.CleanText(), nullable=False),
        sa.Column("lease_owner", sa.String(), nullable=True),
        sa.Column("lease_expires_at", _TIME, nullable=True),
        sa.Column("free_at", _TIME, nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_host_pace")),
    )
    op.create_index(op.f("ix_host_pace_lease_owner"), "host_pace", ["lease_owner"])


def _create_fetch_count() -> None:
    """The log in figures, those of what it holds included."""
    op.create_table(
        "fetch_count",
        sa.Column("crawl_id", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        *(
            sa.Column(name, sa.BigInteger(), nullable=False)
            for name in ("pages", "bytes", "posts_new", "posts_updated")
        ),
        sa.ForeignKeyConstraint(["crawl_id"], ["crawl.id"], name=op.f("fk_fetch_count_crawl_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("crawl_id", "outcome", name=op.f("pk_fetch_count")),
    )
    op.execute(
        "INSERT INTO fetch_count (crawl_id, outcome, pages, bytes, posts_new, posts_updated) SELECT crawl_id, outcome, "
        'count(*), sum(bytes), sum(posts_new), sum(posts_updated) FROM "fetch" GROUP BY crawl_id, outcome'
    )
    op.create_index(op.f("ix_fetch_fetched_at"), "fetch", ["fetched_at"])


def _move_the_queue() -> None:
    """Sites that a crawl holds get their place in it; their domain is read off the home address."""
    connection = op.get_bind()
    connection.execute(
        sa.text(
            "INSERT INTO crawl_site (crawl_id, site_id, state, depth, priority, due_at, begun_at, visits, health, "
            "health_reason) SELECT site.crawl_id, site.id, "
            "CASE site.state WHEN 'queued' THEN 'queued' ELSE 'done' END, site.depth, site.priority, "
            "COALESCE(site.next_visit_at, crawl.started_at), crawl.started_at, site.visits, "
            "site.health, site.health_reason FROM site JOIN crawl ON crawl.id = site.crawl_id"
        )
    )
    homes = connection.execute(sa.text("SELECT id, home_url FROM site")).all()
    named = [{"site_id": site_id, "domain": registrable_domain(home_url)} for site_id, home_url in homes]
    if named:
        connection.execute(sa.text("UPDATE site SET domain = :domain WHERE id = :site_id"), named)
        connection.execute(
            sa.text("INSERT INTO host_pace (name, failures) VALUES (:domain, 0)"),
            [{"domain": domain} for domain in sorted({row["domain"] for row in named})],
        )


def _schedule_known_sites() -> None:
    """Sites that were crawled on the live web are due at once: how often they post is learned by that visit."""
    op.execute(
        "UPDATE site SET next_due_at = last_visited_at WHERE health IS NOT NULL AND EXISTS "
        '(SELECT 1 FROM "fetch" WHERE "fetch".site_id = site.id AND "fetch".origin = \'live\')'
    )


def upgrade() -> None:
    """Make the tables, give every site its place and its domain, and drop the columns that held them before."""
    _create_crawl_site()
    _create_host_pace()
    _create_fetch_count()
    op.add_column("site", sa.Column("domain", storage.tables.base.CleanText(), nullable=False, server_default=""))
    op.add_column("page", sa.Column("missing_since", _TIME, nullable=True))
    op.add_column("site", sa.Column("last_new_post_at", _TIME, nullable=True))
    op.add_column("site", sa.Column("next_due_at", _TIME, nullable=True))
    _move_the_queue()
    _schedule_known_sites()
    op.create_index(op.f("ix_site_domain"), "site", ["domain"])
    op.create_index(op.f("ix_site_next_due_at"), "site", ["next_due_at"])
    op.drop_index(op.f("ix_site_state"), table_name="site")
    # Not in batch mode: making the table anew would take the rows that point to it along.
    for name in ("state", "priority", "next_visit_at"):
        op.drop_column("site", name)


def downgrade() -> None:
    """Put the queue back into the table of sites."""
    op.add_column("site", sa.Column("state", sa.String(), nullable=False, server_default="resting"))
    op.add_column("site", sa.Column("priority", sa.Float(), nullable=False, server_default="0"))
    op.add_column("site", sa.Column("next_visit_at", _TIME, nullable=True))
    op.execute("UPDATE site SET state = 'known' WHERE crawl_id IS NULL AND last_visited_at IS NULL")
    op.execute(
        "UPDATE site SET state = 'queued', next_visit_at = (SELECT due_at FROM crawl_site WHERE site_id = site.id "
        "AND crawl_site.crawl_id = site.crawl_id) WHERE EXISTS (SELECT 1 FROM crawl_site WHERE site_id = site.id "
        "AND crawl_site.crawl_id = site.crawl_id AND crawl_site.state = 'queued')"
    )
    op.create_index(op.f("ix_site_state"), "site", ["state"])
    op.drop_index(op.f("ix_site_next_due_at"), table_name="site")
    op.drop_index(op.f("ix_site_domain"), table_name="site")
    for name in ("next_due_at", "last_new_post_at", "domain"):
        op.drop_column("site", name)
    op.drop_column("page", "missing_since")
    op.drop_index(op.f("ix_fetch_fetched_at"), table_name="fetch")
    for name in ("fetch_count", "host_pace", "crawl_site"):
        op.drop_table(name)
