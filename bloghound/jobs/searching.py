"""What a search asks for, from a request or a team's niche to the values that the ranking engine takes."""

from collections.abc import Mapping
from dataclasses import dataclass

from ranking.niche import NicheTerms
from ranking.score import PARTS, Weights
from storage import niches, shortlist_entries
from storage.database import Connection
from storage.niches import StoredNiche


@dataclass(frozen=True, slots=True)
class Question:
    """A brief with what a niche adds to it; ``version`` changes when the stored niche does."""

    brief: str
    weights: Weights
    terms: NicheTerms
    version: str = ""


def question_of(brief: str, weights: Mapping[str, float] | None = None) -> Question:
    """The question of a brief alone; raises InputError for unusable weights."""
    return Question(brief, weights_of(weights), NicheTerms())


def question_of_niche(
    connection: Connection, workspace_id: int, niche_public_id: str, weights: Mapping[str, float] | None = None
) -> Question:
    """The question of a stored niche, with its own weights unless others are given.

    Raises NotFoundError for a niche that the workspace does not have, InputError for unusable weights.
    """
    return question_of_stored(niches.get(connection, workspace_id, niche_public_id), weights)


def question_of_stored(niche: StoredNiche, weights: Mapping[str, float] | None = None) -> Question:
    """The question of a niche that was read already; raises InputError for unusable weights."""
    terms = NicheTerms(
        examples_like=tuple(niche.examples_like),
        examples_unlike=tuple(niche.examples_unlike),
        exclude_terms=tuple(niche.exclude_terms),
        exclude_sites=tuple(niche.exclude_sites),
        languages=tuple(niche.languages),
    )
    version = f"{niche.public_id} {niche.updated_at.isoformat()}"
    return Question(niche.brief, weights_of(weights or niche.weights), terms, version)


def weights_of(given: Mapping[str, float] | None) -> Weights:
    """Weights by part; a part that is not named counts 0, and the default ones apply when none is named."""
    return Weights(**{part: given.get(part, 0.0) for part in PARTS}) if given else Weights()


def listed(connection: Connection, workspace_id: int, list_public_id: str | None) -> frozenset[str] | None:
    """The public ids of the bloggers on a shortlist, None without one; raises NotFoundError for another's list."""
    if list_public_id is None:
        return None
    return frozenset(shortlist_entries.blogger_ids(connection, workspace_id, list_public_id))
