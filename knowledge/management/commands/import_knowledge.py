import hashlib
import sys
from argparse import BooleanOptionalAction
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from community_ai.core.clock import now
from consent.access import allowed, own, own_row
from consent.purposes import Purpose
from governance.models import Member
from governance.permissions import Permission
from governance.refusals import Refused
from knowledge.importing.plan import TEXT, InvalidPlan, Plan, sources_of, table_source, width_of
from knowledge.models import EntryKind, ImportBatch, ImportState
from knowledge.reading.columns import Column
from knowledge.reading.document import Document
from knowledge.services import import_files, import_work, imports
from knowledge.services.import_refusals import NotNow, sentence_for
from knowledge.services.import_sifting import Survey, Verdict

SLICE_SECONDS = 3600.0


class Command(BaseCommand):
    help = (
        "Bring a file into the knowledge: text, Markdown, CSV, TSV, XLSX, ODS, DOCX, ODT, PDF, EPUB or our own export."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", type=Path, metavar="PATH")
        parser.add_argument("--member", metavar="NAME", help="who teaches it; needed unless only one member may import")
        parser.add_argument("--language", metavar="CODE", help="language of the entries, such as qu or x-velari")
        parser.add_argument("--kind", choices=EntryKind.values, help="what the entries are")
        parser.add_argument("--table", type=int, metavar="N", help="take the table with this number, from 1 on")
        parser.add_argument("--text", action="store_true", help="take the running text, not a table")
        parser.add_argument("--columns", metavar="A,B,...", help=f"what the columns are: {', '.join(Column)}")
        parser.add_argument("--headings", action=BooleanOptionalAction, help="whether the first row names the columns")
        parser.add_argument("--at-headings", action="store_true", help="make an entry of each heading of a text")
        parser.add_argument("--add-alike", action="store_true", help="add words that are there with another meaning")
        parser.add_argument("--label", action="append", default=[], metavar="KEY", help="put this label of use on each")
        parser.add_argument("--theme", action="append", default=[], metavar="NAME", help="put each under this theme")
        parser.add_argument("--dry-run", action="store_true", help="only say what would be imported")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self._run(options)
        except Refused as refusal:
            raise CommandError(str(refusal.sentence)) from None
        except InvalidPlan as problem:
            raise CommandError(f"The file does not fit what was asked for: look at --{problem.field}.") from None
        except KeyboardInterrupt:
            raise CommandError(
                "Stopped. Nothing of it is seen yet. The same command goes on, and so does the running node by itself.",
                returncode=130,
            ) from None
        except OSError as error:
            raise CommandError(f"{options['path']} cannot be read: {error.strerror}.") from None

    def _run(self, options: dict[str, Any]) -> None:
        member, path = self._member(options["member"]), options["path"]
        imports.check_size(path.stat().st_size)
        data = path.read_bytes()
        sha256 = hashlib.sha256(data).hexdigest()
        batch = own(ImportBatch, member=member).filter(sha256=sha256, state=ImportState.IMPORTING).first()
        if batch is not None:
            self.stdout.write("This import was begun before. It goes on where it stopped.")
        else:
            batch = self._begun(member, data, options)
        if batch is not None:
            self._carry_on(batch)
            self._tell(own_row(ImportBatch, member=member, pk=batch.pk))

    def _begun(self, member: Member, data: bytes, options: dict[str, Any]) -> ImportBatch | None:
        """Read and plan; None after a dry run."""
        batch = imports.bring(member=member, data=data, name=options["path"].name, now=now())
        begun = False
        try:
            self._carry_on(batch)
            batch = own_row(ImportBatch, member=member, pk=batch.pk)
            if batch.state == ImportState.REFUSED:
                raise CommandError(sentence_for(batch.refusal, batch.refusal_facts))
            document = import_files.document_of(batch)
            plan = self._plan(imports.plan_of(batch), batch, document, options)
            batch = imports.change_plan(member=member, batch_id=batch.pk, plan=plan, now=now())
            self._survey(imports.look(member=member, batch=batch, now=now()).survey)
            if options["dry_run"]:
                return None
            batch = imports.begin(member=member, batch_id=batch.pk, now=now())
            begun = True
        finally:
            if not begun:
                with suppress(NotNow):  # it was refused
                    imports.cancel(member=member, batch_id=batch.pk, now=now())
        return batch

    def _member(self, name: str | None) -> Member:
        if name:
            found = Member.objects.filter(username=name).first()
            if found is None:
                raise CommandError(f"There is no member named {name}.")
            return found
        teaching = [member for member in Member.objects.filter(is_active=True) if member.may(Permission.TEACH)]
        if len(teaching) != 1:
            raise CommandError("Say who teaches this: --member NAME.")
        return teaching[0]

    def _plan(self, plan: Plan, batch: ImportBatch, document: Document, options: dict[str, Any]) -> Plan:
        source = TEXT if options["text"] else plan.source
        if options["table"] is not None:
            source = table_source(options["table"] - 1)
        if source not in sources_of(document):
            raise CommandError(f"This file has {len(document.tables)} tables and {len(document.sections)} texts.")
        if source != plan.source:
            plan = imports.guessed(batch, document, language=plan.language, source=source)
        wanted: dict[str, Any] = {
            "at_headings": options["at_headings"],
            "add_alike": options["add_alike"],
            "labels": tuple(options["label"]),
            "tags": tuple(options["theme"]),
        }
        if options["language"]:
            wanted["language"] = options["language"]
        if options["kind"]:
            wanted["kind"] = EntryKind(options["kind"])
        if options["headings"] is not None:
            wanted["has_headings"] = options["headings"]
        if options["columns"]:
            try:
                columns = [Column(name.strip()) for name in options["columns"].split(",")]
            except ValueError as error:
                raise CommandError(f"--columns: {error}. There are: {', '.join(Column)}.") from None
            wanted["columns"] = (*columns, *[Column.IGNORE] * (width_of(document, source) - len(columns)))
        return replace(plan, **wanted)

    def _survey(self, survey: Survey) -> None:
        counts = survey.counts
        self.stdout.write(
            f"{survey.total} entries: {counts[Verdict.NEW]} new, {counts[Verdict.KNOWN]} here already, "
            f"{counts[Verdict.ALIKE]} with the title of another entry, {counts[Verdict.FAULTY]} that cannot be one."
        )
        for item in survey.first[:3]:
            self.stdout.write(f"  {item.content.title}: {item.content.body[:80]}")
        for fault in survey.faults:
            self.stdout.write(f"  {fault.number}: {fault.sentence}")

    def _carry_on(self, batch: ImportBatch) -> None:
        while import_work.carry_on(batch_id=batch.pk, now=now(), seconds=SLICE_SECONDS, progress=self._progress):
            pass
        if sys.stdout.isatty():
            self.stdout.write("")

    def _progress(self, row: ImportBatch) -> None:
        done, total = (row.done, row.total) if row.total else (row.parts_done, row.parts_total)
        what = "imported" if row.total else "read"
        self.stdout.write(f"\r{done} of {total} {what}", ending="" if sys.stdout.isatty() else "\n")
        self.stdout.flush()

    def _tell(self, batch: ImportBatch) -> None:
        if batch.state != ImportState.DONE:
            raise CommandError(
                sentence_for(batch.refusal, batch.refusal_facts) if batch.refusal else "It was cancelled."
            )
        self.stdout.write(
            f"{batch.added} entries are part of the knowledge now. Left out: {batch.known} that were here already, "
            f"{batch.alike} with the title of another entry, {batch.faulty} that cannot be one."
        )
        if not allowed(member_id=batch.member_id, purpose=Purpose.KNOWLEDGE):
            self.stdout.write(
                "The AI uses them only when the member asks in whose name they came in, until that member agrees to "
                "more on the page /me/consent/."
            )
