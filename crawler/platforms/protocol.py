"""What every platform module offers, and the values that they all hand out. Pure.

The profile spider asks :meth:`Platform.first_requests`, fetches them, gives each answer to :meth:`Platform.read`, and
goes on with the requests that the resulting :class:`Step` names until there are none.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bloghound.records import Link, ParsedPost, Reservations


@dataclass(frozen=True, slots=True)
class ProfileAddress:
    """Which profile an address names: the server's root (``https://host``), the user there, and the handle in full."""

    url: str
    root: str
    user: str

    @property
    def handle(self) -> str:
        """``user@host``, the form in which profiles are named across servers."""
        return f"{self.user}@{self.root.partition('//')[2]}"


@dataclass(frozen=True, slots=True)
class ApiRequest:
    """One public, keyless GET request to make. ``purpose`` is the platform's own word for what it asks."""

    url: str
    purpose: str
    address: ProfileAddress
    accept: str = "application/json"
    page: int = 1
    """Which page of a listing this asks for."""


@dataclass(frozen=True, slots=True)
class ApiAnswer:
    """What came back for a request; ``link`` is the Link header."""

    status: int
    body: bytes = b""
    link: str = ""


@dataclass(frozen=True, slots=True)
class ProfileLink:
    """An address that the owner put on the profile; ``verified_at`` is when the platform itself saw the way back."""

    url: str
    label: str = ""
    rel_me: bool = True
    verified_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Profile:
    """A public profile as its platform tells it; unknown figures are None.

    ``discoverable`` (may be recommended) and ``indexable`` (posts may be searched) are the owner's own choices, None
    where none was stated. ``aliases`` are further addresses of the same profile.
    """

    platform: str
    url: str
    handle: str
    name: str
    bio: str = ""
    followers: int | None = None
    following: int | None = None
    posts: int | None = None
    discoverable: bool | None = None
    indexable: bool | None = None
    noindex: bool | None = None
    links: tuple[ProfileLink, ...] = ()
    aliases: tuple[str, ...] = ()
    created: datetime | None = None
    automated: bool = False
    platform_id: str = ""

    @property
    def keeps_text(self) -> bool:
        """Whether text of the profile's posts may be kept."""
        return self.indexable is not False and not self.reservations.noindex

    @property
    def reservations(self) -> Reservations:
        """The owner's choices in the form that pages have them in: not to be listed, not to be mined."""
        stated = (("discoverable", self.discoverable), ("indexable", self.indexable))
        signals = [f"{self.platform}: {name}=false" for name, value in stated if value is False]
        if self.noindex:
            signals.append(f"{self.platform}: noindex=true")
        return Reservations(
            noindex=bool(self.noindex) or self.discoverable is False,
            tdm_reserved=self.indexable is False,
            signals=tuple(signals),
        )


@dataclass(frozen=True, slots=True)
class Step:
    """What one answer told: the profile so far, new posts, links to what the owner shared of others, what to ask next.

    ``gone`` means that the platform says there is no such profile, or that it may not be seen without an account.
    """

    profile: Profile | None = None
    posts: tuple[ParsedPost, ...] = ()
    shared: tuple[Link, ...] = ()
    next: tuple[ApiRequest, ...] = ()
    gone: bool = False


class Platform(Protocol):
    """A platform with public profiles."""

    name: str
    """Lower-case name, stored as the site's platform."""
    gap_seconds: float
    """The least gap between two requests to one server, where the platform's own rule asks for more than ours."""

    def recognise(self, url: str) -> ProfileAddress | None:
        """The profile that an address names by its form, or None."""

    def first_requests(self, address: ProfileAddress) -> tuple[ApiRequest, ...]:
        """What to ask first."""

    def read(self, request: ApiRequest, answer: ApiAnswer, profile: Profile | None) -> Step:
        """What an answer tells; ``profile`` is what earlier steps told. Raises ParseError for an ill-formed one."""
