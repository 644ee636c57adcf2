"""Figures by file: a blog may have profiles on several networks, each with a figure of the same day."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_OLD, _NEW = ("site_id", "kind", "observed_at"), ("site_id", "kind", "source_url", "observed_at")


def _set_key(columns: tuple[str, ...], former: tuple[str, ...]) -> None:
    with op.batch_alter_table("site_metric", schema=None) as batch_op:
        batch_op.drop_constraint(op.f(f"uq_site_metric_{'_'.join(former)}"), type_="unique")
        batch_op.create_unique_constraint(op.f(f"uq_site_metric_{'_'.join(columns)}"), list(columns))


def upgrade() -> None:
    """Let figures of one kind and day stand beside each other when they are of different profiles."""
    _set_key(_NEW, _OLD)


def downgrade() -> None:
    """Figures of other profiles, which the older key has no room for, go."""
    op.execute("DELETE FROM site_metric WHERE imported_from <> ''")
    _set_key(_OLD, _NEW)
