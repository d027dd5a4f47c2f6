from django.apps import AppConfig


class GovernanceConfig(AppConfig):
    name = "governance"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from governance.deciding import begin_deciding
        from governance.recording import begin_recording

        begin_recording()
        begin_deciding()
