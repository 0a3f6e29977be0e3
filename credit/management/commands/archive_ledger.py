"""Moves old ledger lines into files: `manage.py archive_ledger --before 2025-01 --to archive/`.

docs/ledger-at-scale.md says what leaves, what stays, and what the portal shows afterwards.
"""

from argparse import ArgumentParser
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from credit.archive import checking, choosing, files, leaving, returning
from credit.archive.lines import UnreadableLine
from credit.models import LedgerArchive

SHOWN = 50


def month(text: str) -> date:
    """The first day of a month; ValueError otherwise."""
    return datetime.strptime(text, "%Y-%m").date()  # noqa: DTZ007  it names a month, not an instant


class Command(BaseCommand):
    help = (
        "Moves the charges of locked months into files and proves that no balance has changed by it. "
        "Stopped at any instant, it goes on where it was."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--before", type=month, metavar="YYYY-MM", help="Lines of the months before this one."
        )
        parser.add_argument("--to", type=Path, metavar="DIR", help="Where the files are written.")
        parser.add_argument(
            "--dry-run", action="store_true", help="Say what would leave. Nothing is written."
        )
        parser.add_argument(
            "--verify",
            type=Path,
            metavar="DIR",
            help="Read every file again and add every wallet up again. Ends with 1 on any difference.",
        )
        parser.add_argument("--restore", type=Path, metavar="FILE", help="Put the lines of a file back.")
        parser.add_argument("--lines-per-file", type=int, default=leaving.LINES_PER_FILE, metavar="N")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["verify"]:
                self._verify(options["verify"])
            elif options["restore"]:
                self._restore(options["restore"])
            elif options["before"] and options["dry_run"]:
                self._look(options["before"])
            elif options["before"] and options["to"]:
                self._archive(options["before"], options["to"], options["lines_per_file"])
            else:
                raise CommandError("Give --before YYYY-MM and --to DIR, or --verify DIR, or --restore FILE.")
        except (leaving.NotLocked, files.AtWork, files.UnusableFile, UnreadableLine) as error:
            raise CommandError(str(error)) from error

    def _look(self, before: date) -> None:
        leaving.refuse_unless_locked(before)
        count, wallets = 0, set()
        for line in choosing.lines_before(before):
            count += 1
            wallets.add(line[0])
        self.stdout.write(f"{count:,} lines of {len(wallets):,} wallets would leave the ledger.")

    def _archive(self, before: date, directory: Path, lines_per_file: int) -> None:
        files_written = 0
        for record in leaving.archive(
            before=before,
            directory=directory,
            by_name="archive_ledger",
            now=timezone.now,
            lines_per_file=lines_per_file,
        ):
            files_written += 1
            self.stdout.write(
                f"{record.name}: {record.lines:,} lines, {record.size:,} bytes, {record.sha256}"
            )
        if not files_written:
            self.stdout.write("No line may leave the ledger.")

    def _verify(self, directory: Path) -> None:
        found = 0
        for found, fault in enumerate(checking.faults(directory), 1):
            if found <= SHOWN:
                self.stderr.write(fault)
        if found:
            raise CommandError(f"{found:,} differences.", returncode=1)
        kept = LedgerArchive.objects.filter(restored_at=None)
        self.stdout.write(
            f"{kept.count():,} files are as they were written. With them, every wallet adds up to its current balance, "
            "and no line is missing or double."
        )

    def _restore(self, path: Path) -> None:
        back, there = returning.restore(path, timezone.now)
        self.stdout.write(f"{back:,} lines are back in the ledger; {there:,} were there already.")
