"""The wallets of a selection as a workbook with empty columns: filled in, it is a sheet of limits again."""

from collections.abc import Iterator
from datetime import datetime
from tempfile import TemporaryFile
from typing import IO, Any

from django.db.models import QuerySet
from openpyxl import Workbook

from credit.models import Wallet
from credit.money import to_decimal
from credit.terms import LimitState
from credit.usage_files.reading import guarded

HEAD = [
    "Organization", "UUID", "Wallet ID", "Payment mode", "Currency", "Usable", "Used", "Credit limit", "Limit is",
    "New limit", "Days", "Until", "Reason",
]  # fmt: skip
CHUNK = 1000
WIDTHS = {"A": 40, "B": 38, "C": 14, "M": 40}
NAMES = ("usable_micros", "used_micros", "limit_state", "effective_limit_micros")


def workbook(found: QuerySet[Wallet], now: datetime) -> IO[bytes]:
    """Amounts are numbers, so that no country's decimal mark is in the way; texts can never be a formula."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Limits")
    for letter, width in WIDTHS.items():
        sheet.column_dimensions[letter].width = width
    sheet.freeze_panes = "A2"
    sheet.append(HEAD)
    for line in _lines(found, now):
        sheet.append(line)
    file = TemporaryFile()  # noqa: SIM115  the answer closes it
    book.save(file)
    file.seek(0)
    return file


def _lines(found: QuerySet[Wallet], now: datetime) -> Iterator[list[Any]]:
    wallets = Wallet.objects.at(now, *NAMES).filter(pk__in=found.order_by().values("pk"))
    ordered = wallets.select_related("organization").order_by(
        "organization__search_name", "organization_id", "pk"
    )
    for wallet in ordered.iterator(chunk_size=CHUNK):
        yield _line(wallet)


def _line(wallet: Any) -> list[Any]:
    has_amount = wallet.limit_state in (LimitState.PERMANENT, LimitState.TEMPORARY)
    return [
        guarded(wallet.organization.name),
        str(wallet.organization.uuid),
        guarded(wallet.wallet_id),
        wallet.mode,
        wallet.currency,
        "unlimited" if wallet.usable_micros is None else to_decimal(wallet.usable_micros),
        to_decimal(wallet.used_micros),
        to_decimal(wallet.effective_limit_micros) if has_amount else None,
        wallet.limit_state.replace("_", " "),
    ]
