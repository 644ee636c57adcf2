"""What Find and Compare ask of the ranking: an address in, an engine with a question out.

The ranking's libraries are imported on the first search, as in :mod:`api.routes.search`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from api.auth.actor import Actor
from api.service import Service
from api.web.asking import PAGE_SIZE, Asked
from bloghound.errors import NotFoundError
from storage import niches
from storage.niches import StoredNiche

if TYPE_CHECKING:
    from bloghound.jobs.searching import Question
    from ranking.engine import RankingEngine
    from ranking.filters import Filters
    from ranking.ranking import Ranking, Result


@dataclass(frozen=True, slots=True)
class Search:
    """A search ready to be run; ``hidden`` are the bloggers who opted out."""

    engine: "RankingEngine"
    question: "Question"
    filters: "Filters"
    hidden: frozenset[str]

    @property
    def generation(self) -> str:
        """The generation that is searched."""
        return self.engine.generation.public_id

    @property
    def estimates_how_many(self) -> bool:
        """Whether how many fit the brief is an estimate, since not everybody's posts are compared with it."""
        from ranking.matching import NICHE_PER_SOURCE  # noqa: PLC0415 - loads numpy

        return int(self.engine.generation.eligible.sum()) > NICHE_PER_SOURCE

    def page(self, offset: int) -> "Ranking":
        """A page of the ranking; raises BriefError for a brief that cannot be used."""
        return self._ranked(self.filters, PAGE_SIZE, offset)

    def facets(self, ranking: "Ranking") -> dict[str, Mapping[str, int]]:
        """How many bloggers each language and platform would show: what is counted is not filtered by itself."""
        own = {"languages": replace(self.filters, languages=()), "platforms": replace(self.filters, platforms=())}
        return {
            name: (ranking if without == self.filters else self._ranked(without, 1)).facets[name]
            for name, without in own.items()
        }

    def _ranked(self, filters: "Filters", limit: int, offset: int = 0) -> "Ranking":
        return self.engine.rank(
            self.question.brief,
            limit=limit,
            offset=offset,
            weights=self.question.weights,
            filters=filters,
            niche=self.question.terms,
            hidden=self.hidden,
        )

    def result(self, blogger_id: str) -> "Result":
        """One blogger of the same ranking, however far down; raises NotFoundError."""
        if blogger_id in self.hidden:
            raise NotFoundError(f"There is no blogger {blogger_id} in {self.generation}.")
        terms = self.question.terms
        return self.engine.explain(self.question.brief, blogger_id, weights=self.question.weights, niche=terms)


def niche_of(service: Service, actor: Actor, asked: Asked) -> StoredNiche | None:
    """The niche that the address names; raises NotFoundError for one that is not this workspace's.

    None as well where the address gives a brief that is not the niche's: that is another search.
    """
    if not asked.niche:
        return None
    with service.database.read() as connection:
        niche = niches.get(connection, actor.workspace_id, asked.niche)
    return niche if asked.q.split() in ([], niche.brief.split()) else None


def search_of(service: Service, actor: Actor, asked: Asked, niche: StoredNiche | None) -> Search:
    """The search of an address; raises BloghoundError when there is no engine or the weights are all 0."""
    from bloghound.jobs import searching  # noqa: PLC0415 - loads the index's libraries

    if niche is None:
        question = searching.question_of(asked.q, asked.weights)
    else:
        with service.database.read() as connection:
            question = searching.question_of_niche(connection, actor.workspace_id, niche.public_id, asked.weights)
    engine = service.engines.engine(asked.generation or None)
    return Search(engine, question, _filters(asked), service.engines.hidden(engine, service.database))


def shown_weights(asked: Asked, niche: StoredNiche | None) -> dict[str, int]:
    """What the sliders show: the weights of the address, else the usual ones."""
    given = asked.weights
    if given is not None:
        return {part: round(weight) for part, weight in given.items()}
    return usual_weights(niche)


def default_weights() -> dict[str, int]:
    """The weights of a brief for which nobody chose any, in percent."""
    return usual_weights(None)


def usual_weights(niche: StoredNiche | None) -> dict[str, int]:
    """The weights of a search whose address names none, in percent: the niche's, else the default ones."""
    from bloghound.jobs.searching import weights_of  # noqa: PLC0415 - loads the index's libraries

    weights = weights_of(niche.weights if niche else None)
    return {
        "relevance": round(100 * weights.relevance),
        "engagement": round(100 * weights.engagement),
        "reach": round(100 * weights.reach),
    }


def _filters(asked: Asked) -> "Filters":
    from ranking.filters import Bounds, Filters  # noqa: PLC0415 - loads the index's libraries

    return Filters(
        languages=tuple(asked.language),
        last_post_within_days=asked.active,
        posts_per_month=Bounds(asked.posts_min, asked.posts_max),
        min_engagement=None if asked.engagement_min is None else asked.engagement_min / 100,
        max_sponsored_share=None if asked.sponsored_max is None else asked.sponsored_max / 100,
        platforms=tuple(asked.platform),
        followers=Bounds(asked.followers_min, asked.followers_max),
        personal_only=asked.personal,
    )
