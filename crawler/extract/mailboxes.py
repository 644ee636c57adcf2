"""Mail addresses as pages write them: found, put into one form, and told apart: a function's, a provider's, nobody's.

Only what is written is read: a disguise such as "name [at] host" is undone where the caller says that the page presents
the address for contact, and an address that a script has to put together is left alone.
"""

import re
from functools import lru_cache
from urllib.parse import unquote

from bloghound.hosts import HostKind, host_kind, shared_site
from bloghound.urls import host_of, registrable_domain
from crawler.extract.contact_pages import contact_table
from crawler.extract.metadata import is_local_host

MAX_ADDRESS_CHARS = 254
"""Longest address that mail can carry (RFC 3696, erratum 1690)."""

_LOCAL = r"[a-z0-9][a-z0-9._%+'-]{0,63}"
_DOMAIN = r"(?:[\w](?:[\w-]{0,62})\.)+[a-z]{2,24}"
# What precedes must not be a part of it: "@ann@social.example" is a handle, and "a/b@c" a path.
_WRITTEN = re.compile(rf"(?<![\w@./+-]){_LOCAL}@{_DOMAIN}(?![\w@-])", re.IGNORECASE)

_AT = r"\s*(?:[\[({<]\s*(?:at|@|ät|a|arroba|arobase|chez|apestaartje|miu)\s*[\])}>])\s*"
_DOT = r"\s*(?:[\[({<]\s*(?:dot|\.|punkt|punt|point|punto|piste)\s*[\])}>])\s*"
# "name AT host DOT com": without brackets both words must be there, and a sentence with "at" has no "dot".
_BARE_AT, _BARE_DOT = r"\s+at\s+", r"\s+dot\s+"
_BRACKETED = re.compile(
    rf"(?<![\w@./+-])(?P<local>{_LOCAL}){_AT}(?P<domain>[\w-]+(?:(?:\.|{_DOT})[\w-]+)+)", re.IGNORECASE
)
_SPELT = re.compile(
    rf"(?<![\w@./+-])(?P<local>{_LOCAL}){_BARE_AT}(?P<domain>[\w-]+(?:(?:\.|{_BARE_DOT})[\w-]+)*{_BARE_DOT}[a-z]{{2,24}})\b",
    re.IGNORECASE,
)
_TELEPHONE = re.compile(r"\+?\(?\d(?:[\s()./-]{0,2}\d){6,}")
_ANY_DOT = re.compile(rf"{_DOT}|{_BARE_DOT}", re.IGNORECASE)

# Hosts of these kinds answer for themselves, not for the people who publish there.
_ANOTHERS = frozenset(
    {HostKind.PLATFORM, HostKind.SOCIAL, HostKind.SHOP, HostKind.SERVICE, HostKind.FILES, HostKind.PLACEHOLDER}
)


def in_mailto(href: str) -> tuple[str, ...]:
    """The addresses that a ``mailto:`` link leads to, disguised or not; its subject and copies are left out."""
    return tuple(in_text(unquote(href[len("mailto:") :].partition("?")[0]), undisguise=True))


def in_text(text: str, *, undisguise: bool = False) -> dict[str, int]:
    """The addresses that a text holds, in lower case, each with where it begins first.

    With ``undisguise`` also those that are written as "name [at] host [dot] tld".
    """
    found = [(match.group(), match.start()) for match in _WRITTEN.finditer(text)]
    if undisguise:
        for pattern in (_BRACKETED, _SPELT):
            disguised = pattern.finditer(text)
            found += [(f"{one['local']}@{_ANY_DOT.sub('.', one['domain'])}", one.start()) for one in disguised]
    places: dict[str, int] = {}
    for address, start in found:
        if (folded := _folded(address)) is not None:
            places.setdefault(folded, start)
    return places


def without_addresses(text: str) -> str:
    """The text with every address left out, disguised ones and telephone numbers too."""
    for pattern in (_WRITTEN, _BRACKETED, _SPELT, _TELEPHONE):
        text = pattern.sub("…", text)
    return text


def _folded(address: str) -> str | None:
    """The address in lower case, or None where it is no address after all."""
    address = address.lower().strip(".'")
    if not re.fullmatch(rf"{_LOCAL}@{_DOMAIN}", address) or len(address) > MAX_ADDRESS_CHARS:
        return None
    return address if address.rpartition(".")[2] not in _words("file_endings") else None


def is_for_contact(address: str, page_url: str) -> bool:
    """Whether an address can be a blogger's at all: no example, no machine's, no data protection officer's.

    The address of a shared host or a service ("support@" of the platform) is theirs, unless it is a mail provider's.
    """
    local, _, domain = address.partition("@")
    if local in _words("never") or local in _words("placeholders"):
        return False
    if is_own(address, page_url):
        return True
    if is_local_host(domain):
        return False
    return is_of_provider(address) or (shared_site(domain, "/") is None and host_kind(domain) not in _ANOTHERS)


def is_own(address: str, page_url: str) -> bool:
    """Whether an address is on the site's own domain; on a shared host that is the site's own host name alone."""
    domain, host = address.partition("@")[2], host_of(page_url)
    if shared_site(host, "/") is not None:
        return domain == host
    return registrable_domain(domain) == registrable_domain(host)


def is_of_provider(address: str) -> bool:
    """Whether an address is at a provider whose addresses belong to people."""
    domain = address.partition("@")[2]
    return domain in _words("providers") or domain.partition(".")[0] in _words("provider_labels")


def is_role(address: str) -> bool:
    """Whether an address names a function ("press@"), so that no person is known by it."""
    local = address.partition("@")[0].partition("+")[0]
    return local in _words("roles")


@lru_cache(maxsize=16)
def _words(name: str) -> frozenset[str]:
    return frozenset(contact_table()["mailboxes"][name].split())
