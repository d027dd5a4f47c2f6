"""The chat's pages as plain forms and links, the way a browser without JavaScript uses them."""

from __future__ import annotations

import gzip
import re
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from consent.access import in_service, own
from governance.models import Member
from inference import live
from inference.models import Answer, AnswerState, BehaviourVersion, Conversation, Message
from tests.append_only import triggers_lifted
from tests.inference.chat.conftest import answered, asked, in_db, signed_in, state_of, until

CHAT = "/chat/"


def page_of(message: Message) -> str:
    return reverse("inference:conversation", args=[message.conversation_id])


def act(name: str, message: Message) -> str:
    return reverse(f"inference:{name}", args=[message.pk])


def new_answer(member: Member) -> Message:
    return own(Message, member=member).filter(role=Message.Role.AI).latest("written_at")


def test_nobody_reads_or_asks_without_signing_in(owner: Member) -> None:
    message = answered(asked(owner, "Hm?"), "Hm.")
    for path in (CHAT, page_of(message), reverse("inference:conversation_list")):
        response = Client().get(path)
        assert response.status_code == 302
        assert response["Location"].startswith("/accounts/login/")
    for name in ("ask_again", "stop", "show", "edit"):
        assert Client().post(act(name, message)).status_code == 302
    assert own(Message, member=owner).count() == 2


def test_the_first_question_leads_to_its_conversation(owner: Member) -> None:
    client = signed_in(owner)
    page = client.get(CHAT).content.decode()
    key = re.search(r'name="key" id="question-key" value="([^"]+)"', page)
    assert key
    sent = {"text": "How do we say rain?", "key": key[1], "after": ""}
    response = client.post(CHAT, sent)
    message = new_answer(owner)
    assert response.status_code == 302
    assert response["Location"] == f"{page_of(message)}#message-{message.pk}"
    # On a bad link the browser sends it again: the same answer, asked once.
    assert client.post(CHAT, sent)["Location"] == response["Location"]
    assert own(Conversation, member=owner).count() == 1


def test_an_unfinished_answer_reloads_and_a_finished_one_does_not(owner: Member) -> None:
    client = signed_in(owner)
    message = asked(owner, "Hm?")
    page = client.get(page_of(message)).content.decode()
    assert re.search(
        r'<noscript><meta http-equiv="refresh" content="2; url=\?at=\d+#message-', page.split("</head>")[0]
    )
    assert f'formaction="{act("stop", message)}"' in page
    answered(message, "**Hm.**")
    page = client.get(page_of(message)).content.decode()
    assert "http-equiv" not in page
    assert "<strong>Hm.</strong>" in page
    assert "behaviour version 1" in page
    assert f'formaction="{act("ask_again", message)}"' in page


def test_a_conversation_goes_on_branches_and_comes_back(owner: Member) -> None:
    client = signed_in(owner)
    first = answered(asked(owner, "Rain?"), "Wet.")
    client.post(page_of(first), {"text": "And snow?", "after": str(first.pk), "key": str(uuid4())})
    answered(new_answer(owner), "Cold.")
    assert first.parent is not None
    edit = client.get(act("edit", first.parent)).content.decode()
    assert "Rain?</textarea>" in edit
    response = client.post(act("edit", first.parent), {"text": "Rain in May?", "key": str(uuid4())})
    edited = answered(new_answer(owner), "Rare.")
    assert response["Location"] == f"{page_of(first)}#message-{edited.pk}"
    page = client.get(page_of(first)).content.decode()
    assert "Rare." in page
    assert "Cold." not in page
    assert "2 of 2" in page
    client.post(act("show", first.parent))
    page = client.get(page_of(first)).content.decode()
    assert "Cold." in page
    assert "Rare." not in page
    client.post(act("ask_again", first))
    assert new_answer(owner).parent == first.parent


REFUSED = [
    ("", "Please write a question first"),
    (" \n ", "Please write a question first"),
    ("\u200f", "Please write a question first"),
    ("x" * 8_001, "8,001 characters"),
    ("x" * 16_000, "16,000 characters"),
]


@pytest.mark.parametrize(("text", "sentence"), REFUSED, ids=["empty", "blank", "mark", "8001", "16000"])
def test_a_refused_question_comes_back_with_its_text_and_a_sentence(owner: Member, text: str, sentence: str) -> None:
    client = signed_in(owner)
    first = answered(asked(owner, "Rain?"), "Wet.")
    for path in (CHAT, page_of(first), act("edit", first.parent)):  # type: ignore[arg-type]
        response = client.post(path, {"text": text, "after": str(first.pk)})
        page = response.content.decode()
        assert response.status_code == 422
        assert sentence in page
        assert f"\n{text}</textarea>" in page
        assert 'aria-invalid="true"' in page
    assert own(Message, member=owner).count() == 2


ACCEPTED = [
    ("control\x00 \x1b[0m\x85", "control [0m"),
    ("\u202bשלום עולם\u202c", "\u202bשלום עולם\u202c"),
    ("<script>alert('x')</script>", "&lt;script&gt;alert(&#x27;x&#x27;)&lt;/script&gt;"),
    ("<|im_end|>", "&lt;|im_end|&gt;"),
    ("{{ 7|add:7 }} {% now %}", "{{ 7|add:7 }} {% now %}"),
    ("y" * 8_000, "y" * 8_000),
]


@pytest.mark.parametrize(("text", "shown"), ACCEPTED, ids=["control", "rtl", "html", "template", "django", "longest"])
def test_what_is_typed_is_shown_as_text(owner: Member, text: str, shown: str) -> None:
    client = signed_in(owner)
    response = client.post(CHAT, {"text": text}, follow=True)
    assert response.status_code == 200
    assert f'<div class="message__text" dir="auto">{shown}</div>' in response.content.decode()


def test_a_fourth_question_at_once_waits_in_its_box(owner: Member) -> None:
    client = signed_in(owner)
    for number in range(3):
        asked(owner, f"Question {number}")
    response = client.post(CHAT, {"text": "My fourth"})
    assert response.status_code == 422
    assert "already working on 3 answers" in response.content.decode()
    assert "My fourth</textarea>" in response.content.decode()


def test_asking_again_too_often_says_so(owner: Member) -> None:
    client = signed_in(owner)
    first = answered(asked(owner, "Rain?"), "Wet.")
    for number in range(3):
        asked(owner, f"Question {number}")
    response = client.post(act("ask_again", first), follow=True)
    assert "already working on 3 answers" in response.content.decode()


@pytest.mark.parametrize("field", ["after", "key"])
@pytest.mark.parametrize("value", ["not-a-uuid", "0", "\x00", "🧺", "a" * 5_000])
def test_a_faulty_hidden_field_never_breaks_the_page(owner: Member, field: str, value: str) -> None:
    client = signed_in(owner)
    first = answered(asked(owner, "Rain?"), "Wet.")
    response = client.post(page_of(first), {"text": "Hello?", field: value})
    assert response.status_code == 302


def words(page: bytes) -> str:
    """A page without its tags, whose hidden fields differ each time."""
    return " ".join(re.sub(r"<[^>]+>", " ", page.decode()).split())


def test_another_members_conversation_is_not_found_by_any_route(owner: Member, outsider: Member) -> None:
    client = signed_in(outsider)
    message = answered(asked(owner, "A secret?"), "A secret.")
    assert message.parent is not None
    where = [message.conversation_id]
    routes = [
        ("get", page_of(message)),
        ("post", page_of(message)),
        ("get", reverse("inference:rename", args=where)),
        ("post", reverse("inference:rename", args=where)),
        ("get", reverse("inference:delete", args=where)),
        ("post", reverse("inference:delete", args=where)),
        ("get", act("edit", message.parent)),
        ("post", act("edit", message.parent)),
        ("post", act("ask_again", message)),
        ("post", act("stop", message)),
        ("post", act("show", message)),
    ]
    absent = words(client.get(reverse("inference:conversation", args=[uuid4()])).content)
    for method, path in routes:
        response = getattr(client, method)(path, {"text": "x", "title": "x"})
        assert response.status_code == 404, path
        if method == "get":
            assert words(response.content) == absent  # the same words as for what does not exist
    assert "secret" not in client.get(reverse("inference:conversation_list")).content.decode()
    found = client.get(reverse("inference:conversation_list"), {"q": "secret"}).content.decode()
    assert "Nothing was found" in found
    assert own(Message, member=owner).count() == 2
    assert own(Message, member=outsider).count() == 0


@pytest.mark.parametrize("path", ["/chat/x/", "/chat/1/rename/", "/chat/messages/zz/edit/", "/chat/%00/", "/chat/🧺/"])
def test_an_address_that_is_none_is_not_found(owner: Member, path: str) -> None:
    assert signed_in(owner).get(path).status_code == 404


@pytest.mark.parametrize("name", ["ask_again", "stop", "show"])
def test_a_link_alone_changes_nothing(owner: Member, name: str) -> None:
    message = answered(asked(owner, "Hm?"), "Hm.")
    assert signed_in(owner).get(act(name, message)).status_code == 405


def test_a_form_from_another_site_is_refused(owner: Member) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(owner)
    assert client.post(CHAT, {"text": "Forged"}).status_code == 403
    assert own(Message, member=owner).count() == 0


def test_renaming_and_deleting_by_form(owner: Member) -> None:
    client = signed_in(owner)
    message = answered(asked(owner, "Rain?"), "Wet.")
    rename = reverse("inference:rename", args=[message.conversation_id])
    assert client.post(rename, {"title": " "}).status_code == 422
    assert client.post(rename, {"title": "Weather"})["Location"] == f"{page_of(message)}#title"
    assert "<bdi>Weather</bdi>" in client.get(page_of(message)).content.decode()
    delete = reverse("inference:delete", args=[message.conversation_id])
    assert "Weather" in client.get(delete).content.decode()
    assert own(Conversation, member=owner).exists()  # the question alone deletes nothing
    response = client.post(delete, follow=True)
    assert "The conversation is deleted." in response.content.decode()
    assert not own(Message, member=owner).exists()
    assert client.get(page_of(message)).status_code == 404


def test_the_list_finds_words_and_marks_them(owner: Member) -> None:
    client = signed_in(owner)
    answered(asked(owner, "¿Cómo se dice lluvia?"), "Se dice jallu, <i>creo</i>.")
    page = client.get(reverse("inference:conversation_list"), {"q": "JALLU"}).content.decode()
    assert "Se dice <mark>jallu</mark>, &lt;i&gt;creo&lt;/i&gt;." in page
    assert "Found in one conversation" in page
    page = client.get(reverse("inference:conversation_list"), {"q": "<script>\x00"}).content.decode()
    assert "Nothing was found" in page
    assert "<script>\x00" not in page


@pytest.mark.parametrize(
    ("reason", "sentence"),
    [("model_missing", "manage.py doctor"), ("too_long", "make it shorter"), ("decode_failed", "ask again")],
)
def test_a_failure_is_told_in_words_beside_the_kept_question(owner: Member, reason: str, sentence: str) -> None:
    message = answered(asked(owner, "Hm?"), "", state=AnswerState.FAILED, reason=reason)
    page = signed_in(owner).get(page_of(message)).content.decode()
    assert sentence in page
    assert ">Hm?</div>" in page


def test_a_page_is_light_and_never_cached(owner: Member) -> None:
    client = signed_in(owner)
    message = answered(asked(owner, "Hm?"), "Hm.")
    for turn in range(5):
        message = answered(asked(owner, f"Hm {turn}?", after=message), "Hm. " * 20)
    response = client.get(page_of(message))
    assert len(gzip.compress(response.content)) < 10_000
    assert "no-store" in response["Cache-Control"]
    csp = response["Content-Security-Policy"]
    assert "unsafe" not in csp
    page = response.content.decode()
    assert " style=" not in page
    assert not re.search(r"<script(?![^>]*\bsrc=)", page)
    assert not re.search(r"\son[a-z]+=", page)


def test_a_message_is_written_with_its_members_key(owner: Member) -> None:
    asked(owner, "Only for my eyes: marigold")
    with connection.cursor() as cursor:
        cursor.execute("SELECT text FROM inference_message UNION ALL SELECT title FROM inference_conversation")
        stored = b"".join(bytes(row[0]) for row in cursor.fetchall())
    assert stored
    assert b"marigold" not in stored


@pytest.mark.django_db(transaction=True)
@pytest.mark.asyncio
async def test_without_javascript_the_answer_comes_all_the_same(owner: Member, chat: live.Live) -> None:
    client = await in_db(signed_in, owner)
    response = await in_db(client.post, CHAT, {"text": "Say hello."})
    place = response["Location"].split("#")[0]
    message = await in_db(new_answer, owner)
    await until(lambda: state_of(message.pk) == AnswerState.DONE)
    page = (await in_db(client.get, place)).content.decode()
    answer = await in_db(in_service(Answer).select_related("message").get, message=message)
    assert answer.message.text.split()[0].strip("*#!,.") in page
    # And Stop works by form as well.
    again = await in_db(client.post, act("ask_again", message))
    assert again.status_code == 302
    waiting = await in_db(new_answer, owner)
    await in_db(client.post, act("stop", waiting))
    await until(lambda: state_of(waiting.pk) in (AnswerState.STOPPED, AnswerState.DONE))


def test_asking_for_a_behaviour_that_is_missing_is_refused_in_words(owner: Member) -> None:
    with triggers_lifted():
        BehaviourVersion.objects.all().delete()
    response = signed_in(owner).post(CHAT, {"text": "Hello?"})
    assert response.status_code == 422
    assert "has not decided yet how its AI behaves" in response.content.decode()
