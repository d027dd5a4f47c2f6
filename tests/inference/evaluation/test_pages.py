"""The pages of what was measured."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from xml.etree import ElementTree

import pytest
from django.urls import reverse

from governance.models import Member
from inference.evaluation.figures import Asked
from inference.evaluation.scoring import Outcome
from inference.models import EvaluationRun
from inference.services import evaluations
from inference.services.evaluations import Measured
from knowledge.models import Entry, SetQuestion
from knowledge.services import question_set
from tests.governance.page import assert_sound
from tests.knowledge.conftest import JUNE, add
from tests.knowledge.pages import browser, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("small_model")]
PAGE = "inference:evaluation"
ALARM = "Who knows the code of the alarm?"
"""To learn from."""


def kept(*, day: int = 0, wrong: int = 0, limited: bool = False, without: Outcome | None = None) -> EvaluationRun:
    """A run over the whole set in which so many questions went wrong."""
    rows = []
    for number, question in enumerate(SetQuestion.objects.all()):
        good = Outcome.NO_NOTE if question.unanswerable else Outcome.RIGHT
        asked = Asked(not question.unanswerable, True, Outcome.WRONG if number < wrong else good, without)
        rows.append(Measured(question, asked, "never kept"))
    began = JUNE + timedelta(days=day)
    return evaluations.keep(measured=rows, limited=limited, began_at=began, now=began)


def drawing(response: Any) -> ElementTree.Element:
    page = response.content.decode()
    begins = page.index('<svg class="chart__drawing"')
    found = page[begins : page.index("</svg>", begins) + len("</svg>")]
    return ElementTree.fromstring(found)  # noqa: S314 our own page


def test_nothing_was_measured_yet(reader: Member) -> None:
    page = browser(reader).get(reverse(PAGE))
    assert_sound(page)
    assert "manage.py evaluate" in text_of(page)
    assert b"chart__drawing" not in page.content


def test_runs_in_a_table_and_a_chart_with_words(reader: Member, village: dict[str, Entry]) -> None:
    for day, wrong in enumerate((5, 3, 0)):
        kept(day=day, wrong=wrong, without=Outcome.WRONG)
    page = browser(reader).get(reverse(PAGE))
    assert_sound(page)
    assert text_of(page).count("of") > 3
    chart = drawing(page)
    assert chart.attrib["role"] == "img"
    assert [child.tag for child in chart[:2]] == ["title", "desc"]
    assert "100 %" in (chart[1].text or ""), "the summary tells the figures"
    assert sum(element.tag == "circle" for element in chart.iter()) == 3
    assert not [e for e in chart.iter() if "style" in e.attrib], "the policy allows no style attributes"
    assert b"<style" not in page.content


def test_the_chart_is_drawn_in_every_language(make_member: Callable[..., Member], village: dict[str, Entry]) -> None:
    """Numbers in it are never written with a decimal comma."""
    kept(wrong=2)
    kept(day=1)
    for language in ("es", "fr", "ar"):
        member = make_member(f"reader-{language}", language=language)
        page = browser(member).get(reverse(PAGE), headers={"accept-language": language})
        assert_sound(page)
        for element in drawing(page).iter():
            for name in ("x", "y", "x1", "x2", "y1", "y2", "cx", "cy"):
                if name in element.attrib:
                    float(element.attrib[name])


def test_a_run_of_some_questions_is_no_point_of_the_chart(reader: Member, village: dict[str, Entry]) -> None:
    kept(limited=True)
    page = browser(reader).get(reverse(PAGE))
    assert "only some questions" in text_of(page)
    assert b"chart__drawing" not in page.content


def test_the_questions_to_learn_from_what_went_wrong_first(reader: Member, village: dict[str, Entry]) -> None:
    questions = list(SetQuestion.objects.all())
    learnt = [row for row in questions if not row.held_out]
    assert 1 < len(learnt) < len(questions)
    run = kept(wrong=questions.index(learnt[0]) + 1)
    page = browser(reader).get(reverse("inference:evaluation_run", args=[run.pk]))
    assert_sound(page)
    text = text_of(page)
    places = [text.index(row.text) for row in learnt]
    assert places == sorted(places)
    assert all(row.text not in text for row in questions if row.held_out)
    assert "never kept" not in text


def test_questions_that_a_label_hides_are_left_out(
    reader: Member, teacher: Member, person: Callable[..., Member], village: dict[str, Entry]
) -> None:
    hidden = add(teacher, "The alarm", "Oskar Brill changes the code.", labels=["teachers"])
    question_set.add(by=teacher, text=ALARM, answers=["Oskar Brill"], language="en", entry_id=hidden.pk, now=JUNE)
    run = kept()
    way = reverse("inference:evaluation_run", args=[run.pk])
    assert ALARM not in text_of(browser(reader).get(way))
    assert ALARM in text_of(browser(person("other", "member", "teacher")).get(way))


def test_many_runs_stand_on_pages(reader: Member, village: dict[str, Entry]) -> None:
    for day in range(23):
        kept(day=day)
    first = browser(reader).get(reverse(PAGE))
    assert_sound(first)
    assert sum(element.tag == "circle" for element in drawing(first).iter()) == 12
    assert browser(reader).get(f"{reverse(PAGE)}?page=2").content.count(b"<tr>") == 4
