"""What is in the archive, for whoever reads a ledger: said plainly, so that nobody takes a part for the whole."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import cache

from django.utils.translation import gettext as _

from credit import display
from credit.models import ArchivedLines, LedgerArchive, Period, Wallet
from credit.written_queries import Written, slot

_TOLD = ("posted_before", "last_sequence", "current_balance_after_micros", "lines_so_far", "archive__name")


@dataclass(frozen=True)
class Archived:
    """Of one wallet: charges before an instant are in files; from that instant on the ledger is whole."""

    before: datetime
    last_sequence: int
    current_balance_micros: int  # after line `last_sequence`
    lines: int
    words: str


def of(wallet: Wallet) -> Archived | None:
    """None where every line of the wallet is in the ledger."""
    latest = _latest(ArchivedLines.objects.all().db).row(wallet=wallet.pk)
    if latest is None:
        return None
    before, last_sequence, balance, lines, file = latest
    return Archived(before, last_sequence, balance, lines, _words(before, file, wallet.time_zone))


@cache
def _latest(using: str) -> Written:
    """Each ledger that is read asks for it."""
    latest = ArchivedLines.objects.using(using).latest_of(slot("wallet", Wallet._meta.pk))
    return Written(latest.values_list(*_TOLD), using)


def of_period(period: Period) -> str:
    """The sentence for a period whose charges are in the archive; empty where all of them are in the ledger."""
    held = ArchivedLines.objects.filter(
        wallet=period.wallet_id,
        first_sequence__lte=period.last_sequence,
        last_sequence__gte=period.first_sequence,
    )
    latest = held.select_related("archive").order_by("-first_sequence").first()
    return _words(latest.posted_before, latest.archive.name, period.wallet.time_zone) if latest else ""


def latest() -> tuple[date, str] | None:
    """The newest month before which lines of the whole portal are in the archive, and the file: for reports."""
    kept = LedgerArchive.objects.filter(restored_at=None).order_by("before", "number")
    return kept.values_list("before", "name").last()


def _words(before: datetime, file: str, zone: str) -> str:
    day = display.local(before, zone)
    return _("Charges before %(day)s are in the archive (%(archive)s).") % {
        "day": display.long_day(day),
        "archive": file,
    }
