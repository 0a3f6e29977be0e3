"""Computes every seal of the audit trail and the ledger again. Exit code 1 names the first batch that differs."""

import sqlite3
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from credit.actions.canonical import COLUMNS, canonical
from credit.actions.seal_checks import Check, InArchive, Kept
from credit.archive import files, lines
from credit.models import LedgerArchive, Sealed


class Command(BaseCommand):
    help = "Verifies the seals of the audit trail and of the ledger; exit code 1 where a batch differs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--only", choices=Sealed.values, help="One of the two chains.")
        parser.add_argument(
            "--kept", type=Path, help="Digests kept elsewhere, as the audit trail's page gives them."
        )
        parser.add_argument(
            "--archive",
            type=Path,
            help="Directory of the ledger's archive, to verify the lines that are there too.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        kept = _kept(options["kept"]) if options["kept"] else {}
        chains = [options["only"]] if options["only"] else Sealed.values
        try:
            with ExitStack() as stack:
                held = stack.enter_context(_archived(options["archive"])) if options["archive"] else None
                checks = [Check(of, kept, held).run(now=timezone.now()) for of in chains]
        except (files.UnusableFile, lines.UnreadableLine) as error:
            raise CommandError(str(error)) from error
        for check in checks:
            self._tell(check)
        if any(check.fault for check in checks):
            raise CommandError("What is stored is not what was sealed.", returncode=1)

    def _tell(self, check: Check) -> None:
        label = Sealed(check.of).label
        if check.fault:
            self.stderr.write(
                self.style.ERROR(f"{label}: {check.fault} Before it, {check.number:,} seals hold.")
            )
            return
        self.stdout.write(f"{label}: all {check.number:,} seals hold, over {check.rows:,} rows.")
        if check.unread:
            self.stdout.write(
                f"{label}: {check.unread:,} more rows are in the archive; --archive DIRECTORY verifies them too."
            )


def _kept(path: Path) -> Kept:
    """Lines of "chain number last_pk digest"; several files put together are fine."""
    found: dict[tuple[str, int], str] = {}
    for line in path.read_text().splitlines():
        if line.strip():
            try:
                of, number, _last_pk, digest = line.split()
                found[of, int(number)] = digest
            except ValueError:
                raise CommandError(
                    f"{path}: a line is not of the form “chain number pk digest”: {line}"
                ) from None
    return found


@contextmanager
def _archived(directory: Path) -> Iterator[InArchive]:
    """The archive's lines by pk, put in order in a file of their own: there may be more than memory holds."""
    columns = COLUMNS[Sealed.LEDGER][1]
    with TemporaryDirectory() as scratch, sqlite3.connect(Path(scratch) / "lines.sqlite3") as sorted_lines:
        sorted_lines.execute("CREATE TABLE line (pk INTEGER PRIMARY KEY, text TEXT)")
        for record in LedgerArchive.objects.filter(restored_at=None):
            held = (lines.as_transaction(line) for line in files.read(directory / record.name, record.sha256))
            rows = ((one.pk, canonical([getattr(one, name) for name in columns])) for one in held)
            sorted_lines.executemany("INSERT OR IGNORE INTO line VALUES (?, ?)", rows)

        def between(first: int, last: int) -> Iterator[tuple[int, str]]:
            asked = "SELECT pk, text FROM line WHERE pk BETWEEN ? AND ? ORDER BY pk"
            return iter(sorted_lines.execute(asked, (first, last)))

        yield between
