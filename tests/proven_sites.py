"""Sites that are joined and parted, for the tests of proofs and claims."""

from datetime import UTC, datetime

from sqlalchemy import Connection, text

from storage import (
    identity,
    sites,
)
from storage.identity import Pair, Refusal
from storage.sites import NewSite

NOW = datetime(2026, 5, 1, tzinfo=UTC)
SECRET = b"k" * 32
KEYS = ("a.example", "b.example", "c.example", "m.example/@ann")
A, B, C, PROFILE = KEYS


class World:
    """Four sites, none joined; the last is a profile."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.ids = sites.ensure(connection, [NewSite(key, f"https://{key}") for key in KEYS], now=NOW)
        sites.set_facts(connection, self.ids[PROFILE], {"kind": "profile"})

    def join(self, one: str, other: str, method: str = "rel_me") -> None:
        evidence = {"site_names": f"https://{other}", "other_names": f"https://{one}"}
        identity.join(self.connection, self.ids[one], self.ids[other], method=method, evidence=evidence, now=NOW)

    def settle(self, *pairs: Pair) -> None:
        identity.settle(self.connection, list(self.ids.values()), pairs, now=NOW)

    def pair(self, one: str, other: str, refusal: Refusal | None = None) -> Pair:
        return Pair(self.ids[one], self.ids[other], "rel_me", {"site_names": f"https://{other}"}, refusal)

    def take_back(self, one: str, other: str) -> None:
        found = [proof for proof in self.proofs() if {proof.site_key, proof.other_site_key} == {one, other}]
        identity.take_back(self.connection, [proof.proof_id for proof in found], by="Ann", now=NOW)

    def proofs(self) -> list[identity.StoredProof]:
        return identity.proofs(self.connection, list(self.ids.values()))

    def bloggers(self) -> dict[str, list[str]]:
        """Keys of each blogger's sites, by the key that the blogger is known by."""
        rows = self.connection.execute(
            text(
                "SELECT blogger.site_key, site.key FROM site JOIN blogger ON blogger.id = blogger_id ORDER BY site.key"
            )
        )
        groups: dict[str, list[str]] = {}
        for founder, key in rows:
            groups.setdefault(founder, []).append(key)
        return groups

    def names(self) -> set[str]:
        return set(self.connection.execute(text("SELECT public_id FROM blogger")).scalars())
