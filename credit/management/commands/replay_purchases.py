"""Replays 18 months of real purchases through the charge action, each month closed as it passes (docs/import.md).

Made for tests and for trying things out, in a database of its own: the clock of its wallets stands in the past.
"""

from argparse import ArgumentParser
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from itertools import groupby, islice
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.db.models import Count, Sum
from django.db.models.functions import TruncMonth
from tqdm import tqdm

from credit.actions import charges, closes, wallets
from credit.actors import Actor
from credit.display import amount
from credit.models import Transaction, Wallet
from credit.terms import CHARGES, Kind, PaymentMode, Scheme
from organizations.actions import build
from organizations.models import Organization

ZONE = "America/New_York"
CURRENCY = "USD"
OURS = "CDNOW-"
BATCH = 1000
_Item = TypeVar("_Item")


@dataclass(frozen=True)
class Purchase:
    line: int
    customer: str
    on: date
    amount: Decimal


def purchases(path: Path) -> Iterator[Purchase]:
    """The file's rows; a row that cannot be read stops the replay, since its totals would be wrong."""
    with path.open(encoding="ascii") as rows:
        for line, row in enumerate(rows, start=1):
            if line > 1 and row.strip():
                yield _purchase(line, row)


def _purchase(line: int, row: str) -> Purchase:
    try:
        customer, day, _, paid = row.split()
        return Purchase(line, customer, datetime.strptime(day, "%Y%m%d").date(), Decimal(paid))  # noqa: DTZ007
    except (ValueError, InvalidOperation):
        raise CommandError(
            f"Line {line} is not: customer, yyyymmdd, count, amount. Nothing after it counts."
        ) from None


def chunks(items: Iterable[_Item], size: int = BATCH) -> Iterator[list[_Item]]:
    rest = iter(items)
    while chunk := list(islice(rest, size)):
        yield chunk


def at(day: date, hour: int = 12) -> datetime:
    return datetime.combine(day, time(hour), ZoneInfo(ZONE))


def first_of_next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


class Command(BaseCommand):
    help = "Replays purchases in the CDNOW form through the charge action; each month is closed as it passes."
    by = Actor.system("Replay of purchases")

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="Read and check the file, store nothing.")
        parser.add_argument(
            "--customers", type=int, metavar="N", help="Only the first N customers of the file."
        )
        parser.add_argument(
            "--beside-others", action="store_true", help="Into a database that has other wallets."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        found = self._read(options["file"], options["customers"])
        if options["dry_run"]:
            customers = len({purchase.customer for purchase in found})
            self.stdout.write(f"{len(found):,} purchases of {customers:,} customers can be replayed.")
            return
        self._refuse_other_wallets(options["beside_others"])
        self.known = self._known_wallets()
        self.posted = self.replayed = 0
        self.quiet = True if options["verbosity"] == 0 else None
        self._replay(found)
        self._report()

    def _read(self, path: Path, customers: int | None) -> list[Purchase]:
        if not path.is_file():
            raise CommandError(f"{path} is not there.")
        found = list(purchases(path))
        if customers is not None:
            chosen = set(sorted({purchase.customer for purchase in found})[:customers])
            found = [purchase for purchase in found if purchase.customer in chosen]
        return sorted(found, key=lambda purchase: (purchase.on, purchase.line))

    def _refuse_other_wallets(self, allowed: bool) -> None:
        if not allowed and Wallet.objects.exclude(organization__reference__startswith=OURS).exists():
            raise CommandError(
                "This database has other wallets. Set DATABASE_URL to a database of its own, or say --beside-others."
            )

    def _known_wallets(self) -> dict[str, Wallet]:
        replayed = Wallet.objects.filter(organization__reference__startswith=OURS).select_related(
            "organization"
        )
        return {wallet.organization.reference: wallet for wallet in replayed.iterator()}

    def _replay(self, found: list[Purchase]) -> None:
        with tqdm(total=len(found), unit=" purchases", disable=self.quiet) as bar:
            for month, in_month in groupby(found, key=lambda purchase: purchase.on.replace(day=1)):
                bar.set_description(f"{month:%b %Y}")
                for day, in_day in groupby(in_month, key=lambda purchase: purchase.on):
                    for batch in chunks(in_day):
                        self._post(batch, at(day))
                        bar.update(len(batch))
                self._close(at(first_of_next_month(month), hour=1))

    def _post(self, batch: list[Purchase], now: datetime) -> None:
        self._open_wallets({purchase.customer for purchase in batch}, now)
        lines = [self._line(purchase, now) for purchase in batch]
        for outcome in charges.post(lines=lines, by=self.by, now=now):
            if not outcome.accepted:
                raise CommandError(f"{outcome.wallet_id}: {outcome.message}")
            self.posted += not outcome.replayed
            self.replayed += outcome.replayed

    def _line(self, purchase: Purchase, now: datetime) -> charges.Line:
        return charges.Line(
            wallet=self.known[OURS + purchase.customer],
            key=f"line {purchase.line}",
            amount=purchase.amount,
            kind=Kind.HARDWARE,
            currency=CURRENCY,
            occurred_at=now,
        )

    def _open_wallets(self, customers: set[str], now: datetime) -> None:
        new = [OURS + customer for customer in sorted(customers) if OURS + customer not in self.known]
        if not new:
            return
        with transaction.atomic():
            organizations = [build(name=name, time_zone=ZONE, country="US", reference=name) for name in new]
            Organization.objects.bulk_create(organizations)
            wishes = [
                wallets.NewWallet(each, CURRENCY, PaymentMode.POSTPAID, Scheme.CONSOLIDATED, unlimited=True)
                for each in organizations
            ]
            opened = wallets.create_wallets(wishes, by=self.by, now=now)
        self.known.update(zip(new, opened, strict=True))

    def _close(self, now: datetime) -> None:
        while chunk := closes.due(now, BATCH):
            closes.close(wallet_pks=chunk, by=self.by, now=now)

    def _report(self) -> None:
        lines = Transaction.objects.filter(wallet__organization__reference__startswith=OURS, kind__in=CHARGES)
        months = (
            lines.annotate(month=TruncMonth("posted_at", tzinfo=ZoneInfo(ZONE)))
            .values("month")
            .order_by("month")
        )
        for row in months.annotate(count=Count("pk"), total=Sum("amount_micros")):
            self.stdout.write(
                f"{row['month']:%Y-%m} {row['count']:>8,} {amount(-row['total'], CURRENCY):>16}"
            )
        self.stdout.write(f"{self.posted:,} purchases posted, {self.replayed:,} already there.")
