"""One plain sentence that says why a blogger stands where it does, made from the figures of the answer."""

from collections.abc import Mapping
from typing import Any

from bloghound.records import UnknownReason

NOT_EXPOSED = UnknownReason.NOT_EXPOSED.value
READERS = {"conversation": "comment", "amplification": "share", "applause": "like"}
"""What the measures count, in the order in which the first known one is told."""


def why(relevance: Mapping[str, Any], engagement: Mapping[str, Any], reach: Mapping[str, Any], *, links: bool) -> str:
    """The sentence for the ``inputs`` of the three parts; ``links`` says whether any link between bloggers is known.

    What is unknown is said to be unknown; nothing is said that the figures do not hold.
    """
    return "; ".join((_topic(relevance), _links(reach, known=links), _readers(engagement)))


def _topic(relevance: Mapping[str, Any]) -> str:
    on_topic, posts = relevance["on_topic_posts"], relevance["posts"]
    return f"writes about it in {on_topic} of {_counted(posts, 'post')}" if on_topic else f"no post of {posts} is on it"


def _links(reach: Mapping[str, Any], *, known: bool) -> str:
    if not known:
        return "links unknown"
    linkers = reach["niche_linkers"]
    return f"{_counted(linkers, 'blogger')} of this niche {'links' if linkers == 1 else 'link'} here"


def _readers(engagement: Mapping[str, Any]) -> str:
    shown = next((measure for measure in READERS if engagement[measure]["posts"]), None)
    if shown is None:
        reason = str(engagement["conversation"]["reason"] or NOT_EXPOSED)
        told = "the site does not show them" if reason == NOT_EXPOSED else reason.replace("_", " ")
        return f"comments, shares and likes unknown ({told})"
    figures = engagement[shown]
    beside = f", peers {figures['peers_median']:.3g}" if figures["peers"] > 1 else ""
    return f"{_counted(figures['median'], READERS[shown])} a post{beside}"


def _counted(number: float, noun: str) -> str:
    return f"{number:.4g} {noun}" if number == 1 else f"{number:.4g} {noun}s"
