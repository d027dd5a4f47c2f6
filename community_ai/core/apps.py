from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "community_ai.core"
    label = "core"
