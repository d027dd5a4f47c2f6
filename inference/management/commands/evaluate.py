import json
import time
from contextlib import ExitStack
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from community_ai.core import clock
from governance.models import Member
from governance.refusals import Refused
from inference.engine.client import EngineClient, WorkerGone
from inference.engine.protocol import Generate
from inference.evaluation.figures import Count, Figures
from inference.evaluation.scoring import Outcome
from inference.models import EvaluationRun
from inference.services import evaluations, samples
from inference.services.behaviour import NoBehaviour
from inference.services.evaluations import Measured
from inference.services.serving import Paused
from knowledge.question_split import Part

WORKER_SECONDS = 300.0
_PARTS = {Part.HOLD_OUT: "Held out", Part.LEARN: "To learn from"}


class Command(BaseCommand):
    help = "Measure how well the AI answers the community's question set, with its knowledge and without."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
        parser.add_argument("--held-out", action="store_true", help="ask only the questions that nothing learns from")
        parser.add_argument("--limit", type=int, metavar="N", help="ask only N questions, always the same")
        parser.add_argument("--member", metavar="NAME", help="ask for this member; by default for one without roles")
        parser.add_argument(
            "--only-with-knowledge", action="store_true", help="do not ask the model without knowledge, which is slow"
        )
        parser.add_argument(
            "--failures", action="store_true", help="show each question that went wrong, with its answer"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["limit"] is not None and options["limit"] < 1:
            raise CommandError("--limit is a number from 1 on.")
        began, started = clock.now(), time.monotonic()
        without_too = not options["only_with_knowledge"]
        try:
            member = self._member(options["member"])
            questions = evaluations.questions_for(
                member=member, now=began, held_out=options["held_out"], limit=options["limit"]
            )
            evaluations.prepare()
            with ExitStack() as stack:
                measured = []
                for row in evaluations.measure(
                    questions=questions,
                    member=member,
                    ask=_Worker(stack, needed=without_too).ask,
                    without_too=without_too,
                    now=began,
                ):
                    measured.append(row)
                    self.stderr.write(f"\r{len(measured)} of {len(questions)}", ending="")
            self.stderr.write("")
            run = evaluations.keep(
                measured=measured, limited=options["limit"] is not None, began_at=began, now=clock.now()
            )
        except Refused as refusal:
            raise CommandError(str(refusal.sentence)) from None
        except NoBehaviour:
            raise CommandError("No behaviour is in force: there is nothing to measure.") from None
        except Paused:
            raise CommandError("The AI is paused by the emergency brake.") from None
        except WorkerGone as error:
            raise CommandError(f"{error} Start the node, or leave the model out with --only-with-knowledge.") from None
        seconds = round(time.monotonic() - started, 1)
        if options["json"]:
            self.stdout.write(json.dumps(_as_json(run, measured, seconds), ensure_ascii=False))
            return
        self._table(run, seconds)
        if options["failures"]:
            self._failures(measured)

    def _member(self, name: str | None) -> Member:
        if name is None:
            return evaluations.plain_member()
        found = Member.objects.filter(username=name, is_active=True).first()
        if found is None:
            raise CommandError(f"There is no member named {name}.")
        return found

    def _table(self, run: EvaluationRun, seconds: float) -> None:
        self.stdout.write(f"Behaviour version {run.behaviour.number}, in {seconds} seconds.")
        for part, name in _PARTS.items():
            figures = run.figures_of(part)
            if figures != Figures():
                self.stdout.write(f"{name}:")
                self._line("right with knowledge, where a note holds the answer", figures.held)
                self._line("right with knowledge, of all that have an answer", figures.answerable)
                self._line("right without knowledge", figures.without)
                self._line("“we have no note on that”, where there is none", figures.unknown)
                self._line("“we have no note on that”, although there is one", figures.missed)

    def _line(self, name: str, count: Count) -> None:
        share = "-" if count.per_cent is None else f"{count.per_cent} %"
        self.stdout.write(f"  {name:<52}{count.right:>4} of {count.asked:>3}{share:>8}")

    def _failures(self, measured: list[Measured]) -> None:
        for row in measured:
            good = Outcome.RIGHT if row.asked.answerable else Outcome.NO_NOTE
            if row.question.part is Part.LEARN and row.asked.with_knowledge is not good:
                wanted = " / ".join(row.question.answers) or "no note"
                self.stdout.write(f"\n{row.question.text}\n  wanted: {wanted}")
                self.stdout.write(f"  {row.asked.with_knowledge}: {' '.join(row.text.split())}")


class _Worker:
    """The node's worker, connected to when the first question needs it. One that is not `needed` may be away: then
    what it would have said counts as no answer."""

    def __init__(self, stack: ExitStack, *, needed: bool) -> None:
        self._stack, self._needed = stack, needed
        self._client: EngineClient | None = None

    def ask(self, request: Generate) -> str:
        if self._client is None:
            try:
                client = EngineClient(settings.HOME.worker_socket, timeout=WORKER_SECONDS)
            except WorkerGone as error:
                if self._needed:
                    raise
                raise samples.NotAnswered(str(error)) from error
            self._client = self._stack.enter_context(client)
        return samples.ask_worker(self._client, request)[0]


def _as_json(run: EvaluationRun, measured: list[Measured], seconds: float) -> dict[str, Any]:
    return {
        "run": run.pk,
        "behaviour": {"number": run.behaviour.number, "sha256": run.behaviour.sha256},
        "by_meaning": run.by_meaning,
        "limited": run.limited,
        "seconds": seconds,
        "figures": {
            part.value: {
                name: {**count, "share": None if not count["asked"] else round(count["right"] / count["asked"], 4)}
                for name, count in run.figures_of(part).to_json().items()
            }
            for part in Part
        },
        # Of the held-out ones the counts alone.
        "questions": [
            {
                "question": row.question.text,
                "answerable": row.asked.answerable,
                "held": row.asked.held,
                "with_knowledge": row.asked.with_knowledge.value,
                "without": row.asked.without.value if row.asked.without else None,
            }
            for row in measured
            if row.question.part is Part.LEARN
        ],
    }
