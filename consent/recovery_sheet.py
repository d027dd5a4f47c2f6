"""What is printed of a recovery kit: the code, its picture for a telephone's camera, and what it belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import qrcode  # type: ignore[import-untyped]
from qrcode.constants import ERROR_CORRECT_M  # type: ignore[import-untyped]

from consent.models import RecoveryKit
from governance.models import Community
from governance.services.audit import record_key

_MARGIN = 4


@dataclass(frozen=True)
class Sheet:
    """`path` draws the QR code, `side` units wide and high. `record` names the community's record."""

    community: str
    kit: str
    code: str
    made_at: datetime
    record: str
    path: str
    side: int

    @property
    def groups(self) -> list[str]:
        return self.code.split("-")


def sheet(kit: RecoveryKit, code: str) -> Sheet:
    path, side = drawn(code)
    return Sheet(
        community=Community.objects.values_list("name", flat=True).first() or "",
        kit=kit.key_id,
        code=code,
        made_at=kit.made_at,
        record=record_key().name,
        path=path,
        side=side,
    )


def drawn(text: str) -> tuple[str, int]:
    """`text` as a QR code (ISO/IEC 18004): the path of an SVG and its side, in units of one module."""
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_M, border=_MARGIN)
    code.add_data(text)
    code.make(fit=True)
    rows = code.get_matrix()
    path = "".join(f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, dark in enumerate(row) if dark)
    return path, len(rows)
