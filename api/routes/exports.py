"""A shortlist as a file. It is written whole before the first byte leaves, so a download is complete or an error."""

import logging
import os
import tempfile
from collections.abc import Iterator
from typing import IO, Annotated

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from api.auth.actor import Actor, Documented, Exporter, Scope
from api.exports.filenames import content_disposition
from api.exports.formats import MEDIA_TYPES, ExportFormat, write_csv, write_json, write_xlsx
from api.exports.rows import ContactCells, contact_cells, export_row, without_opted_out
from api.http.problems import PROBLEMS
from api.http.route import ServiceRoute
from api.schemas.teams import ListId
from api.service import Service, ServiceDep
from bloghound.jobs import contacts
from storage import shortlist_entries, shortlists, suppressions
from storage.database import Connection
from storage.shortlists import HeldShortlist
from storage.tables.base import utc_now

router = APIRouter(
    prefix="/v1/lists/{list_id}",
    tags=["lists"],
    route_class=ServiceRoute,
    responses=PROBLEMS,
    dependencies=[Documented],
)

IN_MEMORY_BYTES = 4 * 1024 * 1024
"""Larger files wait on disk: some 10,000 rows are kept in memory."""

_CHUNK_BYTES = 64 * 1024
_log = logging.getLogger(__name__)
_FILE = {"content": {MEDIA_TYPES[one].partition(";")[0]: {} for one in ExportFormat}, "description": "The file."}


@router.get("/export", response_class=StreamingResponse, response_model=None, responses={200: _FILE})
def export_list(
    service: ServiceDep,
    actor: Exporter,
    list_id: ListId,
    format: Annotated[ExportFormat, Query(description="CSV is formula-safe and follows RFC 4180.")] = ExportFormat.CSV,  # noqa: A002 - its name in the address
    bom: Annotated[bool, Query(description="CSV: begin with a byte order mark, for Excel.")] = False,
) -> StreamingResponse:
    """Download a shortlist; whoever opted out is left out.

    A key that may also read contacts gets them in further columns, where they are collected.
    """
    file: IO[bytes] = tempfile.SpooledTemporaryFile(IN_MEMORY_BYTES)  # noqa: SIM115 - closed once it is sent
    try:
        found, rows = _write(file, service, actor, list_id, format, bom=bom)
    except BaseException:
        file.close()
        raise
    headers = {
        "Content-Disposition": content_disposition(found.name, format.value),
        "Content-Length": str(file.seek(0, os.SEEK_END)),
        "Export-Rows": str(rows),
    }
    return StreamingResponse(_chunks(file), media_type=MEDIA_TYPES[format], headers=headers)


def _write(
    file: IO[bytes], service: Service, actor: Actor, list_id: str, wanted: ExportFormat, *, bom: bool
) -> tuple[HeldShortlist, int]:
    """Write the file; the list and how many rows it has. Raises NotFoundError."""
    now = utc_now()
    with_contacts = service.settings.collect_contacts and actor.may(Scope.CONTACTS_READ)
    with service.database.read() as connection:
        found = shortlists.look_up(connection, actor.workspace_id, list_id)
        suppressed = suppressions.load(connection, service.settings.secret_key())
        entries = without_opted_out(shortlist_entries.all_with_site_keys(connection, found.list_id), suppressed)
        known = _contact_cells(connection, service, actor, list_id) if with_contacts else {}
        blank = ContactCells() if with_contacts else None
        rows = (export_row(one, checked_at=now, contact=known.get(one.blogger.public_id, blank)) for one in entries)
        if wanted is ExportFormat.CSV:
            return found, write_csv(rows, file, bom=bom, with_contacts=with_contacts)
        if wanted is ExportFormat.XLSX:
            return found, write_xlsx(rows, file, with_contacts=with_contacts)
        head = {"list": {"id": found.public_id, "name": found.name, "version": found.version}}
        return found, write_json(rows, file, head=head)


def _contact_cells(connection: Connection, service: Service, actor: Actor, list_id: str) -> dict[str, ContactCells]:
    """What the bloggers on a list publish for contact, by public id."""
    ids = shortlist_entries.blogger_ids(connection, actor.workspace_id, list_id)
    found = contacts.contacts_of(connection, service.settings, ids)
    _log.info("the contacts of the bloggers on a list were handed to the key %s", actor.key_public_id)
    return {public_id: contact_cells(one) for public_id, one in found.items()}


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        file.seek(0)
        while chunk := file.read(_CHUNK_BYTES):
            yield chunk
