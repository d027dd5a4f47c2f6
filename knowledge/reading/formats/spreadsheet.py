"""XLSX and ODS through calamine: a table for each sheet that holds anything. Formulas give their last result."""

from __future__ import annotations

import datetime
import io
from collections.abc import Iterator

from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum

from knowledge.reading import text
from knowledge.reading.document import Budget, CannotRead, Code, Document, Kind, Table
from knowledge.reading.package import Package
from knowledge.reading.xmltree import parse


def read_xlsx(data: bytes, *, budget: Budget) -> Document:
    return _read(data, Kind.XLSX, budget)


def read_ods(data: bytes, *, budget: Budget) -> Document:
    package = Package(data, budget.limits)
    if "META-INF/manifest.xml" in package and any(
        part.tag == "encryption-data" for part in parse(package.read("META-INF/manifest.xml"), budget.limits).iter()
    ):
        raise CannotRead(Code.LOCKED)
    return _read(data, Kind.ODS, budget)


def _read(data: bytes, kind: Kind, budget: Budget) -> Document:
    Package(data, budget.limits).verify()  # calamine unpacks by itself
    try:
        tables = list(_tables(data, budget))
    except PasswordError:
        raise CannotRead(Code.LOCKED) from None
    except CalamineError:
        raise CannotRead(Code.DAMAGED) from None
    if not tables:
        raise CannotRead(Code.NO_TEXT)
    return Document(kind, tables=tables)


def _tables(data: bytes, budget: Budget) -> Iterator[Table]:
    with CalamineWorkbook.from_filelike(io.BytesIO(data)) as workbook:
        sheets = [sheet for sheet in workbook.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]
        for number, sheet in enumerate(sheets):
            budget.progress(number, len(sheets))
            rows = []
            for row in workbook.get_sheet_by_name(sheet.name).iter_rows():
                cells = [_shown(value) for value in row]
                while cells and not cells[-1]:
                    cells.pop()
                if any(cells):
                    rows.append(budget.spend_row(cells))
            if rows:
                yield Table(text.line(sheet.name), rows)


def _shown(value: object) -> str:
    """A cell as a person would write it."""
    if isinstance(value, str):
        return text.clean(value).strip()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime.datetime) and value.time() == datetime.time():
        return value.date().isoformat()
    return str(value)
