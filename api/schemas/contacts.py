"""What a blogger publishes for contact, with where and when each statement was read."""

from datetime import datetime

from pydantic import BaseModel, Field

from api.schemas.blogger_pages import Shown
from bloghound.jobs.contacts import Contacts
from bloghound.records import StatementKind
from crawler.extract.mailboxes import is_role
from storage.statements import StoredStatement


class WishOut(Shown):
    """What the blogger says about pitches, paid posts, guest posts or links, in the words of the page."""

    kind: StatementKind
    words: str
    source_url: str
    observed_at: datetime
    site_key: str


class WayOut(WishOut):
    """A way to reach the blogger; `words` are those beside it on the page."""

    value: str = Field(description="A mail address, or the address of a page.")
    is_role: bool | None = Field(description="Whether a mail address names a function (`press@`), not a person.")

    @classmethod
    def of(cls, way: StoredStatement) -> "WayOut":
        """As stored."""
        shown = {name: getattr(way, name) for name in cls.model_fields if name != "is_role"}
        return cls(**shown, is_role=is_role(way.value) if way.kind is StatementKind.EMAIL else None)


class ContactsOut(BaseModel):
    """Everything that a blogger publishes for contact, wishes first, and of those the refusals first."""

    collected: bool = Field(description="False: this installation collects no contacts, so there is nothing to show.")
    reason: str | None = Field(description="Why there is nothing: `not_collected` or `not_exposed`; else null.")
    wishes: list[WishOut]
    contacts: list[WayOut]

    @classmethod
    def of(cls, found: Contacts) -> "ContactsOut":
        """As read."""
        return cls(
            collected=found.is_collected,
            reason=found.reason,
            wishes=[WishOut.model_validate(one) for one in found.wishes],
            contacts=[WayOut.of(one) for one in found.ways],
        )
