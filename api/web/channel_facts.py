"""A blogger's channels in the words of its page: what joins them, what does not, and what is only stated."""

from collections.abc import Sequence
from dataclasses import dataclass

from bloghound.records import ClaimKind
from storage.identity import ProofState, StoredProof

METHODS = {
    ClaimKind.REL_ME.value: "links with rel=me",
    ClaimKind.SAME_AS.value: "sameAs in structured data",
    ClaimKind.H_CARD.value: "an h-card",
    ClaimKind.HANDLE.value: "the domain as handle",
    ClaimKind.WEBSITE.value: "the website field of the profile",
}
"""By which means sites say who is behind them."""

STATES = {
    ProofState.VALID: "joined",
    ProofState.TEAM: "not joined, since one of them is several people’s",
    ProofState.HUB: "not joined, since more sites are bound together than anybody has",
    ProofState.EXPIRED: "joined no more, since one side no longer names the other",
    ProofState.TAKEN_BACK: "taken apart by hand",
}

WISHES = {
    "pr_welcome": "PR is welcome",
    "no_pitches": "No pitches",
    "sponsored_welcome": "Sponsored posts are welcome",
    "no_sponsored": "No sponsored posts",
    "guest_posts_welcome": "Guest posts are welcome",
    "no_guest_posts": "No guest posts",
    "no_link_requests": "No requests for links",
    "rates_on_request": "Rates on request",
    "email": "Mail address",
    "contact_page": "Contact page",
    "contact_form": "Contact form",
}
"""What bloggers publish for those who want to work with them."""


@dataclass(frozen=True, slots=True)
class ProofLine:
    """What one side of a proof says: ``says`` the words before an address, and the page on which it stands."""

    says: str
    url: str
    page: str


def method_words(method: str) -> str:
    """``links with rel=me and an h-card`` for ``rel_me+h_card``; what nobody named stays as it is."""
    return " and ".join(METHODS.get(kind, kind.replace("_", " ")) for kind in method.split("+"))


def proof_lines(proof: StoredProof) -> list[ProofLine]:
    """Both sides of a proof, each with the page that says so."""
    evidence = {name: str(value) for name, value in proof.evidence.items()}
    if "site_names" in evidence:
        return [
            ProofLine(f"{proof.site_key} names", evidence["site_names"], evidence.get("on", "")),
            ProofLine(f"{proof.other_site_key} names", evidence.get("other_names", ""), evidence.get("other_on", "")),
        ]
    if "handle" in evidence:
        page = evidence.get("handle_checked_by_the_platform_of", "")
        return [ProofLine("its platform has checked that the handle is", evidence["handle"], page)]
    return [ProofLine(name.replace("_", " "), value, "") for name, value in evidence.items()]


def refused(proofs: Sequence[StoredProof]) -> list[StoredProof]:
    """The proofs that do not count (any more)."""
    return [one for one in proofs if one.state is not ProofState.VALID]
