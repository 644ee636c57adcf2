"""Whether a site is several people's: then whoever names it, and is named by it, writes there and is not it. Pure.

A team's blog names each of its authors with ``rel=me``, and each of them names it back, so the links alone would make
one person of them. Names are used here only to keep apart, never to join. Central name: :func:`is_shared`.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from urllib.parse import urlsplit

from bloghound.hosts import HostKind, host_kind, shared_site
from bloghound.urls import host_of, registrable_domain
from crawler.identity.claims import is_profile
from crawler.platforms import recognise
from storage.identity import SiteFacts

MIN_SHARE_OF_COAUTHOR = 0.2
"""A second author with a fifth of the signed posts is taken for no guest."""
MIN_POSTS_OF_COAUTHOR = 2
MIN_SHARE_OF_SOLE_AUTHOR = 0.8
MIN_POSTS_OF_SOLE_AUTHOR = 3
"""Below three signed posts a by-line may be anybody's."""
MIN_NAME_CHARS = 2

_ROLES = frozenset(
    "admin administrator author autor editor guest redaction redaktion root staff team webmaster".split()
)
_SEPARATOR = re.compile(r"[|(\[{<@/,·•–—:]| - |\b(?:from|of|at|aka)\b", re.IGNORECASE)
_SHORTCODE = re.compile(r":\w+:")


@dataclass(frozen=True, slots=True)
class Persona:
    """Somebody that a site names: a site, how it is called, and the service and user name where it is a profile."""

    key: str
    name: tuple[str, ...] = ()
    """Words of the name, folded; empty where none is known."""
    service: str = ""
    user: str = ""


def persona_of(site: SiteFacts) -> Persona:
    """Whom a stored site shows: a profile by its name and user, a blog by the one who signs most of its posts."""
    service, user = account(site.home_url)
    if is_profile(site.home_url):
        return Persona(site.key, name_words(site.title), service, user)
    return Persona(site.key, _main_author(site), service, user)


def account(url: str) -> tuple[str, str]:
    """The service and the user name that an address names; both empty for what is no profile of a known kind."""
    known = recognise(url)
    if known is not None:
        return known[0].name, plain(known[1].user)
    parts = urlsplit(url)
    if host_kind(host_of(url), parts.path) in {HostKind.SOCIAL, HostKind.SOFTWARE, HostKind.MEDIA}:
        return registrable_domain(url), plain(parts.path.strip("/").rpartition("/")[2])
    return "", ""


def is_shared(site: SiteFacts, named: Sequence[Persona], linked: Collection[frozenset[str]]) -> bool:
    """Whether a site is several people's, by its by-lines or by whom it names.

    ``named`` are those whom it names as itself, confirmed or not; ``linked`` are the keys of those among them that
    name each other both ways, and so are one person.
    """
    if has_coauthors(site):
        return True
    # A person beside the site's own account may be one of many there, unless one person signs the posts.
    people = [one for one in named if not (_has_sole_author(site) and is_called_like(one, site))]
    return any(
        frozenset((one.key, other.key)) not in linked and _are_two(one, other, site)
        for one, other in combinations(people, 2)
    )


def has_coauthors(site: SiteFacts) -> bool:
    """Whether a second author signs a good part of the posts."""
    signed = _signed(site)
    total = sum(posts for _, posts in signed)
    return any(
        posts >= max(MIN_POSTS_OF_COAUTHOR, MIN_SHARE_OF_COAUTHOR * total) and not agree(words, signed[0][0])
        for words, posts in signed[1:]
    )


def is_called_like(one: Persona, site: SiteFacts) -> bool:
    """Whether somebody is called like the site itself: its own account, and no person besides."""
    title = name_words(site.title)
    return (bool(one.user) and one.user == _label(site)) or (bool(title) and one.name == title)


def _label(site: SiteFacts) -> str:
    """The word in a site's address by which it is called."""
    host, _, path = site.key.partition("/")
    if path:
        return plain(path.rpartition("/")[2])
    return plain(host if shared_site(host, "/") else registrable_domain(site.home_url))


def _are_two(one: Persona, other: Persona, site: SiteFacts) -> bool:
    """Whether nothing speaks for one person: neither the user name nor the name, and no sole author of the site."""
    if one.name and other.name and agree(one.name, other.name):
        return False
    both_full = len(one.name) > 1 and len(other.name) > 1
    if one.user and one.user == other.user:
        return both_full and one.name[0] == other.name[0]
    if both_full or (one.service and one.service == other.service):
        return True
    return bool(one.name and other.name) and not _has_sole_author(site)


def agree(one: Sequence[str], other: Sequence[str]) -> bool:
    """Whether two names may be one person's: the words of one are in the other, or first and last are the same."""
    shorter, longer = sorted((set(one), set(other)), key=len)
    return bool(shorter) and (shorter <= longer or (one[0] == other[0] and one[-1] == other[-1]))


def _has_sole_author(site: SiteFacts) -> bool:
    signed = _signed(site)
    total = sum(posts for _, posts in signed)
    return total >= MIN_POSTS_OF_SOLE_AUTHOR and signed[0][1] >= MIN_SHARE_OF_SOLE_AUTHOR * total


def _main_author(site: SiteFacts) -> tuple[str, ...]:
    signed = _signed(site)
    return signed[0][0] if signed and 2 * signed[0][1] >= sum(posts for _, posts in signed) else ()


def _signed(site: SiteFacts) -> list[tuple[tuple[str, ...], int]]:
    """Authors with their posts, most posts first; roles and the site's own name are nobody's."""
    title = name_words(site.title)
    known = ((name_words(name), posts) for name, posts in site.authors)
    people = [(words, posts) for words, posts in known if words and words != title and not _ROLES.issuperset(words)]
    return sorted(people, key=lambda one: (-one[1], one[0]))


def name_words(name: str) -> tuple[str, ...]:
    """The words of a shown name, folded, without what is added to names: pronouns, pictures, places."""
    bare = _SEPARATOR.split(_SHORTCODE.sub(" ", name).strip(), maxsplit=1)[0]
    return tuple(word for word in _words(bare) if len(word) >= MIN_NAME_CHARS)


def _words(text: str) -> Iterable[str]:
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    return re.findall(r"[^\W\d_]+", "".join(char for char in decomposed if not unicodedata.combining(char)))


def plain(user: str) -> str:
    """A user name as compared: folded, without what separates its parts; of a domain its first label."""
    return re.sub(r"[\W_]", "", user.casefold().lstrip("@").partition(".")[0])
