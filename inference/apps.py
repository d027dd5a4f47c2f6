from django.apps import AppConfig


class InferenceConfig(AppConfig):
    name = "inference"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from community_ai.core.lifespan import register_lifespan
        from inference import live

        register_lifespan(start=live.start, stop=live.stop)
