"""What bloggers publish for contact, for whoever may see it; nothing while collecting it is turned off."""

from collections.abc import Collection
from dataclasses import dataclass

from bloghound.errors import InputError
from bloghound.jobs import profiles
from bloghound.records import StatementKind
from bloghound.settings import Settings
from crawler.extract.mailboxes import is_role
from storage import idempotency, statements
from storage.database import Connection, open_database
from storage.statements import WAYS, StoredStatement

NOT_COLLECTED = "Contacts are not collected here: BLOGHOUND_COLLECT_CONTACTS is off."


@dataclass(frozen=True, slots=True)
class Contacts:
    """What a blogger states: wishes, refusals first, and the ways to reach the blogger."""

    wishes: tuple[StoredStatement, ...] = ()
    ways: tuple[StoredStatement, ...] = ()
    is_collected: bool = True

    @property
    def reason(self) -> str | None:
        """Why there is nothing: ``not_collected``, or ``not_exposed`` (no page that was read says anything)."""
        if not self.is_collected:
            return "not_collected"
        return None if self.wishes or self.ways else "not_exposed"

    @property
    def address(self) -> StoredStatement | None:
        """The mail address to write to: of several that of a function, since no person is known by it."""
        addresses = [way for way in self.ways if way.kind is StatementKind.EMAIL]
        return min(addresses, key=lambda one: not is_role(one.value), default=None)

    @property
    def page(self) -> StoredStatement | None:
        """The page to write on, a contact page before one that only has a form."""
        pages = [way for way in self.ways if way.kind is not StatementKind.EMAIL]
        return min(pages, key=lambda one: one.kind is not StatementKind.CONTACT_PAGE, default=None)


def contacts(connection: Connection, settings: Settings, public_id: str) -> Contacts:
    """What a blogger publishes for contact.

    Raises NotFoundError when there is no such blogger, or when it asked to be left out.
    """
    blogger = profiles.visible(connection, settings, public_id)
    if not settings.collect_contacts:
        return Contacts(is_collected=False)
    return _told_apart(statements.of_sites(connection, [site.site_id for site in blogger.sites]))


def contacts_of(connection: Connection, settings: Settings, public_ids: Collection[str]) -> dict[str, Contacts]:
    """What each of several bloggers publishes for contact; none of them while it is not collected."""
    if not settings.collect_contacts:
        return {}
    found = statements.of_bloggers(connection, public_ids)
    return {public_id: _told_apart(found.get(public_id, [])) for public_id in public_ids}


def forget_contacts(settings: Settings) -> int:
    """Remove everything that was ever collected for contact, of all bloggers; how many statements there were.

    Archives keep the pages; ``bloghound reparse`` reads them again where collecting is turned on. Raises StorageError
    while another process keeps the database from being cleaned.
    """
    database = open_database(settings)
    try:
        with database.transaction() as connection:
            removed = statements.drop_all(connection)
            # Answers of searches were kept by earlier versions, with what bloggers wish.
            idempotency.forget_all(connection)
        database.checkpoint()
    finally:
        database.close()
    return removed


def reachable(connection: Connection, settings: Settings) -> frozenset[str]:
    """Public ids of the bloggers of whom a way of contact is known; raises InputError while it is not collected."""
    if not settings.collect_contacts:
        raise InputError(NOT_COLLECTED)
    return statements.reachable(connection)


def _told_apart(stated: list[StoredStatement]) -> Contacts:
    return Contacts(
        wishes=tuple(one for one in stated if one.kind not in WAYS),
        ways=tuple(one for one in stated if one.kind in WAYS),
    )
