"""What kind of browser somebody uses, as coarse as it still helps to know one's own: "Firefox on Android".

From the User-Agent line (RFC 9110, section 10.1.5), which is otherwise not kept. No version, no device.
"""

from __future__ import annotations

from django.utils.translation import gettext as _

UNKNOWN = "other"
# In this order: later ones name the earlier ones' engines, too.
_BROWSERS = (("Edg", "Edge"), ("OPR/", "Opera"), ("SamsungBrowser", "Samsung Internet"), ("FxiOS", "Firefox"),
             ("Firefox/", "Firefox"), ("CriOS", "Chrome"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))  # fmt: skip
_SYSTEMS = (("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("CrOS", "ChromeOS"),
            ("Windows", "Windows"), ("Macintosh", "Mac"), ("Linux", "Linux"))  # fmt: skip


def kind_of(user_agent: str) -> str:
    """Such as "Firefox/Android"; "other" in the place of what is not known."""
    return f"{_first(_BROWSERS, user_agent)}/{_first(_SYSTEMS, user_agent)}"


def words_of(kind: str) -> str:
    """The kind in words, for the page."""
    browser, _slash, system = kind.partition("/")
    if browser in ("", UNKNOWN) and system in ("", UNKNOWN):
        return _("Another browser")
    if browser == UNKNOWN:
        return _("Another browser on %(system)s") % {"system": system}
    if system in ("", UNKNOWN):
        return browser
    return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}


def _first(known: tuple[tuple[str, str], ...], user_agent: str) -> str:
    return next((name for sign, name in known if sign in user_agent), UNKNOWN)
