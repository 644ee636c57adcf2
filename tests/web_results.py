"""Ranked bloggers in the stable JSON shape, for the tests of cards and comparisons."""

from typing import Any

MEASURES = ("conversation", "commenters", "amplification", "citations", "applause", "views")


def part(value: float = 0.5, *, weight: float = 0.5, known: bool = True, **inputs: Any) -> dict[str, Any]:
    """A part of a score whose gate is wide open."""
    return {
        "value": value,
        "weight": weight,
        "contribution": value * weight,
        "percentile": 50.0,
        "sample_size": 8,
        "known": known,
        "peers_median": 0.3,
        "inputs": inputs,
    }


def measure(median: float | None) -> dict[str, Any]:
    """An engagement measure; None is unknown."""
    shown = median is not None
    return {
        "posts": 8 if shown else 0,
        "median": median or 0.0,
        "share_with_any": 0.75 if shown else 0.0,
        "reason": None if shown else "comments_closed",
        "entered_at": 0.2,
        "weight": 0.2,
        "peers_group": "blogs, weekly",
        "peers_median": 2.0,
        "peers": 5,
    }


def result(name: str = "Ann", rank: int = 1, **changes: Any) -> dict[str, Any]:
    """A result; ``relevance``, ``engagement``, ``reach`` are values, ``comments`` is a median or None."""
    comments, linkers = changes.pop("comments", 6.0), changes.pop("linkers", 3)
    parts = {
        "relevance": part(changes.pop("relevance", 0.8), weight=0.6)
        | {"inputs": {"gate": changes.pop("gate", 1.0), "on_topic_posts": 5, "posts": 8}},
        "engagement": part(changes.pop("engagement", 0.4), weight=0.25, known=comments is not None)
        | {"inputs": {one: measure(comments if one == "conversation" else None) for one in MEASURES}},
        "reach": part(changes.pop("reach", 0.2), weight=0.15)
        | {"inputs": {"niche_linkers": linkers, "distinct_linkers": linkers + 1, "niche": 0.1, "whole": 0.3}},
    }
    evidence = ("whole_blog", "best_posts", "blog_text", "post_text")
    parts["relevance"]["inputs"] |= dict.fromkeys(evidence, 0.5) | {"post_text": None}
    deductions = changes.pop("deductions", [])
    total = sum(one["contribution"] for one in parts.values()) - sum(one["amount"] for one in deductions)
    blogger = {"id": f"blg_{name.lower()}", "name": name, "posts_per_month": changes.pop("pace", 2.0)}
    flags = changes.pop("flags", [])
    assert not changes
    return {
        "rank": rank,
        "blogger": blogger,
        "score": total,
        "parts": parts,
        "deductions": deductions,
        "evidence": [],
        "flags": flags,
        "why": "writes about it in 5 of 8 posts",
    }


def finding(name: str = "sponsored_posts", amount: float = 0.1) -> dict[str, Any]:
    """A finding of four posts of eight."""
    return {"finding": name, "count": 4, "of": 8, "amount": amount, "evidence": ["https://ann.example/ad"]}
