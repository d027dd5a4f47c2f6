from django.apps import AppConfig


class KnowledgeConfig(AppConfig):
    name = "knowledge"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from consent.sealed_files import register_sealed_files
        from knowledge.ageing import register_ageings
        from knowledge.checks import register_knowledge_checks
        from knowledge.holdings import register_holdings
        from knowledge.kinds import register_knowledge_kinds
        from knowledge.preparing import register_preparations
        from knowledge.question_entries import register_question_entries
        from knowledge.recording import register_knowledge_entries
        from knowledge.services import import_files
        from knowledge.teaching_entries import register_teaching_entries
        from knowledge.waiting import register_waiting_sources

        register_knowledge_entries()
        register_teaching_entries()
        register_question_entries()
        register_waiting_sources()
        register_knowledge_kinds()
        register_preparations()
        register_knowledge_checks()
        register_sealed_files("files that members bring", import_files.reseal)
        register_holdings()
        register_ageings()
