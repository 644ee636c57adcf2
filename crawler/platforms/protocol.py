"""What every platform module offers, and the values that they all hand out. Pure.

The crawl asks :meth:`Platform.first_requests`, fetches them, gives each answer to :meth:`Platform.read`, and goes on
with the requests that the resulting :class:`Step` names until there are none.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from bloghound.records import Comment, Discussion, EngagementReading, Link, ParsedPost, Reservations


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
    carried: Any = None
    """An immutable value of the platform's own that it will need to read the answer, such as the posts so far."""


@dataclass(frozen=True, slots=True)
class ApiAnswer:
    """What came back for a request; the names of ``headers`` are in lower case."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


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
    requires_login: bool = False
    """Whether the owner asks not to be shown to people who are not signed in."""

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
        if self.requires_login:
            signals.append(f"{self.platform}: requires login")
        return Reservations(
            noindex=bool(self.noindex) or self.requires_login or self.discoverable is False,
            tdm_reserved=self.indexable is False,
            signals=tuple(signals),
        )


@dataclass(frozen=True, slots=True)
class Step:
    """What one answer told: the profile so far, new posts, links to what the owner shared of others, what to ask next.

    ``comments``, ``discussions`` and ``readings`` come with the address of the post that they are about, where they
    were not read together with it. ``gone`` means that the platform says there is no such profile, or that it may not
    be seen without an account.
    """

    profile: Profile | None = None
    posts: tuple[ParsedPost, ...] = ()
    shared: tuple[Link, ...] = ()
    comments: tuple[tuple[str, Comment], ...] = ()
    discussions: tuple[tuple[str, Discussion], ...] = ()
    readings: tuple[tuple[str, EngagementReading], ...] = ()
    next: tuple[ApiRequest, ...] = ()
    gone: bool = False


class Platform(Protocol):
    """A platform with a public interface that needs no key.

    Of a profile its requests are the whole visit. A blog's pages are crawled, and the requests to its platform come
    after them, for what readers did.
    """

    name: str
    """Lower-case name, stored as the platform of a profile."""
    gap_seconds: float
    """The least gap between two requests to one server, where the platform's own rule asks for more than ours."""
    max_requests: int
    """Requests of one visit at most; a server that names more leads in circles."""
    is_crawled: bool
    """True where the requests come after a blog's pages, False where they are the whole visit."""

    def recognise(self, url: str, software: str = "") -> ProfileAddress | None:
        """The profile or blog that an address names, or None; ``software`` is what made its pages, if that is known."""

    def first_requests(self, address: ProfileAddress) -> tuple[ApiRequest, ...]:
        """What to ask first."""

    def read(self, request: ApiRequest, answer: ApiAnswer, profile: Profile | None) -> Step:
        """What an answer tells; ``profile`` is what earlier steps told. Raises ParseError for an ill-formed one."""
