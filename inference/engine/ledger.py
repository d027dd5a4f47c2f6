"""Who holds how much of the KV cache: the admission rule, as pure bookkeeping.

llama.cpp's unified cache has a fixed number of cells, one per token, and sequences that name them. A cache
that overflows fails every stream, so a request is admitted only when its whole prompt and its longest
answer fit beside all that is promised already. Three kinds of holders:

- a *running* request holds its own prompt and its longest answer;
- a *prefix* is the public prefix of one behaviour on one model file, computed once, used by many;
- a *kept* conversation is what a finished request of one member left, for that member's next question in that
  conversation under the same behaviour. It yields to whatever needs the room, oldest first.

A kept conversation's key names the member, and looking up needs the whole key: there is no way from one
member's request to another's cells.
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PrefixKey:
    """The model file that computed the prefix, and the behaviour whose instructions it holds."""

    model_sha256: str
    behaviour: str


@dataclass(frozen=True, slots=True)
class KeptKey:
    member: str
    conversation: str
    prefix: PrefixKey


@dataclass(slots=True)
class Prefix:
    """`computed` of the `tokens` are in the cache, in sequence `seq`; `users` running or kept build on it."""

    key: PrefixKey
    seq: int
    tokens: tuple[int, ...]
    computed: int = 0
    users: int = 0

    @property
    def ready(self) -> bool:
        return self.computed == len(self.tokens)


@dataclass(slots=True)
class Running:
    """A request's sequence: `own` cells are reserved; `reused` tokens are in the cache already."""

    seq: int
    own: int
    prefix: Prefix
    reused: int = 0


@dataclass(slots=True)
class Kept:
    seq: int
    tokens: tuple[int, ...]
    prefix: Prefix
    since: float


class Ledger:
    """Books for one context of `cells` cells and `sequences` sequence ids.

    Sequences whose content must be wiped are collected in `to_clear`; the owner of the context clears them
    before the next decode.
    """

    def __init__(self, *, cells: int, sequences: int) -> None:
        self.cells = cells
        self.running: dict[str, Running] = {}
        self.prefixes: OrderedDict[PrefixKey, Prefix] = OrderedDict()
        self.kept: OrderedDict[KeptKey, Kept] = OrderedDict()
        self.to_clear: list[int] = []
        self._free = list(range(sequences - 1, -1, -1))

    @property
    def reserved(self) -> int:
        """Cells promised to running requests and prefixes."""
        return sum(r.own for r in self.running.values()) + sum(len(p.tokens) for p in self.prefixes.values())

    @property
    def used(self) -> int:
        """Cells promised or filled; never more than `cells`."""
        return self.reserved + sum(len(k.tokens) - len(k.prefix.tokens) for k in self.kept.values())

    def reserve(
        self,
        request_id: str,
        *,
        tokens: Sequence[int],
        prefix_tokens: int,
        answer_tokens: int,
        prefix_key: PrefixKey,
        conversation: KeptKey | None,
    ) -> Running | None:
        """Room for a prompt, whose first `prefix_tokens` are public, and its answer; None without room.

        Evicts kept conversations and unused prefixes as needed. With a `conversation` that was kept, the
        cells up to the first differing token are taken over; the caller removes the rest of that sequence.
        """
        shared = tuple(tokens[:prefix_tokens])
        prefix = self.prefixes.get(prefix_key)
        if prefix is not None and prefix.tokens != shared:
            # The day changed under a template that prints the date.
            if not self._retire(prefix):
                return None
            prefix = None
        kept = self.kept.pop(conversation, None) if conversation else None
        own = len(tokens) - prefix_tokens + answer_tokens
        need_cells = own + (0 if prefix else prefix_tokens)
        need_sequences = (0 if kept else 1) + (0 if prefix else 1)
        if not self._make_room(need_cells, need_sequences, spare=prefix):
            if kept and conversation:
                self.kept[conversation] = kept
            return None
        if prefix is None:
            prefix = self.prefixes[prefix_key] = Prefix(prefix_key, self._free.pop(), shared)
        self.prefixes.move_to_end(prefix_key)
        if kept:
            running = Running(kept.seq, own, prefix, reused=_common(kept.tokens, tokens[:-1]))
        else:
            running = Running(self._free.pop(), own, prefix)
            prefix.users += 1
        self.running[request_id] = running
        return running

    def release(
        self, request_id: str, *, keep: KeptKey | None = None, tokens: Sequence[int] = (), now: float = 0.0
    ) -> None:
        """The request ended. With `keep`, its sequence, which holds `tokens`, stays for the conversation."""
        running = self.running.pop(request_id)
        if keep and len(tokens) > len(running.prefix.tokens):
            self.forget(keep.member, keep.conversation)
            self.kept[keep] = Kept(running.seq, tuple(tokens), running.prefix, now)
        else:
            running.prefix.users -= 1
            self._clear(running.seq)

    def forget(self, member: str, conversation: str | None = None) -> int:
        """Drop what is kept of a member (of one conversation, if named); returns how many were dropped."""
        keys = [k for k in self.kept if k.member == member and conversation in (None, k.conversation)]
        for key in keys:
            self._drop(key)
        return len(keys)

    def expire(self, before: float) -> None:
        """Drop conversations kept since earlier than `before`."""
        for key in [key for key, kept in self.kept.items() if kept.since < before]:
            self._drop(key)

    def discard_prefix(self, prefix: Prefix) -> None:
        """A prefix that could not be computed: its users must be released before."""
        self._retire(prefix)

    def _make_room(self, cells: int, sequences: int, spare: Prefix | None) -> bool:
        unused = [p for p in self.prefixes.values() if p.users == 0 and p is not spare]
        while self.used + cells > self.cells or len(self._free) < sequences:
            if self.kept:
                key = next(iter(self.kept))
                prefix = self.kept[key].prefix
                self._drop(key)
                if prefix.users == 0 and prefix is not spare:
                    unused.append(prefix)
            elif unused:
                self._retire(unused.pop(0))
            else:
                return False
        return True

    def _drop(self, key: KeptKey) -> None:
        kept = self.kept.pop(key)
        kept.prefix.users -= 1
        self._clear(kept.seq)

    def _retire(self, prefix: Prefix) -> bool:
        for key in [key for key, kept in self.kept.items() if kept.prefix is prefix]:
            self._drop(key)
        if prefix.users:
            return False
        if self.prefixes.get(prefix.key) is prefix:
            del self.prefixes[prefix.key]
        self._clear(prefix.seq)
        return True

    def _clear(self, seq: int) -> None:
        self.to_clear.append(seq)
        self._free.append(seq)


def _common(one: Sequence[int], other: Sequence[int]) -> int:
    """Length of the longest common beginning."""
    length = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        length += 1
    return length
