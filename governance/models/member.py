from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser, BaseUserManager
from django.db import models
from django.utils.translation import gettext_lazy as _

from governance.models.role import Role
from governance.names import SIGN_IN_NAME_LENGTH, validate_plain_line, validate_sign_in_name
from governance.permissions import Permission


class MemberManager(BaseUserManager["Member"]):
    use_in_migrations = True

    def create_user(self, username: str, password: str | None = None, **fields: Any) -> Member:
        member = self.model(username=self.model.normalize_username(username), **fields)
        member.set_password(password)
        member.save(using=self._db)
        return member


class Member(AbstractUser):
    """A person of the community. What they may do follows from the roles that they hold now, and from nothing else."""

    # Many communities have names that do not come in two parts.
    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]

    username = models.CharField(
        _("name for signing in"),
        max_length=SIGN_IN_NAME_LENGTH,
        unique=True,
        validators=[validate_sign_in_name],
        error_messages={"unique": _("Somebody here has this name already.")},
    )
    display_name = models.CharField(
        _("name that others see"), max_length=80, blank=True, validators=[validate_plain_line]
    )
    language = models.CharField(_("language of the pages"), max_length=16, blank=True)
    time_zone = models.CharField(_("time zone"), max_length=64, blank=True)

    objects = MemberManager()  # type: ignore[misc,assignment]

    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = _("member")
        verbose_name_plural = _("members")

    def __str__(self) -> str:
        return self.display_name or self.username

    def get_full_name(self) -> str:
        return str(self)

    def get_short_name(self) -> str:
        return str(self)

    def may(self, permission: Permission) -> bool:
        """Whether a role that the member holds now gives this permission."""
        return permission.value in self.permissions()

    def permissions(self) -> frozenset[str]:
        """The permissions of all roles that the member holds now; read once for each loaded row."""
        if not self.is_active:
            return frozenset()
        if not hasattr(self, "_permission_cache"):
            lists = Role.objects.filter(appointments__member=self, appointments__ended_at=None).values_list(
                "permissions", flat=True
            )
            self._permission_cache = frozenset(name for names in lists for name in names)
        return self._permission_cache

    @property
    def is_staff(self) -> bool:  # type: ignore[override]
        """Django's admin asks this: who may open the moderators' pages."""
        return self.may(Permission.MODERATE)
