from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from consent import proofs
from consent.services.ledger import LedgerDamaged


class Command(BaseCommand):
    help = (
        "Print the signed entries of an erasure and verify the ledger from its first line on. "
        "Exit code 0 if all of it holds, 1 if not, 2 if there is no such erasure."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("whose", metavar="MEMBER", help="the member's number, or the code of the proof page")

    def handle(self, *args: Any, **options: Any) -> None:
        whose = options["whose"].strip()
        try:
            by_code = proofs.by_code(whose)
            found = [by_code] if by_code else proofs.by_member(int(whose)) if whose.isdigit() else []
        except LedgerDamaged as problem:
            raise CommandError(str(problem), returncode=1) from None
        if not found:
            raise CommandError(f"The ledger knows no erasure of {whose!r}.", returncode=2)
        for proof in found:
            self.stdout.write(proof.asked.raw.decode())
            if proof.done:
                self.stdout.write(proof.done.raw.decode())
        self.stdout.write(f"Signed with the key {found[-1].asked.key}.")
        if fault := next((proof.problem for proof in found if proof.problem), ""):
            raise CommandError(f"The ledger does not verify: {fault}", returncode=1)
        if any(proof.done is None for proof in found):
            raise CommandError("The signatures hold, and the erasure is still being carried out.", returncode=1)
        self.stdout.write("The signatures and the chain hold, and the erasure was carried out.")
