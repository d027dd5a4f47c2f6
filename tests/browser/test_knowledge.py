"""Knowledge in a real browser: written and read without JavaScript, by keyboard, in both directions, on a phone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.axe import runs_over, violations
from tests.browser.test_members import LAPTOP, PHONE, look, press
from tests.conftest import PASSWORD
from tests.nodes import RunningNode, manage

pytestmark = pytest.mark.browser

# The third one reads Arabic pages.
ROSA, ANA, NOOR = "Rosa Quispe", "Ana", "نور"
HOSTILE = '"><script>document.title="broken"</script><img src=x onerror="alert(1)"><svg onload=alert(1)>'
# Pages with parts of their own: these are looked at in every light and size.
LOOKED_AT = {"home", "search", "dictionary-long", "entry", "versions", "add-term", "labels"}
# A community with words in two directions, a text with everything in it, and three members.
SEED = f"""
from community_ai.core.clock import now
from consent.purposes import Purpose, Way
from consent.services import grants
from governance.models import Member
from governance.services import founding, invitations
from knowledge.content import Content, Example
from knowledge.models import EntryKind
from knowledge.services import entries
from knowledge.services.entries import NewEntry
rosa = founding.found_community(name="Weavers", language="en", username="{ROSA}", password="{PASSWORD}", now=now())
issued = invitations.issue(by=rosa, days=1, max_uses=2, note="", now=now())
ana, noor = (Member.objects.create_user(name, "{PASSWORD}") for name in ("{ANA}", "{NOOR}"))
for member in (ana, noor):
    invitations.accept(secret=issued.secret, member=member, now=now())
for member in (rosa, ana, noor):
    grants.choose(member=member, given=dict.fromkeys(Purpose), language="en", way=Way.WELCOME, now=now())
def add(by, kind, language, title, body, **more):
    labels, tags = more.pop("labels", ()), more.pop("tags", ())
    new = NewEntry(EntryKind(kind), language, Content(title, body, **more), tags=tags, labels=labels)
    return entries.add(author=by, new=new, now=now())
entries.add_many(author=rosa, new=[NewEntry(EntryKind.TERM, "x-velari", Content(f"{{sign}}e{{number:02}}", "a word"))
    for sign in "bdfgk" for number in range(30)], now=now())
for title, body in (("بيت", "house"), ("ماء", "water"), ("نهر", "river")):
    add(noor, "term", "ar", title, body)
word = add(rosa, "term", "qu", "qaqa", "A **rock** or a cliff.", pronunciation="QA-qa", tags=["Land", "Stone"],
    examples=(Example("Qaqa sumaqmi.", "The rock is beautiful."),), source="Grandmother")
entries.revise(entry_id=word.pk, by=rosa, base=1, content=Content("qaqa", "A **hard rock** or a cliff.",
    pronunciation="QA-qa"), change_note="Harder", now=now())
other = add(rosa, "phrase", "qu", "Allin p'unchaw", "Good day.", labels=["of-all"])
entries.relate(entry_id=word.pk, other_id=other.pk, by=rosa, now=now())
table = "| a | b |\\n|---|---|\\n| 1 | 2 |"
add(ana, "note", "en", "How we dye wool", "1. Boil water.\\n2. Add salt.\\n\\n> Slowly.\\n\\n" + table,
    labels=["community", "not-by-ai"], tags=["Weaving"])
print(word.pk)
"""


@pytest.fixture(scope="module")
def knowing_node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningNode]:
    with RunningNode(tmp_path_factory.mktemp("knowledge") / "home") as running:
        yield running


@pytest.fixture(scope="module")
def word(knowing_node: RunningNode) -> str:
    """The path of a word's page, in a community that knows a few things."""
    done = manage(knowing_node.home, "shell", "-c", SEED)
    assert done.returncode == 0, done.stderr
    return f"/knowledge/{done.stdout.split()[-1]}/"


@pytest.fixture
def member(knowing_node: RunningNode, word: str, open_context: Callable[..., BrowserContext]) -> Callable[..., Page]:
    """Opens a browser in which somebody is signed in. A dialog of a page fails the test."""

    def opened(name: str = ROSA, **options: object) -> Page:
        context = open_context(base_url=knowing_node.url, **{"viewport": LAPTOP, **options})
        page = context.new_page()
        page.on("dialog", lambda dialog: pytest.fail(f"a script ran: {dialog.message}"))
        page.goto("/accounts/login/")
        page.fill("#id_login", name)
        page.fill("#id_password", PASSWORD)
        press(page, "Sign in")
        page.wait_for_url(lambda url: "/accounts/" not in url)
        return page

    return opened


def picture(page: Page, folder: Path, name: str) -> None:
    for width in (320, 390, 1280):
        page.set_viewport_size({"width": width, "height": 844})
        page.screenshot(path=folder / f"knowledge-{name}-{width}.png", caret="initial", full_page=True)


def pages(word: str) -> dict[str, str]:
    return {
        "home": "/knowledge/",
        "search": "/knowledge/search/?q=rock",
        "dictionary": "/knowledge/dictionary/qu/",
        "dictionary-rtl": "/knowledge/dictionary/ar/",
        "dictionary-long": "/knowledge/dictionary/x-velari/",
        "themes": "/knowledge/themes/",
        "entry": word,
        "versions": f"{word}versions/",
        "edit": f"{word}edit/",
        "related": f"{word}related/?q=day",
        "delete": f"{word}delete/",
        "add": "/knowledge/add/",
        "add-term": "/knowledge/add/term/",
        "labels": "/knowledge/labels/",
        "label": "/knowledge/labels/community/",
        "drafts": "/knowledge/drafts/",
    }


def test_every_page_is_accessible(member: Callable[..., Page], word: str, screenshots: Path) -> None:
    page = member()
    for name, address in pages(word).items():
        page.goto(address)
        if name in LOOKED_AT:
            look(page)
        page.set_viewport_size(PHONE)  # type: ignore[arg-type]
        assert violations(page) == [], address
        picture(page, screenshots, name)
        assert not runs_over(page), address


def test_every_page_from_right_to_left(member: Callable[..., Page], word: str, screenshots: Path) -> None:
    page = member(NOOR, viewport=PHONE)
    page.goto("/knowledge/")
    page.select_option("#page-language", "ar")
    page.locator(".site-footer button").click()
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    page.goto("/knowledge/search/?q=ماء")
    own = page.locator(".entries__title a").first.get_attribute("href") or ""
    page.goto(word)
    assert violations(page) == []
    for name, address in pages(own).items():
        page.goto(address)
        page.set_viewport_size(PHONE)  # type: ignore[arg-type]
        assert violations(page) == [], address
        page.set_viewport_size({"width": 320, "height": 640})
        assert not runs_over(page), address
        picture(page, screenshots, f"{name}-ar")


def test_a_word_is_added_without_javascript(member: Callable[..., Page], screenshots: Path) -> None:
    page = member(java_script_enabled=False, viewport=PHONE)
    page.goto("/knowledge/")
    page.get_by_role("link", name="Add something").click()
    page.get_by_role("link", name="Word", exact=False).first.click()
    press(page, "Add it to our knowledge")
    expect(page.locator("#form-errors")).to_contain_text("Please write something here")
    page.get_by_label("Word", exact=True).fill("hampi")
    page.get_by_label("Meaning").fill("medicine; plants that heal")
    page.get_by_label("How it is said").fill("HAM-pi")
    page.get_by_label("Sentence 3").fill("Hampita munani.")
    press(page, "More rows")
    expect(page.get_by_label("Sentence 3")).to_have_value("Hampita munani.")
    expect(page.get_by_label("Sentence 4")).to_be_visible()
    page.get_by_label("Runa simi").check()
    page.get_by_label("Themes").fill("Healing, Plants")
    page.get_by_label("Stays in the community").check()
    press(page, "Add it to our knowledge")
    expect(page.locator("#messages")).to_contain_text("It is part of our knowledge now")
    expect(page.locator("h1")).to_have_text("hampi")
    picture(page, screenshots, "added")
    page.goto("/knowledge/dictionary/qu/")
    page.get_by_role("navigation", name="Letters").get_by_role("link", name="H", exact=True).click()
    expect(page.locator(":target")).to_have_text("H")
    page.get_by_role("link", name="hampi").click()
    page.get_by_role("link", name="Healing").click()
    expect(page.locator("h1")).to_have_text("Healing")


def test_enter_keeps_a_draft_and_publishes_nothing(member: Callable[..., Page]) -> None:
    page = member()
    page.goto("/knowledge/add/note/")
    page.get_by_label("Text").fill("Half a thought")
    page.get_by_label("English").check()
    page.get_by_label("Title").fill("A note")
    page.keyboard.press("Enter")
    expect(page.locator(".notice", has_text="This is your draft.")).to_be_visible()
    assert violations(page) == []
    other = member(ANA)
    assert other.goto(page.url).status == 404  # type: ignore[union-attr]
    page.get_by_role("button", name="Publish it").click()
    expect(page.locator("#messages")).to_contain_text("It is part of our knowledge now")
    other.reload()
    other.get_by_role("button", name="Say thank you").click()
    expect(other.locator("#thanks")).to_contain_text("You said thank you.")
    assert violations(other) == []


def test_two_write_at_once(member: Callable[..., Page], word: str, screenshots: Path) -> None:
    one, two = member(), member()
    for page in (one, two):
        page.goto(f"{word}edit/")
    one.get_by_label("Meaning").fill("A **very hard rock** or a cliff.")
    press(one, "Save")
    two.get_by_label("Meaning").fill("A **holy rock** or a cliff.")
    press(two, "Save")
    expect(two.locator("#form-errors")).to_be_focused()
    expect(two.locator("#theirs + p, section:has(#theirs)").first).to_contain_text("very hard")
    expect(two.get_by_label("Meaning")).to_have_value("A **holy rock** or a cliff.")
    look(two)
    picture(two, screenshots, "stale")
    press(two, "Save")
    expect(two.locator(".prose")).to_contain_text("A holy rock or a cliff.")
    two.get_by_role("link", name="All versions").click()
    expect(two.locator("ins").first).to_contain_text("holy")
    expect(two.locator("del").first).to_contain_text("very hard")


def test_what_members_write_is_never_run(member: Callable[..., Page], screenshots: Path) -> None:
    page = member()
    page.goto("/knowledge/add/term/")
    for name in ("title", "body", "pronunciation", "example_0", "translation_0", "source"):
        page.fill(f"#id_{name}", HOSTILE)
    page.fill("#id_tags", "<img src=x onerror=alert(1)>")
    page.get_by_label("Another language, namely").fill("Evil")
    press(page, "Add it to our knowledge")
    expect(page.locator("h1")).to_have_text(HOSTILE)
    address = page.url
    page.goto(f"{address}edit/")
    page.get_by_label("Meaning").fill(f"{HOSTILE} [x](javascript:alert(1)) changed")
    page.get_by_label("What did you change?").fill(HOSTILE)
    press(page, "Save")
    for path in (
        address,
        f"{address}versions/",
        f"{address}versions/1/",
        f"{address}edit/",
        f"{address}delete/",
        f"{address}related/?q=script",
        "/knowledge/",
        "/knowledge/search/?q=script",
        "/knowledge/dictionary/x-evil/",
        "/knowledge/themes/",
        f"/knowledge/search/?q={HOSTILE}",
    ):
        page.goto(path)
        page.wait_for_load_state("networkidle")
        assert page.title() != "broken", path
        assert page.locator("main img, main script, main svg").count() == 0, path
        assert page.locator("main a[href^='javascript']").count() == 0, path
        assert not runs_over(page), path
        assert violations(page) == [], path
    page.goto(address)
    picture(page, screenshots, "hostile")
    page.get_by_role("link", name="Delete it").click()
    press(page, "Delete it")
    expect(page.locator("#messages")).to_contain_text("It is deleted.")


def test_by_keyboard(member: Callable[..., Page], word: str) -> None:
    page = member()
    page.goto("/knowledge/")
    page.locator("#find").focus()
    page.keyboard.type("rock")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"search/\?q=rock"))
    expect(page.locator("mark").first).to_have_text("rock")
    page.goto(f"{word}edit/")
    page.get_by_label("Word", exact=True).first.fill("")
    press(page, "Save")
    expect(page.locator("#form-errors")).to_be_focused()
    page.locator("#form-errors a").first.click()
    expect(page.locator("#id_title")).to_be_focused()
    press(page, "More rows")
    expect(page.locator("#id_example_5")).to_be_visible()
    assert (page.evaluate("document.activeElement.id") or "").startswith("id_example_")
    page.goto("/knowledge/dictionary/x-velari/")
    page.get_by_role("navigation", name="Letters").get_by_role("link", name="K").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"page=\d#letter"))
    expect(page.locator(":target")).to_contain_text("K")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "ke00", "reading goes on behind the letter"
