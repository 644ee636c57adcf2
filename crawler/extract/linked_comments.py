"""The comments in a page's JSON-LD: ``Comment`` objects, with author, date and text (schema.org)."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from bloghound.records import Comment, count_words
from crawler.extract.commenters import comment_id_in, commenter_name, identity_of
from crawler.extract.dateformats import is_possible, parse_machine_date
from crawler.extract.links import is_same_site
from crawler.extract.metadata import PageMetadata, node_types, resolve


def linked_comments(metadata: PageMetadata, author: str | None, latest: datetime) -> tuple[Comment, ...]:
    """The comments that name their writers, in order; the post's ``author`` is known by the name and the site."""
    nodes = (node for node in metadata.linked_data if "comment" in node_types(node))
    return tuple(
        Comment(
            identity,
            comment_id=comment_id_in(_text(node, "@id")) or comment_id_in(_text(node, "url")),
            published=_published(node, latest),
            words=count_words(_text(node, "text")) if node.get("text") else None,
            by_author=identity == identity_of(author or "") and _is_of_site(node, metadata),
        )
        for node in nodes
        if (identity := identity_of(commenter_name(next(_names(node), ""))))
    )


def _names(node: Mapping[str, Any]) -> Iterator[str]:
    for person in _people(node):
        name = person.get("name") if isinstance(person, dict) else person
        if isinstance(name, str):
            yield name


def _people(node: Mapping[str, Any]) -> list[Any]:
    people = node.get("author") or node.get("creator")
    return people if isinstance(people, list) else [people]


def _is_of_site(node: Mapping[str, Any], metadata: PageMetadata) -> bool:
    addresses = (_text(person, "url") for person in _people(node) if isinstance(person, dict))
    targets = (resolve(url, metadata.base_url) for url in addresses)
    return any(target is not None and is_same_site(target, metadata.url) for target in targets)


def _published(node: Mapping[str, Any], latest: datetime) -> datetime | None:
    dates = (parse_machine_date(_text(node, name)) for name in ("dateCreated", "datePublished"))
    return next((date for date in dates if date is not None and is_possible(date, latest)), None)


def _text(node: Mapping[str, Any], name: str) -> str:
    value = node.get(name)
    return value if isinstance(value, str) else ""
