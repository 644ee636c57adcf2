"""What every theme of the demo web must be able to do, and the words they put around the texts.

A theme turns a blog's values into whole HTML pages in the markup of one publishing system.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from html import escape

from bloghound.demo.atlas import Site
from bloghound.demo.content import BlogPost


@dataclass(frozen=True, slots=True)
class Listing:
    """A page that lists posts: home, tag or archive, with its neighbours where it has several pages."""

    title: str
    """Empty for the home page."""
    path: str
    posts: tuple[BlogPost, ...]
    newer: str | None = None
    older: str | None = None


@dataclass(frozen=True, slots=True)
class Words:
    """A theme's own words in one language."""

    about: str
    older: str
    newer: str
    comments: str
    one_comment: str
    says: str
    by: str
    roll: str
    archive: str
    reply: str
    closed: str
    rights: str
    date: Callable[[datetime], str]


WORDS = {
    "en": Words(
        "About",
        "Older posts",
        "Newer posts",
        "comments",
        "comment",
        "says:",
        "by",
        "Blogs we read",
        "Archive",
        "Reply",
        "Comments are closed.",
        "All words and mistakes are ours.",
        date=lambda day: f"{day:%B} {day.day}, {day.year}",
    ),
    "nl": Words(
        "Over",
        "Oudere berichten",
        "Nieuwere berichten",
        "reacties",
        "reactie",
        "schreef:",
        "door",
        "Wij lezen ook",
        "Archief",
        "Beantwoorden",
        "Reageren kan niet meer.",
        "Tekst en fouten zijn van onszelf.",
        date=lambda day: f"{day:%d-%m-%Y}",
    ),
    "fi": Words(
        "Tietoja",
        "Vanhemmat tekstit",
        "Uudemmat tekstit",
        "kommenttia",
        "kommentti",
        "sanoi:",
        "kirjoittanut",
        "Luemme myös",
        "Arkisto",
        "Vastaa",
        "Kommentointi on suljettu.",
        "Tekstit ja virheet ovat omiamme.",
        date=lambda day: f"{day.day}.{day.month}.{day.year}",
    ),
    "de": Words(
        "Über",
        "Ältere Beiträge",
        "Neuere Beiträge",
        "Kommentare",
        "Kommentar",
        "schrieb:",
        "von",
        "Wir lesen auch",
        "Archiv",
        "Antworten",
        "Kommentare sind geschlossen.",
        "Worte und Fehler sind unsere eigenen.",
        date=lambda day: f"{day:%d.%m.%Y}",
    ),
}


class Theme(ABC):
    """The markup of one publishing system."""

    page_size = 4
    about_path = "/about/"
    feed_path: str
    generator: str
    monthly_archives = False

    def page_path(self, path: str, number: int, first: BlogPost) -> str:  # noqa: ARG002 - Blogger pages by date
        """Path of page ``number`` of the listing at ``path``; ``first`` is the newest post on it."""
        return path if number == 1 else f"{path}page/{number}/"

    @abstractmethod
    def tag_path(self, tag: str) -> str:
        """Path of a tag's first page."""

    @abstractmethod
    def post(self, site: Site, post: BlogPost) -> str:
        """A post's whole page."""

    @abstractmethod
    def listing(self, site: Site, listing: Listing) -> str:
        """A listing's whole page."""

    @abstractmethod
    def text_page(self, site: Site, title: str, content: str) -> str:
        """An undated page: about, or the answer to an unknown address."""


def words_of(site: Site) -> Words:
    """The theme's words in the blog's language."""
    return WORDS[site.blog.language]


def slug_of(tag: str) -> str:
    """A tag as it stands in an address."""
    return tag.lower().replace(" ", "-").replace("ä", "a").replace("ö", "o").replace("ü", "u")


def anchor(url: str, text: str, attributes: str = "") -> str:
    """A link; ``attributes`` is trusted markup with a leading space."""
    return f'<a href="{escape(url)}"{attributes}>{escape(text, quote=False)}</a>'


def anchors(links: Iterable[tuple[str, str]], attributes: str = "") -> str:
    """List items of links, each given as text and address."""
    return "".join(f"<li>{anchor(url, text, attributes)}</li>" for text, url in links)


def me_link(site: Site) -> str:
    """The head's half of a two-way ``rel=me`` proof; empty for a blogger without a profile."""
    return f'<link rel="me" href="{escape(site.profile_url)}">' if site.profile_url else ""


def counted(words: Words, count: int) -> str:
    """``1 comment``, ``5 comments`` in the blog's language."""
    return f"{count} {words.one_comment if count == 1 else words.comments}"


def stamp(moment: datetime) -> str:
    """The moment in ISO 8601, as machine-readable dates are written."""
    return moment.isoformat()
