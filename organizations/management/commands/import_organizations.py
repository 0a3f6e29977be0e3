"""Adds organizations from a register: `manage.py import_organizations register.csv --refused refused.csv`."""

import zoneinfo
from argparse import ArgumentParser
from collections.abc import Iterator
from itertools import islice
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from organizations import register
from organizations.models import Organization
from organizations.rows import Refusals, RefusedRow, Row, RowFile, UnreadableFile

CHUNK = 1000


class Command(BaseCommand):
    help = (
        "Adds organizations from a CSV file (plain or .gz) with the columns lei, legal_name, country. "
        "Safe to run twice: an LEI that is there already is left as it is."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file")
        parser.add_argument("--dry-run", action="store_true", help="Check every row, store nothing.")
        parser.add_argument(
            "--refused", metavar="FILE", help="Write refused rows there, with line and reason."
        )
        parser.add_argument(
            "--time-zone", default="", help="One IANA zone for all, instead of the country's."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["time_zone"] and options["time_zone"] not in zoneinfo.available_timezones():
            raise CommandError(f"Time zone {options['time_zone']} is not known. Use one such as Asia/Tokyo.")
        self.dry_run, self.time_zone = options["dry_run"], options["time_zone"]
        quiet = options["verbosity"] == 0
        self.read = self.added = self.known = 0
        columns = [*register.REQUIRED, *register.OPTIONAL]
        try:
            with (
                RowFile(options["file"], register.REQUIRED, register.OPTIONAL, quiet) as rows,
                Refusals(options["refused"], columns, self.stderr) as self.refusals,
            ):
                self._store_all(self._organizations(rows))
        except UnreadableFile as error:
            raise CommandError(str(error)) from error
        self._report()

    def _organizations(self, rows: RowFile) -> Iterator[tuple[Row, Organization]]:
        for row in rows:
            self.read += 1
            try:
                yield row, register.organization_of(row, self.time_zone)
            except RefusedRow as refused:
                self.refusals.add(row, str(refused))

    def _store_all(self, organizations: Iterator[tuple[Row, Organization]]) -> None:
        while chunk := list(islice(organizations, CHUNK)):
            stored = register.store(chunk, self.dry_run)
            self.added += len(stored.added)
            self.known += stored.known
            for row, reason in stored.refused:
                self.refusals.add(row, reason)

    def _report(self) -> None:
        self.refusals.summarise()
        added = "would be added" if self.dry_run else "added"
        self.stdout.write(
            f"{self.read:,} rows: {self.added:,} {added}, {self.known:,} already there, "
            f"{self.refusals.count:,} refused."
        )
