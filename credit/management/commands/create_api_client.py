"""`manage.py create_api_client NAME read charge`: prints the credential, which is shown this once."""

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.models import Group
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from credit.actions import clients
from credit.actions.refusals import NotDone
from credit.actors import Actor
from credit.models import Scope


class Command(BaseCommand):
    help = "Creates an API client and prints its credential."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="Stands on every ledger line that the client makes.")
        parser.add_argument("scopes", nargs="+", choices=Scope.values)
        parser.add_argument("--authority", metavar="GROUP", help="Whose authority it has to raise limits.")

    def handle(self, *args: Any, **options: Any) -> None:
        by = Actor.system("Command line")
        group = Group.objects.filter(name=options["authority"]).first()
        if options["authority"] and group is None:
            raise CommandError(f"There is no group {options['authority']!r}.")
        try:
            _, credential = clients.create_client(
                name=options["name"], scopes=options["scopes"], authority=group, by=by, now=timezone.now()
            )
        except NotDone as error:
            raise CommandError(error.message) from None
        self.stdout.write(credential)
