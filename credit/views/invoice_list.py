"""The list of invoices: filtered by the address, newest first, paged by place; also as CSV."""

from collections.abc import Iterator
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.decorators import permission_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from credit import display
from credit.filters import currencies_in_use
from credit.forms.invoices import InvoiceFilter
from credit.models import Invoice
from credit.money import to_text
from credit.replica import may_be_old
from credit.views import export, invoice_rows, keyset, live_wallets

PAGE = 50
NEWEST_FIRST = keyset.Order("pk", descending=True)
CHIPS = ("state", "overdue", "kind", "currency")
_MARKS = ("after", "before")


@require_GET
@permission_required("credit.view_invoice", raise_exception=True)
@may_be_old
def invoice_list(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    today = display.local(now, settings.PORTAL_TIME_ZONE).date()
    form = InvoiceFilter(request.GET, currencies_in_use(request.GET))
    found, problems = _page(form, request.GET, today), _problems(form, request.GET)
    wallet_id = form.cleaned_data.get("wallet")
    context = {
        "rows": invoice_rows.rows(found.rows, today),
        "problems": problems,
        "wallet": live_wallets.get_or_404(wallet_id, now) if wallet_id else None,
        "chips": [_chip(form, request.GET, name) for name in CHIPS],
        "number": request.GET.get("q", ""),
        "kept": [(name, value) for name, value in request.GET.items() if name not in ("q", *_MARKS)],
        "is_asked": bool(set(request.GET) - set(_MARKS)),
        "export_query": urlencode({k: v for k, v in request.GET.items() if k not in _MARKS}),
        "previous_url": _address(request.GET, before=found.before) if found.before else "",
        "next_url": _address(request.GET, after=found.after) if found.after else "",
        "count": found.count,
        "section": "invoices",
    }
    return render(request, "invoice/list.html", context)


def _page(form: InvoiceFilter, asked: QueryDict, today: date) -> keyset.Page:
    if _problems(form, asked):
        return keyset.Page([])
    marks = {name: asked.get(name, "") for name in _MARKS}
    found = matching(form, today).select_related("wallet__organization")
    return keyset.page(found, order=NEWEST_FIRST, size=PAGE, sparse=form.finds_few, **marks)


def matching(form: InvoiceFilter, today: date) -> QuerySet[Invoice]:
    """What a readable filter asks for, with state and open amount of each."""
    wanted = form.cleaned_data
    found = Invoice.objects.filter(form.conditions()).on(today)
    if wanted["overdue"]:
        found = found.overdue(today)
    if wanted["state"] == "held_back":
        return found.filter(issued_at=None, held_back_at__isnull=False)
    return found.in_state(wanted["state"]) if wanted["state"] else found


def _problems(form: InvoiceFilter, asked: QueryDict) -> list[str]:
    known = {*form.fields, *_MARKS}
    found = [
        _("“%(name)s” is not a filter of this list.") % {"name": name} for name in asked if name not in known
    ]
    if not form.is_valid():
        found += [
            _("%(label)s: “%(name)s” is not one it knows.")
            % {"label": form[name].label, "name": asked.get(name)}
            for name in form.errors
        ]
    for name in _MARKS:
        try:
            NEWEST_FIRST.read(asked.get(name) or NEWEST_FIRST.mark(Invoice(pk=1)))
        except keyset.BadPageMark:
            found.append(_("The page that the address names cannot be read."))
    return found


def _chip(form: InvoiceFilter, asked: QueryDict, name: str) -> dict[str, Any]:
    choices, value = form.fields[name].choices, asked.get(name, "")
    return {
        "name": name,
        "label": form.fields[name].label,
        "words": dict(choices).get(value, value).lower() if name != "currency" else value,
        "off": _address(asked, **{name: ""}),
        "choices": [(_address(asked, **{name: key}), words, key == value) for key, words in choices],
    }


def _address(asked: QueryDict, **changes: str) -> str:
    kept = {name: value for name, value in asked.items() if name not in _MARKS} | changes
    return "?" + urlencode({name: value for name, value in kept.items() if value})


# --- CSV --------------------------------------------------------------------------------------------------------------

HEAD = [
    "Number", "Kind", "State", "Organization", "UUID", "Wallet ID", "Currency", "Period from", "Period to", "Made at",
    "Issued at", "Due on", "Total", "Paid", "Open", "Overdue", "Corrects",
]  # fmt: skip


@require_GET
@permission_required(["credit.view_invoice", "credit.export_books"], raise_exception=True)
@may_be_old
def as_csv(request: HttpRequest) -> HttpResponse:
    """Every invoice that the filters match, oldest first, exact."""
    form = InvoiceFilter(request.GET, currencies_in_use(request.GET))
    if _problems(form, request.GET):
        return HttpResponseBadRequest(_("A filter of the invoices is not known. Nothing was exported."))
    today = display.local(timezone.now(), settings.PORTAL_TIME_ZONE).date()
    found = matching(form, today).select_related("wallet__organization", "corrects").order_by("pk")
    return export.stream(f"invoices-{today:%Y-%m-%d}", HEAD, _lines(found))


def _lines(found: QuerySet[Invoice]) -> Iterator[list[str]]:
    for invoice in found.iterator(chunk_size=2000):
        yield [
            export.safe_text(invoice.number or ""),
            invoice.kind,
            invoice.state,
            export.safe_text(invoice.wallet.organization.name),
            str(invoice.wallet.organization.uuid),
            export.safe_text(invoice.wallet.wallet_id),
            invoice.currency,
            *[at.isoformat() if at else "" for at in (invoice.period_starts_at, invoice.period_ends_at)],
            *[at.isoformat() if at else "" for at in (invoice.created_at, invoice.issued_at, invoice.due_on)],
            *[to_text(micros) for micros in (invoice.total_micros, invoice.paid_micros, invoice.open_micros)],
            "yes" if invoice.is_overdue else "",
            export.safe_text(invoice.corrects.number or "") if invoice.corrects else "",
        ]
