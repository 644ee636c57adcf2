"""Bluesky's own network from npm (``@atproto/dev-env``), with PostgreSQL and Redis from Debian's packages.

The module asks the public AppView. Its requests are answered here by the AppView on loopback and archived under the
addresses that were asked for, so that a crawl of the archive is a crawl of Bluesky with nothing in between.
"""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bloghound.demo.exchange import Document
from crawler.platforms.bluesky import Bluesky
from crawler.platforms.protocol import ApiAnswer, ApiRequest, Profile
from tests.live.installing import (
    build_native,
    install_debian_packages,
    newest_postgresql,
    npm_install,
    run,
    system_node,
    unpack_debian_packages,
)
from tests.live.servers import Service, answers, free_port
from tests.mockweb.client import fetch

SEEDS = Path(__file__).parent / "seeds"
# What PostgreSQL, which is unpacked and not installed, is linked against; and Redis, whose own package starts it.
_LIBRARIES = ("libpq5", "libxml2", "libxslt1.1", "redis-tools")
_POSTGRES_USER = "nobody"
"""PostgreSQL does not run as root."""


@dataclass(frozen=True)
class BlueskyNetwork:
    """A network that runs: where its AppView answers, and the addresses of accounts and posts by their names."""

    appview: str
    dids: Mapping[str, str]
    posts: Mapping[str, str]

    def archive(self, handles: Sequence[str]) -> dict[str, dict[str, Document]]:
        """What the AppView answers to all that the module asks about these accounts, by host and path."""
        found: dict[str, dict[str, Document]] = {}
        for handle in handles:
            for request, answer in self._conversation(handle):
                parts = urlsplit(request.url)
                pages = found.setdefault(parts.netloc, {"/robots.txt": self._document("/robots.txt")})
                pages[f"{parts.path}?{parts.query}"] = answer
        return found

    def _conversation(self, handle: str) -> Iterator[tuple[ApiRequest, Document]]:
        platform = Bluesky()
        profile: Profile | None = None
        address = platform.recognise(f"https://bsky.app/profile/{handle}")
        assert address is not None
        waiting = list(platform.first_requests(address))
        while waiting:
            request = waiting.pop(0)
            parts = urlsplit(request.url)
            document = self._document(f"{parts.path}?{parts.query}")
            yield request, document
            step = platform.read(request, ApiAnswer(document.status, document.body), profile)
            profile = step.profile or profile
            waiting.extend(step.next)

    def _document(self, target: str) -> Document:
        answer = fetch(self.appview + target)
        return Document(answer.body, answer.headers["content-type"], answer.status)


def install(folder: Path) -> None:
    """Unpack the network and the servers that it needs below ``folder``, and compile its SQLite driver."""
    install_debian_packages(*_LIBRARIES)
    unpack_debian_packages(folder / "debian", newest_postgresql(), "redis-server")
    npm_install(folder, "@atproto/dev-env@0.3")
    build_native(folder / "node_modules" / "better-sqlite3", system_node())


def is_installed(folder: Path) -> bool:
    """Whether :func:`install` came to its end there."""
    return any(folder.glob("node_modules/better-sqlite3/build/Release/*.node"))


@contextmanager
def running(folder: Path, data: Path, described: Mapping[str, Any]) -> Iterator[BlueskyNetwork]:
    """The network filled as described, with its servers' data in ``data``, an empty folder, until the block ends."""
    with ExitStack() as services:
        postgres = services.enter_context(_postgres(folder / "debian", data))
        redis = services.enter_context(_redis(data))
        (data / "network.json").write_text(json.dumps(described))
        environment = {
            "DB_POSTGRES_URL": f"postgresql://postgres@127.0.0.1:{postgres}/postgres",
            "REDIS_HOST": f"127.0.0.1:{redis}",
            "LOG_ENABLED": "false",
            "TMPDIR": str(data),
            "NODE_NO_WARNINGS": "1",
        }
        # Its seed client uploads pictures that lie in its own package.
        package = folder / "node_modules" / "@atproto" / "dev-env"
        command = [system_node().program, SEEDS / "bluesky_network.js", data / "network.json"]
        network = services.enter_context(Service(command, data, environment, folder=package))
        network.wait_for(lambda: network.said().endswith("}\n"))
        told = json.loads(network.said().splitlines()[-1])
        yield BlueskyNetwork(told["appview"], told["dids"], told["posts"])


@contextmanager
def _postgres(unpacked: Path, data: Path) -> Iterator[int]:
    programs = next(unpacked.glob("usr/lib/postgresql/*/bin"))
    tables, port = data / "postgres", free_port()
    user = _POSTGRES_USER if os.getuid() == 0 else None
    tables.mkdir()
    if user is not None:
        run(["chown", user, tables], data)
    as_user = ["runuser", "-u", user, "--"] if user else []
    run([*as_user, programs / "initdb", "-D", tables, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"], data)
    settings = {"listen_addresses": "127.0.0.1", "unix_socket_directories": "", "fsync": "off", "jit": "off"}
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    with Service([programs / "postgres", "-D", tables, "-p", str(port), *options], data, user=user) as server:
        server.wait_for(lambda: answers(port))
        yield port


@contextmanager
def _redis(data: Path) -> Iterator[int]:
    # One program under two names: which one it was called by tells it what to be.
    program, port = data / "redis-server", free_port()
    program.symlink_to("/usr/bin/redis-check-rdb")
    with Service([program, "--port", str(port), "--bind", "127.0.0.1", "--save", ""], data) as server:
        server.wait_for(lambda: answers(port))
        yield port
