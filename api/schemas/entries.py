"""Entries of a shortlist as they are given and shown."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from api.schemas.teams import Brief, Name, NoteText, Owner, PublicId, RequestBody, Tag
from bloghound.records import Stage
from storage.shortlist_changes import BulkResult, NewEntry
from storage.shortlist_edits import MAX_TAGS, Edit, EditOutcome
from storage.shortlist_entries import StoredEntry

MAX_BULK = 1_000
"""Bloggers of one bulk edit: one transaction of about a tenth of a second."""

Tags = Annotated[list[Tag], Field(max_length=MAX_TAGS)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


class AddedFrom(RequestBody):
    """The ranking that an entry was added from, and the figures it showed; they are what an export gives."""

    generation: Name | None = None
    niche: PublicId | None = Field(default=None, description="Id of the niche.")
    query: Brief | None = None
    rank: int | None = Field(default=None, ge=1, le=1_000_000_000)
    score: float | None = Field(default=None, ge=-100, le=100, allow_inf_nan=False)
    relevance: Share | None = None
    engagement: Share | None = None
    reach: Share | None = None
    credibility: Share | None = None
    sponsored_share: Share | None = None
    why: str | None = Field(default=None, max_length=2_000, description="The sentence that says why.")

    def stored(self) -> dict[str, Any]:
        """What was given."""
        return self.model_dump(exclude_none=True)


class NewEntryFields(RequestBody):
    """What an entry begins with."""

    stage: Stage = Stage.CANDIDATE
    owner: Owner = Field(default="", description="Who takes care of it.")
    tags: Tags = Field(default_factory=list)
    note: NoteText | None = Field(default=None, description="A first note.")
    added_from: AddedFrom | None = None

    def new_entry(self) -> NewEntry:
        """As storage takes it."""
        added_from = self.added_from.stored() if self.added_from else {}
        return NewEntry(self.stage, self.owner, self.tags, self.note or "", added_from)


class EntryIn(NewEntryFields):
    """A blogger to be put on a list."""

    blogger_id: PublicId


class EntryChange(RequestBody):
    """What to set on an entry; what is left out, or null, stays."""

    stage: Stage | None = None
    owner: Owner | None = None
    tags: Tags | None = Field(default=None, description="All tags of the entry.")

    def edit(self) -> Edit:
        """As storage takes it."""
        return Edit(stage=self.stage, owner=self.owner, tags=self.tags)


class NoteIn(RequestBody):
    """A note; its author is the name of the key, its time the present."""

    text: NoteText


BloggerIds = Annotated[
    list[PublicId], Field(min_length=1, max_length=MAX_BULK, description="Ids of bloggers; each counts once.")
]


class BulkAdd(NewEntryFields):
    """Put bloggers on the list; those who are on it stay as they are."""

    action: Literal["add"]
    blogger_ids: BloggerIds


class BulkStage(RequestBody):
    """Set the stage of entries."""

    action: Literal["set_stage"]
    blogger_ids: BloggerIds
    stage: Stage

    def edit(self) -> Edit:
        """As storage takes it."""
        return Edit(stage=self.stage)


class BulkOwner(RequestBody):
    """Set the owner of entries; an empty one for nobody."""

    action: Literal["set_owner"]
    blogger_ids: BloggerIds
    owner: Owner

    def edit(self) -> Edit:
        """As storage takes it."""
        return Edit(owner=self.owner)


class BulkTags(RequestBody):
    """Add tags to entries, or take some away."""

    action: Literal["add_tags", "remove_tags"]
    blogger_ids: BloggerIds
    tags: Annotated[list[Tag], Field(min_length=1, max_length=MAX_TAGS)]

    def edit(self) -> Edit:
        """As storage takes it."""
        return Edit(add_tags=self.tags) if self.action == "add_tags" else Edit(remove_tags=self.tags)


class BulkRemove(RequestBody):
    """Take bloggers off the list."""

    action: Literal["remove"]
    blogger_ids: BloggerIds


BulkIn = Annotated[BulkAdd | BulkStage | BulkOwner | BulkTags | BulkRemove, Field(discriminator="action")]


class BulkItem(BaseModel):
    """What became of one blogger."""

    blogger_id: str
    outcome: EditOutcome


class BulkOut(BaseModel):
    """What a bulk edit did; all of it was done together."""

    version: int = Field(description="The version of the list after it.")
    counts: dict[EditOutcome, int] = Field(description="Bloggers by outcome.")
    results: list[BulkItem] = Field(description="Every blogger given, once, in the order given.")

    @classmethod
    def of(cls, result: BulkResult) -> "BulkOut":
        """As storage says it."""
        outcomes = list(result.outcomes.values())
        return cls(
            version=result.version,
            counts={outcome: outcomes.count(outcome) for outcome in EditOutcome if outcome in outcomes},
            results=[BulkItem(blogger_id=blogger, outcome=outcome) for blogger, outcome in result.outcomes.items()],
        )


class NoteOut(BaseModel):
    """A note."""

    id: str
    author: str = Field(description="Name of the key that wrote it.")
    text: str
    created_at: datetime


class EntryBlogger(BaseModel):
    """The blogger of an entry."""

    id: str
    name: str
    home_url: str
    languages: list[str] = Field(description="ISO 639-1 codes of the blogger's sites.")


class EntryOut(BaseModel):
    """A blogger on a list."""

    blogger: EntryBlogger
    stage: Stage
    owner: str
    tags: list[str]
    notes: list[NoteOut]
    added_from: AddedFrom
    added_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, entry: StoredEntry) -> "EntryOut":
        """As stored."""
        person = entry.blogger
        return cls(
            blogger=EntryBlogger(
                id=person.public_id, name=person.name, home_url=person.home_url, languages=list(person.languages)
            ),
            stage=Stage(entry.stage),
            owner=entry.owner,
            tags=entry.tags,
            notes=[NoteOut(**note) for note in entry.notes],
            added_from=AddedFrom(**entry.added_from),
            added_at=entry.created_at,
            updated_at=entry.updated_at,
        )
