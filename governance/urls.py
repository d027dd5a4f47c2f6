from django.urls import path

from governance.views import account, home, invitations, languages, mail, setup, sign_up

app_name = "governance"
urlpatterns = [
    path("", home.home, name="home"),
    path("setup/", setup.setup, name="setup"),
    path("language/", languages.choose, name="set_language"),
    path("account/", account.account, name="account"),
    path("invitations/", invitations.invitations, name="invitations"),
    path("invitations/<int:pk>/revoke/", invitations.revoke, name="revoke_invitation"),
    path("join/<str:secret>/", invitations.join, name="join"),
    # In front of allauth's own pages at the same addresses.
    path("accounts/signup/", sign_up.signup, name="signup"),
    path("accounts/password/reset/", mail.password_reset, name="password_reset"),
    path("accounts/email/", mail.addresses, name="addresses"),
]
