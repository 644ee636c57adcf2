"""Where everything of the demo web stands: host names, addresses, and what belongs beside a blog's posts.

Central names: :class:`Atlas` (the whole web at one port) and :class:`Site` (one blog in it).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from bloghound.demo.content import Blog, BlogPost, Crowd
from bloghound.demo.discussion import Comment, discuss
from bloghound.demo.markup import to_html
from bloghound.demo.themes.paths import post_path

DOMAIN = "demo.test"
"""``.test`` never exists on the real web (RFC 6761), so a mistake cannot reach anybody."""
SHOP = "shop"
SOCIAL = "social"


@dataclass(frozen=True)
class Atlas:
    """The addresses of all blogs of the demo web when it is served on ``port``."""

    blogs: Mapping[str, Blog]
    crowds: Mapping[str, Crowd]
    port: int

    def host(self, name: str) -> str:
        """Host name of a blog, of the shop or of the social server."""
        return f"{name}.{DOMAIN}"

    def origin(self, name: str) -> str:
        """Address of a host without the final slash."""
        return f"http://{self.host(name)}:{self.port}"

    def post_url(self, blog: Blog, post: BlogPost) -> str:
        """Address of a post's own page."""
        return self.origin(blog.name) + post_path(blog.theme, post)

    def profile_url(self, handle: str) -> str:
        """Address of a profile page on the social server."""
        return f"{self.origin(SOCIAL)}/@{handle}"

    def resolve(self, place: str) -> str:
        """The address of a place as the texts write it; raises KeyError for a post that is not there."""
        name, _, rest = place.partition("/")
        blog = self.blogs.get(name)
        if blog is None or not rest:
            return f"{self.origin(name)}/{rest}"
        return self.post_url(blog, {post.slug: post for post in blog.posts}[rest])

    def site(self, blog: Blog) -> "Site":
        """The blog with its surroundings."""
        return Site(blog, self)


@dataclass(frozen=True)
class Site:
    """One blog of the demo web with the addresses around it."""

    blog: Blog
    atlas: Atlas

    @cached_property
    def origin(self) -> str:
        """The blog's address without the final slash."""
        return self.atlas.origin(self.blog.name)

    @cached_property
    def roll(self) -> list[tuple[str, str]]:
        """Title and address of every blog in the blogroll."""
        return [(self.atlas.blogs[name].title, self.atlas.origin(name) + "/") for name in self.blog.blogroll]

    @property
    def profile_url(self) -> str | None:
        """The blogger's profile on the social server."""
        return self.atlas.profile_url(self.blog.profile.name) if self.blog.profile else None

    def url(self, post: BlogPost) -> str:
        """Address of a post's own page."""
        return self.atlas.post_url(self.blog, post)

    def html(self, text: str) -> str:
        """A text of this blog as HTML, its links resolved."""
        return to_html(text, self.atlas.resolve)

    def discussion(self, post: BlogPost) -> tuple[Comment, ...]:
        """The comments below a post, oldest first."""
        crowd = self.atlas.crowds[f"{self.blog.niche}.{self.blog.language}"]
        return discuss(self.blog, post, crowd, self.atlas.origin)
