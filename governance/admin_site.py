from django.contrib.admin.apps import AdminConfig


class CommunityAdminConfig(AdminConfig):
    default_site = "django.contrib.admin.sites.AdminSite"
