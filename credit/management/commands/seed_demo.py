"""Demo data: `manage.py seed_demo --if-empty`; the same every time, but for today's date."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from credit.demo import people, seeding
from organizations.models import Organization


class Command(BaseCommand):
    help = "Makes real names with invented wallets, limits and transactions, and prints the demo's sign-ins."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--if-empty", action="store_true", help="Keep what is there; only print the sign-ins."
        )
        parser.add_argument("--organizations", type=int, default=20_000, metavar="N")

    def handle(self, *args: Any, **options: Any) -> None:
        if not Organization.objects.exists():
            seeding.seed(
                options["organizations"], timezone.now(), True if options["verbosity"] == 0 else None
            )
        elif not options["if_empty"]:
            raise CommandError("The database has organizations. The demo is only made in an empty one.")
        elif not people.are_here():
            # Nobody gets a known password in a database that was not made as a demo.
            self.stdout.write("The database has data that is not the demo’s. It is kept as it is.")
            return
        else:
            people.sign_up()
        for line in people.sign_ins():
            self.stdout.write(line)
