"""Who is who: what pages say of whose they are, apart from their other links, so that it can be withdrawn."""

import re

import sqlalchemy as sa
from alembic import op

import storage.tables.base

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_TIME = storage.tables.base.UtcDateTime(timezone=True)
_TEXT = storage.tables.base.CleanText
# Pages about whoever writes a site, as this version of the program knows them.
_ABOUT_NAMES = frozenset(
    """
    about about-me about-us aboutme bio biography contact contact-me contact-us me whoami now links colophon
    a-propos acerca acerca-de apropos chi-sono kontakt o-mnie o-mne om om-mig om-meg om-oss over over-mij quem-sou
    quien-soy sobre sobre-mi sobre-mim tietoa minusta uber-mich ueber ueber-mich ueber-uns
    关于 关于我 自己紹介 소개
    """.split()
)
_ABOUT_PATH = re.compile(
    r"/(?:(?:cs|da|de|en|es|fi|fr|it|ja|ko|nb|nl|nn|no|pl|pt|sv|zh)(?:-[a-z]{2,4})?/)?"
    rf"(?:{'|'.join(sorted(_ABOUT_NAMES))})(?:\.(?:html?|php|aspx?|xhtml|shtml|cgi|jsp))?"
)

_PAGE = sa.table("page", *map(sa.column, ("id", "site_id", "folded_url", "state", "kind", "etag", "last_modified")))
_SITE = sa.table("site", *map(sa.column, ("id", "key", "home_url")))
_PROOF = sa.table(
    "blogger_proof",
    *map(sa.column, ("id", "site_id", "other_site_id", "revoked_at")),
    sa.column("observed_at", _TIME),
)
_CLAIM = sa.table(
    "site_claim",
    *map(sa.column, ("site_id", "place", "source_url", "kind", "target_url", "target_site_key")),
    sa.column("observed_at", _TIME),
)


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


def _may_be_about() -> sa.ColumnElement[bool]:
    """Every page about an author, and some that are none: their addresses end so."""
    path = sa.func.lower(_PAGE.c.folded_url)
    return sa.or_(*(path.like(f"%/{name}{end}") for name in sorted(_ABOUT_NAMES) for end in ("", ".%")))


def _have_read_again() -> None:
    """Pages that speak for a site are asked for as if for the first time: unchanged, they would never be read."""
    speaks = sa.or_(_PAGE.c.kind == "home", _may_be_about())
    op.get_bind().execute(sa.update(_PAGE).where(speaks).values(etag=None, last_modified=None))


def _about_pages() -> dict[int, list[str]]:
    """The pages about the author of each site that a proof joins, as a claim names them."""
    is_valid = _PROOF.c.revoked_at.is_(None)
    joined = sa.union(*(sa.select(_PROOF.c[name]).where(is_valid) for name in ("site_id", "other_site_id")))
    query = (
        sa.select(_PAGE.c.site_id, _PAGE.c.folded_url, _SITE.c.key)
        .join_from(_PAGE, _SITE, _SITE.c.id == _PAGE.c.site_id)
        .where(_PAGE.c.site_id.in_(joined), _PAGE.c.state == "done", _may_be_about())
        .order_by(_PAGE.c.id)
    )
    found: dict[int, list[str]] = {}
    for row in op.get_bind().execute(query):
        if _ABOUT_PATH.fullmatch(row.folded_url.removeprefix(row.key).lower()):
            found.setdefault(row.site_id, []).append(row.folded_url)
    return found


def _carry_joins() -> None:
    """What is joined stays so until the pages that may say so were read.

    Links with ``rel=me`` were taken from every page, with what readers wrote there, so they are nobody's word; but each
    side of a join did name the other somewhere.
    """
    connection, about = op.get_bind(), _about_pages()
    one, other = _SITE.alias("one"), _SITE.alias("other")
    query = (
        sa.select(_PROOF.c.observed_at, one.c.id, one.c.home_url, other.c.key, other.c.home_url.label("target_url"))
        .join_from(
            _PROOF,
            one,
            sa.or_(one.c.id == _PROOF.c.site_id, one.c.id == _PROOF.c.other_site_id),
        )
        .join(other, other.c.id == _PROOF.c.site_id + _PROOF.c.other_site_id - one.c.id)
        .where(_PROOF.c.revoked_at.is_(None))
        .order_by(_PROOF.c.id, one.c.id)
    )
    carried = {
        (row.id, place, row.target_url): {
            "site_id": row.id,
            "place": place,
            "source_url": row.home_url,
            "kind": "rel_me",
            "target_url": row.target_url,
            "target_site_key": row.key,
            "observed_at": row.observed_at,
        }
        for row in connection.execute(query)
        for place in ("", *about.get(row.id, ()))
    }
    if carried:
        connection.execute(sa.insert(_CLAIM), list(carried.values()))


def upgrade() -> None:
    """Make the table, keep what is joined for the time being, and have pages that say who is who read again."""
    _create_site_claim()
    _carry_joins()
    _have_read_again()


def downgrade() -> None:
    """Drop the table: the older program reads the same words from the pages at their next visit."""
    op.drop_index(op.f("ix_site_claim_target_site_key"), "site_claim")
    op.drop_table("site_claim")
