"""Which commenters are certainly the owner of a profile: handles of the fediverse and DIDs; names may be anybody's."""

from collections.abc import Collection

from sqlalchemy import Connection, delete, select

from bloghound.urls import key_or_empty
from storage.suppressions import Suppressions, keyed_hash
from storage.tables import PostAddress, PostComment, Site, Suppression
from storage.tables.base import table_of

_COMMENT, _SUPPRESSION = table_of(PostComment), table_of(Suppression)
_ADDRESS, _SITE = table_of(PostAddress), table_of(Site)

_BLUESKY = "bsky.app/profile/"
"""How the keys of profiles on Bluesky begin; by handle and by DID they are the same account's."""


def is_suppressed(identity: str, suppressed: Suppressions) -> bool:
    """Whether a commenter is one who must not be stored, by profile or by what a comment names them."""
    return identity in suppressed or _profile_key(identity) in suppressed


def _profile_key(identity: str) -> str | None:
    """The key of the profile that an identity names; None for a mere name."""
    if identity.startswith("did:"):
        return _BLUESKY + identity
    user, _, host = identity.lower().partition("@")
    return f"{host}/@{user}" if user and host else None


def identities_of(connection: Connection, site_key: str) -> set[str]:
    """What comments of a profile's owner are known by; nothing for a site that is no profile.

    The DID behind a handle of Bluesky is known from the addresses of the profile's posts, if any are stored.
    """
    host, _, user = site_key.partition("/@")
    if user:
        return {f"{user}@{host}"}
    if not site_key.startswith(_BLUESKY):
        return set()
    query = select(_ADDRESS.c.url).join(_SITE, _SITE.c.id == _ADDRESS.c.site_id).where(_SITE.c.key == site_key)
    keys = {site_key, *map(key_or_empty, connection.execute(query).scalars())}
    return {key.removeprefix(_BLUESKY) for key in keys if key.startswith(f"{_BLUESKY}did:")}


def forget(connection: Connection, secret_key: bytes, identities: Collection[str]) -> int:
    """Remove the comments of people who are known by any of these; how many there were."""
    hashes = [keyed_hash(secret_key, identity) for identity in identities]
    return connection.execute(delete(_COMMENT).where(_COMMENT.c.commenter_hash.in_(hashes))).rowcount


def forget_suppressed(connection: Connection) -> int:
    """Remove the comments of all whose identity is suppressed, as after a restore; how many there were."""
    suppressed = select(_SUPPRESSION.c.keyed_hash)
    return connection.execute(delete(_COMMENT).where(_COMMENT.c.commenter_hash.in_(suppressed))).rowcount
