from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CoreConfig(AppConfig):
    name = "community_ai.core"
    label = "core"
    verbose_name = _("The node")

    def ready(self) -> None:
        from community_ai.core.checks import register_core_checks
        from community_ai.core.preparing import register_core_steps

        register_core_checks()
        register_core_steps()
