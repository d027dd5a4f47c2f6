from django.apps import AppConfig


class KnowledgeConfig(AppConfig):
    name = "knowledge"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from knowledge.checks import register_knowledge_checks
        from knowledge.kinds import register_knowledge_kinds
        from knowledge.preparing import register_preparations
        from knowledge.recording import register_knowledge_entries
        from knowledge.teaching_entries import register_teaching_entries

        register_knowledge_entries()
        register_teaching_entries()
        register_knowledge_kinds()
        register_preparations()
        register_knowledge_checks()
