"""A ranked blogger as a card shows it: the stable JSON of a result in, words and positions out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from api.web.charts.score_bar import ScoreBar, score_bar
from api.web.formatting import NO_BREAK, UNKNOWN, number, percent, plural, points

PARTS = ("relevance", "engagement", "reach")

REASONS = {
    "comments_closed": "comments are closed",
    "not_exposed": "the site does not show it",
    "blocked": "the site refused to be read",
    "too_few_posts": "too few posts",
}
"""Why a figure is unknown, in the words of a page."""

FINDINGS = {
    "sponsored_posts": "Sponsored posts",
    "affiliate_links": "Affiliate links",
    "copied_text": "Text copied from another blogger",
    "link_lists": "Posts that are lists of links",
    "flagged_sites": "Sites that look like spam or a link farm",
}

FLAGS = {
    "full_text_only": "Ranked by words alone: the model does not read this language",
    "example_like": "An example of this niche",
    "example_unlike": "A counter-example of this niche",
    "spam_suspected": "Suspected spam",
    "link_farm": "Link farm",
}

SHOWN_GATE = 0.05
"""As :data:`ranking.ranking.SHOWN_GATE`, written anew since importing that loads the index's libraries."""

_SOURCES = {
    "relevance": "the posts' own text, against the brief",
    "engagement": "counts that the sites show, read by the crawl",
    "reach": "editorial links between bloggers, one vote each",
}
_RELEVANCE = (
    ("whole_blog", "Meaning, whole blog"),
    ("best_posts", "Meaning, best posts"),
    ("blog_text", "Words, whole blog"),
    ("post_text", "Words, best posts"),
)
MEASURES = {
    "conversation": "Comments",
    "commenters": "Different commenters",
    "amplification": "Shares",
    "citations": "Linking bloggers",
    "applause": "Likes",
    "views": "Views",
}
"""The measures of engagement in the order in which they are told."""

_READERS = ("conversation", "commenters", "amplification", "applause")
"""Those that tell of readers: engagement is unknown where all of them are."""


@dataclass(frozen=True, slots=True)
class Detail:
    """One figure that a part was computed from; ``note`` says of how many, or why it is unknown.

    ``beside`` is what stands next to the figure where there is no room for the note: peers and sample size.
    """

    label: str
    text: str
    note: str = ""
    peers: str = ""
    beside: str = ""

    @property
    def known(self) -> bool:
        """Whether there is a figure."""
        return self.text != UNKNOWN


@dataclass(frozen=True, slots=True)
class PartRow:
    """A part in a table: value and peers' median from 0 to 1, where it comes from, and what it was made of."""

    part: str
    known: bool
    reason: str
    value: float
    peers_median: float | None
    weight: float
    contribution: float
    percentile: float
    sample: str
    source: str
    details: tuple[Detail, ...]


@dataclass(frozen=True, slots=True)
class Deduction:
    """A finding with its count, what it costs, and posts that show it."""

    name: str
    count: str
    amount: float
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Card:
    """A result ready to be drawn; ``result`` is the JSON it was made from."""

    result: Mapping[str, Any]
    bar: ScoreBar
    parts: tuple[PartRow, ...]
    deductions: tuple[Deduction, ...]
    flags: tuple[str, ...]
    off_niche: bool
    """The gate is all but shut: shown faintly, since the score says little of a blogger who writes on other things."""

    @property
    def spoken(self) -> str:
        """The score as a sentence, for those who do not see the bar."""
        parts = ", ".join(_spoken(row) for row in self.parts)
        minus = f", minus {points(sum(one.amount for one in self.deductions))} for findings" if self.deductions else ""
        return f"Score {points(self.result['score'])} of 100: {parts}{minus}"


def _spoken(row: PartRow) -> str:
    return f"{row.part} {points(row.contribution)}" + ("" if row.known else " (unknown, counted no higher than peers)")


def card(result: Mapping[str, Any]) -> Card:
    """The card of one result."""
    parts = result["parts"]
    bar = score_bar(
        {part: parts[part]["contribution"] for part in PARTS},
        {part: parts[part]["known"] for part in PARTS},
        [one["amount"] for one in result["deductions"]],
    )
    return Card(
        result=result,
        bar=bar,
        parts=tuple(part_row(part, parts[part]) for part in PARTS),
        deductions=tuple(deduction(one) for one in result["deductions"]),
        off_niche=parts["relevance"]["inputs"]["gate"] < SHOWN_GATE,
        flags=tuple(FLAGS.get(flag, flag.replace("_", " ").capitalize()) for flag in result["flags"]),
    )


def part_row(part: str, figures: Mapping[str, Any]) -> PartRow:
    """One part of a result as a row."""
    made = {"relevance": _relevance, "engagement": _engagement, "reach": _reach}[part](figures)
    return PartRow(
        part=part,
        known=figures["known"],
        reason="" if figures["known"] else _why_unknown(part, figures["inputs"]),
        value=figures["value"],
        peers_median=figures["peers_median"],
        weight=figures["weight"],
        contribution=figures["contribution"],
        percentile=figures["percentile"],
        sample=_sample(part, figures),
        source=_SOURCES[part],
        details=made,
    )


def deduction(finding: Mapping[str, Any]) -> Deduction:
    """A finding as a row."""
    unit = "site" if finding["finding"] == "flagged_sites" else "post"
    return Deduction(
        name=FINDINGS.get(finding["finding"], finding["finding"].replace("_", " ").capitalize()),
        count=f"{number(finding['count'])} of {plural(finding['of'], unit)}",
        amount=finding["amount"],
        evidence=tuple(finding["evidence"]),
    )


def in_words(weights: Mapping[str, float]) -> str:
    """The formula with these weights (shares of 1), as a sentence."""
    terms = " + ".join(f"{weights[part]:.2f}{NO_BREAK}×{NO_BREAK}{part}" for part in PARTS if weights[part] > 0)
    return f"score = gate{NO_BREAK}×{NO_BREAK}({terms}) {chr(0x2212)}{NO_BREAK}deductions"


def _sample(part: str, figures: Mapping[str, Any]) -> str:
    size = figures["sample_size"]
    return plural(size, "linking blogger") if part == "reach" else plural(size, "post")


def _why_unknown(part: str, inputs: Mapping[str, Any]) -> str:
    if part == "engagement":
        reasons = {inputs[name]["reason"] for name in _READERS if inputs[name]["reason"]}
        return "; ".join(sorted(REASONS.get(reason, reason) for reason in reasons)) or "nothing was read"
    return "no link between bloggers is known" if part == "reach" else "nothing was read"


def _relevance(figures: Mapping[str, Any]) -> tuple[Detail, ...]:
    inputs = figures["inputs"]
    of = f"of {plural(inputs['posts'], 'post')}"
    on_topic = Detail("Posts on topic", number(inputs["on_topic_posts"]), of, beside=of)
    gate = Detail("Gate", percent(inputs["gate"]), "of all parts counts: none off the niche, all on it")
    return (on_topic, gate, *(_evidence(label, inputs[name]) for name, label in _RELEVANCE))


def _evidence(label: str, value: float | None) -> Detail:
    if value is None:
        return Detail(label, UNKNOWN, "the model does not read this language")
    return Detail(label, points(value))


def _engagement(figures: Mapping[str, Any]) -> tuple[Detail, ...]:
    counted = (name for name in MEASURES if figures["inputs"][name]["weight"])
    return tuple(_measure(MEASURES[name], figures["inputs"][name]) for name in counted)


def _measure(many: str, inputs: Mapping[str, Any]) -> Detail:
    label = f"{many} a post, median"
    # A blogger whose figure is known is one of its own peers.
    has_others = inputs["peers"] > (1 if inputs["posts"] else 0)
    peers = number(inputs["peers_median"] if has_others else None, 1)
    sample = plural(inputs["posts"], "post")
    known_of = plural(inputs["peers"], "blogger") if has_others else "nobody else"
    others = f"peers: known of {known_of} ({inputs['peers_group']})"
    if not inputs["posts"]:
        reason = REASONS.get(inputs["reason"] or "", inputs["reason"] or "nothing was read")
        return Detail(label, UNKNOWN, f"{reason}; {others}", peers)
    shown = f"{percent(inputs['share_with_any'])} of {sample} have any; {others}"
    return Detail(label, number(inputs["median"], 1), shown, peers, f"peers {peers}; {sample}")


def _reach(figures: Mapping[str, Any]) -> tuple[Detail, ...]:
    inputs = figures["inputs"]
    return (
        Detail("Bloggers of this niche who link here", number(inputs["niche_linkers"])),
        Detail("All bloggers who link here", number(inputs["distinct_linkers"])),
        Detail("Reach in the niche", points(inputs["niche"])),
        Detail("Reach over the whole graph", points(inputs["whole"])),
    )


def cards(results: Sequence[Mapping[str, Any]]) -> list[Card]:
    """The cards of a ranking, in its order."""
    return [card(result) for result in results]
