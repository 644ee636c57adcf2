"""WordPress from Debian on MariaDB, served by PHP's own web server, with the blog of :mod:`tests.live.blog` on it."""

import json
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.live import blog
from tests.live.installing import install_debian_packages, run, unpack_debian_packages
from tests.live.servers import Service, answers, free_port

HOST = "crumb-and-crust.example"
SEEDS = Path(__file__).parent / "seeds"

_PROGRAMS = ("mariadb-server-core", "mariadb-client-core", "php-cli", "php-mysql", "php-xml", "php-mbstring")
# WordPress, two themes whose comments are marked up differently, and the libraries that Debian keeps apart.
_FILES = ("wordpress", "wordpress-theme-twentytwentyone", "libjs-underscore", "libjs-cropper", "php-getid3")
_BLOCK_THEME = "wordpress-theme-twentytwentythree"

PLAIN_PERMALINKS = "add_filter('pre_option_permalink_structure', '__return_empty_string');"
"""Addresses like ``/?p=4``, and an interface that is reached by ``?rest_route=`` only."""
CLOSED_INTERFACE = (
    "add_filter('rest_authentication_errors', fn() => new WP_Error('rest_not_logged_in', 'No.', ['status' => 401]));"
)
"""What plugins that close the interface to strangers do."""
BLOCK_THEME = (
    "add_filter('template', fn() => 'twentytwentythree'); add_filter('stylesheet', fn() => 'twentytwentythree');"
)


@dataclass(frozen=True)
class WordPressSite:
    """A WordPress that runs: its name on the web, and the port of loopback that stands for it."""

    folder: Path
    port: int

    @property
    def home_url(self) -> str:
        return f"http://{HOST}/"

    @contextmanager
    def altered(self, php: str) -> Iterator[None]:
        """WordPress with a plugin of one statement, until the block ends."""
        plugin = self.folder / "wp-content" / "mu-plugins" / "altered.php"
        plugin.parent.mkdir(exist_ok=True)
        plugin.write_text(f"<?php\n{php}\n")
        try:
            yield
        finally:
            plugin.unlink()


def install(folder: Path) -> Path:
    """Unpack WordPress below ``folder``; the folder that is served."""
    install_debian_packages(*_PROGRAMS)
    unpack_debian_packages(folder, *_FILES, _BLOCK_THEME)
    site = folder / "usr" / "share" / "wordpress"
    shutil.copyfile(SEEDS / "wordpress_config.php", site / "wp-config.php")
    return site


@contextmanager
def running(site: Path, data: Path) -> Iterator[WordPressSite]:
    """WordPress with its database in ``data``, an empty folder, until the block ends."""
    port, socket = free_port(), data / "db.sock"
    environment = {"BLOG_HOST": HOST, "BLOG_SOCKET": str(socket), "PHP_CLI_SERVER_WORKERS": "2"}
    with ExitStack() as services:
        services.enter_context(_database(data, socket))
        described = data / "blog.json"
        described.write_text(
            json.dumps({"title": blog.TITLE, "author": blog.AUTHOR, "posts": blog.as_json(blog.posts())})
        )
        run(["php", SEEDS / "wordpress_seed.php", site, described], data, **environment)
        router = SEEDS / "wordpress_router.php"
        server = Service(["php", "-S", f"127.0.0.1:{port}", "-t", site, router], data, environment)
        services.enter_context(server).wait_for(lambda: answers(port))
        yield WordPressSite(site, port)


@contextmanager
def _database(data: Path, socket: Path) -> Iterator[None]:
    tables = data / "tables"
    # Without a password: only who may open the socket gets in. MariaDB runs as root when told so by name.
    own = ["--no-defaults", f"--datadir={tables}", "--user=root"]
    run(["mariadb-install-db", *own, "--auth-root-authentication-method=normal", "--skip-test-db"], data)
    server = Service(
        ["mariadbd", *own, f"--socket={socket}", "--skip-networking", f"--pid-file={data / 'db.pid'}"], data
    )
    with server:
        server.wait_for(socket.exists)
        yield
