import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
from django.core.management.base import BaseCommand, CommandError, CommandParser

from community_ai.core.clock import now
from inference.behaviour import Behaviour
from inference.engine.llama import ModelUnusable
from inference.gguf_header import BadModelFile
from inference.models import ModelFile
from inference.services import behaviour as behaviours
from inference.services import model_downloads, model_files, tuning

DEFAULT_TOLERANCE_MILLI = 50


class Command(BaseCommand):
    help = "List, add, verify and tune the model files of this node. Which one answers is a decision of the community."

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="list|add|verify|tune")
        actions.add_parser("list", help="the files of this node, and which one answers")
        add = actions.add_parser("add", help="take in a GGUF file, or download one")
        add.add_argument("source", metavar="PATH-or-URL")
        add.add_argument("--sha256", help="what the file must be; required for a download")
        verify = actions.add_parser("verify", help="read every file and compare it with what was added")
        verify.add_argument("file", nargs="?", help="name or beginning of the SHA-256; all without it")
        tune = actions.add_parser("tune", help="measure other representations of a model and keep the fastest")
        tune.add_argument("file", nargs="?", help="name or beginning of the SHA-256; the answering model without it")
        tune.add_argument("--memory", type=int, metavar="MB", help="most memory for model and cache (half of all)")

    def handle(self, *args: Any, **options: Any) -> None:
        action = getattr(self, f"_{options['action']}")
        try:
            action(options)
        except (model_files.ModelFileProblem, BadModelFile, ModelUnusable) as error:
            raise CommandError(str(error)) from None
        except OSError as error:
            raise CommandError(f"{error.filename or 'The file'} cannot be used: {error.strerror}.") from None

    def _list(self, options: dict[str, Any]) -> None:
        current = _behaviour_in_force()
        serving = ""
        if current:
            try:
                serving = model_files.serving(current).sha256
            except ModelUnusable as error:
                self.stderr.write(str(error))
        for file in ModelFile.objects.all():
            self.stdout.write(f"{'*' if file.sha256 == serving else ' '} {file.filename}: {file}")
            self.stdout.write(
                f"    {file.bytes >> 20} MB, {file.parameters / 1e6:.0f} M parameters, reads {file.context_length} "
                f"tokens, licence {file.licence or 'not stated'}"
            )
            self.stdout.write(f"    sha256 {file.sha256}")
            if file.source:
                self.stdout.write(f"    variant of {file.source.filename}, loss {file.perplexity_increase:.2%}")
        self.stdout.write("* answers now" if serving else "No file answers yet.")

    def _add(self, options: dict[str, Any]) -> None:
        source, sha256 = options["source"], options["sha256"]
        if not urlsplit(source).netloc:
            file = model_files.add(path=Path(source), origin=Path(source).name, sha256=sha256, now=now())
        elif not sha256:
            raise CommandError("Say which file you expect: --sha256 and the 64 characters from the model's page.")
        else:
            path = model_downloads.fetch(url=source, sha256=sha256, progress=self._progress)
            try:
                file = model_files.add(path=path, origin=source, sha256=sha256, now=now())
            finally:
                model_downloads.remove(path)
        self.stdout.write(f"{file} is here as {file.filename}.\nsha256 {file.sha256}")
        self.stdout.write("It answers once the community decides so.")

    def _verify(self, options: dict[str, Any]) -> None:
        faults = 0
        for file in _files(options["file"]):
            problem = model_files.problem_with(file)
            faults += bool(problem)
            self.stdout.write(problem or f"{file.filename} is unchanged.")
        if faults:
            raise CommandError(f"{faults} of the model files cannot be trusted. Remove them and add them again.")

    def _tune(self, options: dict[str, Any]) -> None:
        current = _behaviour_in_force()
        name = options["file"] or (current.model_sha256 if current else None)
        files = [file for file in _files(name) if file.source is None]
        if len(files) != 1:
            raise CommandError("Name the model to tune: `models list` shows them.")
        tolerance = current.variant_tolerance_milli if current else DEFAULT_TOLERANCE_MILLI
        memory = options["memory"] or psutil.virtual_memory().total >> 21
        self.stdout.write(f"Tuning {files[0]}: at most {memory} MB, at most {tolerance / 10:.1f} % loss.")
        result = tuning.tune(
            file=files[0], tolerance_milli=tolerance, memory_mb=memory, say=self.stdout.write, now=now()
        )
        self.stdout.write(f"{'':8}{'MB':>6}{'loss':>9}{'read/s':>9}{'write/s':>9}{'8 at once/s':>13}{'time':>7}")
        self._row(files[0].quantisation or "as is", files[0].bytes >> 20, "", result.original, "1.00")
        for trial in result.trials:
            loss = f"{trial.perplexity_increase:+.2%}" if trial.perplexity_increase else ""
            if trial.speed:
                self._row(trial.kind, trial.megabytes, loss, trial.speed, f"{trial.time_ratio:.2f}")
            else:
                self.stdout.write(f"{trial.kind:8}{trial.megabytes:>6}{loss:>9}  {trial.left_out}")
        if result.kept:
            self.stdout.write(f"{result.kept.filename} serves this model from now on.")
        else:
            self.stdout.write("The file as it is serves this machine best.")

    def _row(self, kind: str, megabytes: int, loss: str, speed: tuning.Speed, ratio: str) -> None:
        self.stdout.write(
            f"{kind:8}{megabytes:>6}{loss:>9}{speed.prompt:>9.0f}{speed.single:>9.0f}{speed.together:>13.0f}{ratio:>7}"
        )

    def _progress(self, done: int, total: int) -> None:
        share = f" of {total >> 20} MB ({done * 100 // total} %)" if total else " MB"
        self.stdout.write(f"\r{done >> 20}{share}", ending="" if sys.stdout.isatty() else "\n")
        self.stdout.flush()


def _behaviour_in_force() -> Behaviour | None:
    try:
        return behaviours.behaviour_of(behaviours.in_force())
    except behaviours.NoBehaviour:
        return None


def _files(name: str | None) -> list[ModelFile]:
    """The files that `name` means: a file name, or the beginning of a SHA-256; all without it."""
    files = list(ModelFile.objects.select_related("source"))
    if name is None:
        return files
    found = [file for file in files if file.filename == name or file.sha256.startswith(name.lower())]
    if not found:
        raise CommandError(f"This node has no model file {name}. `models list` shows them.")
    return found
