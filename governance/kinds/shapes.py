"""Shapes of payloads: what is not exactly as expected is refused, so that a forged payload never reaches an effect."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from governance.effects import InvalidPayload, Payload
from governance.permissions import Permission


def exactly(payload: Any, *names: str) -> Payload:
    if not isinstance(payload, dict) or set(payload) != set(names):
        raise InvalidPayload(_("This proposal does not say what it has to say. Please fill in the form again."))
    return payload


def whole(payload: Payload, name: str, *, least: int, most: int) -> int:
    value = payload[name]
    if type(value) is not int or not least <= value <= most:
        raise InvalidPayload(
            _("Please give a whole number from %(least)s to %(most)s.") % {"least": least, "most": most}, field=name
        )
    return value


def row_id(payload: Payload, name: str) -> int:
    return whole(payload, name, least=1, most=2**53 - 1)


def text(payload: Payload, name: str, *, most: int) -> str:
    value = payload[name]
    if not isinstance(value, str) or not value.strip() or len(value) > most or not value.isprintable():
        raise InvalidPayload(_("Please write one line of at most %(most)s characters.") % {"most": most}, field=name)
    return value.strip()


def permission_list(payload: Payload, name: str) -> list[str]:
    """Names of permissions, each once, in one order. None of them is "change the AI"."""
    value = payload[name]
    if not isinstance(value, list) or any(item not in Permission.values for item in value):
        raise InvalidPayload(_("A role can only have the rights that are listed here."), field=name)
    return [permission for permission in Permission.values if permission in value]
