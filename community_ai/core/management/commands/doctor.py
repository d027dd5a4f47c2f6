import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from community_ai.core.doctor import Health, examine

MARKS = {Health.OK: "ok     ", Health.WARNING: "warning", Health.FAILURE: "FAILURE"}


class Command(BaseCommand):
    help = "Examine the node and name the cure for what is wrong. Exit code 1 when something fails."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="one JSON object on standard output")

    def handle(self, *args: Any, **options: Any) -> None:
        findings = dict(examine())
        if options["json"]:
            report = {name: finding.as_dict() for name, finding in findings.items()}
            self.stdout.write(json.dumps(report, indent=2, ensure_ascii=False))
        else:
            for name, finding in findings.items():
                self.stdout.write(f"{MARKS[finding.health]} {name}: {finding.sentence}")
                if finding.cure:
                    self.stdout.write(f"        cure: {finding.cure}")
        if any(finding.health is Health.FAILURE for finding in findings.values()):
            raise SystemExit(1)
