"""Roles: create, change, appoint, dismiss."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django import forms
from django.utils.text import slugify
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from governance.counting import Method
from governance.effects import EffectFailed, InvalidPayload, KindForm, Payload, Preview, ProposalKind, Template
from governance.kinds import shapes
from governance.kinds.fields import MemberField, RoleField
from governance.models import Appointment, Decision, Member, Role
from governance.permissions import Permission
from governance.rule_terms import RuleTerms
from governance.seals import canonical_hash
from governance.services import appointments

NAME_LENGTH = 80


class RoleForm(KindForm):
    name = forms.CharField(label=_("Name of the role"), max_length=NAME_LENGTH)
    permissions = forms.MultipleChoiceField(
        label=_("What it may do"),
        help_text=_("No role can change the AI: only a decision of the community can."),
        choices=Permission.choices,
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )


class RoleCreateForm(RoleForm):
    def payload(self) -> Payload:
        name = self.cleaned_data["name"].strip()
        return {"key": _key_for(name), "name": name, "permissions": self.cleaned_data["permissions"]}


class RoleChangeForm(RoleForm):
    role = RoleField(label=_("Role"))
    field_order = ["role", "name", "permissions"]

    @classmethod
    def initial_from(cls, payload: Payload) -> Payload:
        """A role that is named alone comes with what it is called and may do now."""
        role = Role.objects.filter(key=payload.get("role", "")).first()
        return {**({"name": role.name, "permissions": role.permissions} if role else {}), **payload}


class AppointForm(KindForm):
    member = MemberField(label=_("Who"))
    role = RoleField(label=_("Role"))


class DismissForm(KindForm):
    member = MemberField(label=_("Who"))
    role = RoleField(label=_("Role"))
    successor = MemberField(
        label=_("Who takes over"),
        help_text=_("Needed when nobody else could do what this role does."),
        required=False,
    )


def _key_for(name: str) -> str:
    """A short name in ASCII: the slug, or letters made from a hash where the name has another script."""
    return slugify(name)[:40] or f"role-{canonical_hash(name)[:10]}"


# --- Checks that need no database ---------------------------------------------------------------------------------


def validate_create(payload: Payload) -> Payload:
    shapes.exactly(payload, "key", "name", "permissions")
    key = payload["key"]
    if not isinstance(key, str) or not key or slugify(key) != key or len(key) > 50:
        raise InvalidPayload(_("This is no short name for a role."), field="name")
    return {
        "key": key,
        "name": shapes.text(payload, "name", most=NAME_LENGTH),
        "permissions": shapes.permission_list(payload, "permissions"),
    }


def validate_change(payload: Payload) -> Payload:
    shapes.exactly(payload, "role", "name", "permissions")
    return {
        "role": shapes.text(payload, "role", most=50),
        "name": shapes.text(payload, "name", most=NAME_LENGTH),
        "permissions": shapes.permission_list(payload, "permissions"),
    }


def validate_appoint(payload: Payload) -> Payload:
    shapes.exactly(payload, "member", "role")
    return {"member": shapes.row_id(payload, "member"), "role": shapes.text(payload, "role", most=50)}


def validate_dismiss(payload: Payload) -> Payload:
    shapes.exactly(payload, "member", "role", "successor")
    successor = payload["successor"]
    if successor is not None:
        successor = shapes.row_id(payload, "successor")
    if successor == payload["member"]:
        raise InvalidPayload(_("Nobody can be their own successor."), field="successor")
    return {
        "member": shapes.row_id(payload, "member"),
        "role": shapes.text(payload, "role", most=50),
        "successor": successor,
    }


# --- What the database says now -----------------------------------------------------------------------------------


def member_of(payload: Payload, field: str = "member") -> Member:
    member = Member.objects.filter(pk=payload[field], is_active=True).first()
    if member is None:
        raise InvalidPayload(_("This member is not with us any more, or cannot act now."), field=field)
    return member


def _role(payload: Payload) -> Role:
    role = Role.objects.filter(key=payload["role"]).first()
    if role is None:
        raise InvalidPayload(_("There is no such role any more."), field="role")
    return role


def _require_nothing_lost(lost: list[Permission], field: str) -> None:
    if lost:
        raise InvalidPayload(
            _("Nobody would be left who may do this: %(acts)s. Please name a successor, or appoint somebody first.")
            % {"acts": ", ".join(str(permission.label) for permission in lost)},
            field=field,
        )


def check_create(payload: Payload) -> None:
    if Role.objects.filter(key=payload["key"]).exists() or Role.objects.filter(name__iexact=payload["name"]).exists():
        raise InvalidPayload(_("There is a role of this name already."), field="name")


def check_change(payload: Payload) -> None:
    role = _role(payload)
    if Role.objects.exclude(pk=role.pk).filter(name__iexact=payload["name"]).exists():
        raise InvalidPayload(_("There is a role of this name already."), field="name")
    _require_nothing_lost(appointments.permissions_lost(changes={role.key: payload["permissions"]}), "permissions")


def check_appoint(payload: Payload) -> None:
    member, role = member_of(payload), _role(payload)
    if appointments.holds(member.pk, role.key):
        raise InvalidPayload(_("This member holds the role already."), field="role")


def check_dismiss(payload: Payload) -> None:
    role = _role(payload)
    if not appointments.holds(payload["member"], role.key):
        raise InvalidPayload(_("This member does not hold the role."), field="role")
    plus = None
    if payload["successor"] is not None:
        successor = member_of(payload, "successor")
        plus = (successor.pk, role.key)
    _require_nothing_lost(appointments.permissions_lost(without=(payload["member"], role.key), plus=plus), "successor")


# --- What they were written against -------------------------------------------------------------------------------


def target_create(payload: Payload) -> str:
    return canonical_hash({"role": payload["key"], "present": Role.objects.filter(key=payload["key"]).exists()})


def target_change(payload: Payload) -> str:
    role = _role(payload)
    return canonical_hash({"role": role.key, "name": role.name, "permissions": sorted(role.permissions)})


def target_appointment(payload: Payload) -> str:
    _role(payload)
    held = appointments.holds(payload["member"], payload["role"])
    return canonical_hash({"member": payload["member"], "role": payload["role"], "held": held})


# --- Previews -----------------------------------------------------------------------------------------------------


def acts_line(permissions: list[str]) -> str:
    names = [str(permission.label) for permission in Permission if permission.value in permissions]
    return gettext("May: %(acts)s") % {"acts": "; ".join(names)} if names else gettext("Gives no special rights")


def preview_create(payload: Payload) -> Preview:
    return Preview(
        before=[gettext("There is no role of this name")],
        after=[gettext("New role: %(name)s") % {"name": payload["name"]}, acts_line(payload["permissions"])],
    )


def preview_change(payload: Payload) -> Preview:
    role = _role(payload)
    return Preview(
        before=[gettext("Role: %(name)s") % {"name": role}, acts_line(role.permissions)],
        after=[gettext("Role: %(name)s") % {"name": payload["name"]}, acts_line(payload["permissions"])],
    )


def _holders_line(role: Role, *, without: Sequence[int] = (), plus: Sequence[int] = ()) -> str:
    appointed = Appointment.objects.filter(role=role, ended_at=None).exclude(member_id__in=without).values("member_id")
    members = Member.objects.filter(pk__in=appointed) | Member.objects.filter(pk__in=plus)
    names = ", ".join(str(member) for member in members.distinct().order_by("pk"))
    return gettext("%(role)s: %(names)s") % {"role": role, "names": names or gettext("nobody")}


def preview_appoint(payload: Payload) -> Preview:
    role = _role(payload)
    return Preview(
        before=[_holders_line(role)],
        after=[_holders_line(role, plus=[payload["member"]]), acts_line(role.permissions)],
    )


def preview_dismiss(payload: Payload) -> Preview:
    role = _role(payload)
    plus = [payload["successor"]] if payload["successor"] is not None else []
    return Preview(before=[_holders_line(role)], after=[_holders_line(role, without=[payload["member"]], plus=plus)])


# --- Effects ------------------------------------------------------------------------------------------------------


def apply_create(*, payload: Payload, decision: Decision, now: datetime) -> None:
    Role.objects.create(key=payload["key"], name=payload["name"], permissions=payload["permissions"])


def apply_change(*, payload: Payload, decision: Decision, now: datetime) -> None:
    changed = Role.objects.filter(key=payload["role"]).update(name=payload["name"], permissions=payload["permissions"])
    if not changed:
        raise EffectFailed(_("There is no such role any more."))


def apply_appoint(*, payload: Payload, decision: Decision, now: datetime) -> None:
    appointments.appoint(member=member_of(payload), role=_role(payload), now=now)


def apply_dismiss(*, payload: Payload, decision: Decision, now: datetime) -> None:
    role = _role(payload)
    member = Member.objects.get(pk=payload["member"])
    if payload["successor"] is not None and not appointments.holds(payload["successor"], role.key):
        appointments.appoint(member=member_of(payload, "successor"), role=role, now=now)
    if not appointments.dismiss(member=member, role=role, now=now):
        raise EffectFailed(_("This member does not hold the role."))


ROLE_KINDS = (
    ProposalKind(
        key="role-appoint",
        name=_("Give a member a role"),
        explanation=_("The member can then do what the role allows, until the community decides otherwise."),
        form_class=AppointForm,
        validate=validate_appoint,
        check=check_appoint,
        target_hash=target_appointment,
        preview=preview_appoint,
        apply=apply_appoint,
        templates=(Template("teacher", _("Appoint a teacher"), payload={"role": "teacher"}),),
    ),
    ProposalKind(
        key="role-dismiss",
        name=_("End a member's role"),
        explanation=_("The member stays a member, without what this role allowed."),
        form_class=DismissForm,
        validate=validate_dismiss,
        check=check_dismiss,
        target_hash=target_appointment,
        preview=preview_dismiss,
        apply=apply_dismiss,
        default_rule=RuleTerms(secret=True),
    ),
    ProposalKind(
        key="role-create",
        name=_("Create a role"),
        explanation=_("A new role, with a name and with what it may do."),
        form_class=RoleCreateForm,
        validate=validate_create,
        check=check_create,
        target_hash=target_create,
        preview=preview_create,
        apply=apply_create,
    ),
    ProposalKind(
        key="role-change",
        name=_("Change what a role may do"),
        explanation=_("Everyone who holds the role can then do more or less than before."),
        form_class=RoleChangeForm,
        validate=validate_change,
        check=check_change,
        target_hash=target_change,
        preview=preview_change,
        apply=apply_change,
        default_rule=RuleTerms(method=Method.SUPERMAJORITY, hours=168),
    ),
)
