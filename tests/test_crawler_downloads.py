from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    NotSupported,
    ResponseDataLossError,
)
from scrapy.settings import default_settings

from bloghound.errors import BodyTooLargeError, RefusedAddressError, SettingsError, UndecodableBodyError
from bloghound.records import Outcome
from bloghound.settings import Settings
from crawler.downloads import classify_failure, own_hosts, require_contact, scrapy_settings
from crawler.politeness.identity import user_agent
from tests.scrapy_harness import LoopbackServer, fetch

DEMO = {"*.demo.test": ("127.0.0.1", 5001)}


def test_every_setting_is_one_that_scrapy_or_we_read(settings: Settings) -> None:
    made = scrapy_settings(settings, agent="x")
    unknown = [name for name in made if not hasattr(default_settings, name) and not name.startswith("BLOGHOUND_")]
    assert unknown == []


def test_only_the_web_has_a_handler(settings: Settings) -> None:
    for archives in (None, [Path("a.warc.gz")]):
        handlers = scrapy_settings(settings, agent="x", archives=archives)["DOWNLOAD_HANDLERS"]
        assert isinstance(handlers, dict)
        assert {scheme for scheme, handler in handlers.items() if handler} == {"http", "https"}
        assert set(handlers) == set(default_settings.DOWNLOAD_HANDLERS_BASE)


def test_an_archive_crawl_records_nothing_and_never_dials(settings: Settings) -> None:
    made = scrapy_settings(settings, agent="x", archives=[Path("a.warc.gz")])
    assert made["BLOGHOUND_ARCHIVE_DIR"] is None
    assert made["DOWNLOAD_HANDLERS"]["https"] == "crawler.archive.handler.ArchiveDownloadHandler"  # type: ignore[index]


def test_politeness_means_one_request_at_a_time(settings: Settings) -> None:
    assert scrapy_settings(settings, agent="x")["CONCURRENT_REQUESTS_PER_DOMAIN"] == 1
    assert scrapy_settings(settings, agent="x", polite=False)["CONCURRENT_REQUESTS_PER_DOMAIN"] == 16


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (RefusedAddressError("inside"), Outcome.BLOCKED),
        (NotSupported("ftp"), Outcome.BLOCKED),
        (DownloadCancelledError("too long"), Outcome.TOO_LARGE),
        (BodyTooLargeError("bomb"), Outcome.TOO_LARGE),
        (UndecodableBodyError("lie"), Outcome.PARSE_ERROR),
        (CannotResolveHostError("no such name"), Outcome.NETWORK_ERROR),
        (DownloadConnectionRefusedError("no"), Outcome.NETWORK_ERROR),
        (DownloadFailedError("broken"), Outcome.NETWORK_ERROR),
        (ResponseDataLossError("cut"), Outcome.NETWORK_ERROR),
        (ValueError("invalid hostname"), Outcome.NETWORK_ERROR),
    ],
)
def test_every_failure_has_an_outcome_and_a_reason_in_one_line(error: Exception, outcome: Outcome) -> None:
    assert classify_failure(error) == (outcome, str(error))


def test_a_reason_is_one_line_and_never_empty() -> None:
    assert classify_failure(OSError("a\n  b"))[1] == "a b"
    assert classify_failure(ResponseDataLossError())[1] == "ResponseDataLossError"
    assert classify_failure(DownloadTimeoutError("20 seconds")) == (Outcome.NETWORK_ERROR, "timeout: 20 seconds")


def test_the_user_agent_names_product_version_and_contact(tmp_path: Path) -> None:
    product = f"Bloghound/{version('bloghound')}"
    assert user_agent(Settings(data_dir=tmp_path)) == product
    with_contact = Settings(data_dir=tmp_path, contact="https://bloghound.example/bot")
    assert user_agent(with_contact) == f"{product} (+https://bloghound.example/bot)"


def test_foreign_hosts_need_a_contact(settings: Settings, tmp_path: Path) -> None:
    is_own = own_hosts(DEMO)
    require_contact(settings, ["koffie.demo.test", "thee.demo.test"], is_own)
    require_contact(settings, [])
    require_contact(Settings(data_dir=tmp_path, contact="mailto:bot@bloghound.example"), ["blog.example"])
    for hosts in (["blog.example"], ["koffie.demo.test", "blog.example"], ["demo.test"]):
        with pytest.raises(SettingsError, match=f"Crawling {hosts[-1]} needs .*BLOGHOUND_CONTACT"):
            require_contact(settings, hosts, is_own)


def test_without_own_hosts_every_host_is_foreign(settings: Settings) -> None:
    with pytest.raises(SettingsError):
        require_contact(settings, ["koffie.demo.test"])


@pytest.fixture
def self_signed(tmp_path: Path) -> Path:
    """A key and a certificate for public.test that no authority has signed."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "public.test")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("public.test")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "server.pem"
    plain = serialization.NoEncryption()
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
    path.write_bytes(private + certificate.public_bytes(pem))
    return path


def test_a_certificate_that_nobody_vouches_for_is_not_accepted(self_signed: Path) -> None:
    with LoopbackServer({"/": "secret"}, certificate=self_signed) as server:
        address = f"https://public.test:{server.port}/"
        mapped = {"public.test": ("127.0.0.1", server.port)}
        strict = fetch([address], static_hosts=mapped)
        lax = fetch([address], static_hosts=mapped, overrides={"DOWNLOAD_VERIFY_CERTIFICATES": False})
    assert (strict[0].outcome, strict[0].body) == ("network_error", "")
    assert lax[0].body == "secret"
    assert server.hits == ["/"]
