import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest

from bloghound.errors import RefusedAddressError, UnsafeCrawlerError
from crawler.safety.canary import SPELLINGS, check_canary

asked: list[str] = []
probed: list[int] = []


@contextmanager
def probing(port: int) -> Iterator[None]:
    probed.append(port)
    yield
    probed.append(0)


async def refuse(url: str) -> None:
    asked.append(url)
    raise RefusedAddressError(url)


async def dial(url: str) -> None:
    """What an unguarded crawler does: connect, whatever the address."""
    _, writer = await asyncio.open_connection("127.0.0.1", urlsplit(url).port)
    writer.close()


async def dial_and_refuse(url: str) -> None:
    await dial(url)
    raise RefusedAddressError(url)


async def fail(url: str) -> None:
    raise OSError(url)


async def miss_one(url: str) -> None:
    if "0x7f" in url:
        raise ConnectionRefusedError(url)
    await refuse(url)


def test_a_guard_that_refuses_every_spelling_passes() -> None:
    asked.clear()
    probed.clear()
    asyncio.run(check_canary(refuse, probing))
    port = probed[0]
    assert probed == [port, 0]
    assert asked == [f"http://{spelling}:{port}/" for spelling in SPELLINGS]


@pytest.mark.parametrize("fetch", [dial, dial_and_refuse, fail, miss_one])
def test_any_other_ending_stops_the_crawler(fetch: Callable[[str], Awaitable[object]]) -> None:
    with pytest.raises(UnsafeCrawlerError, match="The crawler does not start"):
        asyncio.run(check_canary(fetch, probing))
    assert probed[-1] == 0


def test_the_sentence_names_what_got_through() -> None:
    with pytest.raises(UnsafeCrawlerError, match=r"\(0x7f\.0\.0\.1\)"):
        asyncio.run(check_canary(miss_one, probing))
