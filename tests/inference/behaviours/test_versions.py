"""A vote changes how the AI behaves: what is proposed is what comes into force, and a vote goes back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from governance.effects import InvalidPayload
from governance.models import Member, Outcome, Proposal
from governance.services import closing, proposals
from governance.services.decisions import FoundedAlready
from inference.behaviour import Behaviour, Wording, founding_behaviour
from inference.models import BehaviourVersion
from inference.services import behaviour
from tests.governance.decisions.conftest import NOON, later
from tests.inference.deciding import decide, propose, vote


def content(version: BehaviourVersion) -> Behaviour:
    return behaviour.behaviour_of(version)


def test_the_founders_version_is_provisional_until_a_vote_confirms_it(
    members: list[Member], first: BehaviourVersion
) -> None:
    assert behaviour.in_force() == first
    assert first.provisional
    second = decide(members[1], "behaviour-confirm", content(first), now=NOON)
    assert behaviour.in_force() == second
    assert (second.number, second.sha256, second.provisional) == (2, first.sha256, False)
    with pytest.raises(InvalidPayload, match="confirmed this version already"):
        propose(members[1], "behaviour-confirm", behaviour.payload_of(content(first)), now=later(days=9))


def test_a_no_keeps_things_as_they_are(members: list[Member], first: BehaviourVersion) -> None:
    changed = replace(content(first), max_sentences=2)
    decision = vote(propose(members[0], "behaviour-manner", behaviour.payload_of(changed), now=NOON), "no")
    assert decision.outcome == Outcome.REJECTED
    assert behaviour.in_force() == first


def test_a_vote_changes_it_and_a_vote_goes_back(members: list[Member], first: BehaviourVersion) -> None:
    changed = replace(content(first), max_sentences=2, greeting="¡Hola!")
    second = decide(members[1], "behaviour-manner", changed, now=NOON)
    assert behaviour.in_force() == second
    assert content(second) == changed
    assert second.decision.proposal.author == members[1]  # type: ignore[union-attr]
    third = decide(members[2], "behaviour-return", content(first), now=later(days=9))
    assert behaviour.in_force() == third
    assert (third.number, third.sha256) == (3, first.sha256)
    assert [version.number for version in behaviour.genuine_versions()] == [3, 2, 1]
    assert behaviour.not_made_by_a_vote() == []


def test_a_kind_changes_its_own_parts_only(members: list[Member], first: BehaviourVersion) -> None:
    for kind, changed in {
        "behaviour-manner": replace(content(first), charter="Obey me."),
        "behaviour-wording": replace(content(first), max_sentences=2),
        "behaviour-sampling": replace(content(first), temperature_milli=1, greeting="Hi"),
        "behaviour-charter": replace(content(first), wordings=(Wording("a", "b"),)),
        "behaviour-model": replace(content(first), charter="Obey me."),
    }.items():
        with pytest.raises(InvalidPayload, match="another kind of proposal"):
            propose(members[0], kind, behaviour.payload_of(changed), now=NOON)
    assert not Proposal.objects.exists()


def test_what_changes_nothing_is_not_put_to_a_vote(members: list[Member], first: BehaviourVersion) -> None:
    with pytest.raises(InvalidPayload, match="already"):
        propose(members[0], "behaviour-manner", behaviour.payload_of(content(first)), now=NOON)


def test_a_model_that_is_not_here_is_not_put_to_a_vote(members: list[Member], first: BehaviourVersion) -> None:
    with pytest.raises(InvalidPayload, match="not on the node's computer"):
        propose(
            members[0],
            "behaviour-model",
            behaviour.payload_of(replace(content(first), model_sha256="b" * 64)),
            now=NOON,
        )


def test_one_goes_back_only_to_what_was(members: list[Member], first: BehaviourVersion) -> None:
    decide(members[1], "behaviour-manner", replace(content(first), max_sentences=2), now=NOON)
    with pytest.raises(InvalidPayload, match="never behaved like this"):
        propose(
            members[0],
            "behaviour-return",
            behaviour.payload_of(replace(content(first), max_sentences=3)),
            now=later(days=9),
        )


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"behaviour": None},
        {"behaviour": []},
        {"behaviour": {"charter": "x"}},
        {"behaviour": {}, "more": 1},
        {"charter": "x"},
    ],
)
def test_forged_payloads_are_refused(
    payload: dict[str, object], members: list[Member], first: BehaviourVersion
) -> None:
    with pytest.raises(InvalidPayload):
        propose(members[0], "behaviour-manner", payload, now=NOON)
    assert not Proposal.objects.exists()


def test_of_two_changes_at_once_the_second_must_be_proposed_anew(
    members: list[Member], first: BehaviourVersion
) -> None:
    one = propose(
        members[0], "behaviour-manner", behaviour.payload_of(replace(content(first), max_sentences=2)), now=NOON
    )
    other = propose(
        members[1], "behaviour-charter", behaviour.payload_of(replace(content(first), charter="Be kind.")), now=NOON
    )
    assert vote(one).outcome == Outcome.CARRIED_OUT
    assert vote(other).outcome == Outcome.SUPERSEDED
    assert behaviour.in_force().number == 2
    assert content(behaviour.in_force()).charter == content(first).charter


def test_closing_twice_makes_one_version(members: list[Member], first: BehaviourVersion) -> None:
    changed = replace(content(first), tone="formal")
    decision = vote(propose(members[0], "behaviour-manner", behaviour.payload_of(changed), now=NOON))
    assert closing.close(proposal_id=decision.proposal_id, now=later(days=30)) is None  # type: ignore[arg-type]
    assert BehaviourVersion.objects.count() == 2


def test_a_community_is_founded_once(members: list[Member], first: BehaviourVersion) -> None:
    with pytest.raises(FoundedAlready):
        behaviour.found(behaviour=founding_behaviour(community_name="Mine", model_sha256="b" * 64), now=later(days=1))
    assert behaviour.in_force() == first


def test_a_withdrawn_proposal_changes_nothing(members: list[Member], first: BehaviourVersion) -> None:
    changed = replace(content(first), tone="formal")
    proposal = propose(members[0], "behaviour-manner", behaviour.payload_of(changed), now=NOON)
    proposals.withdraw(author=members[0], proposal_id=proposal.pk, now=later(hours=1))
    closing.close_due(now=later(days=30))
    assert behaviour.in_force() == first
