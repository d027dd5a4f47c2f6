"""Teachers decide about what members taught; of two at once the first counts, and nobody loses what they typed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from consent.access import NotFound, own_row
from governance.models import AuditEntry, Member
from knowledge import access
from knowledge.content import InvalidContent
from knowledge.models import Correction, CorrectionState, Entry, Verdict
from knowledge.references import reference
from knowledge.services import corrections, reviews
from knowledge.services.reviews import ChangedMeanwhile, NoTraining, OwnCorrection, ReviewedMeanwhile
from knowledge.services.teachers import MayNotReview, is_only_teacher, teachers
from knowledge.waiting import answers_waiting_for, reviews_waiting_for
from tests.governance.test_races import at_once
from tests.knowledge.conftest import JUNE, add
from tests.knowledge.teaching import ANSWER, BETTER, QUESTION, answered, entry_of, teach

pytestmark = pytest.mark.django_db


def accept(reviewer: Member, row: Correction, **changes: Any) -> Entry:
    arguments = {"correction_id": row.pk, "number": row.number, "new": entry_of(), "now": JUNE, **changes}
    return reviews.accept_as_knowledge(reviewer=reviewer, **arguments)


def decline(reviewer: Member, row: Correction, **changes: Any) -> None:
    arguments = {"correction_id": row.pk, "number": row.number, "reason": "No.", "now": JUNE, **changes}
    reviews.decline(reviewer=reviewer, **arguments)


def test_with_the_name_the_member_is_the_author(reader: Member, teacher: Member, author: Member) -> None:
    row = teach(reader, with_name=True)
    entry = accept(teacher, row)
    assert entry.author == reader
    assert entry.present.author == reader
    assert access.visible(Entry, member=author, now=JUNE).get().title == QUESTION
    mine = own_row(Correction, member=reader, pk=row.pk)
    assert (mine.state, mine.reviewer, mine.entry_id, mine.reviewed_at) == ("knowledge", teacher, entry.pk, JUNE)


def test_without_the_name_the_teacher_is_the_author(reader: Member, teacher: Member) -> None:
    entry = accept(teacher, teach(reader))
    assert entry.author == teacher
    assert "reader" not in str(AuditEntry.objects.get(kind="correction.knowledge").leaf)


def test_the_record_tells_who_decided_and_keys_alone(reader: Member, teacher: Member) -> None:
    row = teach(reader, with_name=True, may_train=True)
    entry = accept(teacher, row)
    (told,) = AuditEntry.objects.filter(kind="correction.knowledge")
    assert told.actor == teacher
    assert told.said["facts"] == {"correction": str(row.pk), "entry": reference(entry.pk)}
    assert told.said["private"] is None
    published = AuditEntry.objects.get(kind="entry.published")
    assert published.actor == teacher
    for leaf in AuditEntry.objects.values_list("leaf", flat=True):
        assert BETTER not in leaf
        assert ANSWER not in leaf


def test_an_example_is_what_the_teacher_made_of_it_and_needs_the_members_consent(
    reader: Member, teacher: Member
) -> None:
    row = teach(reader)
    with pytest.raises(NoTraining):
        reviews.accept_as_example(reviewer=teacher, correction_id=row.pk, number=1, text="So.", now=JUNE)
    row = teach(reader, may_train=True)
    for text in ("", " \n", "x" * 8_001):
        with pytest.raises(InvalidContent):
            reviews.accept_as_example(reviewer=teacher, correction_id=row.pk, number=1, text=text, now=JUNE)
    reviews.accept_as_example(reviewer=teacher, correction_id=row.pk, number=1, text=" So.\r\nAnd so. ", now=JUNE)
    mine = own_row(Correction, member=reader, pk=row.pk)
    assert (mine.state, mine.accepted, mine.better) == ("example", "So.\nAnd so.", BETTER)
    with pytest.raises(NotFound):
        reviews.load(reviewer=teacher, pk=row.pk)


def test_a_matter_for_a_proposal_stays_readable_for_teachers_until_it_is_taken_back(
    reader: Member, teacher: Member
) -> None:
    row = teach(reader)
    taken = reviews.take_as_matter(reviewer=teacher, correction_id=row.pk, number=1, now=JUNE)
    assert taken.state is CorrectionState.PROPOSAL
    assert [item.better for item in reviews.matters(reviewer=teacher)] == [BETTER]
    assert not reviews.queue(reviewer=teacher).exists()
    corrections.withdraw(member=reader, correction_id=row.pk, now=JUNE)
    assert reviews.matters(reviewer=teacher) == []


def test_why_not_is_read_by_the_member(reader: Member, teacher: Member) -> None:
    row = teach(reader)
    with pytest.raises(InvalidContent):
        decline(teacher, row, reason=" ")
    decline(teacher, row, reason="We asked Rosa: August is right.")
    assert own_row(Correction, member=reader, pk=row.pk).reason == "We asked Rosa: August is right."
    assert [item.url for item in answers_waiting_for(reader, JUNE)] == ["/knowledge/mine/"]


def test_only_teachers_review(reader: Member, author: Member, person: Callable[..., Member]) -> None:
    row = teach(reader)
    for member in (author, reader, person("admin", "admin")):
        with pytest.raises(MayNotReview):
            decline(member, row)
        with pytest.raises(MayNotReview):
            accept(member, row)
        assert not reviews.queue(reviewer=member).exists()
        with pytest.raises(NotFound):
            reviews.load(reviewer=member, pk=row.pk)
        assert reviews_waiting_for(member, JUNE) == []
    assert not access.visible(Entry, member=reader, now=JUNE).exists()


def test_ones_own_is_for_another_teacher_if_there_is_one(teacher: Member, person: Callable[..., Member]) -> None:
    second = person("second", "teacher")
    row = teach(teacher)
    assert teachers() == {teacher.pk, second.pk}
    assert not reviews.queue(reviewer=teacher).exists()
    assert reviews_waiting_for(teacher, JUNE) == []
    with pytest.raises(OwnCorrection):
        decline(teacher, row)
    assert [item.url for item in reviews_waiting_for(second, JUNE)] == ["/knowledge/reviews/"]
    second.is_active = False
    second.save()
    assert is_only_teacher(teacher)
    accept(teacher, row)
    assert [entry.kind for entry in AuditEntry.objects.filter(kind__startswith="correction.")] == [
        "correction.knowledge",
        "correction.own",
    ]


def test_a_wording_that_the_teacher_did_not_read_is_not_decided(reader: Member, teacher: Member) -> None:
    about = answered()
    first = teach(reader, about)
    teach(reader, about, better="In December.", number=1)
    with pytest.raises(ChangedMeanwhile):
        decline(teacher, first)
    with pytest.raises(ChangedMeanwhile):
        accept(teacher, first)
    assert not access.visible(Entry, member=teacher, now=JUNE).exists()
    decline(teacher, first, number=2)


def test_a_second_decision_is_told_what_became_of_it(reader: Member, teacher: Member) -> None:
    row = teach(reader)
    accept(teacher, row)
    with pytest.raises(ReviewedMeanwhile) as late:
        accept(teacher, row)
    assert late.value.state is CorrectionState.KNOWLEDGE
    assert access.visible(Entry, member=teacher, now=JUNE).count() == 1
    gone = teach(reader)
    corrections.withdraw(member=reader, correction_id=gone.pk, now=JUNE)
    with pytest.raises(ReviewedMeanwhile) as late:
        decline(teacher, gone)
    assert late.value.state is CorrectionState.WITHDRAWN


def test_an_entry_that_is_refused_decides_nothing(reader: Member, teacher: Member) -> None:
    row = teach(reader)
    with pytest.raises(InvalidContent):
        accept(teacher, row, new=entry_of(title=""))
    assert [found.pk for found in reviews.queue(reviewer=teacher)] == [row.pk]


def test_the_oldest_is_first_and_a_change_keeps_its_place(reader: Member, author: Member, teacher: Member) -> None:
    about = answered()
    first = teach(reader, about)
    second = teach(author, now=JUNE.replace(hour=13))
    teach(reader, about, better="Anew.", number=1, now=JUNE.replace(hour=14))
    assert [row.pk for row in reviews.queue(reviewer=teacher)] == [first.pk, second.pk]


def test_what_there_is_about_the_same_question_stands_beside_it(
    reader: Member, author: Member, teacher: Member
) -> None:
    row = teach(reader)
    other = teach(author, answered(question="when do we shear the alpacas"), better="In October.")
    teach(author, answered(question="When do we shear the llamas?"))
    hidden = add(author, "When do we shear the alpacas", "Told in the dark months.", labels=["seasonal"])
    shown = add(author, "When do we shear the alpacas?", "Never.")
    item = reviews.load(reviewer=teacher, pk=row.pk)
    assert [seen.correction_id for seen in reviews.others_on(item, reviewer=teacher)] == [other.pk]
    found = {entry.pk for entry in reviews.entries_on(item.question, reviewer=teacher, now=JUNE)}
    assert found == {shown.pk}
    assert hidden.pk not in found
    assert reviews.entries_on("…", reviewer=teacher, now=JUNE) == []


def test_the_entry_may_go_and_the_correction_stays(reader: Member, teacher: Member) -> None:
    from knowledge.services import entries

    row = teach(reader, with_name=True)
    entry = accept(teacher, row)
    entries.delete(entry_id=entry.pk, by=reader, now=JUNE)
    kept = own_row(Correction, member=reader, pk=row.pk)
    assert (kept.state, kept.entry_id) == ("knowledge", None)


def test_taken_back_the_entry_that_a_teacher_made_of_it_goes_too(reader: Member, teacher: Member) -> None:
    row = teach(reader)
    accept(teacher, row)
    corrections.withdraw(member=reader, correction_id=row.pk, now=JUNE)
    kept = own_row(Correction, member=reader, pk=row.pk)
    assert (kept.state, kept.entry_id, kept.reviewer) == ("withdrawn", None, None)
    assert not access.visible(Entry, member=reader, now=JUNE).exists()


def test_right_is_reviewed_like_the_others(reader: Member, teacher: Member) -> None:
    row = teach(reader, verdict=Verdict.RIGHT)
    item = reviews.load(reviewer=teacher, pk=row.pk)
    assert item.answer_wanted == ANSWER
    assert item.matter is None


# --- Several at once ----------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("attempt", range(3))
def test_two_teachers_at_once(attempt: int, reader: Member, teacher: Member, person: Callable[..., Member]) -> None:
    row, second = teach(reader), person("second", "teacher")
    results = at_once(lambda: accept(teacher, row), lambda: decline(second, row), lambda: accept(second, row))
    refused = [result for result in results if isinstance(result, Exception)]
    assert [type(problem).__name__ for problem in refused] == ["ReviewedMeanwhile"] * 2
    kept = own_row(Correction, member=reader, pk=row.pk)
    assert access.visible(Entry, member=reader, now=JUNE).count() == (kept.state == CorrectionState.KNOWLEDGE)
    assert AuditEntry.objects.filter(kind__startswith="correction.").count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("attempt", range(3))
def test_the_member_and_a_teacher_at_once(attempt: int, reader: Member, teacher: Member) -> None:
    about = answered()
    row = teach(reader, about)
    results = at_once(
        lambda: teach(reader, about, better="Anew.", number=1),
        lambda: decline(teacher, row),
        lambda: corrections.withdraw(member=reader, correction_id=row.pk, now=JUNE),
    )
    kept = own_row(Correction, member=reader, pk=row.pk)
    names = {type(result).__name__ for result in results if isinstance(result, Exception)}
    assert names <= {"AlreadyReviewed", "ReviewedMeanwhile", "ChangedMeanwhile", "ChangedElsewhere"}
    # Taken back last, or taught anew after that: in both cases no teacher's word hangs on another wording.
    assert kept.state in {CorrectionState.WITHDRAWN, CorrectionState.SUBMITTED, CorrectionState.DECLINED}
    if kept.state == CorrectionState.WITHDRAWN:
        assert kept.better == kept.question == ""
    else:
        assert kept.better == "Anew."


@pytest.mark.django_db(transaction=True)
def test_the_same_answer_taught_on_two_pages_at_once(reader: Member) -> None:
    about = answered()
    results = at_once(lambda: teach(reader, about, better="One."), lambda: teach(reader, about, better="Two."))
    assert sorted(type(result).__name__ for result in results) == ["ChangedElsewhere", "Correction"]
    assert corrections.taught_by(reader).count() == 1
