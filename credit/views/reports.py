"""Revenue per kind for the general ledger, and the books as a journal to download."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from credit import display, viewer
from credit.archive import telling
from credit.models import Wallet
from credit.money import to_text
from credit.replica import may_be_old
from credit.reports import revenue
from credit.reports.journal import InTheArchive, Span, journal, refuse_archived
from credit.reports.revenue import Revenue, Row
from credit.views.export import stream

HEAD = [
    "Month", "Currency", "Kind", "Lines", "Posted", "Refunds", "Credit notes", "Reversals", "Gross", "Tax contained",
    "Net",
]  # fmt: skip


class Month:
    """The month that an address asks for, 2026-03; the running one where it asks for none that can be read."""

    def __init__(self, asked: str, now: datetime) -> None:
        self.running = display.local(now, settings.PORTAL_TIME_ZONE).date().replace(day=1)
        self.first = self._read(asked) or self.running
        self.archive = telling.latest()

    def _read(self, asked: str) -> date | None:
        try:
            first = date.fromisoformat(f"{asked}-01")
        except ValueError:
            return None
        return first if date(1990, 1, 1) <= first <= self.running else None

    @property
    def is_archived(self) -> bool:
        return self.archive is not None and self.first < self.archive[0]

    @property
    def earlier(self) -> str:
        return f"{self.first - timedelta(days=1):%Y-%m}"

    @property
    def later(self) -> str:
        return f"{revenue.following(self.first):%Y-%m}" if self.first < self.running else ""

    def found(self) -> list[Revenue]:
        return [] if self.is_archived else revenue.of_month(self.first)


class JournalForm(forms.Form):
    since = forms.DateField(label=gettext_lazy("From"), required=False)
    until = forms.DateField(label=gettext_lazy("To"), required=False)
    wallet = forms.CharField(label=gettext_lazy("Wallet ID"), required=False, max_length=20)

    def clean_wallet(self) -> str:
        wallet_id = self.cleaned_data["wallet"].strip()
        if wallet_id and not Wallet.objects.filter(wallet_id=wallet_id).exists():
            raise forms.ValidationError(_("There is no such wallet. Leave the field empty for all of them."))
        return wallet_id

    def clean_since(self) -> date | None:
        try:
            refuse_archived(self.cleaned_data["since"])
        except InTheArchive as error:
            raise forms.ValidationError(str(error)) from None
        return self.cleaned_data["since"]

    def clean(self) -> dict[str, Any]:
        since, until = self.cleaned_data.get("since"), self.cleaned_data.get("until")
        if since and until and since > until:
            raise forms.ValidationError(_("“From” is after “To”. Turn them round."))
        return self.cleaned_data


@require_safe
@permission_required("credit.view_invoice", raise_exception=True)
@may_be_old
def page(request: HttpRequest) -> HttpResponse:
    return _page(request, JournalForm())


def _page(request: HttpRequest, form: JournalForm, status: int = 200) -> HttpResponse:
    now = timezone.now()
    month = Month(request.GET.get("month", ""), now)
    revenues = month.found()
    context = {
        "section": "reports",
        "month": month,
        "revenues": revenues,
        "revenue": _chosen(revenues, request.GET.get("currency", "")),
        "form": form,
        "clock_text": f"{display.local(now, viewer.zone()):%H:%M:%S}",
    }
    return render(request, "reports/page.html", context, status=status)


def _chosen(revenues: list[Revenue], currency: str) -> Revenue | None:
    """The currency asked for, else the one with most lines."""
    asked = [each for each in revenues if each.currency == currency]
    return asked[0] if asked else max(revenues, key=lambda each: each.lines, default=None)


@require_safe
@permission_required("credit.export_books", raise_exception=True)
@may_be_old
def revenue_csv(request: HttpRequest) -> HttpResponseBase:
    month = Month(request.GET.get("month", ""), timezone.now())
    if month.is_archived:
        return _page(request, JournalForm(), status=409)
    lines = (
        _line(month, found.currency, row)
        for found in month.found()
        for row in [*found.charges, *found.others]
    )
    return stream(f"revenue-{month.first:%Y-%m}", HEAD, lines)


def _line(month: Month, currency: str, row: Row) -> list[str]:
    corrected = (row.refunded_micros, row.credited_micros, row.reversed_micros)
    sums = [to_text(micros) for micros in (row.own_micros, *corrected, row.gross_micros)]
    taxed = [to_text(row.tax_micros), to_text(row.net_micros)] if row.is_revenue else ["", ""]
    return [f"{month.first:%Y-%m}", currency, row.kind, str(row.lines), *sums, *taxed]


@require_safe
@permission_required("credit.export_books", raise_exception=True)
@may_be_old
def books(request: HttpRequest) -> HttpResponseBase:
    form = JournalForm(request.GET)
    if not form.is_valid():
        return _page(request, form, status=422)
    asked = form.cleaned_data
    wallets = Wallet.objects.filter(wallet_id=asked["wallet"]) if asked["wallet"] else Wallet.objects.all()
    pieces = _in_blocks(journal(wallets, Span(asked["since"], asked["until"], timezone.now())))
    answer = StreamingHttpResponse(pieces, content_type="text/plain; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{_name(asked)}.journal"'
    return answer


def _in_blocks(pieces: Iterator[str], size: int = 500) -> Iterator[str]:
    """Entries by the hundred: a packet for each would cost more than writing it."""
    block: list[str] = []
    for piece in pieces:
        block.append(piece)
        if len(block) == size:
            yield "".join(block)
            block.clear()
    yield "".join(block)


def _name(asked: dict[str, Any]) -> str:
    parts = [asked["wallet"], asked["since"], asked["until"]]
    return "-".join(["books", *(str(part) for part in parts if part)])
