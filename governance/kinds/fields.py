"""Form fields that several kinds use: radios and check boxes, never select boxes."""

from __future__ import annotations

from django import forms

from governance.models import Member, Role


def _active_members() -> list[tuple[int, str]]:
    return [
        (member.pk, str(member))
        for member in Member.objects.filter(is_active=True).order_by("display_name", "username")
    ]


def _roles() -> list[tuple[str, str]]:
    return [(role.key, str(role)) for role in Role.objects.all()]


class MemberField(forms.TypedChoiceField):
    """One active member, as an id."""

    def __init__(self, **kwargs: object) -> None:
        super().__init__(choices=_active_members, coerce=int, empty_value=None, widget=forms.RadioSelect, **kwargs)  # type: ignore[arg-type]


class RoleField(forms.ChoiceField):
    """One role, as its key."""

    def __init__(self, **kwargs: object) -> None:
        super().__init__(choices=_roles, widget=forms.RadioSelect, **kwargs)  # type: ignore[arg-type]


class RolesField(forms.MultipleChoiceField):
    """Some roles, as keys; none chosen means every member."""

    def __init__(self, **kwargs: object) -> None:
        super().__init__(choices=_roles, widget=forms.CheckboxSelectMultiple, required=False, **kwargs)  # type: ignore[arg-type]
