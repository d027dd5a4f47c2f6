"""The cache's books: never overbooked, nobody's cells in anybody else's hands."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from inference.engine.ledger import KeptKey, Ledger, PrefixKey

CELLS, SEQUENCES = 200, 12
members = st.sampled_from(["ana", "ben", "cho"])
conversations = st.sampled_from(["c1", "c2"])
behaviours = st.sampled_from(["b1", "b2"])


class LedgerMachine(RuleBasedStateMachine):
    """Random requests come and go; `cells` mirrors what a real cache would hold in each sequence."""

    def __init__(self) -> None:
        super().__init__()
        self.ledger = Ledger(cells=CELLS, sequences=SEQUENCES)
        self.live: dict[str, tuple[KeptKey | None, list[int], int]] = {}
        self.owner: dict[int, str] = {}  # sequence -> member whose text it holds
        self.number = 0

    def wipe(self) -> None:
        for seq in self.ledger.to_clear:
            self.owner.pop(seq, None)
        self.ledger.to_clear.clear()

    @rule(member=members, conversation=st.none() | conversations, behaviour=behaviours, own=st.integers(1, 40),
          answer=st.integers(1, 30), text=st.integers(0, 2), day=st.integers(0, 1))  # fmt: skip
    def ask(
        self, member: str, conversation: str | None, behaviour: str, own: int, answer: int, text: int, day: int
    ) -> None:
        self.number += 1
        name = f"r{self.number}"
        prefix_key = PrefixKey("model", behaviour)
        prefix = [1000 + day, 1001, 1002] if behaviour == "b1" else [2000 + day, 2001]
        tokens = prefix + [text * 100 + i for i in range(own)]
        key = KeptKey(member, conversation, prefix_key) if conversation else None
        had = key and self.ledger.kept.get(key)
        running = self.ledger.reserve(
            name,
            tokens=tokens,
            prefix_tokens=len(prefix),
            answer_tokens=answer,
            prefix_key=prefix_key,
            conversation=key,
        )
        self.wipe()
        if running is None:
            return
        assert running.prefix.tokens == tuple(prefix)
        if running.reused:
            # Cells are taken over from the same member, conversation and behaviour only, up to the first difference.
            assert had
            assert running.seq == had.seq
            assert self.owner[running.seq] == member
            assert tuple(tokens[: running.reused]) == had.tokens[: running.reused]
            assert running.reused < len(tokens)
        elif not (had and had.seq == running.seq):
            assert running.seq not in self.owner  # a new sequence was wiped before
        self.owner[running.seq] = member
        running.prefix.computed = len(running.prefix.tokens)
        self.live[name] = (key, tokens, answer)

    @precondition(lambda self: self.live)
    @rule(data=st.data(), keep=st.booleans())
    def end(self, data: st.DataObject, keep: bool) -> None:
        name = data.draw(st.sampled_from(sorted(self.live)))
        key, tokens, answer = self.live.pop(name)
        self.ledger.release(name, keep=key if keep else None, tokens=tokens + [7] * (answer - 1), now=self.number)
        self.wipe()

    @rule(member=members, conversation=st.none() | conversations)
    def forget(self, member: str, conversation: str | None) -> None:
        self.ledger.forget(member, conversation)
        self.wipe()
        assert not [k for k in self.ledger.kept if k.member == member and conversation in (None, k.conversation)]

    @rule()
    def expire(self) -> None:
        self.ledger.expire(self.number - 3)
        self.wipe()
        assert all(kept.since >= self.number - 3 for kept in self.ledger.kept.values())

    @invariant()
    def never_overbooked(self) -> None:
        assert self.ledger.reserved <= self.ledger.used <= CELLS

    @invariant()
    def each_sequence_has_one_holder(self) -> None:
        held = [r.seq for r in self.ledger.running.values()]
        held += [p.seq for p in self.ledger.prefixes.values()] + [k.seq for k in self.ledger.kept.values()]
        assert len(held) == len(set(held)) <= SEQUENCES

    @invariant()
    def users_are_counted(self) -> None:
        for prefix in self.ledger.prefixes.values():
            running = sum(r.prefix is prefix for r in self.ledger.running.values())
            kept = sum(k.prefix is prefix for k in self.ledger.kept.values())
            assert prefix.users == running + kept

    def teardown(self) -> None:
        for name in list(self.live):
            self.ledger.release(name)
        for member in ("ana", "ben", "cho"):
            self.ledger.forget(member)
        # Everything was given back: the whole cache can be had again.
        assert self.ledger.reserve(
            "all",
            tokens=[1] * 100,
            prefix_tokens=1,
            answer_tokens=100,
            prefix_key=PrefixKey("m", "b"),
            conversation=None,
        )


LedgerMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestLedger = LedgerMachine.TestCase
