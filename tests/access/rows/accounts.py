"""allauth's pages: signing in and out, passwords, codes and passkeys."""

from __future__ import annotations

from allauth.mfa.models import Authenticator

from governance.models import Member
from tests.access.row import SIGN_IN, Answers, Names, Thing, Who, about, everyone, get, members, post, visitors
from tests.access.world import World
from tests.conftest import PASSWORD

# What a browser sends when a passkey is made; this one's key was thrown away.
CREDENTIAL = {
    "id": "aWQ",
    "rawId": "aWQ",
    "type": "public-key",
    "response": {
        "clientDataJSON": "eyJ0eXBlIjoid2ViYXV0aG4uY3JlYXRlIiwiY2hhbGxlbmdlIjoiQUFBQSIsIm9yaWdpbiI6Imh0dHA6Ly9sb2NhbGhv"
        "c3QifQ",
        "attestationObject": "o2NmbXRkbm9uZWdhdHRTdG10oGhhdXRoRGF0YViGAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAABBAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAmlkpQECAyYgASFYIELjuZt7tcicDvLqO7DTKDQNibfvbKal0LdgP1_T4K-sIlggKKWZwNKxZ5TtIOebL2D5"
        "gyY_EFMAkAIjQ2z9kaBpW08",
    },
    "clientExtensionResults": {"credProps": {"rk": True}},
}


def make_passkey(world: World, person: Member) -> Names:
    data = {"name": f"{person}'s phone", "credential": CREDENTIAL, "passwordless": True}
    return {"pk": Authenticator.objects.create(user=person, type="webauthn", data=data).pk}


def _with_passkey(world: World, person: Member, at: Names) -> Names:
    return {"login": world.neighbour.username, "password": PASSWORD}


def _suspended(world: World, person: Member, at: Names) -> Names:
    return {"login": world.people[Who.SUSPENDED].username, "password": PASSWORD}


PASSKEY = Thing("a passkey", make_passkey, absent={"pk": 10**40})
OWN = members(200, others=404, absent=404)
OWN_ACT = members(302, others=404, absent=404)
NONE_YET = members(404)
NEW = {"oldpassword": PASSWORD, "password1": "quite another pass phrase", "password2": "quite another pass phrase"}
NO_MAIL = ("governance:password_reset", "account_reset_password", "governance:addresses", "account_email")
KEY = {"key": "no-such-key"}
# A suspended member signs in to see, take along and erase what is theirs, which asks who they are once more.
ALSO_SUSPENDED = {Who.SUSPENDED: Answers(200)}
ASKED_ELSEWHERE = {Who.SUSPENDED: Answers("/accounts/reauthenticate/")}

ROWS = (
    get("account_login", visitors(200, members="/")),
    post("account_login", visitors(200, members="/"), sends={"login": "Rosa", "password": "a guess"}, note="wrong"),
    post("account_login", visitors(302, members="/"), sends={"login": "Rosa", "password": PASSWORD}, note="right"),
    # The password alone is not enough.
    post(
        "account_login",
        visitors("/accounts/2fa/authenticate/", members="/"),
        sends=_with_passkey,
        note="a member's with a passkey",
    ),
    # They come to what the node knows about them, and nowhere else.
    post("account_login", visitors(302, members="/"), sends=_suspended, note="a suspended member's"),
    get("account_inactive", everyone(200)),
    get("account_logout", members(200, but=ALSO_SUSPENDED)),
    post("account_logout", members(302), changes=False),
    # Without an invitation.
    *(get(route, visitors(200, members="/")) for route in ("governance:signup", "account_signup")),
    *(
        post(route, visitors(200, members="/"), sends={"username": "Someone", "password1": PASSWORD})
        for route in ("governance:signup", "account_signup")
    ),
    get("account_reauthenticate", members(200, but=ALSO_SUSPENDED)),
    post("account_reauthenticate", members(200, but=ALSO_SUSPENDED), sends={"password": "a guess"}),
    # --- Passwords and addresses ---
    get("account_change_password", members(200)),
    post("account_change_password", members(200), sends={**NEW, "oldpassword": "a guess"}, note="wrong"),
    post("account_change_password", members(302), sends=NEW, note="right"),
    # Everybody has a password already.
    get("account_set_password", members("/accounts/password/change/")),
    post("account_set_password", members("/accounts/password/change/"), sends=NEW),
    # A node without mail says so.
    *(get(route, everyone(200)) for route in NO_MAIL),
    *(post(route, everyone(200), sends={"email": "rosa@example.org", "action_add": ""}) for route in NO_MAIL),
    get("account_reset_password_done", everyone(200)),
    get("account_reset_password_from_key", everyone(200), at={"uidb36": "1", **KEY}, note="no such key"),
    post("account_reset_password_from_key", everyone(200), at={"uidb36": "1", **KEY}, sends=NEW, note="no such key"),
    get("account_reset_password_from_key_done", everyone(200)),
    get("account_email_verification_sent", everyone(200)),
    get("account_confirm_email", everyone(200), at=KEY, note="no such key"),
    post("account_confirm_email", everyone(404), at=KEY, note="no such key"),
    # Steps of a sign-in, in which nobody is.
    get("account_confirm_login_code", visitors(SIGN_IN, members="/")),
    post("account_confirm_login_code", visitors(SIGN_IN, members="/"), sends={"code": "123456"}),
    get("mfa_authenticate", visitors(SIGN_IN, members="/")),
    post("mfa_authenticate", visitors(SIGN_IN, members="/"), sends={"code": "123456"}),
    get("mfa_login_webauthn", visitors(SIGN_IN, members="/")),
    post("mfa_login_webauthn", visitors(SIGN_IN, members="/"), sends={"credential": "{}"}),
    # --- Codes, of which nobody has any yet ---
    get("mfa_index", members(200)),
    get("mfa_reauthenticate", members("/accounts/reauthenticate/", but=ASKED_ELSEWHERE)),
    post("mfa_reauthenticate", members("/accounts/reauthenticate/", but=ASKED_ELSEWHERE), sends={"code": "123456"}),
    get("mfa_activate_totp", members(200)),
    post("mfa_activate_totp", members(200), sends={"code": "123456"}),
    get("mfa_deactivate_totp", NONE_YET),
    post("mfa_deactivate_totp", NONE_YET),
    get("mfa_view_recovery_codes", NONE_YET),
    get("mfa_download_recovery_codes", NONE_YET),
    post("mfa_download_recovery_codes", NONE_YET),
    get("mfa_generate_recovery_codes", members(200)),
    post("mfa_generate_recovery_codes", members(302)),
    # --- Passkeys ---
    get("mfa_list_webauthn", members(200)),
    get("mfa_add_webauthn", members(200)),
    post("mfa_add_webauthn", members(200), sends={"name": "My key", "credential": "{}"}),
    get("mfa_reauthenticate_webauthn", members(200, but=ASKED_ELSEWHERE)),
    post("mfa_reauthenticate_webauthn", members(SIGN_IN, but=ASKED_ELSEWHERE), sends={"credential": "{}"}),
    *about(
        PASSKEY,
        get("mfa_edit_webauthn", OWN),
        post("mfa_edit_webauthn", OWN_ACT, sends={"name": "My other phone"}),
        get("mfa_remove_webauthn", OWN),
        post("mfa_remove_webauthn", OWN_ACT),
    ),
)
