"""Builds the tokens of a prompt: pure, given a tokenizer.

The model's own chat template is rendered with a sentinel in the place of each text, and cut at the
sentinels. The template's parts are tokenised with control tokens recognised, all texts without:
`<|im_end|>` typed by a member, or voted into the charter, stays eleven characters of text and never ends a
turn.

Everything up to the first text of a member is the public prefix. It depends on the behaviour (and on the
day, for the few templates that print a date) and is the only part that different members' requests may
share.
"""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import jinja2
import jinja2.ext
from jinja2.sandbox import ImmutableSandboxedEnvironment

from inference.engine.protocol import Passage, Turn

Tokenizer = Callable[[str, bool], Sequence[int]]
"""(text, control tokens recognised) -> token ids."""

# Private-use characters around a number. A text never contains them: texts are not part of what is rendered.
_SENTINEL = re.compile("\ue000(\\d+)\ue001")

MAX_TEMPLATE_OUTPUT = 1 << 20

REMEMBERED_TOKENS = 240
"""What a member lets the AI remember takes at most so many tokens of a prompt; the oldest give way."""


class TemplateFault(ValueError):
    """The model's chat template cannot be used; the text says why."""


class TooLong(ValueError):
    """The charter and the last question alone exceed the room for a prompt. Figures in tokens."""

    def __init__(self, prompt_tokens: int, limit: int) -> None:
        super().__init__(f"The question needs {prompt_tokens} tokens; {limit} fit.")
        self.prompt_tokens = prompt_tokens
        self.limit = limit


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of the prompt: part of the template (`turn` None) or the text of a turn (0: the charter)."""

    text: str
    turn: int | None


@dataclass(frozen=True, slots=True)
class Prompt:
    """Token ids, how many of them are the public prefix, and how many of the oldest turns were left out.

    The last tokens are `greeting`, with which the answer begins ("" is none). `remembered` of what the member lets the
    AI remember stand in it, all of them after the first `lasting_tokens`, which end where the last turn's text begins.
    """

    tokens: tuple[int, ...]
    prefix_tokens: int
    dropped_turns: int
    greeting: str = ""
    remembered: int = 0
    lasting_tokens: int = 0


class _GenerationTag(jinja2.ext.Extension):
    """`{% generation %}` marks the assistant's words for training; for a prompt it means nothing."""

    tags = {"generation"}

    def parse(self, parser: Any) -> Any:
        parser.stream.skip(1)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


def _refuse(message: str) -> None:
    raise TemplateFault(message)


class ChatTemplate:
    """A model's chat template (Jinja, in the sandbox) that renders into segments.

    `source` comes from a model file and is not trusted: the sandbox allows no access to Python and the
    output is bounded. Raises TemplateFault when it cannot be parsed or does not show every text exactly
    once, in order.
    """

    def __init__(self, source: str, *, bos: str, eos: str) -> None:
        environment = ImmutableSandboxedEnvironment(
            trim_blocks=True,
            lstrip_blocks=True,
            extensions=[jinja2.ext.loopcontrols, _GenerationTag],
        )
        environment.filters["tojson"] = lambda value, **options: json.dumps(value, ensure_ascii=False)
        try:
            self._template = environment.from_string(source)
        except jinja2.TemplateError as error:
            raise TemplateFault(f"The model's chat template cannot be read: {error}") from error
        self._bos = bos
        self._eos = eos
        # Gemma's template, for one, refuses a system turn: then the charter stands before the first question.
        self._has_system = self._takes_system()

    def segments(self, charter: str, turns: Sequence[Turn], *, today: date) -> list[Segment]:
        """The prompt for an answer to the last turn, cut into segments.

        `turns` alternate, the first is the user's.
        """
        texts = [charter, *(turn.content for turn in turns)]
        marks = [f"\ue000{i}\ue001" for i in range(len(texts))]
        if self._has_system:
            messages = [{"role": "system", "content": marks[0]}]
            messages += [{"role": t.role, "content": m} for t, m in zip(turns, marks[1:], strict=True)]
        else:
            messages = [{"role": t.role, "content": m} for t, m in zip(turns, marks[1:], strict=True)]
            messages[0]["content"] = f"{marks[0]}\n\n{marks[1]}"
        pieces = _SENTINEL.split(self._render(messages, today))
        if [int(number) for number in pieces[1::2]] != list(range(len(texts))):
            raise TemplateFault("The model's chat template leaves out, repeats or reorders what was said.")
        segments = []
        for index, piece in enumerate(pieces):
            if index % 2:
                segments.append(Segment(texts[int(piece)], int(piece)))
            elif piece:
                segments.append(Segment(piece, None))
        return segments

    def _takes_system(self) -> bool:
        mark = "\ue0000\ue001"
        messages = [{"role": "system", "content": mark}, {"role": "user", "content": "?"}]
        try:
            return mark in self._render(messages, date(2000, 1, 1))
        except TemplateFault:
            return False

    def _render(self, messages: list[dict[str, str]], today: date) -> str:
        output, length = [], 0
        try:
            for piece in self._template.generate(
                messages=messages,
                add_generation_prompt=True,
                bos_token=self._bos,
                eos_token=self._eos,
                tools=None,
                enable_thinking=False,
                raise_exception=_refuse,
                strftime_now=today.strftime,
            ):
                output.append(piece)
                length += len(piece)
                if length > MAX_TEMPLATE_OUTPUT:
                    raise TemplateFault("The model's chat template writes without end.")
        except (jinja2.TemplateError, TypeError, ValueError, LookupError, ArithmeticError) as error:
            if isinstance(error, TemplateFault):
                raise
            raise TemplateFault(f"The model's chat template fails: {error}") from error
        return "".join(output)


def tidy(turns: Sequence[Turn]) -> list[Turn]:
    """Turns as templates want them: texts stripped, empty ones left out, sides alternating, the user first.

    Two turns of one side in a row (a question whose answer was interrupted before its first word) become one.
    """
    result: list[Turn] = []
    for turn in turns:
        content = turn.content.strip()
        if not content or (not result and turn.role == "assistant"):
            continue
        if result and result[-1].role == turn.role:
            result[-1] = Turn(turn.role, f"{result[-1].content}\n\n{content}")
        else:
            result.append(Turn(turn.role, content))
    return result


def with_passages(question: str, passages: Sequence[Passage]) -> str:
    """The last turn's text: the passages, numbered as they are cited, and then the question.

    They are text like the question's: nothing in them is told from what a member may type. The shape is the one that
    the smallest model we ship answers best from (docs/retrieval.md).
    """
    if not passages:
        return question
    notes = [f"[{number}] {passage.title}\n{passage.text}" for number, passage in enumerate(passages, 1)]
    return "\n\n".join(["Our notes:", *notes, f"Question: {question}"])


def with_remembered(asked: str, remembered: Sequence[str], *, labelled: bool) -> str:
    """The last turn's text with what its writer lets the AI remember about them (the newest first) before it.

    It is text like the question's and no instruction of ours: each has one line with a mark before it, which nothing in
    it can leave. Of five shapes the smallest model we ship answers best from this one (docs/memory.md). `labelled`:
    `asked` says already where the question begins.
    """
    if not remembered:
        return asked
    lines = "\n".join(f"- {each}" for each in reversed(remembered))
    return f"About me:\n{lines}\n\n{asked if labelled else f'Question: {asked}'}"


def within(remembered: Sequence[str], *, tokenize: Tokenizer, limit: int = REMEMBERED_TOKENS) -> list[str]:
    """The newest of them, as far as `limit` tokens reach."""
    kept: list[str] = []
    for each in remembered:
        limit -= len(tokenize(f"- {each}\n", False))
        if limit < 0:
            break
        kept.append(each)
    return kept


def build_prompt(
    *,
    template: ChatTemplate,
    tokenize: Tokenizer,
    charter: str,
    turns: Sequence[Turn],
    limit: int,
    today: date,
    bos: int | None,
    greeting: str = "",
    passages: Sequence[Passage] = (),
    remembered: Sequence[str] = (),
) -> Prompt:
    """The prompt's tokens, at most `limit`: the oldest question-and-answer pairs are left out until it fits.

    With a `greeting` the model finds that it has begun its answer with it, and goes on from there. It has no space
    at its end: the models' words bring their own. `passages` and what the member lets the AI remember (`remembered`,
    the newest first) stand beside the last question only; when it alone is too long with them, first the oldest of
    `remembered` are left out, then the last passages. `bos` is the token that must come first when the model wants one
    and the template does not write it.
    Raises TooLong with figures when the last question alone does not fit, TemplateFault when the template
    is at fault.
    """
    kept = tidy(turns)
    total = len(kept)
    question = kept[-1].content if kept else ""
    beside, about = list(passages), within(remembered, tokenize=tokenize)

    def last_turn() -> Turn:
        return Turn("user", with_remembered(with_passages(question, beside), about, labelled=bool(beside)))

    if kept:
        kept[-1] = last_turn()
    known: dict[tuple[str, bool], Sequence[int]] = {}

    def tokens_of(segment: Segment) -> Sequence[int]:
        key = (segment.text, segment.turn is None)
        if key not in known:
            known[key] = tokenize(*key)
        return known[key]

    # A pair that is sure not to fit is left out before anything is rendered, so a long history costs one
    # pass.
    greeted = tokens_of(Segment(greeting, total + 1)) if greeting else ()
    room = limit - len(greeted)
    for index in range(total - 1, -1, -1):
        room -= len(tokens_of(Segment(kept[index].content, index + 1)))
        if room < 0 and index < total - 1:
            kept = kept[index + 1 :]
            break
    if kept and kept[0].role == "assistant":
        kept = kept[1:]
    while True:
        segments = template.segments(charter, kept, today=today)
        tokens: list[int] = []
        prefix = None
        lasting = 0
        for segment in segments:
            if segment.turn == len(kept):
                lasting = len(tokens)
            if prefix is None and segment.turn is not None and segment.turn > 0:
                prefix = len(tokens)
            tokens += tokens_of(segment)
            if bos is not None and tokens and tokens[0] != bos:
                tokens.insert(0, bos)
        tokens += greeted
        if len(tokens) <= limit:
            return Prompt(tuple(tokens), prefix or 0, total - len(kept), greeting, len(about), lasting)
        if len(kept) > 1:
            kept = kept[2:]
        elif about or beside:
            (about or beside).pop()
            kept = [last_turn()]
        else:
            raise TooLong(len(tokens), limit)
