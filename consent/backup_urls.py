"""Addresses of the pages for those who look after the backups."""

from django.urls import path

from consent.views import backups

app_name = "backups"
urlpatterns = [
    path("", backups.backups, name="backups"),
    path("progress/", backups.progress, name="progress"),
    path("make/", backups.make, name="make"),
    path("recovery-kit/", backups.recovery_kit, name="recovery_kit"),
    path("<uuid:pk>/download/", backups.download, name="download"),
]
