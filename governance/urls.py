from django.urls import path

from governance.decision_urls import urlpatterns as decision_urls
from governance.feedback_urls import urlpatterns as feedback_urls
from governance.views import account, home, invitations, languages, mail, records, setup, sign_up

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
    path("records/", records.records, name="records"),
    path("records/export/", records.export, name="records_export"),
    path("records/<int:index>/", records.entry, name="record_entry"),
    path("records/<int:index>/receipt/", records.receipt, name="record_receipt"),
    *decision_urls,
    *feedback_urls,
]
