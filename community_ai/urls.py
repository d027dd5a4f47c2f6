from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("governance.urls")),
    path("", include("inference.urls")),
    path("me/", include("consent.urls")),
    path("backups/", include("consent.backup_urls")),
    path("knowledge/", include("knowledge.urls")),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
]
