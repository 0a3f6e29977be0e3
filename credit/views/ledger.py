"""The ledger of a wallet: filtered by the address, newest first, with the balance after each line; also as CSV."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from itertools import chain
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.contrib.auth.decorators import permission_required
from django.db.models import Q, prefetch_related_objects
from django.db.models.functions import Abs
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from credit import display
from credit.actions import allocations
from credit.archive import telling
from credit.forms.ledger import COUNTS, LedgerFilter
from credit.languages import as_written
from credit.models import Transaction, Wallet
from credit.models.transaction import TransactionQuerySet
from credit.money import to_text
from credit.periods import month_end_after, month_start
from credit.replica import may_be_old
from credit.terms import CHARGES, Kind, PaymentMode
from credit.views import export, ledger_rows, payments_of
from credit.views.ledger_rows import Reader
from credit.written_queries import WrittenRows, slot

PAGE = 25
MOST_COUNTED = 1000
_MOST_MONTHS = 24
ICONS = {
    "call": "call", "sms": "sms", "fax": "print", "number_activation": "hash", "subscription": "repeat",
    "addon": "repeat", "service": "gear", "hardware": "layers", "payment": "coin", "withdrawal": "coin",
    "transfer_in": "swap", "transfer_out": "swap", "adjustment": "swap", "refund": "undo", "credit_note": "undo",
    "reversal": "undo", "write_off": "x", "rounding": "dots",
}  # fmt: skip


@dataclass
class Ledger:
    """What the card shows; `errors` instead of lines where the address asks for something unknown."""

    query: Mapping[str, str]
    # Where the address of a line's correction begins: resolved once, not once per line.
    lines_url: str
    lines: list[Transaction] = field(default_factory=list)
    rows: str = ""
    errors: list[str] = field(default_factory=list)
    earlier: int | None = None
    total: str = ""
    chips: list["Chip"] = field(default_factory=list)
    amount_words: str = ""
    archived: str = ""

    def address(self, **changes: object) -> str:
        """The page's address with other ledger parameters; None takes one away."""
        kept = {**self.query, "before": None, **changes}
        return "?" + urlencode({name: value for name, value in kept.items() if value not in (None, "")})

    @property
    def earlier_address(self) -> str:
        return self.address(before=self.earlier)

    @property
    def newest_address(self) -> str:
        return self.address()

    @property
    def is_filtered(self) -> bool:
        return bool(self.amount_words) or any(chip.words for chip in self.chips)

    @property
    def amount_off(self) -> str:
        return self.address(least=None, most=None)

    @property
    def kept_fields(self) -> list[tuple[str, str]]:
        """What the form for an amount must carry on."""
        return [
            (name, value)
            for name, value in self.query.items()
            if name not in ("least", "most", "before") and value
        ]


@dataclass(frozen=True)
class Chip:
    name: str
    label: str
    words: str
    off: str
    choices: list[tuple[str, str, bool]]


def read(
    wallet: Wallet,
    asked: Mapping[str, str],
    now: datetime,
    reader: Reader,
    archived: telling.Archived | None = None,
) -> Ledger:
    form = LedgerFilter(asked)
    query = {name: asked[name] for name in asked if name in ("wallet", "span", *form.fields)}
    ledger = Ledger(query, reverse("reverse", args=[wallet.wallet_id, 0]).removesuffix("0/reverse/"))
    if not form.is_valid():
        ledger.errors = [
            f"{form[name].label}: {error}" for name, errors in form.errors.items() for error in errors
        ]
        return ledger
    wanted = form.cleaned_data
    ledger.chips = _chips(ledger, wallet, wanted, now)
    ledger.amount_words = _amount_words(asked)
    lines = filtered(wallet, wanted)
    ledger.archived = archived.words if archived else ""
    ledger.total = _total(lines, wallet, wanted, archived)
    found = _page(wallet, lines, wanted)
    prefetch_related_objects(found, "invoice")
    ledger.lines = [told(line, wallet) for line in found[:PAGE]]
    pays = payments_of.of_lines(ledger.lines)
    for line in ledger.lines:
        line.pays = pays.get(line.pk, [])
    ledger.rows = ledger_rows.draw(ledger.lines, wallet, ledger.lines_url, reader, now)
    ledger.earlier = found[PAGE - 1].sequence if len(found) > PAGE else None
    return ledger


def _page(wallet: Wallet, lines: TransactionQuerySet, wanted: Mapping[str, Any]) -> list[Transaction]:
    """And one line more, if there is one."""
    if wanted["before"]:
        lines = lines.filter(sequence__lt=wanted["before"])
    elif not _narrows(wanted):
        return _newest(Transaction.objects.all().db).found(wallet=wallet.pk)
    return list(lines.newest_first()[: PAGE + 1])


@cache
def _newest(using: str) -> WrittenRows[Transaction]:
    of_one = Transaction.objects.using(using).filter(wallet=slot("wallet", Wallet._meta.pk))
    return WrittenRows(of_one.newest_first()[: PAGE + 1], using)


def _narrows(wanted: Mapping[str, Any]) -> bool:
    return any(wanted[name] not in (None, "") for name in ("period", "kind", "counts", "least", "most"))


def filtered(wallet: Wallet, wanted: Mapping[str, Any]) -> TransactionQuerySet:
    lines = Transaction.objects.of(wallet)
    if first := wanted["period"]:
        starts_at = month_start(first.year, first.month, wallet.time_zone)
        lines = lines.filter(
            posted_at__gte=starts_at, posted_at__lt=month_end_after(starts_at, wallet.time_zone)
        )
    if wanted["kind"]:
        lines = lines.filter(kind=wanted["kind"])
    if wanted["counts"]:
        lines = lines.filter(_COUNTS_AS[wanted["counts"]])
    if wanted["least"] is not None or wanted["most"] is not None:
        lines = _between(lines.annotate(size=Abs("amount_micros")), wanted["least"], wanted["most"])
    return lines


_COUNTS_AS = {
    "unbilled": Q(counted=True),
    "balance": Q(counted=False, invoice=None),
    "invoice": Q(counted=False, invoice__isnull=False),
}


def _between(lines: Any, least: int | None, most: int | None) -> Any:
    lines = lines if least is None else lines.filter(size__gte=least)
    return lines if most is None else lines.filter(size__lte=most)


def _amount_words(asked: Mapping[str, str]) -> str:
    words = [
        f"{words} {asked[name]}"
        for name, words in (("least", _("at least")), ("most", _("at most")))
        if asked.get(name)
    ]
    return ", ".join(words)


def _total(
    lines: TransactionQuerySet, wallet: Wallet, wanted: Mapping[str, Any], archived: telling.Archived | None
) -> str:
    """How many lines match; the sequence has no gaps, so all that are not in the archive need no counting."""
    if not _narrows(wanted):
        return as_written(f"{wallet.last_sequence - (archived.lines if archived else 0):,}")
    count = lines.order_by()[: MOST_COUNTED + 1].count()
    return (
        _("more than %(count)s") % {"count": as_written(f"{MOST_COUNTED:,}")}
        if count > MOST_COUNTED
        else as_written(f"{count:,}")
    )


def told(line: Transaction, wallet: Wallet) -> Transaction:
    """The line with the words of its cells."""
    line.icon = ICONS[line.kind]
    line.month = display.month_name(_local(line.period_starts_at, wallet)) if line.counted else ""
    line.late = late(line, wallet)
    line.can_pay = wallet.mode == PaymentMode.POSTPAID and allocations.can_pay(line)
    line.can_be_reversed = line.kind not in (Kind.REVERSAL, Kind.ROUNDING)
    line.can_be_refunded = line.amount_micros < 0 and line.kind in CHARGES
    words = (
        _("Refund or reverse line %(sequence)s") if line.can_be_refunded else _("Reverse line %(sequence)s")
    )
    line.correct_words = words % {"sequence": line.sequence}
    return line


def late(line: Transaction, wallet: Wallet) -> str:
    """What occurred in an earlier month than it was posted in is shown as late (product.md section 5)."""
    if line.occurred_at is None:
        return ""
    occurred, posted = _local(line.occurred_at, wallet), _local(line.posted_at, wallet)
    is_late = (occurred.year, occurred.month) < (posted.year, posted.month)
    return _("late, from %(day)s") % {"day": display.short_day(occurred)} if is_late else ""


def _local(instant: datetime, wallet: Wallet) -> datetime:
    return instant.astimezone(ZoneInfo(wallet.time_zone))


def _chips(ledger: Ledger, wallet: Wallet, wanted: Mapping[str, Any], now: datetime) -> list[Chip]:
    first = wanted["period"]
    months = [(f"{month:%Y-%m}", display.month(month)) for month in _months(wallet, now)]
    return [
        _chip(
            ledger,
            "period",
            _("Period"),
            display.month(first) if first else "",
            months,
            f"{first:%Y-%m}" if first else "",
        ),
        _chip(
            ledger,
            "kind",
            _("Kind"),
            Kind(wanted["kind"]).label if wanted["kind"] else "",
            Kind.choices,
            wanted["kind"],
        ),
        _chip(
            ledger, "counts", _("Counts as"), dict(COUNTS).get(wanted["counts"], ""), COUNTS, wanted["counts"]
        ),
    ]


def _chip(
    ledger: Ledger, name: str, label: str, words: str, choices: list[tuple[str, str]], value: str
) -> Chip:
    links = [(ledger.address(**{name: key}), text, key == value) for key, text in choices]
    return Chip(name, label, words, ledger.address(**{name: None}), links)


def _months(wallet: Wallet, now: datetime) -> Iterator[datetime]:
    """From the running month back to the wallet's first, in its own zone."""
    month, first = _local(now, wallet).replace(day=1), _local(wallet.created_at, wallet)
    for _number in range(_MOST_MONTHS):
        if (month.year, month.month) < (first.year, first.month):
            return
        yield month
        month = month.replace(year=month.year - (month.month == 1), month=month.month - 1 or 12)


# --- CSV --------------------------------------------------------------------------------------------------------------

HEAD = [
    "Line", "Posted at", "Occurred at", "Kind", "Description", "Reference", "Counts as", "Currency", "Amount",
    "Current balance after", "Overrun", "By", "Reason",
]  # fmt: skip


@require_GET
@permission_required(["credit.view_wallet", "credit.export_wallets"], raise_exception=True)
@may_be_old
def as_csv(request: HttpRequest, wallet_id: str) -> HttpResponse:
    """Every line that the filters match, oldest first, exact."""
    wallet = get_object_or_404(Wallet, wallet_id=wallet_id)
    form = LedgerFilter(request.GET)
    if not form.is_valid():
        return HttpResponseBadRequest(_("A filter of the ledger is not known. Nothing was exported."))
    lines = filtered(wallet, form.cleaned_data).select_related("invoice").order_by("sequence")
    rows = chain(_archived_row(wallet), (_row(line, wallet) for line in lines.iterator(chunk_size=2000)))
    return export.stream(f"ledger-{wallet.wallet_id}-{timezone.now():%Y-%m-%d}", HEAD, rows)


def _archived_row(wallet: Wallet) -> Iterator[list[str]]:
    """A file that does not hold every line says so in its first row."""
    if archived := telling.of(wallet):
        yield [archived.words, *[""] * (len(HEAD) - 1)]


def _row(line: Transaction, wallet: Wallet) -> list[str]:
    text = export.safe_text
    return [
        str(line.sequence),
        line.posted_at.isoformat(),
        line.occurred_at.isoformat() if line.occurred_at else "",
        line.kind,
        text(line.description),
        text(line.reference),
        _counts_as(line, wallet),
        wallet.currency,
        to_text(line.amount_micros),
        to_text(line.current_balance_after_micros),
        "overrun" if line.overrun else "",
        text(line.by_name),
        text(line.reason),
    ]


def _counts_as(line: Transaction, wallet: Wallet) -> str:
    if line.counted:
        return f"{_local(line.period_starts_at, wallet):%Y-%m}"
    return str(line.invoice) if line.invoice_id else "balance"
