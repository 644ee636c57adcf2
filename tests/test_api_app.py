"""The service over a real server: health, keys, problems, limits, safe retries, headers, and the reference."""

import itertools
import socket
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from api.auth.keys import KEY_CHARS, looks_like_key, new_key
from api.http.connection import HEAD_SECONDS, MAX_HEAD_BYTES
from api.http.headers import CONTENT_SECURITY_POLICY
from api.http.limits import BURST_SECONDS, MAX_BODY_BYTES, RateLimiter
from api.metrics import Metrics, StoredFigures
from api.server import serve
from bloghound.errors import PortError
from bloghound.settings import Settings
from storage.figures import CrawlFigures
from tests.serving import ask, make_key, serving, sign_in


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """An empty installation for all tests of this file."""
    return Settings(data_dir=tmp_path_factory.mktemp("service"))


@pytest.fixture(scope="module")
def service(installation: Settings) -> Iterator[str]:
    """The service over it."""
    with serving(installation) as address:
        yield address


@pytest.fixture(scope="module")
def key(installation: Settings) -> str:
    """An administrator's key."""
    return make_key(installation)


def test_health_needs_no_key(service: str) -> None:
    answer = ask("GET", f"{service}/healthz")
    assert (answer.status, answer.json()["status"]) == (200, "ok")


def test_not_ready_without_an_index(service: str) -> None:
    answer = ask("GET", f"{service}/readyz")
    assert answer.status == 503
    assert answer.json()["status"] in {"warming", "no_index"}
    assert answer.json()["reason"]


def test_me_tells_the_scopes(service: str, key: str) -> None:
    answer = ask("GET", f"{service}/v1/me", key=key)
    assert (answer.status, answer.json()["scopes"]) == (200, ["admin"])
    assert answer.json()["workspace_name"] == "default"


@pytest.mark.parametrize("sent", ["", "Bearer", "Bearer x", "Basic dTpw", "Bearer UNKNOWN", "Bearer é"])
def test_without_a_valid_key_401(service: str, sent: str) -> None:
    answer = ask(
        "GET", f"{service}/v1/me", headers={"Authorization": sent.replace("UNKNOWN", new_key())} if sent else {}
    )
    assert (answer.status, answer.headers["content-type"]) == (401, "application/problem+json")
    assert answer.headers["www-authenticate"].startswith("Bearer")


def test_a_scope_that_is_missing_is_named(service: str, installation: Settings) -> None:
    answer = ask("GET", f"{service}/v1/keys", key=make_key(installation, ["read"]))
    assert answer.status == 403
    assert "'admin'" in answer.json()["detail"]


def test_the_form_of_a_key() -> None:
    key = new_key()
    assert len(key) == KEY_CHARS
    assert looks_like_key(key)
    assert not looks_like_key(key[:-1] + ("a" if key[-1] != "a" else "b"))


def test_a_key_is_made_used_and_revoked(service: str, key: str) -> None:
    made = ask("POST", f"{service}/v1/keys", {"name": "script", "scopes": ["read"]}, key=key)
    assert made.status == 201
    new = made.json()["key"]
    assert ask("GET", f"{service}/v1/me", key=new).json()["scopes"] == ["read"]
    assert new not in ask("GET", f"{service}/v1/keys", key=key).text
    assert ask("DELETE", f"{service}/v1/keys/{made.json()['id']}", key=key).status == 204
    assert ask("GET", f"{service}/v1/me", key=new).status == 401


def test_only_a_hash_of_a_key_is_stored(installation: Settings) -> None:
    key = make_key(installation)
    files = [path for path in installation.data_dir.iterdir() if path.is_file()]
    assert files
    assert not [path for path in files if key.encode() in path.read_bytes()]


def test_keys_of_another_workspace_are_not_there(service: str, key: str, installation: Settings) -> None:
    others = make_key(installation, workspace="others")
    its_id = ask("GET", f"{service}/v1/me", key=others).json()["key_id"]
    assert ask("DELETE", f"{service}/v1/keys/{its_id}", key=key).status == 404
    assert its_id not in ask("GET", f"{service}/v1/keys", key=key).text


def test_a_key_that_would_have_expired_is_refused(service: str, key: str) -> None:
    body = {"name": "late", "scopes": ["read"], "expires_at": "2020-01-01T00:00:00Z"}
    assert ask("POST", f"{service}/v1/keys", body, key=key).status == 400


def test_an_unknown_path_is_a_problem(service: str) -> None:
    answer = ask("GET", f"{service}/v1/nothing")
    assert (answer.status, answer.headers["content-type"]) == (404, "application/problem+json")
    assert answer.json()["instance"] == "/v1/nothing"


def test_a_wrong_method_names_the_right_ones(service: str) -> None:
    answer = ask("PUT", f"{service}/v1/me")
    assert (answer.status, answer.headers["allow"]) == (405, "GET")


@pytest.mark.parametrize(("raw", "status"), [(b"{", 422), (b"\xff", 400), (b"[]", 422), (b'{"name": "x"}', 422)])
def test_bodies_that_cannot_be_used(service: str, key: str, raw: bytes, status: int) -> None:
    answer = ask("POST", f"{service}/v1/keys", raw=raw, headers={"Content-Type": "application/json"}, key=key)
    assert (answer.status, answer.headers["content-type"]) == (status, "application/problem+json")


@pytest.mark.parametrize(
    "path", ["/healthz", "/v1/me", "/v1/nothing", "/docs", "/docs/assets/swagger-ui.css", "/openapi.json"]
)
def test_every_answer_carries_the_security_headers(service: str, path: str) -> None:
    headers = ask("GET", service + path).headers
    assert headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    assert (headers["x-content-type-options"], headers["x-frame-options"]) == ("nosniff", "DENY")
    assert "server" not in headers


def test_the_reference_loads_nothing_from_elsewhere(service: str) -> None:
    page = ask("GET", f"{service}/docs", headers={"Accept": "text/html"}).text
    assert "http://" not in page
    assert "https://" not in page
    assert '<link rel="icon" href="data:' in page, "a browser would ask for /favicon.ico, and log that it is missing"


# limits


def test_a_body_over_the_limit_is_not_read(service: str) -> None:
    answer = _raw(
        service, f"POST /v1/keys HTTP/1.1\r\nHost: x\r\nContent-Length: {MAX_BODY_BYTES + 1}\r\n\r\n".encode()
    )
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"application/problem+json" in answer


def test_a_body_that_hides_its_length_is_counted(service: str, key: str) -> None:
    head = f"POST /v1/keys HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\n"
    chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    answer = _raw(service, head.encode() + b"Transfer-Encoding: chunked\r\n\r\n" + chunk * 17)
    assert answer.startswith(b"HTTP/1.1 413 ")


def test_a_head_over_the_limit_is_refused(service: str) -> None:
    answer = _raw(service, b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Long: " + b"a" * MAX_HEAD_BYTES + b"\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 431 ")


def test_an_address_over_the_limit_is_refused(service: str) -> None:
    answer = _raw(service, b"GET /" + b"a" * (MAX_HEAD_BYTES + 1) + b" HTTP/1.1\r\nHost: x\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 431 ")


def test_a_head_that_never_ends_is_given_up(service: str) -> None:
    began = time.monotonic()
    answer = _raw(service, b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: a")
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert time.monotonic() - began < 3 * HEAD_SECONDS


def _raw(service: str, sent: bytes) -> bytes:
    host, port = service.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=60) as connection:
        with suppress(ConnectionError):  # the server may answer and hang up before all is sent
            connection.sendall(sent)
        received = b""
        while chunk := connection.recv(65536):
            received += chunk
            if b"\r\n\r\n" in received and b"content-length: 0" not in received.lower():
                break
        return received


def test_the_rate_of_a_key_is_limited(tmp_path_factory: pytest.TempPathFactory) -> None:
    settings = Settings(data_dir=tmp_path_factory.mktemp("limited"), rate_limit_per_minute=60)
    key = make_key(settings)
    with serving(settings, limited=True) as service:
        answers = [ask("GET", f"{service}/v1/me", key=key) for _ in range(int(BURST_SECONDS) + 3)]
    refused = answers[-1]
    assert [answer.status for answer in answers[: int(BURST_SECONDS)]] == [200] * int(BURST_SECONDS)
    assert refused.status == 429
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert (refused.headers["ratelimit-limit"], refused.headers["ratelimit-remaining"]) == ("60", "0")


def test_a_valid_key_is_not_kept_out_by_strangers_at_its_address(tmp_path_factory: pytest.TempPathFactory) -> None:
    settings = Settings(data_dir=tmp_path_factory.mktemp("crowded"), rate_limit_anonymous_per_minute=6)
    key = make_key(settings)
    with serving(settings, limited=True) as address:
        strangers = [ask("GET", f"{address}/v1/me", key=new_key()).status for _ in range(3)]
        assert (strangers, ask("GET", f"{address}/v1/me", key=key).status) == ([401, 429, 429], 200)


def test_processes_share_one_limit(tmp_path: Path) -> None:
    path = tmp_path / "limits.bin"
    with closing(RateLimiter(path)) as one, closing(RateLimiter(path)) as other:
        taken = [limiter.take("key:a", 60, now=1000.0) for limiter in (one, other) * 5]
        assert all(allowance.retry_after_seconds is None for allowance in taken)
        assert one.take("key:a", 60, now=1000.0).retry_after_seconds == 1
        assert other.take("key:b", 60, now=1000.0).retry_after_seconds is None
        assert other.take("key:a", 60, now=1001.0).retry_after_seconds is None


def test_a_clock_set_back_locks_nobody_out(tmp_path: Path) -> None:
    with closing(RateLimiter(tmp_path / "limits.bin")) as limiter:
        limiter.take("key:a", 60, now=1_000_000.0)
        assert limiter.take("key:a", 60, now=1000.0).reset_seconds <= BURST_SECONDS


# safe retries


def test_a_request_sent_again_is_answered_again_and_done_once(service: str, key: str) -> None:
    body, headers = {"name": "once", "scopes": ["read"]}, {"Idempotency-Key": "first-1"}
    first = ask("POST", f"{service}/v1/keys", body, key=key, headers=headers)
    again = ask("POST", f"{service}/v1/keys", body, key=key, headers=headers)
    assert (first.status, again.status) == (201, 201)
    assert again.json() == first.json() | {"key": None}
    assert again.headers["idempotency-replayed"] == "true"
    names = [one["name"] for one in ask("GET", f"{service}/v1/keys", key=key).json()["data"]]
    assert names.count("once") == 1


def test_a_key_is_not_kept_for_a_retry_either(service: str, key: str, installation: Settings) -> None:
    body, headers = {"name": "secret", "scopes": ["read"]}, {"Idempotency-Key": "first-5"}
    made = ask("POST", f"{service}/v1/keys", body, key=key, headers=headers).json()["key"].encode()
    assert ask("GET", f"{service}/v1/me", key=made.decode()).status == 200
    files = [path for path in installation.data_dir.rglob("*") if path.is_file()]
    assert [path.name for path in files if made in path.read_bytes()] == []


def test_another_request_with_the_same_key_is_refused(service: str, key: str) -> None:
    headers = {"Idempotency-Key": "first-2"}
    ask("POST", f"{service}/v1/keys", {"name": "a", "scopes": ["read"]}, key=key, headers=headers)
    other = ask("POST", f"{service}/v1/keys", {"name": "b", "scopes": ["read"]}, key=key, headers=headers)
    assert other.status == 409


def test_a_refused_request_may_be_corrected(service: str, key: str) -> None:
    headers = {"Idempotency-Key": "first-3"}
    assert ask("POST", f"{service}/v1/keys", {"name": "a"}, key=key, headers=headers).status == 422
    assert ask("POST", f"{service}/v1/keys", {"name": "a", "scopes": ["read"]}, key=key, headers=headers).status == 201


def test_two_callers_may_use_the_same_idempotency_key(service: str, key: str, installation: Settings) -> None:
    headers, body = {"Idempotency-Key": "first-4"}, {"name": "shared", "scopes": ["read"]}
    others = make_key(installation, workspace="others")
    first = ask("POST", f"{service}/v1/keys", body, key=key, headers=headers)
    second = ask("POST", f"{service}/v1/keys", body, key=others, headers=headers)
    assert (first.status, second.status) == (201, 201)
    assert first.json()["id"] != second.json()["id"]


# the browser's session


def test_a_browser_signs_in_and_may_read(service: str, key: str) -> None:
    cookie = sign_in(service, key)
    assert ask("GET", f"{service}/v1/me", headers=cookie).status == 200


def test_a_session_changes_nothing_without_our_token(service: str, key: str) -> None:
    cookie = sign_in(service, key)
    answer = ask("POST", f"{service}/v1/keys", {"name": "x", "scopes": ["read"]}, headers=cookie)
    assert answer.status == 403


@pytest.mark.parametrize("sent", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}])
def test_signing_in_from_another_site_is_refused(service: str, key: str, sent: dict[str, str]) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded", **sent}
    assert ask("POST", f"{service}/sign-in", raw=f"key={key}".encode(), headers=headers).status == 403


def test_a_revoked_key_ends_its_sessions(service: str, key: str) -> None:
    made = ask("POST", f"{service}/v1/keys", {"name": "s", "scopes": ["read"]}, key=key).json()
    cookie = sign_in(service, made["key"])
    ask("DELETE", f"{service}/v1/keys/{made['id']}", key=key)
    assert ask("GET", f"{service}/v1/me", headers=cookie).status == 401


def test_metrics_count_requests_by_route(service: str, key: str) -> None:
    ask("GET", f"{service}/v1/me", key=key)
    text = ask("GET", f"{service}/metrics", key=key).text
    assert 'bloghound_http_requests_total{method="GET",route="/v1/me",status="200"}' in text
    assert 'bloghound_rows{kind="sites"} 0.0' in text
    assert 'bloghound_crawl_queue{state="due"} 0.0' in text


def test_figures_of_the_database_are_read_once_for_many_who_ask() -> None:
    metrics, reads = Metrics(), itertools.count()
    crawl = CrawlFigures({}, 0, 0, 0, 0, {}, {}, 0, 0, 0, 0, 0)
    found = [metrics.stored(lambda: StoredFigures({"read": ("", {"times": next(reads)})}, crawl)) for _ in range(3)]
    assert found[0] is found[1] is found[2]
    assert next(reads) == 1


def test_a_taken_port_is_named(installation: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortError, match=str(port)):
            serve(installation, host="127.0.0.1", port=port)
