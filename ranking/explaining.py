"""A scored blogger as a result: each part with its weight, its place among peers and its inputs, and the evidence."""

from collections.abc import Sequence
from math import isnan

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_array

from ranking.evidence import SentencePicker
from ranking.index.bloggers import BloggerEntry
from ranking.index.generation import Generation, PostRow
from ranking.peers import Peers, engagement_peers
from ranking.ranking import Evidence, Part, Result
from ranking.reach import off_niche
from ranking.relevance import EVIDENCE, PostEvidence
from ranking.score import GATE_MIDDLE, PARTS, Score
from ranking.scoring import Niche, Scored
from ranking.why import why

FULL_TEXT_ONLY = "full_text_only"
"""The flag of a blogger whose language the model does not know."""


class Explainer:
    """Makes results over one generation; holds what is the same for every brief."""

    def __init__(self, generation: Generation) -> None:
        self.generation = generation
        found = engagement_peers(generation.columns.engagement)
        self.engagement = Peers(found.values)
        self.engagement_median = found.known_median
        self._linkers = csc_array(generation.columns.matrix)
        self._off_niche = Peers(off_niche(generation.columns.reach))

    def of(self, found: Scored, rows: NDArray[np.int64]) -> "Explanation":
        """What makes the results in these rows of one search."""
        return Explanation(self, found, rows)

    def reach_of(self, niche: Niche) -> Peers:
        """The reach of all bloggers for a niche; few links are in it, so only few of the figures differ from those of
        any other niche, and all need not be sorted again."""
        inside = np.flatnonzero(niche.reach.niche)
        return self._off_niche.changed(off_niche(niche.reach.whole[inside]), niche.reach_values[inside])

    def linkers_of(self, blogger: int) -> NDArray[np.int64]:
        """The bloggers who link to this one."""
        start, end = self._linkers.indptr[blogger : blogger + 2]
        return np.asarray(self._linkers.indices[start:end], np.int64)


class Explanation:
    """Makes the results of one search, those in ``rows``."""

    def __init__(self, explainer: Explainer, found: Scored, rows: NDArray[np.int64]) -> None:
        self._explainer = explainer
        self._columns = explainer.generation.columns
        self._found = found
        self._picker = SentencePicker(found.niche.matcher.idf)
        self._relevance = Peers(found.niche.members.relevance.value)
        self._reach = explainer.reach_of(found.niche)
        self._reach_median = self._reach.median if found.niche.reach.known else None
        self._on_topic = dict(zip(rows.tolist(), _on_topic(found, rows), strict=True))

    def result(self, rank: int, row: int, marks: Sequence[str] = ()) -> Result:
        """The blogger in that row of the scored; ``marks`` are flags of this search beside those of the blogger."""
        found = self._found
        blogger = int(found.bloggers[row])
        entry, posts = self._explainer.generation.bloggers[blogger], found.matches.posts_of(row)
        made = found.scores.of(row, self._columns.findings[blogger])
        parts = {
            "relevance": self._relevance_part(row, made),
            "engagement": self._engagement_part(blogger, made),
            "reach": self._reach_part(blogger, made),
        }
        sentence = why(*(parts[name].inputs for name in PARTS), links=found.niche.reach.known)
        return Result(
            rank, entry, made, parts, self._evidence(blogger, posts), (*self._flags(entry, row), *marks), sentence
        )

    def _relevance_part(self, row: int, made: Score) -> Part:
        relevance = self._found.matches.relevance
        evidence = zip(EVIDENCE, relevance.evidence[row].tolist(), strict=True)
        return Part(
            value=float(relevance.value[row]),
            weight=self._found.weights.relevance,
            contribution=made.contributions["relevance"],
            percentile=self._relevance.percentile(float(relevance.value[row])),
            sample_size=int(relevance.posts[row]),
            known=True,
            peers_median=self._relevance.median,
            inputs={"gate": made.gate}
            | {name: None if isnan(figure) else figure for name, figure in evidence}
            | {"on_topic_posts": self._on_topic[row], "posts": int(relevance.posts[row])},
        )

    def _engagement_part(self, blogger: int, made: Score) -> Part:
        engagement = self._columns.engagement[blogger]
        return Part(
            value=engagement.value,
            weight=self._found.weights.engagement,
            contribution=made.contributions["engagement"],
            percentile=self._explainer.engagement.percentile(engagement.value),
            sample_size=engagement.sample_size,
            known=engagement.known,
            peers_median=self._explainer.engagement_median,
            inputs=engagement.inputs,
        )

    def _reach_part(self, blogger: int, made: Score) -> Part:
        niche = self._found.niche
        return Part(
            value=float(niche.reach_values[blogger]),
            weight=self._found.weights.reach,
            contribution=made.contributions["reach"],
            percentile=self._reach.percentile(float(niche.reach_values[blogger])),
            sample_size=int(self._columns.distinct_linkers[blogger]),
            known=niche.reach.known,
            peers_median=self._reach_median,
            inputs={
                "whole": float(niche.reach.whole[blogger]),
                "niche": float(niche.reach.niche[blogger]),
                "distinct_linkers": int(self._columns.distinct_linkers[blogger]),
                "niche_linkers": niche.linkers(self._explainer.linkers_of(blogger)),
            },
        )

    def _evidence(self, blogger: int, posts: PostEvidence) -> tuple[Evidence, ...]:
        generation = self._explainer.generation
        first, listed = int(generation.posts.offsets[blogger]), generation.posts
        shown = []
        for place in posts.best:
            lies = PostRow(int(listed.segments[first + place]), int(listed.rows[first + place]))
            document, cosine = generation.document(lies), float(posts.cosines[place])
            if not document.title and not document.text:
                continue
            shown.append(
                Evidence(
                    url=document.url,
                    title=document.title,
                    published=document.published,
                    sentence=self._picker.best(document),
                    similarity=None if isnan(cosine) else cosine,
                    language=document.language,
                )
            )
        return tuple(shown)

    def _flags(self, entry: BloggerEntry, row: int) -> tuple[str, ...]:
        found = self._found
        unread = found.niche.brief.vector is not None and isnan(found.matches.relevance.evidence[row, 0])
        reasons = (entry.reason,) if entry.reason and entry.reason not in entry.flags else ()
        return (*entry.flags, *reasons, *((FULL_TEXT_ONLY,) if unread else ()))


def _on_topic(found: Scored, rows: NDArray[np.int64]) -> list[int]:
    """How many posts of the blogger in each of these rows are on the niche."""
    shown = found.matches.of(rows)
    on_topic = found.niche.matcher.on_topic(shown.posts, GATE_MIDDLE)
    until = np.concatenate([np.zeros(1, np.int64), np.cumsum(on_topic)])
    return list(np.diff(until[shown.offsets]).tolist())
