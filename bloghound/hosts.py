"""Hosts known by name, from one table (``hosts.toml``): how sites on shared hosts are named, and what is no blog.

Pure look-ups by host and path. Central names: :func:`shared_site`, :func:`host_kind`, :func:`shared_domains`.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any

_TABLE = Path(__file__).with_suffix(".toml")

# Names of hosts on which companies that are no blogs keep one (devblogs.microsoft.com, blog.mozilla.org).
_BLOG_LABELS = frozenset({"blog", "blogs", "devblog", "devblogs", "techblog", "engineering", "weblog", "weblogs"})
# A profile on a fediverse server has the same form on every host, so it is known by its path; ``/@ann@other`` is how
# one server shows an account of another, and ``/@ann.rss`` is its feed.
_FEDIVERSE = re.compile(r"^/@(?P<user>[\w.-]+?)(?:@(?P<server>[\w-]+(?:\.[\w-]+)+))?(?:\.(?:rss|json|atom))?(?:/|$)")
# Folders of a host's users (Apache's mod_userdir), one person each, on hosts of projects as well (people.debian.org).
_USER_FOLDER = re.compile(r"^/(?P<name>~[\w.-]+)")


class HostKind(StrEnum):
    """What a host is that no link makes a candidate of."""

    PLATFORM = "platform"
    SOCIAL = "social"
    MEDIA = "media"
    SHOP = "shop"
    SOFTWARE = "software"
    DOCUMENTATION = "documentation"
    REFERENCE = "reference"
    NEWS = "news"
    SHORTENER = "shortener"
    FILES = "files"
    SERVICE = "service"
    PLACEHOLDER = "placeholder"


# Kinds on which a subdomain that is called a blog is none: every name there is a file's or a short address's.
_NEVER_KEEP_A_BLOG = frozenset({HostKind.SHORTENER, HostKind.FILES, HostKind.PLACEHOLDER})


@dataclass(frozen=True, slots=True)
class SharedRate:
    """What may be asked of a shared host: starts of requests a second, and how many at the same time."""

    requests_per_second: float
    concurrent: int


@dataclass(frozen=True, slots=True)
class _PathRule:
    """Sites that are paths: on which subdomains, by which pattern, under which key."""

    on: frozenset[str]
    pattern: re.Pattern[str]
    site: str


@dataclass(frozen=True, slots=True)
class _SharedHost:
    domain: str
    rate: SharedRate
    own: frozenset[str]
    subdomains: bool
    paths: tuple[_PathRule, ...]
    fold_case: bool
    fediverse: bool


@dataclass(frozen=True, slots=True)
class _Table:
    shared: Mapping[str, _SharedHost]
    """By domain, aliases included."""
    elsewhere: Mapping[str, HostKind]
    labels: Mapping[str, HostKind] = field(default_factory=dict)


def shared_site(host: str, path: str) -> str | None:
    """The key of the site that a path belongs to where it is not the whole host; None where the host is the site.

    ``host`` is in lower case, with its port where that is not the usual one.
    """
    found = _shared_host(host)
    if found is None:
        return _personal_path(host, path)
    return _site_on(*found, path)


def _personal_path(host: str, path: str) -> str | None:
    profile = _FEDIVERSE.match(path)
    # Nobody's blog on a shared host is shown by another host: its pages would be stored as that blog's own.
    if profile and (profile["server"] is None or may_be_fediverse(profile["server"].lower())):
        # User names of fediverse servers are the same in any case (WebFinger compares them without it).
        return f"{(profile['server'] or host).lower()}/@{profile['user'].lower()}"
    folder = _USER_FOLDER.match(path)
    return f"{host}/{folder['name']}" if folder else None


def _site_on(row: _SharedHost, subdomain: str, path: str) -> str | None:
    for rule in row.paths:
        match = rule.pattern.match(path) if subdomain in rule.on else None
        if match and match["name"].lower() not in row.own:
            name = match["name"].lower() if row.fold_case else match["name"]
            return rule.site.format(name=name, host=f"{subdomain}.{row.domain}".lstrip("."))
    if not row.subdomains or _is_own(row, subdomain):
        return None
    return f"{subdomain.removeprefix('www.')}.{row.domain}"


def _is_own(row: _SharedHost, subdomain: str) -> bool:
    """Whether a subdomain is the service's own: the domain itself, or one of its names (``64.media`` by ``media``)."""
    return not subdomain or subdomain.rpartition(".")[2] in row.own


def host_kind(host: str, path: str = "/") -> HostKind | None:
    """What a host is when it is known to be no blog; None for a site on a shared host, and for every host unknown.

    ``platform`` are the pages of a shared host that are its own, such as its home, help and tag pages.
    """
    found = _shared_host(host)
    if found is not None:
        return None if _site_on(*found, path) is not None else HostKind.PLATFORM
    kinds = (kind for name in _suffixes(host) if (kind := _table().elsewhere.get(name) or _by_label(name)))
    kind = next(kinds, None)
    is_named_a_blog = not _BLOG_LABELS.isdisjoint(host.split(".")) or _USER_FOLDER.match(path) is not None
    may_be_a_blog = kind not in _NEVER_KEEP_A_BLOG and is_named_a_blog
    return None if may_be_a_blog else kind


def may_be_fediverse(host: str) -> bool:
    """Whether ``/@name`` on a host may be a profile of the fediverse: not where it is known to be something else."""
    found = _shared_host(host)
    return found[0].fediverse if found else host_kind(host) not in {HostKind.SOCIAL, HostKind.MEDIA}


def shows_another_server(host: str, path: str) -> bool:
    """Whether a page is a host's own view of an account elsewhere (``/@ann@other.example``), which anybody can make.

    Such an address leads to the account, whose key it has, but what the page says is not the account's word.
    """
    profile = _FEDIVERSE.match(path)
    return profile is not None and (profile["server"] or host).lower() != host


def _by_label(name: str) -> HostKind | None:
    """The kind of ``amazon.de`` and ``amazon.co.uk``, which are one service under many public suffixes."""
    label, _, suffix = name.partition(".")
    is_suffix = re.fullmatch(r"(?:com?|org|net|or|ne)\.[a-z]{2}|[a-z]{2,3}", suffix) is not None
    return _table().labels.get(label) if is_suffix else None


def shared_domains() -> dict[str, SharedRate]:
    """The rate of every shared host, by registrable domain."""
    return {domain: row.rate for domain, row in _table().shared.items()}


def _shared_host(host: str) -> tuple[_SharedHost, str] | None:
    """The row of the table for a host, and which subdomain of it the host is."""
    shared = _table().shared
    for name in _suffixes(host):
        if name in shared:
            return shared[name], host[: -len(name)].rstrip(".")
    return None


def _suffixes(host: str) -> Iterator[str]:
    """``a.b.c``, ``b.c``, ``c``."""
    labels = host.split(".")
    return (".".join(labels[start:]) for start in range(len(labels)))


@lru_cache(maxsize=1)
def _table() -> _Table:
    read = tomllib.loads(_TABLE.read_text(encoding="utf-8"))
    rates = {name: SharedRate(**values) for name, values in read["rates"].items()}
    shared: dict[str, _SharedHost] = {}
    for row in read["shared"]:
        domains = row["domains"].split()
        shared |= {domain: _shared_row(domain, row, rates) for domain in domains}
        shared |= dict.fromkeys(row.get("aliases", "").split(), shared[domains[0]])
    names = {name: HostKind(row["kind"]) for row in read["elsewhere"] for name in row["names"].split()}
    labels = {name: HostKind(row["kind"]) for row in read["elsewhere"] for name in row.get("labels", "").split()}
    return _Table(shared, names, labels)


def _shared_row(domain: str, row: Mapping[str, Any], rates: Mapping[str, SharedRate]) -> _SharedHost:
    return _SharedHost(
        domain=domain,
        rate=rates[row["rate"]],
        own=frozenset(row.get("own", "www").split()),
        subdomains=row.get("subdomains", True),
        paths=tuple(
            _PathRule(frozenset(rule["on"]), re.compile(rule["pattern"]), rule["site"]) for rule in row.get("paths", ())
        ),
        fold_case=row.get("fold_case", False),
        fediverse=row.get("fediverse", False),
    )
