"""Addresses of the pages for notes about the node; part of the namespace "governance"."""

from django.urls import path

from governance.views import feedback, feedback_moderation

urlpatterns = [
    path("feedback/", feedback.notes, name="feedback"),
    # One address for notes with and without a name: what a web server in front writes down says nothing about them.
    path("feedback/write/", feedback.write, name="feedback_write"),
    path("feedback/follow/", feedback.follow, name="feedback_follow"),
    path("feedback/notes/<int:pk>/", feedback_moderation.note, name="feedback_note"),
    path("feedback/notes/<int:pk>/hide/", feedback_moderation.hide, name="feedback_hide"),
    path("feedback/notes/<int:pk>/show/", feedback_moderation.show, name="feedback_show"),
    path("feedback/<str:code>/", feedback.by_code, name="feedback_by_code"),
]
