import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from community_ai.core.clock import now
from inference.behaviour import Behaviour, founding_behaviour
from inference.engine import bench
from inference.engine.llama import ModelUnusable, thread_count
from inference.models import ModelFile
from inference.services import behaviour as behaviours
from inference.services import model_files


class Command(BaseCommand):
    help = "Compare llama-cpp-python's high-level class with our worker, through its socket, on the same work."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
        parser.add_argument("--model", type=Path, metavar="PATH", help="another GGUF file than the community's")
        parser.add_argument(
            "--tuned", action="store_true", help="let the worker serve the tuned variant, as the node does"
        )
        parser.add_argument(
            "--as-it-comes",
            action="store_true",
            help="let the high-level class choose its threads (half of the cores) instead of giving it ours",
        )
        parser.add_argument("--rounds", type=int, default=3, help="rounds of each measurement (3)")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            behaviour, model = self._subject(options["model"])
            served = model_files.serving(behaviour).path if options["tuned"] else model
            served_sha256 = model_files.sha256_of(served)
            threads = thread_count(settings.INFERENCE_THREADS)
            report = bench.run(
                behaviour=Behaviour.from_json({**behaviour.to_json(), "model_sha256": served_sha256}),
                worker_model=served,
                reference_model=model,
                threads=threads,
                reference_threads=0 if options["as_it_comes"] else threads,
                kv_memory_mb=settings.INFERENCE_KV_MEMORY_MB,
                checkout=settings.BASE_DIR,
                rounds=options["rounds"],
                say=self._say,
            )
        except (bench.BenchFailed, model_files.ModelFileProblem, ModelUnusable, OSError) as error:
            raise CommandError(str(error)) from None
        if options["json"]:
            about = {"reference_model": model.name, "worker_model": served.name, "versions": _versions()}
            self.stdout.write(json.dumps({**about, **report.to_json()}, indent=2))
        else:
            self._print(report, model.name, served.name)

    def _subject(self, path: Path | None) -> tuple[Behaviour, Path]:
        """The behaviour and the model file to measure: the community's, or those of a community to be founded."""
        if path is not None:
            return founding_behaviour(community_name="Bench", model_sha256=model_files.sha256_of(path)), path
        try:
            behaviour = behaviours.behaviour_of(behaviours.in_force())
            file = ModelFile.objects.filter(sha256=behaviour.model_sha256).first()
            if file is None:
                raise ModelUnusable("This node does not have the model that the behaviour names.")
        except behaviours.NoBehaviour:
            file = model_files.install_bundled(now=now())
            behaviour = founding_behaviour(community_name="Bench", model_sha256=file.sha256)
        return behaviour, file.path

    def _say(self, sentence: str) -> None:
        self.stderr.write(sentence)

    def _print(self, report: bench.Report, reference: str, worker: str) -> None:
        self.stdout.write(f"llama_cpp.Llama: {reference}\nour worker:      {worker}\n")
        self.stdout.write(
            f"{'at once':>8}{'Llama tok/s':>13}{'worker':>9}{'ratio':>7}"
            f"{'Llama first ms':>16}{'p95':>8}{'worker':>8}{'p95':>8}{'ratio':>7}"
        )
        for row in report.comparisons:
            one, two = row.reference, row.worker
            self.stdout.write(
                f"{row.at_once:>8}{one.tokens_per_second:>13.0f}{two.tokens_per_second:>9.0f}{row.speed_ratio:>7.2f}"
                f"{one.first_token_ms:>16.0f}{one.first_token_p95_ms:>8.0f}"
                f"{two.first_token_ms:>8.0f}{two.first_token_p95_ms:>8.0f}{row.first_token_ratio:>7.2f}"
            )
        pause = report.interference
        self.stdout.write(
            f"A prompt of {pause.prompt_tokens} tokens from another member: pauses of {pause.beside_median_ms:.0f} ms "
            f"(p95 {pause.beside_p95_ms:.0f}) instead of {pause.alone_median_ms:.0f}, {pause.delay_ms:.0f} ms more."
        )
        self.stdout.write(
            f"Peak memory: {report.reference_peak_mb} MB and {report.worker_peak_mb} MB. "
            f"{', '.join(f'{name} {number}' for name, number in _versions().items())}"
        )


def _versions() -> dict[str, str]:
    return {name: version(name) for name in ("llama-cpp-python", "django", "numpy")}
