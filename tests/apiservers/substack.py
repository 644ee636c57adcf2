"""A post page in the form of Substack's: figures in JSON-LD, those of the publication beside those of the post."""

import json

URL = "https://tea.substack.com/p/oolong"
WORDS = "The leaves open slowly in water that is not quite boiling, and each pouring tastes of something else. "


def counter(action: str, number: object) -> dict[str, object]:
    kind = f"https://schema.org/{action}"
    return {"@type": "InteractionCounter", "interactionType": kind, "userInteractionCount": number}


def post_page(*counters: dict[str, object]) -> str:
    """Subscribers are rounded down to a power of ten."""
    article = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "url": URL,
        "headline": "Oolong",
        "datePublished": "2026-05-31T19:59:44+00:00",
        "author": [{"@type": "Person", "name": "Ann", "url": "https://substack.com/@ann"}],
        "publisher": {
            "@type": "Organization",
            "name": "Tea",
            "url": "https://tea.substack.com",
            "interactionStatistic": {**counter("SubscribeAction", 10_000), "name": "Subscribers"},
        },
        "interactionStatistic": list(counters),
    }
    crumbs = {"@context": "https://schema.org", "@type": "BreadcrumbList", "itemListElement": []}
    blocks = (f'<script type="application/ld+json">{json.dumps(one)}</script>' for one in (article, crumbs))
    style = '<link rel="stylesheet" href="https://substackcdn.com/bundle/theme/main.css">'
    body = f'<article class="post"><h1>Oolong</h1><p>{WORDS * 8}</p></article>'
    return f"<html><head><title>Oolong</title>{style}{''.join(blocks)}</head><body>{body}</body></html>"
