"""Posts transactions from a CSV file: `manage.py import_transactions usage.csv --refused refused.csv`.

The form of the file is docs/import.md.
"""

from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from credit.actions import charges
from credit.actions.answering import Request
from credit.actions.outcome import Outcome
from credit.actions.payments import PaymentLine
from credit.actors import Actor
from credit.terms import Kind
from organizations.rows import Refusals, RefusedRow, Row, RowFile, UnreadableFile

REQUIRED = ("wallet_id", "kind", "amount", "currency")
OPTIONAL = ("occurred_at", "reference", "description", "key", "received_on", "method")
COLUMNS = (*REQUIRED, *OPTIONAL)
BATCH = 1000


class Keys:
    """A row without a key gets one made of the source, its content, and which of its equals it is.

    So a second run posts nothing twice, a mended file posts only what was mended, and rows that are exact duplicates
    within one file, since it really happened twice, are all posted.
    """

    def __init__(self, source: str):
        self._source = source[:150]
        self._seen: Counter[bytes] = Counter()

    def of(self, row: Row) -> str:
        if row["key"]:
            return row["key"]
        content = "\x1f".join(row[column] for column in COLUMNS)
        digest = blake2b(content.encode(), digest_size=12).digest()
        self._seen[digest] += 1
        return f"{self._source}:{digest.hex()}:{self._seen[digest]}"


def request_of(row: Row, key: str, overrun: bool) -> Request:
    """What the row asks for; RefusedRow where it cannot be read."""
    if row.problem:
        raise RefusedRow(row.problem)
    for column in REQUIRED:
        if not row[column]:
            raise RefusedRow(f"{column} is empty.")
    shared = {column: row[column] for column in ("amount", "currency", "reference")}
    if row["kind"] == Kind.PAYMENT:
        day, method = _day(row["received_on"]), row["method"] or None
        return PaymentLine(
            row["wallet_id"], key, received_on=day, method=method, remark=row["description"], **shared
        )
    occurred_at = _instant(row["occurred_at"])
    details = {"kind": row["kind"], "description": row["description"], "overrun": overrun}
    return charges.Line(row["wallet_id"], key, occurred_at=occurred_at, **details, **shared)  # type: ignore[arg-type]


def _instant(text: str) -> datetime | None:
    if not text:
        return None
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise RefusedRow("occurred_at is no instant such as 2026-11-30T15:32:00+02:00.") from None
    if instant.tzinfo is None:
        raise RefusedRow("occurred_at has no offset from UTC. Write it as 2026-11-30T15:32:00+02:00.")
    return instant


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise RefusedRow("received_on is no date such as 2026-11-30.") from None


class Command(BaseCommand):
    help = (
        "Posts charges and payments from a CSV file (plain or .gz); docs/import.md describes it. "
        "Safe to run twice: a row that was posted is not posted again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file")
        parser.add_argument("--dry-run", action="store_true", help="Try every row, store nothing.")
        parser.add_argument(
            "--refused", metavar="FILE", help="Write refused rows there, with line and reason."
        )
        parser.add_argument(
            "--source",
            help="Which export the rows come from, for rows without a key (default: the file's name).",
        )
        parser.add_argument(
            "--ask-limit",
            action="store_true",
            help="Decline what is beyond the credit limit; without it usage counts as delivered and is charged.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        path = Path(options["file"])
        self.by = Actor.system(f"Import of {path.name}"[:150])
        self.keys = Keys(options["source"] or path.name)
        self.dry_run, self.overrun = options["dry_run"], not options["ask_limit"]
        self.read = self.posted = self.known = 0
        try:
            with (
                RowFile(path, REQUIRED, OPTIONAL, options["verbosity"] == 0) as rows,
                Refusals(options["refused"], COLUMNS, self.stderr) as self.refusals,
            ):
                self._post_all(self._requests(rows))
        except UnreadableFile as error:
            raise CommandError(f"{error} Rows before it are posted.") from error
        self._report()

    def _requests(self, rows: RowFile) -> Iterator[tuple[Row, Request]]:
        for row in rows:
            self.read += 1
            try:
                yield row, request_of(row, "" if row.problem else self.keys.of(row), self.overrun)
            except RefusedRow as refused:
                self.refusals.add(row, str(refused))

    def _post_all(self, requests: Iterator[tuple[Row, Request]]) -> None:
        while batch := list(islice(requests, BATCH)):
            outcomes = self._post([request for _, request in batch])
            for (row, _), outcome in zip(batch, outcomes, strict=True):
                self._count(row, outcome)

    def _post(self, requests: list[Request]) -> list[Outcome]:
        with transaction.atomic():
            outcomes = charges.post(lines=requests, by=self.by, now=timezone.now)
            transaction.set_rollback(self.dry_run)
        return outcomes

    def _count(self, row: Row, outcome: Outcome) -> None:
        if not outcome.accepted:
            self.refusals.add(row, f"{outcome.reason}: {outcome.message}")
        elif outcome.replayed:
            self.known += 1
        else:
            self.posted += 1

    def _report(self) -> None:
        self.refusals.summarise()
        posted = "would be posted" if self.dry_run else "posted"
        self.stdout.write(
            f"{self.read:,} rows: {self.posted:,} {posted}, {self.known:,} already there, "
            f"{self.refusals.count:,} refused."
        )
