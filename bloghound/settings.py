"""The one settings object: read once by whoever starts (command line, service, test) and handed down.

Every name is an environment variable with the prefix ``BLOGHOUND_``. A variable with that prefix that is no setting
is an error, so that a misspelt one is never silently ignored.
"""

import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from bloghound.errors import SettingsError

PREFIX = "BLOGHOUND_"

KNOWN_VENUES = frozenset({"hackernews"})
"""Places where posts are talked about that can be asked (crawler.platforms.VENUES)."""

KEY_BYTES = 32
"""Length of the key of keyed hashes: that of SHA-256, as RFC 2104 recommends."""


class Settings(BaseSettings):
    """All that an operator may choose; the field descriptions are the documentation of the settings."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True)

    data_dir: Path = Field(
        default=Path("data"), description="Folder for the database, the index and the archives; made if absent."
    )
    database_url: str = Field(
        default="",
        description="SQLAlchemy address of the database; empty means SQLite in the data directory. "
        "For PostgreSQL: postgresql+psycopg://user:password@host/name.",
    )
    contact: str = Field(
        default="",
        description="An address (https:// or mailto:) where the people you crawl can reach you; it is part of the "
        "User-Agent. Needed before foreign hosts are crawled.",
    )
    model: str = Field(
        default="all-MiniLM-L6-v2",
        description="Embedding model: the bundled all-MiniLM-L6-v2, or any sentence-transformers name or folder.",
    )
    model_languages: str = Field(
        default="en",
        description="Languages the model knows, as ISO 639-1 codes separated by commas; '*' for all. "
        "Texts in other languages are ranked by full text only.",
    )
    model_query_prompt: str = Field(
        default="",
        description="What the model wants before a brief, as 'query: '; empty means what its own configuration names.",
    )
    model_passage_prompt: str = Field(
        default="",
        description="What the model wants before a post, as 'passage: '; empty means what its own configuration names.",
    )
    device: str = Field(
        default="cpu",
        description="Where posts are encoded: cpu, cuda, or cuda:1 for a second GPU. Briefs are read on the processor.",
    )
    archive_retention_days: int = Field(
        default=90, ge=0, description="Raw archives of live crawls older than this are removed; 0 keeps them for ever."
    )
    crawl_delay_seconds: float = Field(
        default=2.0, ge=0.5, le=300, description="Least gap between two requests to one host (robots.txt may ask more)."
    )
    concurrent_sites: int = Field(default=64, ge=1, le=1000, description="Sites that one worker crawls at a time.")
    max_pages_per_site: int = Field(default=200, ge=1, description="Pages fetched from one site in one crawl.")
    visit_pages: int = Field(default=50, ge=1, description="Pages after which a site goes back to the queue.")
    visit_minutes: float = Field(default=10, gt=0, description="Minutes after which a site goes back to the queue.")
    extraction_workers: int = Field(default=2, ge=1, description="Processes that parse pages.")
    parse_timeout_seconds: float = Field(
        default=3.0, gt=0, description="A page that takes more processor time than this is given up."
    )
    parse_memory_mib: int = Field(default=256, ge=128, description="Memory limit of one parser process, in MiB.")

    venues: str = Field(
        default="",
        description="Places to ask where the posts of crawled blogs are talked about, separated by commas: hackernews. "
        "Each learns which blogs are looked at. Empty means none.",
    )

    collect_contacts: bool = Field(
        default=False,
        description="Whether to read and show what bloggers publish for contact: addresses, contact pages, and wishes "
        "such as 'no pitches'. Shown to keys with the scope contacts:read only.",
    )

    rate_limit_per_minute: int = Field(
        default=1200, ge=1, description="Requests a minute that one key may send; all workers of a machine share it."
    )
    rate_limit_anonymous_per_minute: int = Field(
        default=60, ge=1, description="Requests a minute from one address without a valid key, opt-outs included."
    )

    jobs_in_service: bool = Field(
        default=True,
        description="Whether 'bloghound serve' does long work itself; if not, 'bloghound worker' processes must.",
    )
    log_format: Literal["text", "json"] = Field(
        default="text", description="Form of what is logged: text, or json for one JSON object a line."
    )
    metrics_file: str = Field(
        default="",
        description="File for the crawl's figures in Prometheus' text format, rewritten every 15 s while a crawl or a "
        "worker runs: for the textfile collector of node_exporter. Empty means none.",
    )
    suppressions_file: str = Field(
        default="",
        description="File that repeats, without names, who must not be stored again, so that erased people stay erased "
        "after a restore; best on another disk. Empty means suppressions.json in the data directory.",
    )
    optout_grace_days: float = Field(
        default=3, ge=0, description="Days after which an opt-out, effective at once, is also erased for good."
    )

    @field_validator("contact")
    @classmethod
    def _contact_is_an_address(cls, value: str) -> str:
        if value and not value.startswith(("https://", "http://", "mailto:")):
            raise ValueError(f"the contact must start with https://, http:// or mailto:, not {value!r}")
        return value

    @field_validator("venues")
    @classmethod
    def _venues_are_known(cls, value: str) -> str:
        unknown = sorted(_split(value) - KNOWN_VENUES)
        if unknown:
            raise ValueError(f"unknown: {', '.join(unknown)}; known are {', '.join(sorted(KNOWN_VENUES))}")
        return value

    @property
    def venue_names(self) -> frozenset[str]:
        """The places to ask where posts are talked about."""
        return _split(self.venues)

    @property
    def sqlalchemy_url(self) -> str:
        """The database's address: the configured one, or SQLite in the data directory."""
        return self.database_url or f"sqlite:///{self.data_dir / 'bloghound.sqlite3'}"

    @property
    def index_dir(self) -> Path:
        """Folder of the index generations."""
        return self.data_dir / "index"

    @property
    def archive_dir(self) -> Path:
        """Folder of the WARC segments that live crawls write."""
        return self.data_dir / "archive"

    @property
    def suppressions_path(self) -> Path:
        """The file that repeats who must not be stored again."""
        return Path(self.suppressions_file) if self.suppressions_file else self.data_dir / "suppressions.json"

    @property
    def secret_key_path(self) -> Path:
        """The file of the key of this installation's keyed hashes."""
        return self.data_dir / "secret.key"

    @property
    def pending_restore_dir(self) -> Path:
        """Folder of a restored backup that is being put in place; it is there only if that was interrupted."""
        return self.data_dir / ".restored"

    @property
    def known_languages(self) -> frozenset[str] | None:
        """ISO 639-1 codes that the model knows; None when it knows all."""
        codes = _split(self.model_languages)
        return None if "*" in codes else codes

    def ensure_data_dir(self) -> Path:
        """Make the data directory; raises SettingsError when it cannot be made, or holds half of a restored backup."""
        try:
            self.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise SettingsError(f"The data directory {self.data_dir} cannot be made: {error.strerror}.") from error
        if self.pending_restore_dir.exists():
            raise SettingsError(
                f"Putting a restored backup in place in {self.data_dir} was interrupted; "
                "the same restore command again finishes it."
            )
        return self.data_dir

    def secret_key(self) -> bytes:
        """The 32-byte key of this installation's keyed hashes, made on first use and readable by its owner only."""
        self.ensure_data_dir()
        path = self.secret_key_path
        try:
            if not path.exists():
                _write_new(path, secrets.token_bytes(KEY_BYTES))
            key = path.read_bytes()
        except OSError as error:
            raise SettingsError(f"The key file {path} cannot be used: {error.strerror}.") from error
        if len(key) != KEY_BYTES:
            raise SettingsError(
                f"The key file {path} holds {len(key)} bytes instead of {KEY_BYTES}; without its key nobody who was "
                "forgotten can be recognised. Restore it from a backup."
            )
        return key


def _split(text: str) -> frozenset[str]:
    """The names in a setting that lists several."""
    return frozenset(name.strip().lower() for name in text.split(",") if name.strip())


def _write_new(path: Path, content: bytes) -> None:
    """Write a private file whole or not at all; when two processes race, the first one's content stays."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as handle:
        handle.write(content)
    with suppress(FileExistsError):
        os.link(draft, path)
    draft.unlink()


def load_settings() -> Settings:
    """Settings from the environment; raises SettingsError that names an unknown or wrong variable."""
    for name in sorted(os.environ):
        if name.upper().startswith(PREFIX) and name.upper().removeprefix(PREFIX).lower() not in Settings.model_fields:
            raise SettingsError(f"Unknown setting {name}; 'bloghound settings' lists them all.")
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = PREFIX + str(first["loc"][0]).upper()
        raise SettingsError(f"{name}={first['input']!r} cannot be used: {first['msg']}.") from error
