from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from community_ai.core.clock import now
from governance.services import password_links


class Command(BaseCommand):
    help = "Print a link with which a member sets a new password: works once, and ends after a while."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username", metavar="NAME", help="the name that the member signs in with")

    def handle(self, *args: Any, username: str, **options: Any) -> None:
        try:
            link = password_links.issue(username=username, now=now())
        except password_links.NoSuchMember:
            raise CommandError(_("Nobody here signs in with the name “%(name)s”.") % {"name": username}) from None
        ends = date_format(localtime(link.ends_at), "DATETIME_FORMAT")
        self.stdout.write(link.url)
        self.stdout.write(
            _(
                "Whoever opens this link chooses a new password for %(member)s and can then sign in as them. "
                "Give it to %(member)s alone, best in person. It works once, until %(ends)s. "
                "The record tells everyone that you made it. "
                "The old password stays valid until the new one is set; codes and passkeys are still asked for."
            )
            % {"member": link.member.username, "ends": ends}
        )
