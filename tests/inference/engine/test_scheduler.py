"""Who is served next: nobody starves, members take turns, a step stays short."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.engine.scheduler import (
    BUSY_STEP_MS,
    LEAST_CHUNK,
    MAX_RUNNING,
    MAX_RUNNING_OF_MEMBER,
    MAX_WAITING,
    MAX_WAITING_OF_MEMBER,
    QUANTUM,
    TURN,
    Job,
    Pace,
    PromptRow,
    QueueFull,
    Scheduler,
)

members = st.sampled_from(["ana", "ben", "cho", "dua"])


def scheduler_with(*jobs: tuple[str, str], group: str = "g") -> Scheduler:
    scheduler = Scheduler()
    scheduler.begin_turn(group)
    for number, (member, wanted) in enumerate(jobs):
        scheduler.submit(Job(f"{member}{number}", member, wanted))
    return scheduler


def admit_one(scheduler: Scheduler) -> str | None:
    """Start exactly one job, as when there is room for one."""
    room = [True]

    def reserve(_job: Job) -> bool:
        return room.pop() if room else False

    admitted = scheduler.admit(reserve)
    return admitted[0].id if admitted else None


@given(st.lists(st.tuples(members, st.sampled_from(["g", "h"])), max_size=30))
def test_everybody_is_served_in_the_end(jobs: list[tuple[str, str]]) -> None:
    scheduler = scheduler_with()
    submitted = set()
    for number, (member, group) in enumerate(jobs):
        try:
            scheduler.submit(Job(str(number), member, group))
            submitted.add(str(number))
        except QueueFull:
            continue
    served: set[str] = set()
    for _ in range(10 * len(jobs) + 10):
        if (due := scheduler.next_group()) is not None:
            scheduler.begin_turn(due)
        started = scheduler.admit(lambda job: True)
        assert all(job.group == scheduler.group for job in started)
        for job in list(scheduler.running.values()):
            served.add(job.id)
            scheduler.remove(job.id)
    assert served == submitted
    assert scheduler.waiting == 0


@given(st.lists(members, min_size=2, max_size=16))
def test_while_two_wait_they_take_turns(asked: list[str]) -> None:
    scheduler = scheduler_with()
    for number, member in enumerate(asked):
        try:
            scheduler.submit(Job(f"{member}.{number}", member, "g"))
        except QueueFull:
            continue
    got: Counter[str] = Counter()
    while scheduler.waiting:
        waiting = Counter(job.member for job in scheduler.order())
        job_id = admit_one(scheduler)
        assert job_id is not None
        member = job_id.split(".")[0]
        # Nobody who waited all along may be two behind the one who was just served.
        assert all(got[member] <= got[other] for other in waiting)
        got[member] += 1
        scheduler.remove(job_id)
        for gone in set(waiting) - {job.member for job in scheduler.order()}:
            got[gone] = 10**6  # no longer waits


@given(st.lists(members, max_size=20))
def test_the_order_told_is_the_order_kept(asked: list[str]) -> None:
    scheduler = scheduler_with()
    for number, member in enumerate(asked):
        try:
            scheduler.submit(Job(str(number), member, "g"))
        except QueueFull:
            continue
    told = [job.id for job in scheduler.order()]
    kept = []
    while (job_id := admit_one(scheduler)) is not None:
        kept.append(job_id)
        scheduler.remove(job_id)
    assert kept == told


def test_one_member_cannot_fill_the_machine() -> None:
    scheduler = scheduler_with(*[("ana", "g")] * MAX_WAITING_OF_MEMBER)
    assert len(scheduler.admit(lambda job: True)) == MAX_RUNNING_OF_MEMBER


def test_with_others_waiting_a_member_runs_one() -> None:
    scheduler = scheduler_with(("ana", "g"), ("ana", "g"), ("ana", "g"), ("ben", "g"), ("ben", "g"))
    assert [job.member for job in scheduler.admit(lambda job: True)] == ["ana", "ben"]


def test_the_queue_is_bounded_for_one_and_for_all() -> None:
    scheduler = scheduler_with(*[("ana", "g")] * MAX_WAITING_OF_MEMBER)
    with pytest.raises(QueueFull) as full:
        scheduler.submit(Job("one more", "ana", "g"))
    assert full.value.scope == "member"
    for number in range(MAX_WAITING - MAX_WAITING_OF_MEMBER):
        scheduler.submit(Job(f"n{number}", f"member {number}", "g"))
    with pytest.raises(QueueFull) as full:
        scheduler.submit(Job("the last", "zoe", "g"))
    assert full.value.scope == "all"


def test_never_more_run_than_allowed() -> None:
    scheduler = scheduler_with(*[(f"m{i}", "g") for i in range(MAX_RUNNING + 10)])
    scheduler.admit(lambda job: True)
    assert len(scheduler.running) == MAX_RUNNING


def test_who_does_not_fit_is_waited_for_and_not_overtaken() -> None:
    scheduler = scheduler_with(("ana", "g"), ("ben", "g"))
    assert scheduler.admit(lambda job: job.member == "ben") == []


def test_another_model_gets_its_turn() -> None:
    scheduler = scheduler_with(("ana", "h"), *[(f"m{i}", "g") for i in range(2 * TURN)])
    first = scheduler.admit(lambda job: True)
    assert {job.group for job in first} == {"g"}
    assert len(first) == TURN
    assert scheduler.next_group() is None  # they still run
    for job in first:
        scheduler.remove(job.id)
    assert scheduler.next_group() == "h"


@given(
    st.dictionaries(st.text(min_size=1, max_size=3), st.integers(1, 3000), min_size=1, max_size=12), st.integers(8, 512)
)
def test_prompts_share_a_step_and_all_get_through(prompts: dict[str, int], budget: int) -> None:
    row, left, last = PromptRow(), dict(prompts), dict.fromkeys(prompts, 0)
    step = 0
    # One round gives each its quantum, so nobody waits longer than a round's steps.
    longest_wait = -(-len(prompts) * QUANTUM // budget) + 1
    while left:
        step += 1
        chunks = row.plan(left.items(), budget)
        assert 0 < sum(chunks.values()) <= budget
        assert sum(chunks.values()) == min(budget, sum(left.values()))
        for name, count in chunks.items():
            assert 0 < count <= left[name]
            left[name] -= count
            last[name] = step
            if left[name] == 0:
                del left[name]
        assert all(step - last[name] <= longest_wait for name in left)


def test_a_short_prompt_passes_a_long_one() -> None:
    row = PromptRow()
    row.plan([("long", 2000)], 40)
    assert row.plan([("long", 1960), ("short", 20)], 100)["short"] == 20


@given(st.integers(1, 32), st.floats(0.05, 500), st.floats(0.05, 500))
def test_a_step_stays_short_beside_answers(answers: int, prompt_ms: float, decode_ms: float) -> None:
    pace = Pace()
    for _ in range(30):
        pace.observe(decoded=answers, prompt_tokens=0, ms=decode_ms * answers)
        pace.observe(decoded=answers, prompt_tokens=64, ms=decode_ms * answers + 64 * prompt_ms)
    budget = pace.budget(decoding=answers, most=512)
    assert LEAST_CHUNK <= budget <= 512
    cost = answers * decode_ms + budget * prompt_ms
    assert budget == LEAST_CHUNK or cost <= 1.35 * BUSY_STEP_MS
    assert pace.wait_seconds(3, answers) >= pace.wait_seconds(1, answers) > 0
