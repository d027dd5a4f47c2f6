from allauth.account import views as allauth_views
from django.http import HttpResponse
from django.utils.translation import gettext as _

from governance.forms import NameTaken, SignupForm
from governance.services import invitations


class SignupView(allauth_views.SignupView):
    """allauth's page for registering; who lost the last place, or their name, keeps what they typed."""

    def form_valid(self, form: SignupForm) -> HttpResponse:
        try:
            return super().form_valid(form)
        except NameTaken:
            form.add_error("username", _("Somebody here has this name already. Please choose another."))
        except invitations.NotUsable:
            form.add_error(
                None,
                _(
                    "This invitation does not let anyone in any more: its last place was just taken, or it ended. "
                    "Please ask the person who invited you for a new link."
                ),
            )
        return self.form_invalid(form)


signup = SignupView.as_view()
