"""Which evidence moved a score, in words and numbers: pure functions over two standings of one blogger.

A reason is only given for a term that moved the score by what is shown, and only evidence that points the same way is
named for it. Where no own figure moved, the sentence says so: nobody is praised or blamed for what others did.
"""

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from ranking.attribution import DEDUCTIONS, GATE
from ranking.standings import Deducted, Readers, Standing

SHOWN_AMOUNT = 0.001
"""A tenth of a point of 100: the smallest difference that any page shows."""
SHOWN_EVIDENCE = 0.01
"""Evidence of relevance is told with two decimals; what moved less looks the same."""
MOST_FIGURES = 2
"""Figures of relevance that one sentence names: the two that moved most."""

ReasonKind = Literal[
    "niche_changed", "formula_changed", "model_changed", "reading_changed", "sites_removed", "sites_changed", "posts",
    "relevance", "engagement", "reach", "deductions", "others", "standing", "outside",
]  # fmt: skip

MEASURED = {
    "conversation": "comments",
    "commenters": "different commenters",
    "amplification": "shares",
    "citations": "linking bloggers",
    "applause": "likes",
}
FINDINGS = {
    "sponsored_posts": "sponsored posts",
    "affiliate_links": "posts with affiliate links",
    "copied_text": "posts that copy another blogger",
    "link_lists": "posts that are lists of links",
    "flagged_sites": "sites flagged as spam or link farm",
}
_NEARER = {
    "whole_blog": "the blog as a whole reads {} the brief",
    "best_posts": "its best posts read {} the brief",
}
_WORDS = {
    "blog_text": "the blog uses the brief's words {}",
    "post_text": "its best posts use the brief's words {}",
}


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason: a sentence without its full stop, what it moved the score by (0: not counted), and posts to read."""

    kind: ReasonKind
    text: str
    amount: float = 0.0
    posts: tuple[int, ...] = ()


def reasons(
    before: Standing, after: Standing, terms: Mapping[str, float], new_posts: Container[int]
) -> tuple[Reason, ...]:
    """The evidence behind each term that can be seen, the weightiest first; ``new_posts`` came since ``before``."""
    relevance = terms["relevance"] + terms[GATE]
    found = [
        *_relevance(before, after, relevance, new_posts),
        *_engagement(before, after, terms["engagement"]),
        *_reach(before, after, terms["reach"]),
        *_deductions(before, after, terms[DEDUCTIONS]),
    ]
    return (*_sites(before, after), *sorted(found, key=lambda one: -abs(one.amount)))


def standing_in_words(standing: Standing, new_posts: Container[int]) -> tuple[Reason, ...]:
    """What a blogger who is new in a ranking stands on."""
    text = f"{standing.on_topic} of {counted(standing.posts, 'post')} on the niche"
    linkers = standing.niche_linkers
    if linkers:
        text += f"; {counted(linkers, 'blogger')} of the niche {'links' if linkers == 1 else 'link'} here"
    fresh = tuple(post for post in standing.best if post in new_posts)
    return (Reason("standing", text), *([Reason("posts", _new_posts(fresh), posts=fresh)] if fresh else ()))


def counted(number: float, noun: str) -> str:
    """``1 post``, ``3 posts``."""
    return f"{number:,.4g} {noun}" if number == 1 else f"{number:,.4g} {noun}s"


def _sites(before: Standing, after: Standing) -> Iterator[Reason]:
    if before.sites == after.sites:
        return
    what = "another site was found to be the same blogger's" if after.sites > before.sites else "a site was separated"
    yield Reason("sites_changed", f"{what} ({before.sites} → {counted(after.sites, 'site')})")


def _relevance(before: Standing, after: Standing, amount: float, new_posts: Container[int]) -> Iterator[Reason]:
    """Both of the part's value and of the gate, which follows from it alone."""
    if abs(amount) < SHOWN_AMOUNT:
        return
    said = _topic(before, after, amount) + _figures(before, after, amount)
    fresh = tuple(post for post in after.best if post in new_posts and post not in before.best)
    if fresh and amount > 0:
        yield Reason("posts", "; ".join((_new_posts(fresh), *said)), amount, fresh)
    elif said:
        yield Reason("relevance", "; ".join(said), amount)
    elif before.own_posts == after.own_posts:
        yield Reason("relevance", "the same posts, weighed anew", amount)
    else:
        text = f"other posts count than before ({counted(before.posts, 'post')} → {after.posts})"
        yield Reason("relevance", text, amount)


def _new_posts(posts: Sequence[int]) -> str:
    return f"{counted(len(posts), 'new post')} among its best"


def _topic(before: Standing, after: Standing, amount: float) -> list[str]:
    """How many posts are on the niche, or which share of them, as far as that points the same way."""
    now, more = f"{after.on_topic} of {after.posts}", after.on_topic - before.on_topic
    if more * amount > 0:
        word = f"{'more' if more > 0 else 'fewer'} {'post' if abs(more) == 1 else 'posts'}"
        return [f"{abs(more)} {word} on the niche ({before.on_topic} of {before.posts} → {now})"]
    # Crosswise, so that nothing is divided: the sign of the difference of both shares.
    share = after.on_topic * before.posts - before.on_topic * after.posts
    return [f"{before.on_topic} of {before.posts} posts on the niche → {now}"] if share * amount > 0 else []


def _figures(before: Standing, after: Standing, amount: float) -> list[str]:
    """The pieces of evidence that moved the same way as the part, those that moved most first.

    What words are worth depends on all posts of the index, so they say something of the blogger's posts only where
    those changed.
    """
    told = _NEARER if before.own_posts == after.own_posts else before.evidence
    moved = [
        (now - then, name, then, now)
        for name in told
        if (then := before.evidence.get(name)) is not None
        and (now := after.evidence.get(name)) is not None
        and (now - then) * amount > 0
    ]
    seen = sorted((one for one in moved if abs(one[0]) >= SHOWN_EVIDENCE), key=lambda one: -abs(one[0]))
    return [_figure(*one) for one in seen[:MOST_FIGURES]]


def _figure(difference: float, name: str, then: float, now: float) -> str:
    if name in _NEARER:
        text = _NEARER[name].format("nearer to" if difference > 0 else "further from")
    else:
        text = _WORDS.get(name, f"{name.replace('_', ' ')} moved {{}}").format("more" if difference > 0 else "less")
    return f"{text} ({then:.2f} → {now:.2f})"


def _engagement(before: Standing, after: Standing, amount: float) -> Iterator[Reason]:
    if abs(amount) < SHOWN_AMOUNT:
        return
    own = [_readers(name, before.readers.get(name), after.readers.get(name), amount) for name in MEASURED]
    said = [one for one in own if one]
    if said:
        yield Reason("engagement", "; ".join(said), amount)
    elif before.readers == after.readers:
        yield Reason("engagement", "its readers' figures are the same; what is usual among its peers moved", amount)
    else:
        yield Reason("engagement", "other posts count among its readers' figures than before", amount)


def _readers(name: str, before: Readers | None, after: Readers | None, amount: float) -> str:
    """What a measure did, where that points the same way; empty otherwise."""
    label = MEASURED[name]
    if before is None or after is None:
        if after is not None and amount > 0:
            return f"{label} became known ({after.median:.4g} a post, median of {counted(after.posts, 'post')})"
        return f"{label} are no longer shown" if before is not None and amount < 0 else ""
    if (after.median - before.median) * amount > 0:
        sample = counted(after.posts, "post")
        return f"{label} a post {before.median:.4g} → {after.median:.4g} (median of {sample})"
    if after.median == before.median and (after.share_with_any - before.share_with_any) * amount > 0:
        return f"posts with {label} {before.share_with_any:.0%} → {after.share_with_any:.0%}"
    return ""


def _reach(before: Standing, after: Standing, amount: float) -> Iterator[Reason]:
    if abs(amount) < SHOWN_AMOUNT:
        return
    pairs = (
        (before.niche_linkers, after.niche_linkers, " of the niche"),
        (before.linkers, after.linkers, ""),
    )
    said = [_linkers(then, now, of) for then, now, of in pairs if (now - then) * amount > 0]
    if said:
        yield Reason("reach", said[0], amount)
    elif (before.niche_linkers, before.linkers) == (after.niche_linkers, after.linkers):
        yield Reason("reach", "as many bloggers link here; what their links carry moved", amount)
    else:
        yield Reason("reach", "other bloggers link here than before", amount)


def _linkers(then: int, now: int, of: str) -> str:
    more = now - then
    who = f"{abs(more)} {'more' if more > 0 else 'fewer'} {'blogger' if abs(more) == 1 else 'bloggers'}{of}"
    return f"{who} {'links' if abs(more) == 1 else 'link'} here ({then} → {now})"


def _deductions(before: Standing, after: Standing, amount: float) -> Iterator[Reason]:
    if abs(amount) < SHOWN_AMOUNT:
        return
    then, now = ({one.finding: one for one in standing.deductions} for standing in (before, after))
    for finding in sorted(then.keys() | now.keys()):
        cost = _cost(then.get(finding)) - _cost(now.get(finding))
        if abs(cost) >= SHOWN_AMOUNT:
            yield Reason("deductions", _finding(finding, then.get(finding), now.get(finding)), cost)


def _cost(one: Deducted | None) -> float:
    return one.amount if one else 0.0


def _finding(name: str, then: Deducted | None, now: Deducted | None) -> str:
    label = FINDINGS.get(name, name.replace("_", " "))
    if then is None or now is None:
        known = now or then
        share = f"{known.count} of {known.of}" if known else ""
        return (
            f"{label}: now {share}, none that counted before"
            if now
            else f"{label}: {share} before, none that counts now"
        )
    return f"{label}: {then.count} of {then.of} → {now.count} of {now.of}"
