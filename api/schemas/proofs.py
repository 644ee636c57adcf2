"""Proofs that sites are one blogger's, whatever became of them."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from storage.identity import ProofState, StoredProof


class StoredProofOut(BaseModel):
    """Two sites that name each other, where each says so, and whether that joins them."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    site_key: str
    other_site_key: str
    blogger: str = Field(description="Public id of the blogger that the first site has now.")
    other_blogger: str = Field(description="Public id of the blogger that the other site has now.")
    method: str = Field(description="`rel_me`, `h_card`, `same_as`, `handle`; two with `+` where the sides differ.")
    evidence: dict[str, Any]
    observed_at: datetime
    state: ProofState = Field(
        description="`valid` joins; `team`: several people's site; `hub`: too many sites; `expired`: one side says it "
        "no more; `taken_back`: by a person, for good."
    )
    revoked_at: datetime | None

    @classmethod
    def of(cls, proof: StoredProof) -> "StoredProofOut":
        """As stored; who took it back is not told, since that may be another workspace's key."""
        return cls(
            id=proof.public_id,
            site_key=proof.site_key,
            other_site_key=proof.other_site_key,
            blogger=proof.blogger,
            other_blogger=proof.other_blogger,
            method=proof.method,
            evidence=proof.evidence,
            observed_at=proof.observed_at,
            state=proof.state,
            revoked_at=proof.revoked_at,
        )


class ProofListOut(BaseModel):
    """All proofs about a blogger's sites, oldest first."""

    data: list[StoredProofOut]
