"""CSV that a spreadsheet opens as what it is: exact amounts as plain numbers, text that can never be a formula."""

import csv
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.http import StreamingHttpResponse

from credit import display
from credit.models import Wallet
from credit.money import to_text

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
CHUNK = 1000

# Empty: who fills them in and uploads the file changes many limits at once (credit/bulk/sheets.py).
LIMIT_FORM = ["New limit", "Days", "Until", "Reason"]
WALLET_HEAD = [
    "Organization", "UUID", "Wallet ID", "Payment mode", "Invoicing scheme", "Status", "Currency", "Balance",
    "Unbilled", "Reserved", "Credit limit", "Limit is", "Temporary limit ends (UTC)", "Falls back to", "Usable",
    "Used", "Used %", *LIMIT_FORM,
]  # fmt: skip


class Echo:
    """A file whose write gives the line back, so that csv can write into a stream."""

    def write(self, line: str) -> str:
        return line


def safe_text(text: str) -> str:
    """Spreadsheets run a cell that starts like a formula; an apostrophe makes it text again."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def stream(name: str, head: list[str], lines: Iterable[list[str]]) -> StreamingHttpResponse:
    """The lines as a download; text cells must have gone through `safe_text`."""
    answer = StreamingHttpResponse(_written(head, lines), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer


def _written(head: list[str], lines: Iterable[list[str]]) -> Iterator[str]:
    writer = csv.writer(Echo())
    yield "\ufeff" + writer.writerow(head)  # the mark by which spreadsheets recognise UTF-8
    for line in lines:
        yield writer.writerow(line)


def stream_wallets(found: QuerySet[Wallet], now: datetime) -> StreamingHttpResponse:
    """Every wallet found, with all numbers at the one instant."""
    wallets = (
        Wallet.objects.at(now).filter(pk__in=found.order_by().values("pk")).select_related("organization")
    )
    wallets = wallets.order_by("organization__search_name", "organization_id", "pk")
    here = display.local(now, settings.PORTAL_TIME_ZONE)
    lines = (wallet_line(wallet) for wallet in wallets.iterator(chunk_size=CHUNK))
    return stream(f"wallets-{here:%Y-%m-%d-%H%M}", WALLET_HEAD, lines)


def wallet_line(wallet: Any) -> list[str]:
    return [
        safe_text(wallet.organization.name),
        str(wallet.organization.uuid),
        safe_text(wallet.wallet_id),
        wallet.mode,
        wallet.scheme,
        wallet.standing,
        wallet.currency,
        to_text(wallet.balance_micros),
        to_text(wallet.live_unbilled_micros) if wallet.mode == "postpaid" else "",
        to_text(wallet.live_reserved_micros),
        *_limit_cells(wallet),
        "unlimited" if wallet.usable_micros is None else to_text(wallet.usable_micros),
        to_text(wallet.used_micros),
        "" if wallet.used_percent is None else str(wallet.used_percent),
        *[""] * len(LIMIT_FORM),
    ]


def _limit_cells(wallet: Any) -> list[str]:
    limit = wallet.effective_limit_micros
    is_amount = wallet.limit_state in ("permanent", "temporary")
    ends_at = wallet.limit_ends_at
    return [
        to_text(limit) if is_amount else "",
        wallet.limit_state.replace("_", " "),
        f"{ends_at:%Y-%m-%dT%H:%M:%SZ}" if ends_at else "",
        _falls_back_to(wallet) if ends_at else "",
    ]


def _falls_back_to(wallet: Any) -> str:
    micros = wallet.falls_back_to_micros
    return "unlimited" if micros is None else to_text(micros)
