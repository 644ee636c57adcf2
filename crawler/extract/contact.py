"""What a blogger publishes for those who want to work together: addresses, contact pages, forms, and wishes about them.

Read only where it is published for that end: on the site's own contact, about, cooperation and legal pages, and in the
frame of the site (header, footer, sidebar, h-card) on its home and plain pages. Never from a post or a comment. An
address must be the site's own or be shown for contact, and one beside words such as "hosting" or "data protection" is
somebody else's.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from selectolax.lexbor import LexborHTMLParser

from bloghound.records import Statement, StatementKind
from crawler.extract import mailboxes
from crawler.extract.blocks import Block, read_blocks
from crawler.extract.contact_pages import FOR_ADDRESSES, FOR_CONTACT, PageRole, contact_table, may_show_frame, page_role
from crawler.extract.encoding import one_line
from crawler.extract.pitch_wishes import find_wishes
from crawler.parsed import PageKind

MAX_ADDRESSES = 5
"""Kept of one page, in its order."""
MAX_PERSONS = 3
"""A page with the addresses of more people is a directory of members, and those are not the bloggers'."""
MAX_WORDS_CHARS = 160

_NEAR_CHARS = 160
"""Words that say whose an address is stand this near before it, in its block."""
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")
_EDGES = ' …:;-–—|·,.()[]<>#¶"'


def find_statements(tree: LexborHTMLParser, url: str, kind: PageKind, title: str) -> tuple[Statement, ...]:
    """Everything that the page at ``url`` states for contact, each kind and value once, addresses first."""
    role = page_role(url)
    if kind is PageKind.OTHER or (role is None and not may_show_frame(url, kind)):
        return ()
    blocks = read_blocks(tree)
    found = list(_addresses(blocks, url, role))
    wishes = find_wishes(block.text for block in blocks if not block.place.in_frame) if role is not None else ()
    found += [Statement(wish.kind, "", mailboxes.without_addresses(wish.words).strip(" #¶"), url) for wish in wishes]
    found += _pages(blocks, url, role, one_line(title, MAX_WORDS_CHARS), is_used=bool(found))
    return tuple(found)


def _addresses(blocks: Sequence[Block], url: str, role: PageRole | None) -> Iterator[Statement]:
    words: dict[str, str] = {}
    for block in blocks:
        if _is_open(block, role):
            for address, place in _mentioned(block, role).items():
                if _is_shown(address, block, place, url, role):
                    words.setdefault(address, _label(block, place))
    persons = [address for address in words if not mailboxes.is_role(address)]
    if len(persons) > MAX_PERSONS:
        words = {address: label for address, label in words.items() if address not in persons}
    for address in list(words)[:MAX_ADDRESSES]:
        yield Statement(StatementKind.EMAIL, address, words[address], url)


def _is_open(block: Block, role: PageRole | None) -> bool:
    """Whether addresses are read here: all of a page for contact; of others the frame, and parts for contact."""
    if role in FOR_ADDRESSES:
        return True
    return role is None and not block.place.in_entry and (block.place.in_frame or block.place.in_section)


class _Place(NamedTuple):
    """Where an address stands in its block: from where on, and the text of the link that leads to it, if one does."""

    start: int
    label: str | None


def _mentioned(block: Block, role: PageRole | None) -> dict[str, _Place]:
    found: dict[str, _Place] = {}
    for link in block.mail_links:
        found |= dict.fromkeys(mailboxes.in_mailto(link.href), _Place(link.start, link.label))
    is_presented = role in FOR_CONTACT or _is_cued(block)
    for address, start in mailboxes.in_text(block.text, undisguise=is_presented).items():
        found.setdefault(address, _Place(start, None))
    return found


def _is_cued(block: Block) -> bool:
    return block.place.is_marked or _says("shown_for_contact", f"{block.heading} {block.text}")


def _is_shown(address: str, block: Block, place: _Place, url: str, role: PageRole | None) -> bool:
    """Whether an address is the blogger's and shown for contact."""
    if not mailboxes.is_for_contact(address, url):
        return False
    is_own, is_persons = mailboxes.is_own(address, url), mailboxes.is_of_provider(address)
    before = block.text[: place.start]
    # What another organisation's address is for may stand sentences before it ("Hosting: … Ltd. Mail: …").
    beside = _last_sentence(before) if is_own or is_persons else before
    if _says("shown_as_anothers", f"{block.heading} {beside[-_NEAR_CHARS:]} {place.label or ''}"):
        return False
    # A link without words is the picture of an envelope.
    is_cued = role in FOR_CONTACT or place.label == "" or _is_cued(block)
    return is_own or is_cued or (is_persons and place.label is not None)


def _last_sentence(text: str) -> str:
    return _SENTENCE_END.split(text.rstrip())[-1]


def _label(block: Block, place: _Place) -> str:
    """The words that present an address: those of its link, else those before it, else the heading."""
    linked = mailboxes.without_addresses(place.label or "")
    before = _last_sentence(mailboxes.without_addresses(block.text[: place.start]))
    heading = block.heading if _says("shown_for_contact", block.heading) else ""
    choices = (one_line(text, MAX_WORDS_CHARS).strip(_EDGES) for text in (linked, before, heading))
    return next((text for text in choices if text), "")


def _pages(
    blocks: Iterable[Block], url: str, role: PageRole | None, title: str, *, is_used: bool
) -> Iterator[Statement]:
    """The page itself as a way of contact; one that only says "press" or "sponsors" must show a way or a wish."""
    has_form = any(_holds_form(block, role) for block in blocks)
    if role is PageRole.CONTACT or (role is PageRole.WORK and (is_used or has_form)):
        yield Statement(StatementKind.CONTACT_PAGE, url, title, url)
    if has_form:
        yield Statement(StatementKind.CONTACT_FORM, url, title, url)


def _holds_form(block: Block, role: PageRole | None) -> bool:
    if role in FOR_CONTACT or (role is PageRole.ABOUT and _says("shown_for_contact", block.heading)):
        forms = contact_table()["forms"]["embedded"].split()
        return block.has_form or any(form in address for address in block.embedded for form in forms)
    return role is None and block.has_form and block.place.in_section and block.place.is_marked


def _says(words: str, text: str) -> bool:
    return _pattern(words).search(text) is not None


@lru_cache(maxsize=4)
def _pattern(name: str) -> re.Pattern[str]:
    alternatives = "".join(contact_table()["words"][name].split("\n"))
    return re.compile(rf"(?<!\w)(?:{alternatives})(?!\w)", re.IGNORECASE)
