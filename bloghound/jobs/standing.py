"""How a blogger stands among its peers in one generation: engagement, reach and findings, with the peers' medians."""

from dataclasses import dataclass
from weakref import WeakKeyDictionary

from ranking.credibility import Finding
from ranking.engagement import KINDS, MEASURES
from ranking.index.generation import Generation
from ranking.peers import EngagementPeers, engagement_peers, median_or_none
from ranking.relevance import POSTS_PER_BLOGGER


@dataclass(frozen=True, slots=True)
class MeasureStanding:
    """One measure per post: the median over ``posts`` posts that show it, of ``of_posts`` that count, and what the
    ``peers`` bloggers of the group have who show it.

    ``median`` and ``share_with_any`` are None with a reason where no post shows the figure; ``entered_at`` is what
    counts, from 0 to 1. ``peers_size`` is the whole group.
    """

    kind: str
    channel: str
    """On which of the blogger's platforms (``blogs``, ``fediverse``, …): the one where readers answer most."""
    median: float | None
    share_with_any: float | None
    posts: int
    of_posts: int
    reason: str | None
    entered_at: float
    peers_group: str
    peers_size: int
    peers_low: float | None
    peers_median: float | None
    peers_high: float | None
    peers: int


@dataclass(frozen=True, slots=True)
class Standing:
    """A blogger's figures in a generation.

    ``window_posts`` are the newest posts that the index holds, with their dates: the findings are over them. Each
    measure says in ``of_posts`` over how many engagement is. ``engagement`` and ``reach`` go from 0 to 1; ``reach`` is
    None with a reason where no link is known.
    """

    generation: str
    as_of: str
    window_posts: int
    window_first_post: str | None
    window_last_post: str | None
    engagement: float | None
    engagement_reason: str | None
    engagement_peers_median: float | None
    measures: dict[str, MeasureStanding]
    reach: float | None
    reach_reason: str | None
    reach_peers_median: float | None
    linkers: int
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Peers:
    """What is usual in a generation: engagement, and the median of reach (None where no link is known)."""

    engagement: EngagementPeers
    reach: float | None


_known_peers: "WeakKeyDictionary[Generation, Peers]" = WeakKeyDictionary()


def standing(generation: Generation, public_id: str) -> Standing | None:
    """The figures of a blogger; None when the generation does not hold it."""
    blogger = generation.positions.get(public_id)
    if blogger is None:
        return None
    columns, entry, peers = generation.columns, generation.bloggers[blogger], peers_of(generation)
    engagement, linked = columns.engagement[blogger], peers.reach is not None
    return Standing(
        generation=generation.public_id,
        as_of=generation.as_of,
        window_posts=min(entry.posts, POSTS_PER_BLOGGER),
        window_first_post=entry.first_post,
        window_last_post=entry.last_post,
        engagement=engagement.value if engagement.known else None,
        engagement_reason=None if engagement.known else _reason(engagement.inputs),
        engagement_peers_median=peers.engagement.known_median,
        measures={name: _measure(name, engagement.inputs[name]) for name in MEASURES},
        reach=float(columns.reach[blogger]) if linked else None,
        reach_reason=None if linked else "no_links_known",
        reach_peers_median=peers.reach,
        linkers=int(columns.distinct_linkers[blogger]),
        findings=columns.findings[blogger],
    )


def peers_of(generation: Generation) -> Peers:
    """What is usual in a generation, computed once for each."""
    found = _known_peers.get(generation)
    if found is None:
        reach = generation.columns.reach
        usual = median_or_none(reach) if reach.any() else None
        found = _known_peers[generation] = Peers(engagement_peers(generation.columns.engagement), usual)
    return found


def _measure(name: str, inputs: dict[str, float | int | str | None]) -> MeasureStanding:
    return MeasureStanding(
        kind=KINDS[name].value if name in KINDS else name,
        channel=str(inputs["channel"]),
        median=_number(inputs["median"]),
        share_with_any=_number(inputs["share_with_any"]),
        posts=int(inputs["posts"] or 0),
        of_posts=int(inputs["of_posts"] or 0),
        reason=None if inputs["reason"] is None else str(inputs["reason"]),
        entered_at=float(inputs["entered_at"] or 0),
        peers_group=str(inputs["peers_group"]),
        peers_size=int(inputs["peers_size"] or 0),
        peers_low=_number(inputs["peers_low"]),
        peers_median=_number(inputs["peers_median"]),
        peers_high=_number(inputs["peers_high"]),
        peers=int(inputs["peers"] or 0),
    )


def _number(figure: float | int | str | None) -> float | None:
    return None if figure is None else float(figure)


def _reason(inputs: dict[str, dict[str, float | int | str | None]]) -> str:
    """Why no measure is known: the reason given for comments, the measure that counts most."""
    return str(inputs["conversation"]["reason"])
