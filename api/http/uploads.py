"""Files as they come in: a list of sites as a form's file, raw text or JSON; figures as a form's file or CSV."""

from dataclasses import dataclass
from email.message import Message
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from api.http.limits import MAX_BODY_BYTES
from api.schemas.sites import UrlsIn
from bloghound.errors import ImportFileError

FORM, JSON = "multipart/form-data", "application/json"
LISTS = ("text/csv", "text/plain", "text/x-opml", "text/xml", "application/xml", "application/octet-stream")

_FORM_SCHEMA = {
    "schema": {
        "type": "object",
        "required": ["file"],
        "properties": {"file": {"type": "string", "format": "binary"}},
    }
}
UPLOAD_BODY: dict[str, Any] = {
    "required": True,
    "content": {
        FORM: _FORM_SCHEMA,
        JSON: {"schema": UrlsIn.model_json_schema()},
        **{name: {"schema": {"type": "string"}} for name in LISTS},
    },
}
"""The body of an import for the OpenAPI document: the framework knows bodies of one type only."""

CSV = "text/csv"
FILE_BODY: dict[str, Any] = {
    "required": True,
    "content": {FORM: _FORM_SCHEMA, CSV: {"schema": {"type": "string"}}},
}
"""The body of an import that takes CSV alone."""


@dataclass(frozen=True, slots=True)
class Upload:
    """What came in: the bytes of a list and the charset they were sent with, or addresses already apart."""

    content: bytes = b""
    charset: str = ""
    urls: tuple[str, ...] | None = None


async def read_upload(request: Request) -> Upload:
    """The list in a request's body.

    Raises ImportFileError for another content type or a form without a file, RequestValidationError for wrong JSON.
    """
    header = _content_type(request)
    kind = _kind(header)
    if kind == FORM:
        return await _from_form(request)
    if kind == JSON:
        return _from_json(await request.body())
    if kind not in LISTS:
        raise ImportFileError(f"A list is sent as {FORM} with a file, as {JSON}, or as one of {', '.join(LISTS)}.")
    return Upload(await request.body(), header.get_content_charset() or "")


async def read_file(request: Request) -> Upload:
    """The CSV in a request's body; raises ImportFileError for another content type or a form without a file."""
    kind = _kind(_content_type(request))
    if kind == FORM:
        return await _from_form(request)
    if kind != CSV:
        raise ImportFileError(f"Figures are sent as {FORM} with a file, or as {CSV}.")
    return Upload(await request.body())


def _content_type(request: Request) -> Message:
    header = Message()
    header["Content-Type"] = request.headers.get("content-type", "")
    return header


def _kind(header: Message) -> str:
    """The type in lower case; empty where none was sent, for which the library would assume plain text."""
    return header.get_content_type() if header["Content-Type"] else ""


async def _from_form(request: Request) -> Upload:
    try:
        async with request.form(max_files=1, max_fields=10, max_part_size=MAX_BODY_BYTES) as form:
            file = next((value for value in form.values() if isinstance(value, UploadFile)), None)
            if file is None:
                raise ImportFileError("The form holds no file.")
            return Upload(await file.read())
    except HTTPException as error:
        raise ImportFileError(f"The form cannot be read: {error.detail}") from error


def _from_json(body: bytes) -> Upload:
    try:
        return Upload(urls=tuple(UrlsIn.model_validate_json(body).urls))
    except ValidationError as error:
        found = [{**one, "loc": ("body", *one["loc"])} for one in error.errors(include_url=False)]
        raise RequestValidationError(found) from error
