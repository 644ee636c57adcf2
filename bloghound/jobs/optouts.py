"""People's rights as jobs: a request to be left out, its rejection as a false one, and the erasure of a blogger."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bloghound.errors import ConflictError, NotFoundError
from bloghound.jobs.naming import covered_keys, named_site
from bloghound.jobs.suppression_copy import write_copy
from bloghound.jobs.work import FORGET
from bloghound.settings import Settings
from bloghound.urls import holder_key
from storage import idempotency, jobs, optouts, suppressions
from storage.database import Connection, Database
from storage.jobs import JobRecord
from storage.optouts import OptOutRecord


@dataclass(frozen=True, slots=True)
class OptOutReceipt:
    """What whoever asked is told: the same whether or not anything of the site is stored."""

    public_id: str
    state: str
    erase_after: datetime


def request_optout(settings: Settings, database: Database, address: str, now: datetime) -> OptOutReceipt:
    """Leave a site out from now on, and erase what is stored of it after the days of grace.

    ``address`` is that of a blog or profile, or a handle such as ``@ann@social.example``; with and without ``www.``
    are one. Raises AddressError when it is none of these.
    """
    key = holder_key(named_site(address).home_url)
    keys = covered_keys(key)
    erase_after = now + timedelta(days=settings.optout_grace_days)
    with database.transaction() as connection:
        suppressions.add(connection, settings.secret_key(), keys, reason=suppressions.OPTED_OUT, now=now)
        job = jobs.submit(
            connection, FORGET, workspace_id=None, parameters={"site_keys": keys}, run_after=erase_after, now=now
        )
        public_id = optouts.add(connection, key, job_id=job.job_id, now=now)
        idempotency.forget_naming(connection, optouts.bloggers_of(connection, keys))
    write_copy(settings, database)
    return OptOutReceipt(public_id, "requested", erase_after)


def reject_optout(settings: Settings, database: Database, public_id: str, now: datetime) -> OptOutRecord:
    """Let a site in again whose request was a false one; other open requests about it keep it out.

    Raises NotFoundError for an unknown request, ConflictError when it is decided or its erasure has begun.
    """
    with database.transaction() as connection:
        record = optouts.by_public_id(connection, public_id)
        if record is None:
            raise NotFoundError(f"There is no opt-out {public_id!r}.")
        if record.state != "requested" or record.site_key is None:
            raise ConflictError(f"The opt-out {public_id} is {record.state} already.")
        _call_off(connection, record, now)
        optouts.reject(connection, record.opt_out_id, now=now)
        lifted = [] if optouts.is_requested(connection, record.site_key) else covered_keys(record.site_key)
        suppressions.lift(connection, settings.secret_key(), lifted)
        found = optouts.by_public_id(connection, public_id)
    write_copy(settings, database, lifted_keys=lifted)
    return found or record


def _call_off(connection: Connection, record: OptOutRecord, now: datetime) -> None:
    if record.job_id is None:
        return
    if jobs.cancel(connection, record.job_id, now=now).state != "cancelled":
        raise ConflictError(f"The erasure of {record.public_id} has begun.")
    jobs.set_parameters(connection, record.job_id, {})


def erase_blogger(
    settings: Settings, database: Database, blogger_public_id: str, *, workspace_id: int, now: datetime
) -> JobRecord:
    """Suppress all sites of a blogger for good, and put their erasure into the queue; its result is the receipt.

    Raises NotFoundError when there is no such blogger.
    """
    with database.transaction() as connection:
        keys = optouts.keys_of_blogger(connection, blogger_public_id)
        if not keys:
            raise NotFoundError(f"There is no blogger {blogger_public_id!r}.")
        suppressions.add(connection, settings.secret_key(), keys, reason=suppressions.FORGOTTEN, now=now)
        idempotency.forget_naming(connection, [blogger_public_id])
        job = jobs.submit(connection, FORGET, workspace_id=workspace_id, parameters={"site_keys": keys}, now=now)
    write_copy(settings, database)
    return job
