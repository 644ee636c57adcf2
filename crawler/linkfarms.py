"""Link farms, known by how they link: pure functions over link rows, no network and no database.

What is looked for costs a real blogger nothing and is the whole point of a farm: sites of one owner that point at each
other and hardly anywhere else, twins that exchange blogrolls, and posts that all carry links to the same few sites.
Central names: :class:`LinkRow`, :func:`find_farms`.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from bloghound.hosts import host_kind, shared_domains
from bloghound.records import LinkContext
from bloghound.urls import registrable_domain

MIN_FAMILY = 5
"""Sites under one registrable domain before they may be a farm: a person keeps two or three, a farm hundreds."""
MIN_TWINS = 3
"""Sites that exchange links under nearly the same title before they may be a farm: two may be a blog and its copy."""
MIN_INSIDE = 0.8
"""Share of the sites a farm's site links to that are of the farm; real blogs of a team link outward in posts."""
MIN_SAME_WORDS = 0.75
"""Share of words (Jaccard) that two titles have in common when they are out of one mould: three words of four."""
MIN_POSTS = 3
"""Fewer posts do not show that what they link to is always the same."""
MIN_FIXED_TARGETS = 3
"""Sites linked from the text of nearly every post: a real blog's posts have at most one or two (a sponsor, a book)."""
MIN_POST_SHARE = 0.9
MIN_LINKS_PER_POST = 8
"""Links of a farm's typical post to other sites; the same bound as the verdict on a site's pages takes."""


@dataclass(frozen=True, slots=True)
class LinkRow:
    """One link between sites, both given by key; ``post_id`` is None for one that stands on all pages."""

    source_key: str
    target_key: str
    context: LinkContext
    post_id: int | None = None


@dataclass(frozen=True, slots=True)
class Farm:
    """Sites that form a farm, in order, and what gave them away, in words."""

    site_keys: tuple[str, ...]
    reason: str


def find_farms(links: Iterable[LinkRow], titles: Mapping[str, str] | None = None) -> list[Farm]:
    """The farms among the sources of some links; ``titles`` are the sites' own, by key.

    Links to platforms, shops and the like tell nothing and are left out, and so are those in comments.
    """
    rows = [row for row in links if row.context != LinkContext.COMMENT and not _is_known(row.target_key)]
    targets = _targets(rows)
    families = (keys for domain, keys in _families(targets).items() if domain not in shared_domains())
    farms = [farm for keys in families if (farm := _family_farm(keys, targets))]
    farms += _twin_farms(targets, titles or {})
    return farms + list(_stuffed_sites(rows))


def _is_known(key: str) -> bool:
    host, _, path = key.partition("/")
    return host_kind(host, f"/{path}") is not None


def _targets(rows: Iterable[LinkRow]) -> dict[str, set[str]]:
    found: defaultdict[str, set[str]] = defaultdict(set)
    for row in rows:
        found[row.source_key].add(row.target_key)
    return dict(found)


def _families(targets: Iterable[str]) -> dict[str, list[str]]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    for key in sorted(targets):
        found[registrable_domain(key.partition("/")[0])].append(key)
    return found


def _family_farm(keys: Sequence[str], targets: Mapping[str, Collection[str]]) -> Farm | None:
    """The sites of one owner that link to each other and hardly anywhere else."""
    if len(keys) < MIN_FAMILY:
        return None
    closed = [key for key in keys if _inside_share(key, set(keys), targets) >= MIN_INSIDE]
    if len(closed) < max(MIN_FAMILY, MIN_INSIDE * len(keys)):
        return None
    return Farm(tuple(closed), f"{len(closed)} sites of one owner that link to each other and hardly anywhere else")


def _inside_share(key: str, group: Collection[str], targets: Mapping[str, Collection[str]]) -> float:
    """Share of a site's targets that are in its group; 0 where it links to fewer than two of them."""
    inside = sum(target in group for target in targets[key])
    return inside / len(targets[key]) if inside > 1 else 0.0


def _twin_farms(targets: Mapping[str, Collection[str]], titles: Mapping[str, str]) -> Iterator[Farm]:
    """Groups of sites that link to each other both ways, under titles out of one mould."""
    words = {key: frozenset(titles[key].casefold().split()) for key in targets if titles.get(key)}
    pairs = [
        (one, other)
        for one in sorted(words)
        for other in sorted(targets[one])
        if one < other and other in words and one in targets[other] and _is_same_mould(words[one], words[other])
    ]
    for group in _components(pairs):
        closed = [key for key in group if _inside_share(key, group, targets) >= MIN_INSIDE]
        if len(closed) >= MIN_TWINS:
            yield Farm(tuple(closed), f"{len(closed)} sites of nearly the same title that exchange their links")


def _is_same_mould(one: frozenset[str], other: frozenset[str]) -> bool:
    return len(one & other) >= MIN_SAME_WORDS * len(one | other)


def _components(pairs: Iterable[tuple[str, str]]) -> list[list[str]]:
    """Groups of what is joined by pairs, directly or by others."""
    group_of: dict[str, list[str]] = {}
    for one, other in pairs:
        first, second = group_of.setdefault(one, [one]), group_of.setdefault(other, [other])
        if first is not second:
            first.extend(second)
            group_of.update(dict.fromkeys(second, first))
    return [sorted(group) for group in {id(group): group for group in group_of.values()}.values()]


def _stuffed_sites(rows: Iterable[LinkRow]) -> Iterator[Farm]:
    """Sites whose every post carries many links, to the same few sites again and again."""
    of_site: defaultdict[str, defaultdict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        if row.post_id is not None and row.context == LinkContext.CONTENT:
            of_site[row.source_key][row.post_id].append(row.target_key)
    for key, posts in sorted(of_site.items()):
        fixed = _fixed_targets(list(posts.values()))
        if len(fixed) >= MIN_FIXED_TARGETS:
            yield Farm((key,), f"every post links to the same sites: {', '.join(sorted(fixed)[:MIN_FIXED_TARGETS])}")


def _fixed_targets(posts: Sequence[Sequence[str]]) -> set[str]:
    """The sites that nearly every post links to, where posts are stuffed with links."""
    links_per_post = sorted(len(targets) for targets in posts)
    if len(posts) < MIN_POSTS or links_per_post[len(posts) // 2] < MIN_LINKS_PER_POST:
        return set()
    counts: defaultdict[str, int] = defaultdict(int)
    for targets in posts:
        for target in set(targets):
            counts[target] += 1
    return {target for target, count in counts.items() if count >= MIN_POST_SHARE * len(posts)}
