from django.apps import AppConfig


class ConsentConfig(AppConfig):
    name = "consent"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from consent.backing_up import begin_backing_up
        from consent.checks import register_consent_checks
        from consent.erasing import begin_erasing
        from consent.holdings import register_holdings
        from consent.retaining import begin_retaining
        from consent.signing_in import begin_noting_sign_ins
        from consent.welcoming import begin_welcoming

        begin_erasing()
        register_holdings()
        begin_backing_up()
        begin_welcoming()
        begin_noting_sign_ins()
        begin_retaining()
        register_consent_checks()
