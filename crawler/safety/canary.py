"""The proof, before anything is fetched, that the guard against internal addresses holds in this very process.

A small server is started on 127.0.0.1 and asked for through the live download handler, in several spellings. Each
request must be refused; a hit, or any other ending, means that the guard is not in place.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager

from bloghound.errors import RefusedAddressError, UnsafeCrawlerError
from crawler.safety.resolver import CANARY_NAME

Fetch = Callable[[str], Awaitable[object]]

# Literal, short, decimal, octal, hex, IPv6 and embedded forms; then names, by the hosts file and by a hostile answer.
SPELLINGS = (
    "127.0.0.1",
    "127.1",
    "2130706433",
    "0177.0.0.1",
    "0x7f.0.0.1",
    "0.0.0.0",  # noqa: S104 - an address to be refused, not one to listen on
    "[::1]",
    "[::ffff:127.0.0.1]",
    "localhost",
    CANARY_NAME,
)


async def check_canary(fetch: Fetch, probing: Callable[[int], AbstractContextManager[None]]) -> None:
    """Ask for the canary in every spelling; raises UnsafeCrawlerError unless all are refused and none reaches it.

    ``probing`` opens the given port to the guard meanwhile, so that it is the address that must be refused.
    """
    hits = 0

    async def count_hit(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal hits
        hits += 1
        writer.close()

    server = await asyncio.start_server(count_hit, "127.0.0.1", 0)
    async with server:
        port = int(server.sockets[0].getsockname()[1])
        with probing(port):
            reached = [spelling for spelling in SPELLINGS if not await _is_refused(fetch, f"http://{spelling}:{port}/")]
    if reached or hits:
        shown = ", ".join(reached)
        raise UnsafeCrawlerError(
            f"The crawler does not start: its guard let requests through to this machine ({shown})."
        )


async def _is_refused(fetch: Fetch, url: str) -> bool:
    try:
        await fetch(url)
    except RefusedAddressError:
        return True
    except Exception:  # noqa: BLE001 - any other ending means that something was dialled or looked up past the guard
        return False
    return False
