"""What the path of an address alone tells: listing pages, plain pages, paging, and dates."""

import re
from datetime import UTC, datetime
from functools import lru_cache
from urllib.parse import unquote, urlsplit

# First segments of index pages, as WordPress, Hugo, Jekyll, Pelican, Nikola, Hexo and Blogger name them, with the
# translations that their localised themes use.
LISTING_SEGMENTS = frozenset(
    """
    tag tags tagged category categories cat cats topic topics label labels archive archives author authors writers
    search keyword keywords taxonomy type types series collections page paged posts blog-tags blog-categories index
    kategorie kategorien schlagwort schlagworte stichwort archiv suche autor autoren autores categorie categories
    mot-cle mots-cles etiquette etiquettes auteur auteurs recherche etiqueta etiquetas categoria categorias archivo
    archivos buscar tema temas rubriek rubrieken onderwerp onderwerpen archief zoeken avainsana avainsanat kategoria
    kategoriat arkisto tunniste tunnisteet kategori kategorier arkiv etikett categorie archivio cerca
    标签 分类 归档 目录 カテゴリ カテゴリー タグ アーカイブ 태그 분류 카테고리
    """.split()
)
# Sections whose bare address lists the posts, while the addresses below it are the posts.
POST_SECTIONS = frozenset(
    """
    blog blogs post posts article articles story stories news note notes journal diary entry entries writing writings
    essays essay weblog log logs til p archives archive article artikel artikels beitrag beitraege nieuws actualites
    billet billets entrada entradas articulo articulos noticias artikkeli artikkelit 文章 日记 記事
    """.split()
)
# Names of pages that nearly every site has and that are no posts.
PAGE_NAMES = frozenset(
    """
    about about-me about-us aboutme bio biography contact contact-me contact-us contacts privacy privacy-policy
    privacy-statement cookie-policy cookies disclaimer terms terms-of-service terms-of-use tos dmca copyright licence
    license legal legal-notice colophon imprint impressum datenschutz datenschutzerklaerung kontakt ueber ueber-mich
    uber-mich over over-mij a-propos apropos mentions-legales sobre sobre-mi sobre-mim contacto contato quien-soy
    aviso-legal politica-de-privacidad tietoa minusta yhteystiedot tietosuoja om om-mig 404 404-not-found 403 500
    not-found error search links blogroll friends friend uses now cv resume vita portfolio gallery sitemap site-map
    subscribe newsletter feed feeds rss donate support faq thanks thank-you projects publications papers talks
    speaking teaching team people shop cart checkout store login register guestbook
    关于 关于我 友链 留言 关于本站 自己紹介 お問い合わせ 소개 방명록
    """.split()
)

_EXTENSION = re.compile(r"\.(html?|php|aspx?|xhtml|shtml|cgi|jsp)$", re.IGNORECASE)
_INDEX_NAME = re.compile(r"^(index|default)(\.[a-z]{2,4})?$", re.IGNORECASE)
_PAGING_NAME = re.compile(r"^(page|p|pg|index|seite|pagina)?[-_]?\d{1,4}$", re.IGNORECASE)
_PAGING_TAIL = re.compile(r"(?:^|/)(?:page|paged|seite|pagina|sida|sivu|strona)[/_-]?\d{1,4}$", re.IGNORECASE)
_PAGING_QUERY = re.compile(r"(?:^|&)(?:page|paged|start|offset|updated-max)=[^&]+", re.IGNORECASE)
_LISTING_QUERY = re.compile(r"(?:^|&)(?:tag|cat|category|author|m|s|q|search|label|year|month)=", re.IGNORECASE)
_MIRRORED_QUERY = re.compile(r"(?:^|/)index\.(?:html?|php)[_@?][^/]*=", re.IGNORECASE)
_DRAFT = re.compile(r"(?:^|/)_?drafts?(?:/|$)", re.IGNORECASE)
_FEED_PATH = re.compile(
    r"(?:^|/)(?:feed|rss|atom|comments/feed)(?:/|\.xml|\.rss|\.json)?$|/index\.(?:xml|rss|atom)$", re.IGNORECASE
)

_MONTHS = {name: number for number, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)}
_DAY = re.compile(r"(?:^|/)((?:19|20)\d\d)[/-]([01]?\d|[a-z]{3})[/-]([0-3]?\d)(?=[/_.T-]|$)", re.IGNORECASE)
_COMPACT_DAY = re.compile(r"(?:^|/)((?:19|20)\d\d)([01]\d)([0-3]\d)(?=[_.T-]|/|$)")
_MONTH = re.compile(r"(?:^|/)((?:19|20)\d\d)[/-]([01]?\d|[a-z]{3})(?=[/-]|$)", re.IGNORECASE)
_ONLY_DATE = re.compile(r"(?:^|/)(?:19|20)\d\d(?:[/-](?:[01]?\d|[a-z]{3}))?(?:[/-][0-3]?\d)?$", re.IGNORECASE)


@lru_cache(maxsize=16384)
def path_of(url: str) -> str:
    """The decoded path of ``url`` in lower case, without slashes at its ends, page extension and index name."""
    path = unquote(urlsplit(url).path).lower().strip("/")
    head, _, last = path.rpartition("/")
    last = _EXTENSION.sub("", last)
    if _INDEX_NAME.match(last):
        last = ""
    return f"{head}/{last}".strip("/")


def is_paging(url: str) -> bool:
    """True for the second and later pages of a listing."""
    return bool(_PAGING_TAIL.search(path_of(url)) or _PAGING_QUERY.search(urlsplit(url).query))


def is_listing_path(url: str) -> bool:
    """True when the address is that of a tag, category, author, archive, search or paging page."""
    if is_paging(url) or _LISTING_QUERY.search(urlsplit(url).query):
        return True
    segments = path_of(url).split("/")
    if segments[-1] in LISTING_SEGMENTS or segments[-1] in POST_SECTIONS:
        return True
    return any(segment in _STRONG_LISTING for segment in segments[:-1])


def is_date_archive(url: str) -> bool:
    """True for the archive of a year, month or day: the path ends in its date."""
    return bool(_ONLY_DATE.search(path_of(url)))


def is_term_path(url: str) -> bool:
    """True for the page of one tag, category or author, or the list of all: even a feed that names it (Hugo's
    ``/tags/index.xml`` does) makes it no post."""
    return any(segment in _STRONG_LISTING for segment in path_of(url).split("/")[-2:])


def is_page_name(url: str) -> bool:
    """True for names like ``about``, ``contact``, ``404`` at the end of the path."""
    return path_of(url).rpartition("/")[2] in PAGE_NAMES


def is_draft(url: str) -> bool:
    """True for addresses below a ``drafts`` folder, which generators publish by mistake."""
    return bool(_DRAFT.search(path_of(url)))


def is_mirrored_query(url: str) -> bool:
    """True for copies that mirroring tools leave of queries: ``index.html?p=28`` as ``index.html_p=28.html``."""
    return bool(_MIRRORED_QUERY.search(urlsplit(url).path))


def is_feed_path(url: str) -> bool:
    """True for addresses that end as feeds usually do."""
    return bool(_FEED_PATH.search(urlsplit(url).path))


def date_in_path(url: str) -> tuple[datetime, bool] | None:
    """The date in the path and whether it has a day (else it is the first of the month); None without one."""
    path = path_of(url)
    for pattern in (_DAY, _COMPACT_DAY):
        for match in pattern.finditer(path):
            found = _as_date(match.group(1), match.group(2), match.group(3))
            if found is not None:
                return found, True
    for match in _MONTH.finditer(path):
        found = _as_date(match.group(1), match.group(2), "1")
        if found is not None:
            return found, False
    return None


def address_pattern(url: str) -> str:
    """The shape of the path: digits folded, the last segment (the slug) replaced by ``*``.

    ``/2020/05/01/my-post/`` → ``9999/99/99/*``; ``/blog/2020-05-01-post.html`` → ``blog/9999-99-99*``.
    """
    segments = path_of(url).split("/")
    slug = "9999-99-99*" if re.match(r"^(19|20)\d\d-\d\d?-\d\d?", segments[-1]) else "*"
    return "/".join([re.sub(r"\d", "9", segment) for segment in segments[:-1]] + [slug])


# Below these, every address is a listing; "archives/<slug>" or "series/<slug>" may be a post.
_STRONG_LISTING = LISTING_SEGMENTS - POST_SECTIONS - {"series", "collections", "page", "type", "types", "index"}


def _as_date(year: str, month: str, day: str) -> datetime | None:
    number = _MONTHS.get(month.lower(), 0) if month.isalpha() else int(month)
    try:
        return datetime(int(year), number, int(day), tzinfo=UTC)
    except ValueError:
        return None
