"""The bloggers whom saved niches name: whoever opted out is named to nobody, not even as somebody to leave out."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from sqlalchemy import Connection, select

from bloghound.errors import AddressError
from bloghound.urls import site_of
from storage import shortlist_hiding
from storage.niches import StoredNiche
from storage.suppressions import Suppressions
from storage.tables import Site
from storage.tables.base import table_of
from storage.upserts import batches

_SITE = table_of(Site)
_OTHER = _SITE.alias()


def without_hidden(
    connection: Connection, found: Mapping[str, StoredNiche], suppressed: Suppressions
) -> dict[str, StoredNiche]:
    """Niches, by whatever names them, without the examples and exclusions that are bloggers with a suppressed site."""
    keys = {name: _key_of(name) for niche in found.values() for name in _names(niche)} if suppressed else {}
    hidden = shortlist_hiding.among(connection, keys, suppressed)
    hidden_keys = _hidden_keys(connection, keys.values(), suppressed)
    shown = {name for name, key in keys.items() if name not in hidden and key not in hidden_keys}
    return {one: _naming(niche, shown) if suppressed else niche for one, niche in found.items()}


def _naming(niche: StoredNiche, shown: set[str]) -> StoredNiche:
    return replace(
        niche,
        examples_like=[name for name in niche.examples_like if name in shown],
        examples_unlike=[name for name in niche.examples_unlike if name in shown],
        exclude_sites=[name for name in niche.exclude_sites if name in shown],
    )


def _names(niche: StoredNiche) -> list[str]:
    return [*niche.examples_like, *niche.examples_unlike, *niche.exclude_sites]


def _key_of(name: str) -> str:
    try:
        return site_of(name.strip()).key
    except AddressError:
        return name


def _hidden_keys(connection: Connection, keys: Iterable[str], suppressed: Suppressions) -> set[str]:
    """Those of the site keys that are suppressed, or belong to a blogger with another site that is."""
    asked = sorted(set(keys))
    hidden = {key for key in asked if key in suppressed}
    same = _SITE.join(_OTHER, _SITE.c.blogger_id == _OTHER.c.blogger_id)
    for batch in batches(asked):
        rows = connection.execute(select(_SITE.c.key, _OTHER.c.key).select_from(same).where(_SITE.c.key.in_(batch)))
        hidden.update(key for key, other in rows if other in suppressed)
    return hidden
