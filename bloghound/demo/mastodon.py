"""A server that answers as Mastodon does: public REST interface, actor documents, profile pages, webfinger.

Only what a polite reader of public profiles needs is there. Shapes follow Mastodon's API documentation and the
ActivityStreams vocabulary. Central name: :class:`SocialServer`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape

from bloghound.demo.atlas import SOCIAL, Atlas
from bloghound.demo.content import Blog, Profile, Status
from bloghound.demo.exchange import PLAIN, Document, Request, Resource, html_document, json_document

ACTIVITY = "application/activity+json; charset=utf-8"
_DEFAULT_LIMIT, _MAX_LIMIT = 20, 40  # Mastodon's own, for statuses
_MOST_REPLIES = 60  # what Mastodon shows to people without an account
_EPOCH_SHIFT = 16  # a Mastodon id is milliseconds shifted by 16 bits
_ROBOTS = "User-agent: GPTBot\nDisallow: /\n\nUser-agent: *\nDisallow: /media_proxy/\nDisallow: /interact/\n"


@dataclass(frozen=True, slots=True)
class Published:
    """A status with its id and time."""

    id: int
    moment: datetime
    status: Status


class SocialServer:
    """Routes the requests to the social host; stateless once made."""

    def __init__(self, atlas: Atlas) -> None:
        self._atlas = atlas
        self._origin = atlas.origin(SOCIAL)
        self._blogs = {blog.profile.name: blog for blog in atlas.blogs.values() if blog.profile}
        self._ids = {str(109_000_000_000 + number): name for number, name in enumerate(sorted(self._blogs))}
        instance = {"domain": self._domain, "title": "social.demo.test", "version": "4.3.1"}
        self._fixed = {
            "/": self._front(),
            "/robots.txt": Document(_ROBOTS.encode(), PLAIN),
            "/api/v2/instance": json_document(instance),
        }

    def route(self, request: Request) -> Resource:
        """The resource for a request; 404 in Mastodon's form when there is none."""
        path = request.path.rstrip("/") or "/"
        asked = {"/.well-known/webfinger": self._webfinger, "/api/v1/accounts/lookup": self._lookup}
        if path in asked:
            return asked[path](request)
        if path.startswith("/api/v1/accounts/"):
            return self._account_route(path.removeprefix("/api/v1/accounts/"), request)
        if path.startswith("/api/v1/statuses/"):
            return self._context(path.removeprefix("/api/v1/statuses/"))
        if path.startswith(("/@", "/users/")):
            return self._profile_route(path, request)
        return self._fixed.get(path, _missing())

    def _front(self) -> Document:
        shown = [(name, blog) for name, blog in self._blogs.items() if blog.profile and blog.profile.discoverable]
        items = "".join(f'<li><a href="/@{name}">{escape(blog.author)}</a></li>' for name, blog in sorted(shown))
        return html_document(_page("social.demo.test", "", f"<h1>Profile directory</h1><ul>{items}</ul>"))

    @property
    def _domain(self) -> str:
        return self._origin.removeprefix("http://")

    def _webfinger(self, request: Request) -> Document:
        name = self._local_name(request.query.get("resource", ""))
        if name not in self._blogs:
            return _missing()
        actor, page = f"{self._origin}/users/{name}", f"{self._origin}/@{name}"
        links = [
            {"rel": "http://webfinger.net/rel/profile-page", "type": "text/html", "href": page},
            {"rel": "self", "type": "application/activity+json", "href": actor},
        ]
        value = {"subject": f"acct:{name}@{self._domain}", "aliases": [page, actor], "links": links}
        return json_document(value, content_type="application/jrd+json; charset=utf-8")

    def _local_name(self, resource: str) -> str:
        """The account's name in ``acct:name@host``, ``@name@host``, ``name`` or a profile's address."""
        for prefix in (f"{self._origin}/@", f"{self._origin}/users/", "acct:", "@"):
            resource = resource.removeprefix(prefix)
        name, _, host = resource.partition("@")
        return name if host in {"", self._domain, self._atlas.host(SOCIAL)} else ""

    def _lookup(self, request: Request) -> Document:
        name = self._local_name(request.query.get("acct", ""))
        return json_document(self._account(name)) if name in self._blogs else _missing()

    def _account_route(self, rest: str, request: Request) -> Document:
        number, _, part = rest.partition("/")
        name = self._ids.get(number)
        if name is None or part not in {"", "statuses"}:
            return _missing()
        return self._statuses(name, request) if part else json_document(self._account(name))

    def _profile_route(self, path: str, request: Request) -> Document:
        name, _, status_id = path.removeprefix("/@").removeprefix("/users/").partition("/")
        if name not in self._blogs:
            return _missing()
        if status_id:
            found = [item for item in self._published(name) if str(item.id) == status_id]
            return html_document(self._status_page(name, found[0])) if found else _missing()
        wants_json = any(kind in request.headers.get("accept", "") for kind in ("activity+json", "ld+json"))
        if wants_json or (path.startswith("/users/") and "text/html" not in request.headers.get("accept", "")):
            return json_document(self._actor(name), content_type=ACTIVITY, headers=(("Vary", "Accept"),))
        return html_document(self._profile_page(name))

    def _profile(self, name: str) -> tuple[Blog, Profile]:
        blog = self._blogs[name]
        if blog.profile is None:
            raise LookupError(name)
        return blog, blog.profile

    def _field(self, blog: Blog) -> str:
        """The profile's link to the blog, in Mastodon's markup for profile fields."""
        host, home = self._atlas.host(blog.name), self._atlas.origin(blog.name) + "/"
        return (
            f'<a href="{home}" target="_blank" rel="nofollow noopener me" translate="no">'
            f'<span class="invisible">http://</span><span class="">{host}</span></a>'
        )

    def _account(self, name: str) -> dict[str, object]:
        blog, profile = self._profile(name)
        published = list(self._published(name))
        return {
            "id": next(number for number, known in self._ids.items() if known == name),
            "username": name,
            "acct": name,
            "display_name": blog.author,
            "locked": False,
            "bot": False,
            "discoverable": profile.discoverable,
            "indexable": profile.indexable,
            "noindex": not profile.indexable,
            "group": False,
            "created_at": "2022-11-07T00:00:00.000Z",
            "note": f"<p>{escape(blog.tagline)}</p>",
            "url": f"{self._origin}/@{name}",
            "uri": f"{self._origin}/users/{name}",
            "followers_count": profile.followers,
            "following_count": profile.following,
            "statuses_count": len(published),
            "last_status_at": f"{published[0].moment:%Y-%m-%d}",
            "emojis": [],
            "fields": [{"name": "Blog", "value": self._field(blog), "verified_at": "2025-12-01T09:00:00.000+00:00"}],
        }

    def _actor(self, name: str) -> dict[str, object]:
        blog, profile = self._profile(name)
        actor = f"{self._origin}/users/{name}"
        return {
            "@context": ["https://www.w3.org/ns/activitystreams", {"toot": "http://joinmastodon.org/ns#"}],
            "id": actor,
            "type": "Person",
            "preferredUsername": name,
            "name": blog.author,
            "summary": f"<p>{escape(blog.tagline)}</p>",
            "url": f"{self._origin}/@{name}",
            "inbox": f"{actor}/inbox",
            "outbox": f"{actor}/outbox",
            "followers": f"{actor}/followers",
            "following": f"{actor}/following",
            "discoverable": profile.discoverable,
            "indexable": profile.indexable,
            "published": "2022-11-07T00:00:00Z",
            "attachment": [{"type": "PropertyValue", "name": "Blog", "value": self._field(blog)}],
        }

    def _published(self, name: str) -> Iterator[Published]:
        """An account's statuses, newest first: one that announces each post, and those written for it alone."""
        blog, profile = self._profile(name)
        items = [
            (post.published + timedelta(hours=1), self._announcement(blog, number))
            for number, post in enumerate(blog.posts)
        ]
        start = blog.posts[0].published
        items += [
            (start - timedelta(days=9 * number, hours=5), status) for number, status in enumerate(profile.statuses)
        ]
        for moment, status in sorted(items, key=lambda item: item[0], reverse=True):
            yield Published(int(moment.timestamp() * 1000) << _EPOCH_SHIFT, moment, status)

    def _announcement(self, blog: Blog, number: int) -> Status:
        post = blog.posts[number]
        url = self._atlas.post_url(blog, post)
        # A post that is talked about at home is talked about here too, in proportion.
        return Status(f"{post.title} {url}", post.comments // 4, post.comments // 3, post.comments)

    def _statuses(self, name: str, request: Request) -> Document:
        limit, max_id = request.query.get("limit", ""), request.query.get("max_id", "")
        size = min(int(limit), _MAX_LIMIT) if limit.isdecimal() and int(limit) else _DEFAULT_LIMIT
        found = [item for item in self._published(name) if not max_id.isdecimal() or item.id < int(max_id)]
        page = found[:size]
        account = self._account(name)
        base = f"{self._origin}/api/v1/accounts/{account['id']}/statuses?limit={size}"
        links = [f'<{base}&max_id={page[-1].id}>; rel="next"'] if len(found) > size else []
        links += [f'<{base}&min_id={page[0].id}>; rel="prev"'] if page else []
        headers = (("Link", ", ".join(links)),) if links else ()
        return json_document([self._status(name, item, account) for item in page], headers=headers)

    def _status(self, name: str, item: Published, account: dict[str, object]) -> dict[str, object]:
        blog, _ = self._profile(name)
        return {
            "id": str(item.id),
            "created_at": item.moment.isoformat().replace("+00:00", ".000Z"),
            "in_reply_to_id": None,
            "in_reply_to_account_id": None,
            "sensitive": False,
            "spoiler_text": "",
            "visibility": "public",
            "language": blog.language,
            "uri": f"{self._origin}/users/{name}/statuses/{item.id}",
            "url": f"{self._origin}/@{name}/{item.id}",
            "replies_count": item.status.replies,
            "reblogs_count": item.status.boosts,
            "favourites_count": item.status.favourites,
            "content": f"<p>{_linked(item.status.text)}</p>",
            "reblog": None,
            "account": account,
            "media_attachments": [],
            "mentions": [],
            "tags": [],
        }

    def _context(self, rest: str) -> Document:
        """The thread around a status: nothing before it, and below it the answers to it."""
        number, _, part = rest.partition("/")
        found = ((name, item) for name in self._blogs for item in self._published(name) if str(item.id) == number)
        name, item = next(found, ("", None))
        if item is None or part != "context":
            return _missing()
        account = self._account(name)
        answers = [
            self._answer(name, item, account, number) for number in range(min(item.status.replies, _MOST_REPLIES))
        ]
        return json_document({"ancestors": [], "descendants": answers})

    def _answer(self, name: str, item: Published, account: dict[str, object], number: int) -> dict[str, object]:
        """One of the answers to a status, by somebody of the crowd that comments on the blog as well."""
        blog = self._blogs[name]
        crowd = self._atlas.crowds[f"{blog.niche}.{blog.language}"]
        step = int(item.moment.timestamp()) // 3600 + number
        reader = crowd.names[step % len(crowd.names)].split()[0].lower()
        said = Status(
            f"{crowd.openings[step % len(crowd.openings)]} {crowd.details[step % len(crowd.details)]}", 0, 0, 0
        )
        shown = self._status(
            name, Published(item.id + number + 1, item.moment + timedelta(hours=number + 1), said), account
        )
        place = {"in_reply_to_id": str(item.id), "in_reply_to_account_id": account["id"]}
        author = {"id": str(number + 1), "username": reader, "acct": f"{reader}@elsewhere.demo.test"}
        address = f"https://elsewhere.demo.test/@{reader}/{item.id + number + 1}"
        return shown | place | {"account": author, "url": address, "uri": address}

    def _profile_page(self, name: str) -> str:
        blog, profile = self._profile(name)
        noindex = "" if profile.indexable else '<meta content="noindex, noarchive" name="robots">'
        actor = f"{self._origin}/users/{name}"
        head = f'{noindex}<link href="{actor}" rel="alternate" type="application/activity+json">'
        items = "".join(
            f'<li><a href="/@{name}/{item.id}">{item.moment:%Y-%m-%d}</a> {_linked(item.status.text)}</li>'
            for item in self._published(name)
        )
        main = (
            f"<h1>{escape(blog.author)}</h1><p>@{name}@{self._domain}</p><p>{escape(blog.tagline)}</p>"
            f"<dl><dt>Blog</dt><dd>{self._field(blog)}</dd></dl><p>{profile.followers} Followers</p><ul>{items}</ul>"
        )
        return _page(f"{blog.author} (@{name})", head, main)

    def _status_page(self, name: str, item: Published) -> str:
        text = f'<p>{_linked(item.status.text)}</p><p><a href="/@{name}">@{name}</a></p>'
        return _page(f"@{name}: {item.moment:%Y-%m-%d}", "", text)


def _page(title: str, head: str, main: str) -> str:
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)} - Mastodon</title>{head}'
        f"</head><body>{main}</body></html>"
    )


def _linked(text: str) -> str:
    """The text as HTML, its addresses as links."""
    words = (
        f'<a href="{escape(word)}" rel="nofollow noopener" target="_blank">{escape(word)}</a>'
        if word.startswith("http://")
        else escape(word, quote=False)
        for word in text.split()
    )
    return " ".join(words)


def _missing() -> Document:
    return json_document({"error": "Record not found"}, status=404)
