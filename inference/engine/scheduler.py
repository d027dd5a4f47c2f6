"""Who is served next, and how much of each prompt is read in a step. Pure: no clock, no model.

Members take turns, not requests: whoever sends ten questions waits behind everybody else's first. Each step
of the model decodes one token of every running answer and then reads prompts, only as much as keeps the
step short, so that a long prompt never freezes the answers of others.
"""

from collections import OrderedDict, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

MAX_RUNNING = 32
"""Answers written at once. More would make each slower than a person reads."""
MAX_RUNNING_OF_MEMBER = 4
MAX_RUNNING_OF_MEMBER_IN_QUEUE = 1
"""The same while other members wait."""
MAX_WAITING = 256
MAX_WAITING_OF_MEMBER = 8
TURN = 8
"""Requests admitted for one model before another model's get their turn."""

BUSY_STEP_MS = 140.0
"""Longest step while answers are being written: the pause that a reader sees when others ask."""
IDLE_STEP_MS = 400.0
"""Longest step while only prompts are read: how long a newcomer or a stop waits."""
QUANTUM = 64
"""Prompt tokens that one request may read before the next in the row reads."""
LEAST_CHUNK = 8


class QueueFull(Exception):
    """Too many wait: of the same `member`, or of `all`."""

    def __init__(self, scope: str, waiting: int, limit: int) -> None:
        super().__init__(f"{waiting} requests wait already; the limit is {limit}.")
        self.scope = scope
        self.waiting = waiting
        self.limit = limit


@dataclass(slots=True)
class Job:
    """A request as the scheduler sees it. `group` names what must be loaded to serve it (the model)."""

    id: str
    member: str
    group: str


class Scheduler:
    """The queue and who runs.

    One group is served at a time. Another group's jobs get their turn when nothing of the current one waits
    or TURN of it were admitted; then the running ones end first.
    """

    def __init__(self) -> None:
        self.group = ""
        self.running: dict[str, Job] = {}
        self._waiting: OrderedDict[str, deque[Job]] = OrderedDict()  # member -> jobs; the first member is next
        self._admitted_in_turn = 0

    @property
    def waiting(self) -> int:
        return sum(len(jobs) for jobs in self._waiting.values())

    def submit(self, job: Job) -> None:
        """Queue a job. Raises QueueFull."""
        own = len(self._waiting.get(job.member, ()))
        if own >= MAX_WAITING_OF_MEMBER:
            raise QueueFull("member", own, MAX_WAITING_OF_MEMBER)
        if self.waiting >= MAX_WAITING:
            raise QueueFull("all", self.waiting, MAX_WAITING)
        self._waiting.setdefault(job.member, deque()).append(job)

    def remove(self, job_id: str) -> None:
        """A job ended, or its member no longer waits for it."""
        if self.running.pop(job_id, None) is None:
            for member, jobs in self._waiting.items():
                left = deque(job for job in jobs if job.id != job_id)
                if len(left) < len(jobs):
                    if left:
                        self._waiting[member] = left
                    else:
                        del self._waiting[member]
                    return

    def order(self) -> list[Job]:
        """The waiting jobs as they will be served: the members' first jobs, then their second, and so on."""
        rows = [list(jobs) for jobs in self._waiting.values()]
        depth = max(map(len, rows), default=0)
        jobs = [row[i] for i in range(depth) for row in rows if i < len(row)]
        return sorted(jobs, key=lambda job: job.group != self.group)

    def admit(self, reserve: Callable[[Job], bool]) -> list[Job]:
        """Start jobs while they may run and `reserve` finds room. The first that finds none is waited for."""
        admitted = []
        while len(self.running) < MAX_RUNNING and (job := self._next()) is not None:
            if not reserve(job):
                break
            jobs = self._waiting[job.member]
            jobs.remove(job)
            if jobs:
                self._waiting.move_to_end(job.member)
            else:
                del self._waiting[job.member]
            self.running[job.id] = job
            self._admitted_in_turn += 1
            admitted.append(job)
        return admitted

    def next_group(self) -> str | None:
        """The group to load now: when nothing runs, and the current one's turn or jobs are used up."""
        if self.running or not self._waiting:
            return None
        groups = [job.group for job in self.order()]
        others = [group for group in groups if group != self.group]
        if others and (self._admitted_in_turn >= TURN or len(others) == len(groups)):
            return others[0]
        return None

    def begin_turn(self, group: str) -> None:
        """The group was loaded ("" when loading failed: whoever is next may try again)."""
        self.group = group
        self._admitted_in_turn = 0

    def _next(self) -> Job | None:
        other_group_waits = any(job.group != self.group for jobs in self._waiting.values() for job in jobs)
        if other_group_waits and self._admitted_in_turn >= TURN:
            return None
        crowded = len(self._waiting) > 1
        for member, jobs in self._waiting.items():
            running = sum(job.member == member for job in self.running.values())
            # A member who is alone in the queue may use more, as long as no one else waits.
            if running >= (MAX_RUNNING_OF_MEMBER_IN_QUEUE if crowded else MAX_RUNNING_OF_MEMBER):
                continue
            for job in jobs:
                if job.group == self.group:
                    return job
        return None


@dataclass
class Pace:
    """What the model's steps cost on this machine, as moving averages of what was measured. Times in ms."""

    prompt_token_ms: float = 5.0
    answer_tokens: float = 128.0
    measured: bool = False
    _decode_ms: dict[int, float] = field(default_factory=dict)  # bits of the batch size -> ms per token

    def observe(self, *, decoded: int, prompt_tokens: int, ms: float) -> None:
        """A step that decoded one token for each of `decoded` answers and read `prompt_tokens` took `ms`."""
        if prompt_tokens:
            rest = max(ms - decoded * self.decode_token_ms(decoded), 0.1 * ms) / prompt_tokens
            if prompt_tokens >= LEAST_CHUNK:
                self.prompt_token_ms = _mixed(self.prompt_token_ms, rest) if self.measured else rest
                self.measured = True
        elif decoded:
            bucket = decoded.bit_length()
            self._decode_ms[bucket] = _mixed(self._decode_ms.get(bucket, ms / decoded), ms / decoded)

    def observe_answer(self, tokens: int) -> None:
        self.answer_tokens = _mixed(self.answer_tokens, tokens)

    def decode_token_ms(self, answers: int) -> float:
        """One token's cost when `answers` are written at once, from the nearest measured batch size."""
        if not self._decode_ms:
            return self.prompt_token_ms
        bucket = answers.bit_length()
        return self._decode_ms[min(self._decode_ms, key=lambda b: abs(b - bucket))]

    @property
    def prompt_tokens_per_second(self) -> float:
        """Measured, 0 before the first measurement."""
        return round(1000 / self.prompt_token_ms, 1) if self.measured else 0.0

    @property
    def answer_tokens_per_second(self) -> float:
        """The best measured rate, all answers together; 0 before the first measurement."""
        return round(1000 / min(self._decode_ms.values()), 1) if self._decode_ms else 0.0

    def wait_seconds(self, position: int, running: int) -> float:
        """When the job at `position` may start: answers end at the rate at which their tokens are written."""
        return position * self.answer_tokens * self.decode_token_ms(max(running, 1)) / 1000

    def budget(self, *, decoding: int, most: int) -> int:
        """Prompt tokens to read in the next step beside `decoding` answers: LEAST_CHUNK to `most`."""
        left = BUSY_STEP_MS - decoding * self.decode_token_ms(decoding) if decoding else IDLE_STEP_MS
        return min(most, max(LEAST_CHUNK, int(left / self.prompt_token_ms)))


class PromptRow:
    """The prompts being read, in a row: the first reads up to QUANTUM tokens, then stands at the end again.

    Short prompts get through at once and a long one gets its share of every round (deficit round robin,
    Shreedhar and Varghese 1995, with the rest of a share carried to the next step).
    """

    def __init__(self) -> None:
        self._row: deque[str] = deque()
        self._left = QUANTUM  # of the first one's share

    def plan(self, remaining: Iterable[tuple[str, int]], budget: int) -> dict[str, int]:
        """How many tokens each prompt reads in this step, `budget` at most in all.

        `remaining`: id, tokens > 0.
        """
        todo = dict(remaining)
        first = self._row[0] if self._row else None
        self._row = deque(item for item in self._row if item in todo)
        if not self._row or self._row[0] != first:
            self._left = QUANTUM
        known = set(self._row)
        self._row.extend(item for item in todo if item not in known)
        chunks: dict[str, int] = {}
        while budget > 0 and self._row:
            item = self._row[0]
            count = min(self._left, todo[item], budget)
            chunks[item] = chunks.get(item, 0) + count
            budget -= count
            todo[item] -= count
            self._left -= count
            if todo[item] == 0:
                self._row.popleft()
                self._left = QUANTUM
            elif self._left == 0:
                self._row.rotate(-1)
                self._left = QUANTUM
        return chunks


def _mixed(average: float, value: float) -> float:
    return 0.8 * average + 0.2 * value
