"""How the AI behaves, and every version there was: what the pages say, and that nothing stored can break them."""

from __future__ import annotations

import gzip
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from governance.models import Member
from inference.behaviour import Wording
from inference.behaviour_words import marked
from inference.models import BehaviourVersion
from inference.services import behaviour
from tests.governance.decisions.conftest import NOON, later
from tests.inference.behaviours.test_no_way_around import another_decision, another_version
from tests.inference.behaviours.visits import EVIL, Browsers, changed, page, words
from tests.inference.deciding import decide, propose, vote

pytestmark = pytest.mark.usefixtures("pages_clock")


def test_what_is_in_force_stands_in_plain_lines(
    members: list[Member], first: BehaviourVersion, browser_of: Browsers
) -> None:
    html = page(browser_of(members[1]), "ai")
    text = words(html)
    for line in (
        "In force: version 1", "You are the helper of Weavers", "Tone: Warm", "Answers are as long as they need to be",
        "Answers begin without a greeting", "The AI uses its own words", "Temperature: 0.6", "This is provisional.",
    ):  # fmt: skip
        assert line in text
    assert f'href="{reverse("governance:proposal_draft", args=["behaviour-confirm"])}?template=confirm"' in html
    for kind in ("manner", "wording", "charter", "sampling", "model"):
        assert reverse("governance:proposal_draft", args=[f"behaviour-{kind}"]) in html
    assert "Pull the emergency brake" not in text
    assert "Pull the emergency brake" in page(browser_of(members[0]), "ai"), "the admin may"


def test_a_proposal_to_confirm_is_shown_in_place_of_the_button(
    members: list[Member], first: BehaviourVersion, browser_of: Browsers
) -> None:
    payload = behaviour.payload_of(behaviour.behaviour_of(first))
    proposal = propose(members[2], "behaviour-confirm", payload, now=NOON)
    html = page(browser_of(members[1]), "ai")
    assert f'href="{reverse("governance:proposal", args=[proposal.pk])}">The proposal to confirm it' in html
    assert "Propose to confirm it" not in html
    vote(proposal)
    html = page(browser_of(members[1]), "ai")
    assert "This is provisional." not in html
    assert "Nothing changed: it is version 1, and now the community" in html


def test_versions_say_what_changed_and_how_to_go_back(
    members: list[Member], second: BehaviourVersion, browser_of: Browsers
) -> None:
    decide(members[1], "behaviour-return", behaviour.behaviour_of(BehaviourVersion.objects.get(number=1)),
           now=later(days=9))  # fmt: skip
    changed(members, now=later(days=18), kind="behaviour-wording", wordings=(Wording("sweet potato", "kumara"),))
    html = page(browser_of(members[2]), "ai")
    items = [
        words(item) for item in re.findall(r'<li class="card proposals__item">(.*?)</li>\s*(?=<li|</ol)', html, re.S)
    ]
    assert [item.split()[1] for item in items] == ["4", "3", "2", "1"]
    assert "In force" in items[0]
    assert "From here on says “kumara” for “sweet potato”" in items[0]
    assert "Again as in version 1:" in items[1]
    assert "Answers are as long as they need to be" in items[1]
    assert "At most 2 sentences" in items[2]
    assert "Set by the founder" in items[3]
    back = re.findall(r'href="/decisions/new/behaviour-return/\?version=(\d)"', html)
    # Version 1 and 3 are the same: the proposal knows them by the later number. Not for the one in force.
    assert back == ["3", "2", "3"]
    for number in set(back):
        form = browser_of(members[2]).get(f"/decisions/new/behaviour-return/?version={number}").content.decode()
        assert re.search(rf'value="{number}"[^>]*checked', form)


def test_more_than_25_versions_come_in_pages(
    members: list[Member], first: BehaviourVersion, browser_of: Browsers
) -> None:
    for number in range(26):
        changed(members, now=later(days=number + 50), max_sentences=number % 20 + 1)
    client = browser_of(members[0])
    html = page(client, "ai")
    assert html.count("proposals__item") == 25
    assert "?page=2#versions" in html
    with CaptureQueriesContext(connection) as queries:
        html = page(client, "ai", page=2)
    assert html.count("proposals__item") == 2
    assert "Set by the founder" in html
    assert len(queries) < 60
    for strange in ("0", "-1", "x", "99999999999999999999", ""):
        page(client, "ai", page=strange)


def test_a_version_shows_its_decision_and_what_it_changed(
    members: list[Member], second: BehaviourVersion, browser_of: Browsers
) -> None:
    html = page(browser_of(members[2]), "ai_version", 2)
    text = words(html)
    assert "Version 2 of our AI" in text
    assert "3 of 3 took part (at least 2 needed); 3 yes, 0 no, 0 abstained: more yes than no, so it passes." in text
    assert reverse("governance:proposal", args=[second.decision.proposal_id]) in html
    assert "Before Answers are as long as they need to be Afterwards At most 2 sentences" in text
    assert second.sha256 in html
    entry = re.search(r'href="(/records/\d+/)"', html)
    assert entry
    assert "The AI behaves by version 2 from here on" in words(browser_of(members[2]).get(entry[1]).content.decode())
    founders = words(page(browser_of(members[2]), "ai_version", 1))
    assert "Who decided it Set by the founder" in founders
    assert "No vote had confirmed it" in founders


@pytest.mark.parametrize("number", [0, 3, 2**31, 2**63, 10**30])
def test_a_version_that_is_not_there_is_not_found(
    number: int, members: list[Member], second: BehaviourVersion, browser_of: Browsers
) -> None:
    page(browser_of(members[1]), "ai_version", number, status=404)


def test_html_in_a_charter_is_text(members: list[Member], second: BehaviourVersion, browser_of: Browsers) -> None:
    changed(members, now=later(days=9), kind="behaviour-charter", charter=f"Be kind. {EVIL}")
    changed(members, now=later(days=18), greeting="<i>Hi</i>")
    changed(members, now=later(days=27), kind="behaviour-wording", wordings=(Wording("<u>a</u>", "<s>b</s>"),))
    changed(members, now=later(days=36), kind="behaviour-charter", charter="Be kind.")
    client = browser_of(members[1])
    for html in (page(client, "ai"), *(page(client, "ai_version", number) for number in range(1, 7))):
        for bad in ("<script>alert", "<b>bold", "<i>Hi", "<u>a", "<s>b"):
            assert bad not in html
    assert "<del>" in page(client, "ai_version", 6)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page(client, "ai_version", 6)
    assert "The charter has other words" in words(page(client, "ai"))


def test_what_no_vote_made_is_marked_and_not_offered(
    members: list[Member], second: BehaviourVersion, browser_of: Browsers
) -> None:
    forged = another_version(second, another_decision(second))
    client = browser_of(members[1])
    html = page(client, "ai")
    assert "In force: version 2" in words(html)
    assert html.count("Not made by a decision; never used") == 1
    assert "?version=3" not in html
    html = page(client, "ai_version", forged.number)
    assert "Somebody wrote this into the database." in html
    assert "Go back to this version" not in html
    # One that cannot even be read.
    BehaviourVersion.objects.create(
        number=4, sha256="0" * 64, content={"charter": EVIL}, decision=another_decision(second), made_at=NOON
    )
    assert "Nothing that an AI could follow." in page(client, "ai_version", 4)
    assert page(client, "ai").count("Not made by a decision; never used") == 2


def test_without_a_behaviour_in_force_the_page_says_so(members: list[Member], browser_of: Browsers) -> None:
    html = page(browser_of(members[0]), "ai")
    assert "The AI does not answer." in html


@given(st.text(max_size=200), st.text(max_size=200))
def test_marked_words_give_back_both_texts(before: str, after: str) -> None:
    html = re.sub(r'<span class="visually-hidden">.*?</span>', "", marked(before, after))
    new = re.sub(r"<del>.*?</del>", "", html, flags=re.S).replace("<ins>", "").replace("</ins>", "")
    old = re.sub(r"<ins>.*?</ins>", "", html, flags=re.S).replace("<del>", "").replace("</del>", "")
    for text, told in ((before, old), (after, new)):
        assert "<" not in told
        for escaped, plain in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&#x27;", "'"), ("&amp;", "&")):
            told = told.replace(escaped, plain)
        # Between words that were replaced, white space stands once for each.
        assert "".join(told.split()) == "".join(text.split())


def test_pages_are_light_and_never_cached(
    members: list[Member], second: BehaviourVersion, browser_of: Browsers
) -> None:
    client = browser_of(members[0])
    for address in ("/ai/", "/ai/2/", "/ai/brake/", "/ai/questions/"):
        response = client.get(address)
        assert len(gzip.compress(response.content)) < 10_000
        assert "no-store" in response["Cache-Control"]
        html = response.content.decode()
        assert " style=" not in html
        assert not re.search(r"\son[a-z]+=", html)
