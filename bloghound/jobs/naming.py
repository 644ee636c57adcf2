"""Which site a person means by what they typed or listed, and whether it may come in at all."""

import re
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from bloghound.errors import AddressError, RefusedAddressError
from bloghound.urls import canonical_url, parse_address, shorten
from crawler.platforms import recognise
from crawler.safety.policy import DialPolicy
from storage.sites import NewSite, seed
from storage.suppressions import Suppressions

# How profiles are named across servers of the fediverse, with or without the first @ or the scheme of RFC 7565.
_HANDLE = re.compile(r"(?:acct:@?|@)([\w.-]+)@([\w-]+(?:\.[\w-]+)+(?::\d+)?)", re.IGNORECASE)
# Names that never lead to the public web: RFC 6761, RFC 6762, RFC 8375, and ICANN's reservation of "internal".
_INTERNAL = ("localhost", "local", "internal", "home.arpa", "onion", "invalid")


class Refusal(StrEnum):
    """Why an entry of a list does not come in."""

    NOT_AN_ADDRESS = "not_an_address"
    NOT_PUBLIC = "not_public"
    SUPPRESSED = "suppressed"


@dataclass(frozen=True, slots=True)
class Judged:
    """What one entry means: a site that may come in, or why not, with a sentence for whoever listed it."""

    text: str
    site: NewSite | None
    refusal: Refusal | None = None
    message: str = ""


def named_site(text: str) -> NewSite:
    """The site that ``text`` means: an address, or a profile as ``@ann@social.example``.

    Raises AddressError for anything else.
    """
    handle = _HANDLE.fullmatch(text.strip())
    address = f"https://{handle.group(2)}/@{handle.group(1)}" if handle else parse_address(text)
    if not handle and "@" in urlsplit(text if "//" in text else f"//{text.strip()}").netloc:
        raise AddressError(f"{shorten(text)!r} is an address with a user name, or of a mailbox, not that of a site.")
    canonical = canonical_url(address)
    profile = recognise(canonical)
    return seed(profile[1].url if profile else canonical)


def require_public(home_url: str) -> None:
    """Raise RefusedAddressError for what its address alone shows not to be on the public web."""
    parts = urlsplit(home_url)
    host = (parts.hostname or "").rstrip(".")
    if ("." not in host and ":" not in host) or host.endswith(tuple(f".{name}" for name in _INTERNAL)):
        raise RefusedAddressError(f"{shorten(host)} is not a name on the public web.")
    DialPolicy().check_host(host, parts.port or (80 if parts.scheme == "http" else 443))


def judge(text: str, suppressed: Suppressions) -> Judged:
    """What one entry of a list means, and whether it may come in."""
    try:
        site = named_site(text)
        require_public(site.home_url)
    except RefusedAddressError as error:
        return Judged(text, None, Refusal.NOT_PUBLIC, str(error))
    except AddressError as error:
        return Judged(text, None, Refusal.NOT_AN_ADDRESS, str(error))
    if site.key in suppressed:
        return Judged(text, None, Refusal.SUPPRESSED, f"{site.key} asked to be left out, or was forgotten.")
    return Judged(text, site)


def covered_keys(site_key: str) -> list[str]:
    """The keys that a request about a site is meant for: a host is asked for with and without ``www.`` alike."""
    if "/" in site_key:
        return [site_key]
    twin = site_key.removeprefix("www.") if site_key.startswith("www.") else f"www.{site_key}"
    return [site_key, twin]
