from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class InferenceConfig(AppConfig):
    name = "inference"
    verbose_name = _("The AI")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from community_ai.core.lifespan import register_lifespan
        from inference import live
        from inference.ageing import register_ageings
        from inference.behaving import begin_behaving
        from inference.checks import register_inference_checks
        from inference.holdings import register_holdings
        from inference.keeping import begin_keeping
        from inference.preparing import register_preparations
        from inference.remembering import begin_remembering
        from inference.retrieving import begin_retrieving
        from inference.welcoming import register_welcoming

        begin_behaving()
        register_preparations()
        register_inference_checks()
        begin_retrieving()
        begin_keeping()
        begin_remembering()
        register_welcoming()
        register_holdings()
        register_ageings()
        register_lifespan(start=live.start, stop=live.stop)
