"""Everything one blog serves, by path: pages in its theme, its feed, its sitemaps, its robots.txt."""

from collections.abc import Iterator

from bloghound.demo.atlas import Site
from bloghound.demo.content import BlogPost
from bloghound.demo.exchange import PLAIN, Document, html_document
from bloghound.demo.feeds import FORMATS, newest, sitemap_index, urlset
from bloghound.demo.themes.base import Listing, Theme, words_of
from bloghound.demo.themes.blogger import Blogger
from bloghound.demo.themes.ghost import Ghost
from bloghound.demo.themes.handmade import Handmade
from bloghound.demo.themes.hugo import Hugo
from bloghound.demo.themes.wordpress import WordPress

THEMES: dict[str, Theme] = {
    "wordpress": WordPress(),
    "ghost": Ghost(),
    "blogger": Blogger(),
    "hugo": Hugo(),
    "handmade": Handmade(),
}

# What each system's stock robots.txt says; {sitemap} is the address of the blog's sitemap.
_ROBOTS = {
    "wordpress": "User-agent: *\nDisallow: /wp-admin/\nAllow: /wp-admin/admin-ajax.php\n\nSitemap: {sitemap}\n",
    "ghost": "User-agent: *\nSitemap: {sitemap}\nDisallow: /ghost/\nDisallow: /email/\nDisallow: /r/\n",
    "blogger": "User-agent: *\nDisallow: /search\nAllow: /\n\nSitemap: {sitemap}\n",
    "handmade": "# Be kind to the raspberry in the cupboard.\nUser-agent: *\nDisallow: /private/\nCrawl-delay: 0\n",
}
_SITEMAP_PATHS = {
    "wordpress": "/wp-sitemap.xml",
    "ghost": "/sitemap.xml",
    "blogger": "/sitemap.xml",
    "hugo": "/sitemap.xml",
}
# The parts that a sitemap index points to; the other systems write one flat sitemap.
_SITEMAP_PARTS = {
    "wordpress": ("/wp-sitemap-posts-post-1.xml", "/wp-sitemap-posts-page-1.xml"),
    "ghost": ("/sitemap-posts.xml", "/sitemap-pages.xml"),
}


def blog_resources(site: Site) -> dict[str, Document]:
    """Every path of a blog that answers 200."""
    theme = THEMES[site.blog.theme]
    resources = dict(_pages(site, theme))
    resources |= _sitemaps(site, theme)
    if site.blog.feed in FORMATS:
        path = "/feed.json" if site.blog.feed == "json" else theme.feed_path
        resources[path] = FORMATS[site.blog.feed](site, path, theme.generator)
    if site.blog.theme in _ROBOTS:
        sitemap = site.origin + _SITEMAP_PATHS.get(site.blog.theme, "")
        resources["/robots.txt"] = Document(_ROBOTS[site.blog.theme].format(sitemap=sitemap).encode(), PLAIN)
    return resources


def not_found(site: Site) -> Document:
    """The blog's own answer to an unknown address, with status 404."""
    page = THEMES[site.blog.theme].text_page(site, "404", "<p>Nothing here. It may have been composted.</p>")
    return html_document(page, status=404)


def _pages(site: Site, theme: Theme) -> Iterator[tuple[str, Document]]:
    for post in site.blog.posts:
        path = site.url(post).removeprefix(site.origin)
        yield path, html_document(theme.post(site, post), modified=post.published)
    about = theme.text_page(site, words_of(site).about, site.html(site.blog.about))
    yield theme.about_path, html_document(about, modified=site.blog.posts[-1].published)
    for listing in listings(site.blog.posts, theme):
        yield listing.path, html_document(theme.listing(site, listing), modified=listing.posts[0].published)
    if site.blog.theme == "handmade":
        notebook = theme.text_page(site, "Notebook", "<p>Raw readings, for my own eyes.</p>")
        yield "/private/notebook.html", html_document(notebook)


def listings(posts: tuple[BlogPost, ...], theme: Theme) -> Iterator[Listing]:
    """The home page and its older pages, then those of every tag and, where the system has them, every month."""
    yield from paged("", "/", posts, theme)
    for tag in sorted({tag for post in posts for tag in post.tags}):
        yield from paged(tag, theme.tag_path(tag), tuple(post for post in posts if tag in post.tags), theme)
    for month in sorted({post.published.strftime("%Y/%m") for post in posts} if theme.monthly_archives else ()):
        found = tuple(post for post in posts if post.published.strftime("%Y/%m") == month)
        yield from paged(month, f"/{month}/", found, theme)


def paged(title: str, path: str, posts: tuple[BlogPost, ...], theme: Theme) -> Iterator[Listing]:
    """``posts`` cut into the theme's pages."""
    size = theme.page_size
    chunks = [posts[start : start + size] for start in range(0, len(posts), size)]
    paths = [theme.page_path(path, number, chunk[0]) for number, chunk in enumerate(chunks, start=1)]
    for position, chunk in enumerate(chunks):
        newer = paths[position - 1] if position else None
        older = paths[position + 1] if position + 1 < len(paths) else None
        yield Listing(title, paths[position], chunk, newer, older)


def _sitemaps(site: Site, theme: Theme) -> dict[str, Document]:
    path = _SITEMAP_PATHS.get(site.blog.theme)
    if path is None:
        return {}
    posts = [(site.url(post), post.published) for post in site.blog.posts]
    pages = [(site.origin + "/", newest(site)), (site.origin + theme.about_path, site.blog.posts[-1].published)]
    parts = _SITEMAP_PARTS.get(site.blog.theme)
    if parts is None:
        return {path: urlset(pages + posts)}
    index = sitemap_index([site.origin + part for part in parts], newest(site))
    return {path: index, parts[0]: urlset(posts), parts[1]: urlset(pages)}
