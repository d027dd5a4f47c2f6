from django.apps import AppConfig
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from community_ai.core.first_page import register_first_page


class GovernanceConfig(AppConfig):
    name = "governance"
    verbose_name = _("Community")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from governance.deciding import begin_deciding
        from governance.hearing import begin_hearing
        from governance.holdings import register_holdings
        from governance.home_entries import register_waiting
        from governance.moderating import begin_moderating
        from governance.recording import begin_recording
        from governance.services import founding
        from governance.services.waiting import votes_as_items

        def first_path() -> str:
            """The home page, or on a new node the set-up with its key, which works from any computer."""
            return "/" if founding.is_founded() else f"{reverse('governance:setup')}?key={founding.setup_key()}"

        register_first_page(first_path)
        begin_recording()
        begin_deciding()
        begin_moderating()
        register_waiting(votes_as_items)
        begin_hearing()
        register_holdings()
