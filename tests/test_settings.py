"""Settings come from the environment, and a wrong or unknown one is named."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bloghound.errors import SettingsError
from bloghound.settings import Settings, load_settings


@pytest.fixture(autouse=True)
def _clean_environment(bare_settings: Settings) -> None:
    """The fixture removes every variable of ours."""


def test_defaults_need_no_environment() -> None:
    loaded = load_settings()
    assert loaded.sqlalchemy_url == "sqlite:///data/bloghound.sqlite3"
    assert loaded.known_languages == frozenset({"en"})


def test_variables_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BLOGHOUND_CONTACT", "mailto:ann@a.example")
    monkeypatch.setenv("BLOGHOUND_MODEL_LANGUAGES", "*")
    loaded = load_settings()
    assert (loaded.contact, loaded.known_languages) == ("mailto:ann@a.example", None)


@pytest.mark.parametrize("name", ["BLOGHOUND_DATABSE_URL", "BLOGHOUND_X", "bloghound_nothing"])
def test_an_unknown_name_is_an_error(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "1")
    with pytest.raises(SettingsError, match=name):
        load_settings()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BLOGHOUND_CRAWL_DELAY_SECONDS", "soon"),
        ("BLOGHOUND_CRAWL_DELAY_SECONDS", "0"),
        ("BLOGHOUND_CONTACT", "ann"),
        ("BLOGHOUND_ARCHIVE_RETENTION_DAYS", "-1"),
    ],
)
def test_a_wrong_value_is_named(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=f"{name}='{value}'"):
        load_settings()


def test_the_secret_key_is_made_once_and_private(bare_settings: Settings) -> None:
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: bare_settings.secret_key(), range(8)))
    path = bare_settings.data_dir / "secret.key"
    assert len(keys) == 1
    assert len(keys.pop()) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [found.name for found in bare_settings.data_dir.iterdir()] == ["secret.key"]


@pytest.mark.parametrize("content", [b"", b"x" * 31])
def test_a_key_that_is_not_whole_is_never_used(content: bytes, settings: Settings) -> None:
    settings.ensure_data_dir()
    (settings.data_dir / "secret.key").write_bytes(content)
    with pytest.raises(SettingsError, match=f"{len(content)} bytes instead of 32"):
        settings.secret_key()


def test_a_key_that_cannot_be_read_is_named(settings: Settings) -> None:
    (settings.data_dir / "secret.key").mkdir(parents=True)
    with pytest.raises(SettingsError, match=r"secret\.key"):
        settings.secret_key()


def test_a_data_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    with pytest.raises(SettingsError, match=str(blocked)):
        Settings(data_dir=blocked / "data").ensure_data_dir()


def test_what_is_stored_is_its_owners_alone(tmp_path: Path) -> None:
    made = Settings(data_dir=tmp_path / "data").ensure_data_dir()
    assert made.stat().st_mode & 0o777 == 0o700
