"""The first API over a real server on loopback: health, readiness, search, and problems as RFC 9457 says."""

import json
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import uvicorn

from api.app import MAX_BODY_BYTES, create_app
from api.server import serve
from bloghound.errors import ConflictError
from bloghound.settings import Settings
from tests.ranking_bloggers import build, three_bloggers


@contextmanager
def serving(settings: Settings) -> Iterator[str]:
    """The address of the application, served in a thread until the block ends."""
    server = uvicorn.Server(uvicorn.Config(create_app(settings), port=0, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            thread.join(0.02)
            assert thread.is_alive()
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


def ask(url: str, body: Any = None, *, raw: bytes | None = None) -> tuple[int, str, Any]:
    """Status, content type and JSON of an answer."""
    data = raw if raw is not None else (json.dumps(body).encode() if body is not None else None)
    request = urllib.request.Request(url, data=data, headers={"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.headers["Content-Type"], json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers["Content-Type"], json.load(error)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The API over three bloggers."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("service"))
    build(settings.index_dir, three_bloggers())
    with serving(settings) as address:
        yield address


@pytest.fixture
def empty_service(settings: Settings) -> Iterator[str]:
    with serving(settings) as address:
        yield address


def test_health_does_not_wait_for_an_index(empty_service: str) -> None:
    assert ask(f"{empty_service}/healthz")[2]["status"] == "ok"


def test_search_answers_in_the_shape_of_the_command_line(service: str) -> None:
    status, _, found = ask(f"{service}/v1/search", {"query": "Espresso machines and grinders at home", "limit": 2})
    assert (status, found["results"][0]["blogger"]["home"]) == (200, "https://coffee.test/")
    assert set(found) == {"query", "generation", "formula", "warnings", "results"}
    assert len(found["results"]) == 2
    assert ask(f"{service}/readyz")[0] == 200


def test_a_newer_generation_is_taken_up(settings: Settings) -> None:
    build(settings.index_dir, three_bloggers())
    with serving(settings) as address:
        first = ask(f"{address}/v1/search", {"query": "espresso"})[2]["generation"]
        build(settings.index_dir, three_bloggers())
        assert ask(f"{address}/v1/search", {"query": "espresso"})[2]["generation"] != first


def test_without_an_index_search_says_what_to_do(empty_service: str) -> None:
    status, kind, problem = ask(f"{empty_service}/v1/search", {"query": "espresso"})
    assert (status, kind) == (503, "application/problem+json")
    assert "bloghound index" in problem["detail"]
    assert ask(f"{empty_service}/readyz")[0] == 503


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"query": ""}, 422),
        ({"query": "x" * 10_001}, 422),
        ({"query": "tea", "limit": 0}, 422),
        ({"query": "tea", "limit": 10**30}, 422),
        ({"query": "tea", "weights": {"relevance": -1}}, 422),
        ({"query": "tea", "fame": 1}, 422),
        ({"query": "tea", "weights": {"relevance": 0, "engagement": 0, "reach": 0}}, 400),
        ({"query": "\U0001f600"}, 400),
        ([], 422),
    ],
)
def test_what_cannot_be_asked_is_a_problem(service: str, body: Any, status: int) -> None:
    found, kind, problem = ask(f"{service}/v1/search", body)
    assert (found, kind) == (status, "application/problem+json")
    assert problem["status"] == status
    assert problem["detail"]


@pytest.mark.parametrize(("raw", "status"), [(b"{", 422), (b"\xff", 400)])
def test_bodies_that_are_no_json_are_refused(service: str, raw: bytes, status: int) -> None:
    found, kind, problem = ask(f"{service}/v1/search", raw=raw)
    assert (found, kind, problem["status"]) == (status, "application/problem+json", status)


def test_a_body_over_the_limit_is_not_read(service: str) -> None:
    host, port = service.removeprefix("http://").split(":")
    head = f"POST /v1/search HTTP/1.1\r\nHost: {host}\r\nContent-Length: {MAX_BODY_BYTES + 1}\r\n\r\n"
    with socket.create_connection((host, int(port)), timeout=60) as connection:
        connection.sendall(head.encode())
        assert connection.recv(64).startswith(b"HTTP/1.1 413 ")


def test_an_unknown_path_is_a_problem_too(service: str) -> None:
    status, kind, problem = ask(f"{service}/v1/nothing")
    assert (status, kind, problem["instance"]) == (404, "application/problem+json", "/v1/nothing")


def test_a_taken_port_is_named(settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConflictError, match=str(port)):
            serve(settings, host="127.0.0.1", port=port)
