"""The members' pages in a real browser: accessible in every state, by keyboard, with passkeys, without JavaScript."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.axe import runs_over, violations
from tests.conftest import PASSWORD
from tests.nodes import RunningNode, manage

pytestmark = pytest.mark.browser

NAME = "Rosa Quispe"
PHONE, LAPTOP = {"width": 390, "height": 844}, {"width": 1280, "height": 800}


@pytest.fixture(scope="module")
def home_node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningNode]:
    """A node of these tests' own; the first test founds its community."""
    with RunningNode(tmp_path_factory.mktemp("members") / "home") as running:
        yield running


@pytest.fixture
def at(home_node: RunningNode) -> Callable[[str], str]:
    return lambda path: home_node.url + path


def look(page: Page) -> None:
    """No violation on phone and laptop, light and dark; nothing runs over at 320 px or with text of twice the size."""
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for size in (PHONE, LAPTOP):
            page.set_viewport_size(size)  # type: ignore[arg-type]
            assert violations(page) == [], (page.url, scheme, size)
    page.set_viewport_size({"width": 320, "height": 640})
    assert not runs_over(page), page.url
    page.set_viewport_size({"width": 640, "height": 900})
    page.evaluate("document.documentElement.classList.add('twice')")
    sheet = "new CSSStyleSheet()"
    page.evaluate(
        f"(() => {{ const sheet = {sheet}; sheet.replaceSync('html.twice {{ font-size: 200% }}');"
        " document.adoptedStyleSheets = [sheet] })()"
    )
    assert not runs_over(page), page.url
    page.evaluate("document.adoptedStyleSheets = []")
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(LAPTOP)  # type: ignore[arg-type]


def press(page: Page, text: str) -> None:
    page.locator("main").get_by_role("button", name=text, exact=True).click()


def sign_in(page: Page, url: str) -> None:
    page.goto(url)
    page.fill("#id_login", NAME)
    page.fill("#id_password", PASSWORD)
    press(page, "Sign in")
    expect(page.locator("#else")).to_be_visible()


def sign_out(page: Page) -> None:
    """On a narrow page the button is in the menu."""
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("button", name="Sign out").click()


def test_the_first_run_without_javascript(
    open_context: Callable[..., BrowserContext], at: Callable[[str], str]
) -> None:
    page = open_context(java_script_enabled=False).new_page()
    page.goto(at("/"))
    page.fill("#id_community_name", "Weavers of the Valley")
    page.fill("#id_username", NAME)
    page.fill("#id_password", "short")
    press(page, "Show")
    expect(page.locator("#id_password")).to_have_attribute("type", "text")
    expect(page.locator("#id_password")).to_have_value("short")
    press(page, "Start our community")
    expect(page.locator("#form-errors")).to_contain_text("too short")
    page.fill("#id_password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/me/welcome/")
    page.get_by_label("I agree: Keep my conversations").check()
    press(page, "Save my choices")
    page.wait_for_url("**/chat/**")
    expect(page.locator("main")).not_to_contain_text("is erased 12 hours")
    expect(page.get_by_role("link", name="Weavers of the Valley")).to_be_visible()


def test_a_switch_and_what_follows_before_it_is_turned_off(page: Page, at: Callable[[str], str]) -> None:
    """With the keyboard alone: nothing is saved before the button is pressed, and taking back asks first."""
    sign_in(page, at("/accounts/login/"))
    page.goto(at("/me/consent/"))
    switch = page.get_by_role("switch", name="I agree: Keep my conversations")
    expect(switch).to_be_checked()
    switch.focus()
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("This is what follows")
    assert violations(page) == []
    press(page, "Take it back")
    expect(switch).not_to_be_checked()
    page.goto(at("/chat/"))
    expect(page.locator("main")).to_contain_text("erased 12 hours after its last message")
    page.goto(at("/me/consent/history/"))
    page.get_by_role("link", name="Receipt").first.click()
    look(page)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the receipt").click()
    assert download.value.suggested_filename == "consent-history-2.json"


def test_pages_of_an_administrator(page: Page, at: Callable[[str], str]) -> None:
    page.goto(at("/accounts/login/"))
    look(page)
    sign_in(page, at("/accounts/login/"))
    for path in (
        "/",
        "/decisions/",
        "/decisions/new/",
        "/account/",
        "/accounts/password/change/",
        "/accounts/2fa/",
        "/accounts/2fa/webauthn/",
        "/me/welcome/",
        "/me/consent/",
        "/me/consent/history/",
        "/nothing/",
    ):
        page.goto(at(path))
        look(page)
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    page.get_by_role("button", name="Menu").click()
    assert violations(page) == [], "the open menu"
    page.goto(at("/invitations/"))
    page.fill("#id_note", "For the new weavers")
    press(page, "Make a link")
    expect(page.locator("#new-link-title")).to_be_focused()
    look(page)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    press(page, "Copy")
    expect(page.locator("#status")).to_have_text("Copied")
    page.fill("#id_days", "900")
    press(page, "Make a link")
    expect(page.locator("#form-errors")).to_be_focused()
    look(page)


def test_moderators_pages_work_under_the_strict_policy(page: Page, at: Callable[[str], str]) -> None:
    sign_in(page, at("/accounts/login/"))
    for path in ("", "governance/member/", "governance/role/", "governance/invitation/"):
        page.goto(at(f"/admin/{path}"))
        assert violations(page) == [], path
    page.locator("input.action-select").first.check()
    page.select_option("select[name=action]", "take_back")
    page.get_by_role("button", name="Go").click()
    expect(page.locator(".messagelist")).to_contain_text("taken back")


def test_keyboard_and_focus(page: Page, at: Callable[[str], str]) -> None:
    page.goto(at("/accounts/login/"))
    page.keyboard.press("Tab")
    expect(page.locator(".skip-link")).to_be_focused()
    assert page.locator(".skip-link").bounding_box()["y"] >= 0  # type: ignore[index]
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    page.fill("#id_login", "nobody")
    page.fill("#id_password", "wrong")
    page.keyboard.press("Enter")
    expect(page.locator("#form-errors")).to_be_focused()
    page.fill("#id_login", "")
    page.fill("#id_password", "wrong")
    page.keyboard.press("Enter")
    page.locator("#form-errors a").click()
    expect(page.locator("#id_login")).to_be_focused()
    described = page.locator("#id_login").get_attribute("aria-describedby") or ""
    assert page.locator(f"#{described.split()[-1]}").inner_text()


def test_the_menu_of_a_phone_opens_by_keyboard_and_without_javascript(
    open_context: Callable[..., BrowserContext], at: Callable[[str], str]
) -> None:
    page = open_context(viewport={"width": 320, "height": 640}, java_script_enabled=False).new_page()
    sign_in(page, at("/accounts/login/"))
    menu = page.get_by_role("navigation", name="Main")
    expect(menu).not_to_be_visible()
    for _ in ("skip link", "name", "menu"):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(menu).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Home", exact=True)).to_be_focused()
    page.keyboard.press("Escape")
    expect(menu).not_to_be_visible()
    expect(page.get_by_role("button", name="Menu")).to_be_focused()
    page.keyboard.press("Enter")
    menu.get_by_role("link", name="Account").click()
    page.wait_for_url("**/account/")
    header = page.locator(".site-header__row").bounding_box()
    assert header is not None
    assert header["height"] < 64, "one row"


def test_a_passkey_is_added_and_signs_in(page: Page, at: Callable[[str], str]) -> None:
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    authenticator = devtools.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )["authenticatorId"]
    sign_in(page, at("/accounts/login/"))
    page.goto(at("/accounts/2fa/webauthn/add/"))
    look(page)
    page.fill("#id_password", PASSWORD)
    press(page, "Confirm")
    look(page)
    page.fill("#id_name", "My phone")
    press(page, "Add")
    page.wait_for_url("**/recovery-codes/")
    look(page)
    page.goto(at("/accounts/2fa/webauthn/"))
    expect(page.locator(".card h2")).to_have_text("My phone")
    look(page)
    sign_out(page)
    press(page, "Sign in with a passkey")
    expect(page.locator("#else")).to_be_visible()
    # With the device gone, the page says what happened instead of doing nothing.
    sign_out(page)
    devtools.send("WebAuthn.setUserVerified", {"authenticatorId": authenticator, "isUserVerified": False})
    press(page, "Sign in with a passkey")
    expect(page.locator("#passkey-problem")).to_be_visible()


@pytest.mark.parametrize("wish", [{"contrast": "more"}, {"forced_colors": "active"}, {"reduced_motion": "reduce"}])
def test_the_systems_wishes(
    wish: dict[str, str], open_context: Callable[..., BrowserContext], at: Callable[[str], str]
) -> None:
    page = open_context(**wish).new_page()
    page.goto(at("/accounts/login/"))
    page.locator("#id_login").focus()
    outline = page.locator("#id_login").evaluate("element => getComputedStyle(element).outlineWidth")
    assert float(outline.removesuffix("px")) >= 3
    assert violations(page) == []


def test_right_to_left(open_context: Callable[..., BrowserContext], at: Callable[[str], str]) -> None:
    page = open_context(viewport=PHONE).new_page()
    page.goto(at("/accounts/login/"))
    page.select_option("#page-language", "ar")
    page.locator(".site-footer button").click()
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    name, field = page.locator(".site-name").bounding_box(), page.locator("#id_login").bounding_box()
    assert name is not None
    assert field is not None
    assert name["x"] + name["width"] > 390 - 40, "the community's name stands at the right"
    look(page)


def test_a_link_from_the_operator_sets_a_password(page: Page, home_node: RunningNode) -> None:
    said = manage(home_node.home, "password_reset_link", NAME, COMMUNITY_AI_URL=home_node.url).stdout
    page.goto(said.splitlines()[0])
    look(page)
