"""Adding every ledger up again. A difference is reported and never repaired: somebody has to understand it first."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import BigIntegerField, Count, F, OuterRef, Q, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from credit.models import ArchivedLines, Difference, Invoice, Period, Reservation, Transaction, Wallet

# What must agree: name -> (what the wallet's row says, what its history adds up to).
CHECKS = {
    "current balance": ("row_balance", "ledger_balance"),
    "balance after the last line": ("row_balance", "last_balance"),
    "number of lines": ("last_sequence", "ledger_lines"),
    "reserved": ("reserved_micros", "held"),
    "closing": ("closing_micros", "open_periods"),
}


def reconcile(*, wallet_pks: Sequence[int], now: datetime) -> dict[str, int]:
    """Compares wallets with their ledgers, holds and periods. Counts: wallets seen, differences standing."""
    with transaction.atomic():
        # Locked, so that row and ledger are of one moment on every isolation level.
        list(Wallet.objects.filter(pk__in=wallet_pks).locked().values_list("pk"))
        rows = list(_sums(Wallet.objects.filter(pk__in=wallet_pks)))
        found = {
            (row["pk"], what): (row[ours], row[theirs])
            for row in rows
            for what, (ours, theirs) in CHECKS.items()
        }
        differing = {name: pair for name, pair in found.items() if pair[0] != pair[1]}
        differing |= _paid_apart(wallet_pks)
        _report(wallet_pks, differing, now)
    return {"wallets": len(rows), "differences": len(differing)}


def _report(
    wallet_pks: Sequence[int], differing: dict[tuple[int, str], tuple[int, int]], now: datetime
) -> None:
    standing = {
        (row.wallet_id, row.what): row
        for row in Difference.objects.filter(wallet__in=wallet_pks, gone_at=None)
    }
    for name, row in standing.items():
        if name not in differing:
            row.gone_at = now
            row.save(update_fields=["gone_at"])
    for (wallet_pk, what), (expected, actual) in differing.items():
        seen = {"seen_at": now, "expected_micros": actual, "actual_micros": expected}
        Difference.objects.update_or_create(
            wallet_id=wallet_pk,
            what=what,
            gone_at=None,
            defaults=seen,
            create_defaults={**seen, "found_at": now},
        )


_count = F("last_sequence") - F("first_sequence") + 1


def _paid_apart(wallet_pks: Sequence[int]) -> dict[tuple[int, str], tuple[int, int]]:
    """Invoices of which more or less is paid than their allocations say."""
    live = Sum("allocations__amount_micros", filter=Q(allocations__ended_at=None), default=0)
    invoices = Invoice.objects.filter(wallet__in=wallet_pks).annotate(allocated=live)
    apart = invoices.exclude(paid_micros=F("allocated")).values_list(
        "wallet_id", "number", "paid_micros", "allocated"
    )
    return {
        (wallet, f"paid of {number}"[:40]): (paid, allocated) for wallet, number, paid, allocated in apart
    }


def _sums(wallets: Any) -> Any:
    lines = Transaction.objects.filter(wallet=OuterRef("pk")).order_by()
    last = Transaction.objects.filter(wallet=OuterRef("pk"), sequence=OuterRef("last_sequence"))
    archived = ArchivedLines.objects.filter(wallet=OuterRef("pk")).order_by()
    archived_last = archived.filter(last_sequence=OuterRef("last_sequence"))
    holds = Reservation.objects.open().filter(wallet=OuterRef("pk")).order_by()
    ended = Period.objects.filter(wallet=OuterRef("pk"), closed_at=None).order_by()
    return wallets.annotate(
        row_balance=F("balance_micros") - F("closing_micros") - F("unbilled_micros"),
        # What is in an archive is still part of the ledger's sums.
        ledger_balance=_total(lines, Sum("amount_micros")) + _total(archived, Sum("amount_micros")),
        ledger_lines=_total(lines, Count("pk")) + _total(archived, Sum(_count)),
        last_balance=Coalesce(
            Subquery(last.values("current_balance_after_micros")),
            Subquery(archived_last.values("current_balance_after_micros")),
            Value(0),
        ),
        held=_total(holds, Sum("rest_micros")),
        open_periods=_total(ended, Sum("amount_micros")),
    ).values(
        "pk",
        "row_balance",
        "ledger_balance",
        "ledger_lines",
        "last_balance",
        "last_sequence",
        "reserved_micros",
        "held",
        "closing_micros",
        "open_periods",
    )


def _total(rows: Any, aggregate: Any) -> Any:
    total = rows.values("wallet").annotate(total=aggregate).values("total")
    return Coalesce(Subquery(total, output_field=BigIntegerField()), Value(0), output_field=BigIntegerField())
