"""A scored blogger as a result: each part with its weight, its place among peers and its inputs, and the evidence."""

from collections.abc import Sequence
from itertools import chain
from math import isnan

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_array

from ranking.evidence import SentencePicker
from ranking.index.bloggers import BloggerEntry
from ranking.index.generation import Generation
from ranking.index.segment import Document
from ranking.matching import Matches
from ranking.peers import Peers, engagement_peers
from ranking.ranking import Evidence, Part, Result
from ranking.reach import off_niche
from ranking.relevance import EVIDENCE
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
        shown = found.matches.of(rows)
        self._on_topic = dict(zip(rows.tolist(), _on_topic(found.niche, shown), strict=True))
        best = _best_posts(explainer.generation, shown)
        self._best_posts = dict(zip(rows.tolist(), best, strict=True))

    def result(self, rank: int, row: int, marks: Sequence[str] = ()) -> Result:
        """The blogger in that row of the scored; ``marks`` are flags of this search beside those of the blogger."""
        found = self._found
        blogger = int(found.bloggers[row])
        entry = self._explainer.generation.bloggers[blogger]
        made = found.scores.of(row, self._columns.findings[blogger])
        parts = {
            "relevance": self._relevance_part(row, made),
            "engagement": self._engagement_part(blogger, made),
            "reach": self._reach_part(blogger, made),
        }
        sentence = why(*(parts[name].inputs for name in PARTS), links=found.niche.reach.known)
        return Result(rank, entry, made, parts, self._evidence(row), (*self._flags(entry, row), *marks), sentence)

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

    def _evidence(self, row: int) -> tuple[Evidence, ...]:
        return tuple(
            Evidence(
                url=document.url,
                title=document.title,
                published=document.published,
                sentence=self._picker.best(document),
                similarity=None if isnan(cosine) else cosine,
                language=document.language,
            )
            for document, cosine in self._best_posts[row]
            if document.title or document.text
        )

    def _flags(self, entry: BloggerEntry, row: int) -> tuple[str, ...]:
        found = self._found
        unread = found.niche.brief.vector is not None and isnan(found.matches.relevance.evidence[row, 0])
        reasons = (entry.reason,) if entry.reason and entry.reason not in entry.flags else ()
        return (*entry.flags, *reasons, *((FULL_TEXT_ONLY,) if unread else ()))


def _on_topic(niche: Niche, shown: Matches) -> list[int]:
    """How many posts of each of these bloggers are on the niche."""
    on_topic = niche.matcher.on_topic(shown.posts, GATE_MIDDLE)
    until = np.concatenate([np.zeros(1, np.int64), np.cumsum(on_topic)])
    return list(np.diff(until[shown.offsets]).tolist())


def _best_posts(generation: Generation, shown: Matches) -> list[list[tuple[Document, float]]]:
    """The best matching posts of each of these bloggers, each with its cosine."""
    firsts = generation.posts.offsets[shown.relevance.bloggers].tolist()
    posts = [shown.posts_of(number) for number in range(len(firsts))]
    best = [one.best for one in posts]
    places = [[first + place for place in several] for first, several in zip(firsts, best, strict=True)]
    documents = _documents(generation, np.array([*chain.from_iterable(places)], np.int64))
    return [
        [(documents[place], float(one.cosines[place - first])) for place in several]
        for first, one, several in zip(firsts, posts, places, strict=True)
    ]


def _documents(generation: Generation, places: NDArray[np.int64]) -> dict[int, Document]:
    """The posts in these places of the generation's list; several of one block are unpacked together."""
    segments, rows = generation.posts.segments[places], generation.posts.rows[places]
    found: dict[int, Document] = {}
    for number in np.unique(segments).tolist():
        own = np.flatnonzero(segments == number)
        own = own[np.argsort(rows[own])]
        documents = generation.segments[number].documents(rows[own].astype(np.int64))
        found.update(zip(places[own].tolist(), documents, strict=True))
    return found
