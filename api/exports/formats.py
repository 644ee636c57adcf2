"""Rows of a shortlist as CSV (RFC 4180), JSON, or a workbook; each writer returns how many rows it wrote."""

import csv
import io
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import IO, Any

import orjson
import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from api.exports.rows import Cell, ExportRow, cells, columns_of, json_row
from graph.clean import clean_text, formula_safe

MAX_CELL_CHARS = 32_767
"""Longest text of a cell: a limit of Excel, which calls a workbook with a longer one damaged."""


class ExportFormat(StrEnum):
    """What a shortlist can be downloaded as."""

    CSV = "csv"
    JSON = "json"
    XLSX = "xlsx"


MEDIA_TYPES = {
    ExportFormat.CSV: "text/csv; charset=utf-8; header=present",
    ExportFormat.JSON: "application/json",
    ExportFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def write_csv(rows: Iterable[ExportRow], target: IO[bytes], *, bom: bool = False, with_contacts: bool = False) -> int:
    """One header line, then a line per row; ``bom`` marks it as UTF-8 for spreadsheets that guess otherwise."""
    text = io.TextIOWrapper(target, encoding="utf-8-sig" if bom else "utf-8", errors="replace", newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(columns_of(with_contacts=with_contacts))
    written = 0
    for row in rows:
        writer.writerow([formula_safe(cell) for cell in cells(row)])
        written += 1
    text.detach()
    return written


def write_json(rows: Iterable[ExportRow], target: IO[bytes], *, head: Mapping[str, Any]) -> int:
    """One object: the members of ``head``, ``data`` with the rows, and ``count``."""
    target.write(orjson.dumps(dict(head))[:-1] + b',"data":[')
    written = 0
    for row in rows:
        target.write((b",\n" if written else b"\n") + orjson.dumps(json_row(row)))
        written += 1
    target.write(b'\n],"count":%d}\n' % written)
    return written


def write_xlsx(rows: Iterable[ExportRow], target: IO[bytes], *, with_contacts: bool = False) -> int:
    """A workbook of one sheet; every text is written as text, so that no cell is a formula or a link."""
    with xlsxwriter.Workbook(target, {"constant_memory": True}) as book:
        sheet = book.add_worksheet("Shortlist")
        sheet.freeze_panes(1, 0)
        heading, quoted = book.add_format({"bold": True}), book.add_format({"quote_prefix": True})
        for column, name in enumerate(columns_of(with_contacts=with_contacts)):
            sheet.write_string(0, column, name, heading)
        written = 0
        for row in rows:
            written += 1
            for column, cell in enumerate(cells(row)):
                _write_cell(sheet, (written, column), cell, quoted)
    return written


def _write_cell(sheet: Worksheet, place: tuple[int, int], cell: Cell, quoted: Format) -> None:
    if isinstance(cell, int):
        sheet.write_number(*place, cell)
    elif cell:
        text = clean_text(cell)
        # Shown without an apostrophe, but kept as text also when somebody edits the cell.
        is_quoted = formula_safe(cell) != text
        sheet.write_string(*place, text[:MAX_CELL_CHARS], quoted if is_quoted else None)
