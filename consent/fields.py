"""A text field that is encrypted with the key of the member whom its row is about."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models.query_utils import DeferredAttribute

from consent.sealing import associated_data, key_version_of, seal, unseal
from consent.services.personal_keys import key_of


class Sealed(bytes):
    """Ciphertext as it lies in the database; only the row it belongs to can open it."""


class _OpensOnRead(DeferredAttribute):
    """A data descriptor (it has `__set__`), so that reading goes through it although the value is in `__dict__`."""

    def __set__(self, instance: Any, value: Any) -> None:
        instance.__dict__[self.field.attname] = value

    def __get__(self, instance: Any, cls: Any = None) -> Any:
        if instance is None:
            return self
        value = super().__get__(instance, cls)
        if isinstance(value, Sealed):
            value = self.field.unseal_from(instance, value)  # type: ignore[attr-defined]
            instance.__dict__[self.field.attname] = value
        return value


class SealedTextField(models.BinaryField):
    """Text, sealed on save and opened when the attribute is first read.

    The row must be a `PersonalRow`: its primary key is bound into the ciphertext, and its `member_id` names the key.
    `QuerySet.update()` and look-ups by content are refused, because they have no row to seal for; a service that
    must use `update()` passes `seal_for(row, text)`.
    """

    descriptor_class = _OpensOnRead
    # What type checkers read: a row takes and gives text.
    _pyi_private_set_type: str
    _pyi_private_get_type: str  # type: ignore[assignment]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("editable", True)
        super().__init__(*args, **kwargs)

    def seal_for(self, row: models.Model, text: str) -> Sealed:
        """`text` encrypted for this field of this row."""
        key = key_of(member_id=row.member_id, create=True)  # type: ignore[attr-defined]
        place = self.place_of(row, key.version)
        return Sealed(seal(text.encode("utf-8", "surrogatepass"), key=key.secret, key_version=key.version, place=place))

    def unseal_from(self, row: models.Model, sealed: Sealed) -> str:
        """The text. Raises SealError or PersonalKeyGone; never returns ciphertext."""
        key = key_of(member_id=row.member_id, version=key_version_of(sealed))  # type: ignore[attr-defined]
        place = self.place_of(row, key.version)
        return unseal(sealed, key=key.secret, place=place).decode("utf-8", "surrogatepass")

    def place_of(self, row: models.Model, key_version: int) -> bytes:
        """The associated data of this field of that row."""
        return associated_data(
            table=self.model._meta.db_table, field=self.attname, row=str(row.pk), key_version=key_version
        )

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        value = model_instance.__dict__.get(self.attname, "")
        if isinstance(value, Sealed):
            return self._with_present_key(model_instance, value)
        if value is None:
            return None
        if not isinstance(value, str):
            raise TypeError(f"{self.name} takes text, not {type(value).__name__}")
        return self.seal_for(model_instance, value)

    def _with_present_key(self, row: models.Model, sealed: Sealed) -> Sealed:
        """What was read, and saved without being looked at: sealed anew if the member's key was rotated since, because
        the older key goes. Raises PersonalKeyGone when it went."""
        present = key_of(member_id=row.member_id)  # type: ignore[attr-defined]
        return (
            sealed if key_version_of(sealed) == present.version else self.seal_for(row, self.unseal_from(row, sealed))
        )

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Sealed | None:
        return None if value is None else Sealed(bytes(value))

    def to_python(self, value: Any) -> Any:
        return value

    def get_default(self) -> Any:
        return "" if not self.has_default() else super().get_default()

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        if value is not None and not isinstance(value, Sealed):
            raise TypeError(f"{self.name} is encrypted: it cannot be looked up by content or set without its row")
        return super().get_db_prep_value(value, connection, prepared)
