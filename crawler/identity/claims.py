"""What counts as a site's own word on who is behind it, and what an address names. Pure.

Only the home page and the page about the author speak for a site: what stands on a post, on a page of one author or in
a comment speaks for that alone. Central names: :func:`of_page`, :func:`of_profile`, :func:`names_site`.
"""

import re
from collections.abc import Iterable
from contextlib import suppress
from urllib.parse import urlsplit

from bloghound.errors import AddressError
from bloghound.hosts import shows_another_server
from bloghound.records import ClaimKind, IdentityClaim, IdentityStatement
from bloghound.urls import canonical_url, fold_or_empty, host_of, site_of
from crawler.extract.paths import path_of
from crawler.platforms import recognise
from crawler.platforms.protocol import Profile

MAX_CLAIMED_SITES = 30
"""Sites that one page may give as the same person's. Those with the most profiles have some twenty; a page with more is
a list of links, or a hub, and nobody's word on who they are."""

ABOUT_NAMES = frozenset(
    """
    about about-me about-us aboutme bio biography contact contact-me contact-us me whoami now links colophon
    a-propos acerca acerca-de apropos chi-sono kontakt o-mnie o-mne om om-mig om-meg om-oss over over-mij quem-sou
    quien-soy sobre sobre-mi sobre-mim tietoa minusta uber-mich ueber ueber-mich ueber-uns
    关于 关于我 自己紹介 소개
    """.split()
)
"""Pages about whoever writes the whole site; ``team`` and ``people`` are about several and so left out."""
_BLOG_NAMES = frozenset({"blog", "weblog", "journal"})
# The languages of these names (ISO 639-1), with a region; a folder of two other letters may be an author's: Al, Bo, Jo.
_LANGUAGE = re.compile(r"^(?:cs|da|de|en|es|fi|fr|it|ja|ko|nb|nl|nn|no|pl|pt|sv|zh)(?:-[a-z]{2,4})?/")
_DOMAIN = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+")
# What a handle is called that no domain confirms, and the names that the service itself gives out.
_NO_SITES = (".invalid", ".bsky.social")


def of_page(
    url: str, home_url: str, site_key: str, found: Iterable[IdentityClaim], *, is_home: bool
) -> IdentityStatement | None:
    """What a page says for its site; None for a page that speaks for itself alone."""
    is_home = is_home or fold_or_empty(url) == fold_or_empty(home_url)
    if not is_home and not _speaks(url, home_url):
        return None
    return IdentityStatement("" if is_home else fold_or_empty(url), url, _counted(found, site_key))


def of_profile(profile: Profile, site_key: str) -> IdentityStatement:
    """What a profile says: the links that its platform marks as its owner's, and its name where that is a domain.

    An address in the words about the owner counts for nothing: it may be anybody's.
    """
    claims = [IdentityClaim(ClaimKind.REL_ME, link.url) for link in profile.links if link.rel_me]
    if profile.platform == "bluesky":
        claims += [IdentityClaim(ClaimKind.WEBSITE, link.url) for link in profile.links if link.label == "website"]
        claims += [IdentityClaim(ClaimKind.HANDLE, url) for url in _handle_address(profile.handle)]
    return IdentityStatement("", profile.url, _counted(claims, site_key))


def _handle_address(handle: str) -> list[str]:
    """The address of a whole site that a Bluesky handle names; the AppView gives none that its domain denies.

    Source: atproto.com/specs/handle: a handle is resolved by DNS or ``/.well-known/atproto-did``, must be named back by
    the account's own document, and is given out as ``handle.invalid`` otherwise.
    """
    name = handle.lower().removeprefix("@")
    if not _DOMAIN.fullmatch(name) or name.endswith(_NO_SITES):
        return []
    with suppress(AddressError):
        return [site_of(f"https://{name}/").home_url]
    return []


def _counted(found: Iterable[IdentityClaim], site_key: str) -> tuple[IdentityClaim, ...]:
    """The claims to other sites, profiles under their one address; none of a page that claims too many."""
    kept: dict[IdentityClaim, str] = {}
    for claim in found:
        with suppress(AddressError):
            found_url = canonical_url(claim.url)
            # What one server shows of another's account is its own page, and not that account.
            if shows_another_server(host_of(found_url), urlsplit(found_url).path):
                continue
            url = profile_address(found_url)
            key = site_of(url).key
            if bare_key(key) != bare_key(site_key):
                kept[IdentityClaim(claim.kind, url)] = bare_key(key)
    return tuple(kept) if len(set(kept.values())) <= MAX_CLAIMED_SITES else ()


def bare_key(site_key: str) -> str:
    """A site's key as it is compared: whoever holds a name holds it with ``www.`` as well, and redirects to either."""
    return site_key.removeprefix("www.")


def both_keys(site_keys: Iterable[str]) -> set[str]:
    """Site keys with and without ``www.``."""
    bare = {bare_key(key) for key in site_keys}
    return bare | {f"www.{key}" for key in bare}


def profile_address(url: str) -> str:
    """The one address of the profile that ``url`` names; any other address stays as it is."""
    known = recognise(url)
    return known[1].url if known else url


def is_profile(url: str) -> bool:
    """Whether an address is that of a profile on a platform that has a public interface."""
    return recognise(url) is not None


def names_site(target_url: str, home_url: str, language: str = "") -> bool:
    """Whether an address names a site as a whole, and not a post or one of several authors on it.

    A folder that is called like a language names the site only where ``language`` is that of its posts.
    """
    if fold_or_empty(target_url) == fold_or_empty(home_url) or _speaks(target_url, home_url):
        return True
    below = _below_root(target_url, home_url)
    return below in _BLOG_NAMES or (bool(language) and below == language)


def _speaks(url: str, home_url: str) -> bool:
    below = _below_root(url, home_url)
    return below is not None and (not below or below in ABOUT_NAMES)


def _below_root(url: str, home_url: str) -> str | None:
    """The path of a page below its site's root, without a language's folder; None elsewhere, or with a query."""
    try:
        root = site_of(home_url)
        if bare_key(site_of(url).key) != bare_key(root.key) or urlsplit(url).query:
            return None
    except AddressError:
        return None
    below = path_of(url).removeprefix(path_of(root.home_url)).strip("/")
    return _LANGUAGE.sub("", below)
