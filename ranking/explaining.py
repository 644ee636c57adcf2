"""A scored blogger as a result: each part with its weight, its place among peers and its inputs, and the evidence."""

from collections.abc import Sequence
from math import isnan

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_array

from ranking.evidence import SentencePicker
from ranking.index.generation import Generation
from ranking.index.segment import BloggerEntry
from ranking.peers import engagement_peers, median_or_none, percentile
from ranking.ranking import Evidence, Part, Result
from ranking.relevance import EVIDENCE, PostEvidence
from ranking.score import GATE_MIDDLE
from ranking.scoring import Scored
from ranking.why import why

FULL_TEXT_ONLY = "full_text_only"
"""The flag of a blogger whose language the model does not know."""


class Explainer:
    """Makes results over one generation; holds what is the same for every brief."""

    def __init__(self, generation: Generation) -> None:
        self._generation = generation
        self._peers = engagement_peers(generation.columns.engagement)
        self._linkers = csc_array(generation.columns.matrix)

    def picker(self, found: Scored) -> SentencePicker:
        """What chooses the sentences for this brief."""
        return SentencePicker((segment.posts_text for segment in self._generation.segments), found.niche.brief.terms)

    def result(self, rank: int, row: int, found: Scored, picker: SentencePicker, marks: Sequence[str]) -> Result:
        """The blogger in that row of ``found``; ``marks`` are flags of this search beside those of the blogger."""
        blogger = int(found.found.bloggers[row])
        entry, posts = self._generation.bloggers[blogger], found.niche.matcher.posts_of(blogger)
        parts = {
            "relevance": self._relevance(row, found, posts),
            "engagement": self._engagement(blogger, row, found),
            "reach": self._reach(blogger, row, found),
        }
        sentence = why(*(parts[name].inputs for name in parts), links=found.niche.reach.known)
        flags = (*_flags(entry, row, found), *marks)
        return Result(rank, entry, found.scores[row], parts, self._evidence(blogger, posts, picker), flags, sentence)

    def _relevance(self, row: int, found: Scored, posts: PostEvidence) -> Part:
        relevance, made, peers = found.found, found.scores[row], found.niche.candidates.value
        evidence = zip(EVIDENCE, relevance.evidence[row].tolist(), strict=True)
        on_topic = found.niche.matcher.on_topic(posts, GATE_MIDDLE)
        return Part(
            value=float(relevance.value[row]),
            weight=found.weights.relevance,
            contribution=made.contributions["relevance"],
            percentile=percentile(peers, float(relevance.value[row])),
            sample_size=int(relevance.posts[row]),
            known=True,
            peers_median=median_or_none(peers),
            inputs={"gate": made.gate}
            | {name: None if isnan(figure) else figure for name, figure in evidence}
            | {"on_topic_posts": int(np.count_nonzero(on_topic)), "posts": len(on_topic)},
        )

    def _engagement(self, blogger: int, row: int, found: Scored) -> Part:
        engagement = self._generation.columns.engagement[blogger]
        return Part(
            value=engagement.value,
            weight=found.weights.engagement,
            contribution=found.scores[row].contributions["engagement"],
            percentile=percentile(self._peers.values, engagement.value),
            sample_size=engagement.sample_size,
            known=engagement.known,
            peers_median=self._peers.known_median,
            inputs=engagement.inputs,
        )

    def _reach(self, blogger: int, row: int, found: Scored) -> Part:
        niche, values = found.niche, found.niche.reach_values
        return Part(
            value=float(values[blogger]),
            weight=found.weights.reach,
            contribution=found.scores[row].contributions["reach"],
            percentile=percentile(values, float(values[blogger])),
            sample_size=int(self._generation.columns.distinct_linkers[blogger]),
            known=niche.reach.known,
            peers_median=niche.reach_median,
            inputs={
                "whole": float(niche.reach.whole[blogger]),
                "niche": float(niche.reach.niche[blogger]),
                "distinct_linkers": int(self._generation.columns.distinct_linkers[blogger]),
                "niche_linkers": niche.linkers(self._linkers_of(blogger)),
            },
        )

    def _linkers_of(self, blogger: int) -> NDArray[np.int64]:
        """The bloggers who link to this one."""
        start, end = self._linkers.indptr[blogger : blogger + 2]
        return np.asarray(self._linkers.indices[start:end], np.int64)

    def _evidence(self, blogger: int, posts: PostEvidence, picker: SentencePicker) -> tuple[Evidence, ...]:
        rows = self._generation.rows_of(blogger)
        shown = []
        for place in posts.best:
            document, cosine = self._generation.document(rows[place]), float(posts.cosines[place])
            if not document.title and not document.text:
                continue
            shown.append(
                Evidence(
                    url=document.url,
                    title=document.title,
                    published=document.published,
                    sentence=picker.best(document),
                    similarity=None if isnan(cosine) else cosine,
                    language=document.language,
                )
            )
        return tuple(shown)


def _flags(entry: BloggerEntry, row: int, found: Scored) -> tuple[str, ...]:
    unread = found.niche.brief.vector is not None and isnan(found.found.evidence[row, 0])
    reasons = (entry.reason,) if entry.reason and entry.reason not in entry.flags else ()
    return (*entry.flags, *reasons, *((FULL_TEXT_ONLY,) if unread else ()))
