"""Labels of use: who puts them on and takes them off, what the community decides about them, and what is forged."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from community_ai.core.append_only import missing_guards
from community_ai.core.doctor import Health
from governance import seals
from governance.effects import InvalidPayload, Preview, kind_named
from governance.models import AuditEntry, Decision, Member, Outcome
from governance.services import audit, ballots, closing
from governance.services.audit_story import tell
from governance.services.audit_verification import verify
from knowledge import access
from knowledge.checks import check_labels
from knowledge.default_labels import DEFAULT_LABELS
from knowledge.models import Entry, EntryLabel, EntryLabelRemoval, EntryState, Label, LabelVersion
from knowledge.preparing import write_default_labels
from knowledge.references import reference
from knowledge.rules_of_use import Terms
from knowledge.services import entries, entry_labels, labels
from knowledge.services.entry_labels import MayNotLabel, MayNotUnlabel, NoSuchLabel
from tests.append_only import triggers_lifted
from tests.knowledge.conftest import JUNE, add, decide, propose

ELDERS: dict[str, Any] = {
    "label": "elders",
    "name": "For elders",
    "text": "Ask an elder.\nThen listen.",
    "terms": Terms(see_roles=("elder",)).to_json(),
}


def keys_on(entry: Entry) -> list[str]:
    return [row.label.key for row in entry_labels.hanging_on([entry.pk])[entry.pk]]


def seen_by(member: Member, entry: Entry) -> bool:
    return access.visible(Entry, member=member, now=JUNE).filter(pk=entry.pk).exists()


# --- Putting on and taking off ------------------------------------------------------------------------------------


def test_the_author_puts_a_label_on_and_takes_it_off_again(author: Member, reader: Member) -> None:
    entry = add(author, "Song")
    entry_labels.put_on(entry_id=entry.pk, label="teachers", by=author, now=JUNE)
    again = entry_labels.put_on(entry_id=entry.pk, label="teachers", by=author, now=JUNE)
    assert (keys_on(entry), EntryLabel.objects.count()) == (["teachers"], 1)
    assert not seen_by(reader, entry)
    entry_labels.take_off(entry_id=entry.pk, label="teachers", by=author, now=JUNE)
    assert (keys_on(entry), EntryLabel.objects.get()) == ([], again)
    assert seen_by(reader, entry)
    entry_labels.put_on(entry_id=entry.pk, label="teachers", by=author, now=JUNE)
    assert not seen_by(reader, entry)
    told = [row.sentence for row in tell(AuditEntry.objects.order_by("index"), reader=reader)]
    assert "took the label" in told[-2]
    assert "put the label" in told[-1]


def test_who_reviews_may_protect_and_only_a_decision_undoes_it(author: Member, teacher: Member, reader: Member) -> None:
    entry = add(author, "Song")
    with pytest.raises(MayNotLabel):
        entry_labels.put_on(entry_id=entry.pk, label="teachers", by=reader, now=JUNE)
    entry_labels.put_on(entry_id=entry.pk, label="teachers", by=teacher, now=JUNE)
    for member in (author, teacher, reader):
        with pytest.raises(MayNotUnlabel):
            entry_labels.take_off(entry_id=entry.pk, label="teachers", by=member, now=JUNE)
    assert not seen_by(reader, entry)
    decision, _when = decide("entry-labels", entry_labels.payload_for(entry.pk, [], ["teachers"]), by=author)
    assert decision.outcome == Outcome.CARRIED_OUT
    assert seen_by(reader, entry)


def test_an_administrator_takes_nothing_off(author: Member, reader: Member, person: Callable[..., Member]) -> None:
    entry = add(author, "Song", labels=["teachers"])
    admin = person("boss", "admin", "member")
    admin.is_superuser = True
    admin.save()
    with pytest.raises(MayNotUnlabel):
        entry_labels.take_off(entry_id=entry.pk, label="teachers", by=admin, now=JUNE)
    with pytest.raises(MayNotLabel):
        entry_labels.put_on(entry_id=entry.pk, label="open", by=admin, now=JUNE)
    assert not seen_by(admin, entry)


@pytest.mark.parametrize("label", ["no-such", "", "Teachers"])
def test_a_label_that_is_not_there_is_refused(author: Member, label: str) -> None:
    entry = add(author, "Song")
    with pytest.raises(NoSuchLabel):
        entry_labels.put_on(entry_id=entry.pk, label=label, by=author, now=JUNE)
    with pytest.raises(NoSuchLabel):
        add(author, "Other", labels=[label])
    assert Entry.objects.count() == 1


def test_an_author_who_is_suspended_does_nothing(author: Member) -> None:
    entry = add(author, "Song", labels=["open"])
    author.is_active = False
    with pytest.raises(MayNotLabel):
        entry_labels.put_on(entry_id=entry.pk, label="teachers", by=author, now=JUNE)
    with pytest.raises(MayNotUnlabel):
        entry_labels.take_off(entry_id=entry.pk, label="open", by=author, now=JUNE)


# --- What the community decides ------------------------------------------------------------------------------------


def test_the_community_defines_changes_and_ends_a_label(
    author: Member, reader: Member, person: Callable[..., Member]
) -> None:
    elder = person("elder", "elder", "member")
    decision, when = decide("label-define", ELDERS, by=reader)
    assert decision.outcome == Outcome.CARRIED_OUT, decision.explanation
    present = labels.label_in_force("elders")
    assert present is not None
    assert (present.number, present.decision, str(present)) == (1, decision, "For elders")
    entry = add(author, "Song", labels=["elders"])
    assert [seen_by(member, entry) for member in (elder, reader)] == [True, False]

    changed = {**ELDERS, "terms": Terms(see_roles=("elder", "member"), quote=False).to_json()}
    decision, when = decide("label-change", changed, by=reader, now=when)
    assert decision.outcome == Outcome.CARRIED_OUT, decision.explanation
    assert [seen_by(member, entry) for member in (elder, reader)] == [True, True]

    decision, when = decide("label-end", {"label": "elders"}, by=reader, now=when)
    assert decision.outcome == Outcome.CARRIED_OUT, decision.explanation
    assert "elders" not in entry_labels.usable_labels()
    with pytest.raises(NoSuchLabel):
        add(author, "Another", labels=["elders"])
    assert not access.rules_on([entry.pk])[entry.pk].quote
    decision, when = decide("label-change", ELDERS, by=reader, now=when)
    assert [seen_by(member, entry) for member in (elder, reader)] == [True, False]
    assert "elders" in entry_labels.usable_labels()
    assert [row.number for row in LabelVersion.objects.filter(label__key="elders")] == [4, 3, 2, 1]
    assert check_labels().health is Health.OK


def test_a_label_that_was_not_voted_for_does_not_exist(author: Member, reader: Member) -> None:
    decision, _when = decide("label-define", ELDERS, by=reader, choice="no")
    assert decision.outcome == Outcome.REJECTED
    assert not Label.objects.filter(key="elders").exists()


def test_previews_say_what_changes_in_plain_words(author: Member) -> None:
    shown: Preview = kind_named("label-change").preview(
        {
            "label": "seasonal",
            "name": "In winter",
            "text": "Wait.",
            "terms": {**Terms().to_json(), "season": ["12-01", "02-28"], "learn": False},
        }
    )
    assert "From November 1 to February 29" in shown.before
    assert "From December 1 to February 28" in shown.after
    assert "The AI may not be trained with it" in shown.after
    assert list(kind_named("label-define").preview(ELDERS).after)[2] == "May be seen by: Elder"
    assert "Where it hangs, it stays in force" in kind_named("label-end").preview({"label": "open"}).after


def test_a_proposal_about_an_entry_never_shows_its_title(author: Member, reader: Member) -> None:
    entry = add(author, "Zanzibar", "Secret.", labels=["teachers"])
    proposal = propose("entry-labels", entry_labels.payload_for(entry.pk, ["open"], ["teachers"]), by=reader)
    version = proposal.versions.get()
    assert "Zanzibar" not in str(version.preview)
    assert str(entry.pk) in str(version.preview)
    assert "Only for teachers" in str(version.preview["before"])


@pytest.mark.parametrize(
    ("kind", "payload", "field"),
    [
        ("label-define", {**ELDERS, "label": "Not a slug"}, "name"),
        ("label-define", {**ELDERS, "name": ""}, "name"),
        ("label-define", {**ELDERS, "name": "a\nb"}, "name"),
        ("label-define", {**ELDERS, "text": " \n "}, "text"),
        ("label-define", {**ELDERS, "text": "x" * 2001}, "text"),
        ("label-define", {**ELDERS, "text": "bell\x07"}, "text"),
        ("label-define", {**ELDERS, "text": 5}, "text"),
        ("label-define", {**ELDERS, "terms": {}}, ""),
        ("label-define", {**ELDERS, "terms": {**ELDERS["terms"], "season": ["02-30", "03-01"]}}, "season_begins"),
        ("label-define", {**ELDERS, "terms": {**ELDERS["terms"], "credit": "all"}}, "credit"),
        ("label-define", {**ELDERS, "more": 1}, ""),
        ("label-end", {"label": 5}, "label"),
        ("label-end", {}, ""),
        ("entry-labels", {"entry": "x", "put": ["open"], "take": []}, "entry"),
        ("entry-labels", {"entry": None, "put": ["open"], "take": []}, "entry"),
        ("entry-labels", {"entry": "0" * 32, "put": [], "take": []}, "put"),
        ("entry-labels", {"entry": "0" * 32, "put": "open", "take": []}, "put"),
        ("entry-labels", {"entry": "0" * 32, "put": ["open"], "take": ["open"]}, "take"),
        ("entry-labels", {"entry": "0" * 32, "put": [1], "take": []}, "put"),
    ],
)
def test_a_payload_that_says_nothing_possible_is_refused_at_its_field(
    kind: str, payload: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidPayload) as refused:
        kind_named(kind).validate(payload)
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("kind", "payload", "field"),
    [
        ("label-define", {**ELDERS, "label": "open"}, "name"),
        ("label-define", {**ELDERS, "terms": Terms(see_roles=("nobody",)).to_json()}, "see_roles"),
        ("label-change", ELDERS, "label"),
        ("label-end", {"label": "elders"}, "label"),
        ("entry-labels", {"entry": "00000000-0000-0000-0000-000000000000", "put": ["open"], "take": []}, "entry"),
    ],
)
def test_what_is_not_possible_now_is_refused(author: Member, kind: str, payload: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidPayload) as refused:
        kind_named(kind).check(kind_named(kind).validate(payload))
    assert refused.value.field == field


def test_a_change_that_changes_nothing_and_labels_that_do_not_fit_are_refused(author: Member) -> None:
    present = labels.label_in_force("open")
    assert present is not None
    same = labels.wording_payload("open", present.name, present.text, present.terms)
    entry = add(author, "Song", labels=["open"])
    for kind, payload in (
        ("label-change", same),
        ("entry-labels", entry_labels.payload_for(entry.pk, ["open"], [])),
        ("entry-labels", entry_labels.payload_for(entry.pk, ["none"], [])),
        ("entry-labels", entry_labels.payload_for(entry.pk, [], ["teachers"])),
    ):
        with pytest.raises(InvalidPayload):
            kind_named(kind).check(payload)


def test_a_proposal_is_overtaken_when_the_labels_changed_meanwhile(author: Member, reader: Member) -> None:
    entry = add(author, "Song", labels=["open"])
    proposal = propose("entry-labels", entry_labels.payload_for(entry.pk, ["teachers"], ["open"]), by=reader)
    assert proposal.closes_at is not None
    entry_labels.put_on(entry_id=entry.pk, label="community", by=author, now=JUNE)
    for member in (author, reader):
        ballots.cast(member=member, proposal_id=proposal.pk, choice="yes", version=1, now=JUNE)
    (decision,) = closing.close_due(now=proposal.closes_at)
    assert decision.outcome == Outcome.SUPERSEDED
    assert keys_on(entry) == ["open", "community"]


# --- Forgeries -------------------------------------------------------------------------------------------------------


def forged(label: str, **changes: Any) -> LabelVersion:
    """What somebody with a shell would write: everything open, without the node's seal."""
    row = Label.objects.get_or_create(key=label)[0]
    values: dict[str, Any] = {
        **Terms().to_json(),
        "number": 2,
        "name": "Open",
        "text": "All.",
        "made_at": JUNE,
        **changes,
    }
    return LabelVersion.objects.create(label=row, **values)


def some_decision() -> Decision:
    return Decision.objects.create(
        kind="label-change", payload_hash="0" * 64, outcome=Outcome.CARRIED_OUT, decided_at=JUNE, seal="00" * 64
    )


def test_a_forged_version_is_ignored_and_named(author: Member, reader: Member) -> None:
    entry = add(author, "Song", labels=["teachers"])
    forged("teachers", decision=some_decision(), seal="00" * 64)
    assert not seen_by(reader, entry)
    present = labels.label_in_force("teachers")
    assert present is not None
    assert present.number == 1
    assert check_labels().health is Health.FAILURE
    assert "label teachers version 2" in check_labels().sentence


def test_a_version_with_a_stolen_seal_or_decision_is_ignored(author: Member, reader: Member) -> None:
    entry = add(author, "Song", labels=["teachers"])
    opened = labels.label_in_force("open")
    assert opened is not None
    decision, _when = decide("label-end", {"label": "open"}, by=reader)
    forged("teachers", decision=decision, seal=opened.seal)
    version = forged("teachers", number=3, decision=decision, ended=False)
    with triggers_lifted():
        # Even with the node's key, what the decision says must be what the version says.
        seal = seals.seal("label", labels._content(version))
        LabelVersion.objects.filter(pk=version.pk).update(seal=seal)
    assert not seen_by(reader, entry)
    assert "version 2" in check_labels().sentence
    assert "version 3" in check_labels().sentence


def test_a_label_that_nobody_can_vouch_for_closes_to_all_but_the_author(
    author: Member, teacher: Member, reader: Member
) -> None:
    entry = add(author, "Song", labels=["open"])
    with triggers_lifted():
        LabelVersion.objects.filter(label__key="open").update(seal="00" * 64)
    assert [seen_by(member, entry) for member in (author, teacher, reader)] == [True, False, False]
    assert access.rules_on([entry.pk])[entry.pk].closed
    finding = check_labels()
    assert finding.health is Health.FAILURE
    assert "no valid version of open" in finding.sentence
    with pytest.raises(NoSuchLabel):
        add(author, "Other", labels=["open"])
    # The community mends it by vote.
    decision, _when = decide("label-change", {**ELDERS, "label": "open", "terms": Terms().to_json()}, by=reader)
    assert decision.outcome == Outcome.CARRIED_OUT, decision.explanation
    assert seen_by(reader, entry)


@pytest.mark.parametrize("change", [{"see_roles": []}, {"quote": False}, {"season": "always"}, {"text": "Changed."}])
def test_a_bent_version_closes(author: Member, reader: Member, change: dict[str, Any]) -> None:
    entry = add(author, "Song", labels=["teachers"])
    assert not seen_by(reader, entry)  # found genuine, and remembered
    with triggers_lifted():
        LabelVersion.objects.filter(label__key="teachers").update(**change)
    assert not seen_by(reader, entry)
    assert labels.label_in_force("teachers") is None


def test_a_label_without_any_version_closes(author: Member, reader: Member) -> None:
    entry = add(author, "Song")
    EntryLabel.objects.create(entry=entry, label=Label.objects.create(key="strange"), put_by=author, put_at=JUNE)
    assert not seen_by(reader, entry)
    assert seen_by(author, entry)
    assert "strange" in check_labels().sentence


def test_a_forged_removal_changes_nothing_and_is_named(author: Member, reader: Member) -> None:
    entry, other = add(author, "Song", labels=["teachers"]), add(author, "Other", labels=["teachers"])
    entry_labels.take_off(entry_id=other.pk, label="teachers", by=author, now=JUNE)
    genuine = EntryLabelRemoval.objects.get()
    hanging = EntryLabel.objects.get(entry=entry)
    EntryLabelRemoval.objects.create(hanging=hanging, entry=entry, taken_at=JUNE, seal=genuine.seal)
    assert [seen_by(reader, each) for each in (entry, other)] == [False, True]
    assert keys_on(entry) == ["teachers"]
    assert str(entry.pk) in check_labels().sentence
    assert str(other.pk) not in check_labels().sentence


BENT: dict[str, Callable[[Entry], object]] = {
    "label hanging: update": lambda entry: EntryLabel.objects.update(label=Label.objects.get(key="open")),
    "label hanging: delete": lambda entry: EntryLabel.objects.all().delete(),
    "label hanging: raw": lambda entry: sql("DELETE FROM knowledge_entrylabel"),
    "label version: update": lambda entry: LabelVersion.objects.update(see_roles=[]),
    "label version: delete": lambda entry: sql("DELETE FROM knowledge_labelversion"),
    "label: rename": lambda entry: Label.objects.filter(key="open").update(key="other"),
    "label: delete": lambda entry: sql("DELETE FROM knowledge_label"),
    "entry: another author": lambda entry: Entry.objects.update(author=Member.objects.get(username="reader")),
    "entry: back from being deleted": lambda entry: (
        Entry.objects.update(state=EntryState.FORGOTTEN),
        Entry.objects.update(state=EntryState.PUBLISHED),
    ),
    "version: update": lambda entry: sql("UPDATE knowledge_entryversion SET body = 'other'"),
    "version: delete": lambda entry: sql("DELETE FROM knowledge_entryversion"),
}


def sql(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.parametrize("way", BENT)
def test_the_database_refuses_to_bend_what_was_written(author: Member, reader: Member, way: str) -> None:
    entry = add(author, "Song", labels=["teachers"])
    with pytest.raises(IntegrityError), transaction.atomic():
        BENT[way](entry)
    assert not seen_by(reader, entry)
    assert missing_guards() == []


def test_forgetting_a_member_leaves_the_labels(author: Member, reader: Member) -> None:
    entry = add(author, "Song", labels=["teachers"])
    author.delete()
    entry.refresh_from_db()
    assert entry.author is None
    assert EntryLabel.objects.get().put_by is None
    assert not seen_by(reader, entry)


# --- Those that come with the software --------------------------------------------------------------------------------


def test_the_setup_writes_the_first_labels_once(db: None, settings: Any) -> None:
    assert write_default_labels(settings.HOME) == f"{len(DEFAULT_LABELS)} labels of use are there to begin with."
    assert write_default_labels(settings.HOME) is None
    assert set(entry_labels.usable_labels()) == {default.key for default in DEFAULT_LABELS}
    assert check_labels().health is Health.OK
    assert AuditEntry.objects.filter(kind="label.default").count() == len(DEFAULT_LABELS)


def test_a_first_version_without_a_decision_is_believed_for_those_alone(db: None) -> None:
    version = forged("mine", number=1)
    with triggers_lifted():
        LabelVersion.objects.filter(pk=version.pk).update(seal=seals.seal("label", labels._content(version)))
    assert labels.label_in_force("mine") is None


def test_the_record_tells_of_labels_without_titles(author: Member, reader: Member) -> None:
    entry = add(author, "Zanzibar", labels=["teachers"])
    entry_labels.put_on(entry_id=entry.pk, label="community", by=author, now=JUNE)
    told = tell(AuditEntry.objects.order_by("index"), reader=reader)
    assert "Zanzibar" not in str([(row.sentence, row.facts, row.private) for row in told])
    assert all(row.sentence != row.entry.kind for row in told)
    own = tell(AuditEntry.objects.filter(kind="entry.published"), reader=author)
    assert own[0].private == {"title": "Zanzibar"}
    assert audit.pseudonym(author) in AuditEntry.objects.get(kind="entry.published").leaf


def test_the_record_does_not_lead_from_an_entry_to_who_taught_it(author: Member, reader: Member) -> None:
    """An entry's address is known to all who see it; nothing in the record holds it beside somebody's name."""
    entry = add(author, "Zanzibar", labels=["community"])
    entries.retire(entry_id=entry.pk, by=author, now=JUNE)
    entries.delete(entry_id=entry.pk, by=author, now=JUNE)
    leaves = [row.leaf for row in AuditEntry.objects.filter(kind__startswith="entry.")]
    assert len(leaves) >= 3
    assert not any(str(entry.pk) in leaf or entry.pk.hex in leaf for leaf in leaves)
    assert sum(reference(entry.pk) in leaf for leaf in leaves) == len(leaves)


def test_taking_the_newest_version_of_a_label_away_is_found_in_the_record(author: Member, reader: Member) -> None:
    decide("label-change", {**ELDERS, "label": "open"}, by=reader)
    assert verify().holds
    with triggers_lifted():
        LabelVersion.objects.exclude(decision=None).delete()
    assert "labels of use" in verify().fault
