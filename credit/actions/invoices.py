"""Issuing: a draft gets the next number of its series, in a transaction of its own and never inside a charge."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction

from credit import taxes
from credit.actions import allocating, deliveries, inputs
from credit.actions.books import Books, Now, opened
from credit.actions.refusals import Refused, require
from credit.actions.writing import insert_rows, update_rows
from credit.actors import Actor
from credit.languages import Said as _
from credit.models import Change, Invoice, InvoiceKind, InvoiceLine, InvoiceSeries, Seller, Wallet
from credit.terms import Reason

# So few that a charge on one of their wallets does not notice (docs/performance.md).
CHUNK = 50
# What is no tax invoice must leave no gap in the tax invoices' numbers.
_PREFIXES = {InvoiceKind.STATEMENT: "STM", InvoiceKind.CREDIT_NOTE: "CRN"}
# What was bought or given back is known at once; what a month amounts to is looked at first.
_AT_ONCE = frozenset({InvoiceKind.PURCHASE, InvoiceKind.CREDIT_NOTE})
_STAMPED = ["number", "issued_at", "due_on", "seller", "billed_to", "held_back_at", "held_back_by_name"]


def issue(*, now: Now, limit: int = CHUNK) -> int:
    """Issues up to `limit` drafts whose review time is over and that nobody holds back; how many there were.

    Numbers are gap-free, since number and invoice are one transaction. Locks the series, then the wallets in pk order:
    a charge may wait for the issue of its wallet's invoice, but nothing that holds a wallet ever waits for a series.
    """
    at = _read(now)
    while _due(at, 1):
        with suppress(_HeldBackMeanwhile), transaction.atomic():
            return _issue_due(at, limit)
    return 0


def _issue_due(at: datetime, limit: int) -> int:
    every = _locked_series(at)
    # Read only now that the series are locked: another run has issued what it issued.
    drafts = list(_drafts(_due(at, limit)))
    _prepare(drafts, every, at)
    wallets = Wallet.objects.filter(pk__in={draft.wallet_id for draft in drafts}).locked()
    balances = dict(wallets.values_list("pk", "balance_micros"))
    if Invoice.objects.filter(pk__in=[draft.pk for draft in drafts], held_back_at__isnull=False).exists():
        raise _HeldBackMeanwhile
    _write(drafts, balances, at)
    return len(drafts)


class _HeldBackMeanwhile(Exception):
    """Somebody was faster: begin again without that draft."""


def issue_now(*, invoice: Invoice, reason: str, by: Actor, now: Now) -> Invoice:
    """Issues a draft before its review time is over, held back or not. Refused(not_authorized | changed_meanwhile)."""
    words = _asked(by, reason, _("issue an invoice"))
    at = _read(now)
    with transaction.atomic():
        every = _locked_series(at)
        with opened([invoice.wallet_id], by=by, now=at) as books:
            draft = _draft(invoice)
            _prepare([draft], every, at)
            _write([draft], {pk: account.wallet.balance_micros for pk, account in books.accounts.items()}, at)
            _record(books, draft, "issue_invoice", words, {}, {"invoice": draft.number})
    return draft


def hold_back(*, invoice: Invoice, reason: str, by: Actor, now: Now) -> Invoice:
    """The draft is not issued until somebody lets it go or issues it. Refused(not_authorized | changed_meanwhile)."""
    words = _asked(by, reason, _("hold an invoice back"))
    with opened([invoice.wallet_id], by=by, now=now) as books:
        draft = _draft(invoice)
        if draft.held_back_at:
            who = _("%(held_back_by_name)s holds the invoice back already.") % {
                "held_back_by_name": draft.held_back_by_name
            }
            raise Refused(Reason.CHANGED_MEANWHILE, who)
        draft.held_back_at, draft.held_back_by_name = books.accounts[draft.wallet_id].at, by.name
        draft.save(update_fields=["held_back_at", "held_back_by_name"])
        _record(books, draft, "hold_back_invoice", words, {"held_back": False}, {"held_back": True})
    return draft


def let_go(*, invoice: Invoice, reason: str, by: Actor, now: Now) -> Invoice:
    """A draft that was held back goes out with the next run. Refused(not_authorized | changed_meanwhile)."""
    words = _asked(by, reason, _("let an invoice go"))
    with opened([invoice.wallet_id], by=by, now=now) as books:
        draft = _draft(invoice)
        if not draft.held_back_at:
            raise Refused(Reason.CHANGED_MEANWHILE, _("Nobody holds the invoice back any more."))
        draft.held_back_at, draft.held_back_by_name = None, ""
        draft.save(update_fields=["held_back_at", "held_back_by_name"])
        _record(books, draft, "let_go_invoice", words, {"held_back": True}, {"held_back": False})
    return draft


def review_ends_at(invoice: Invoice) -> datetime:
    """When a draft that nobody holds back is due to be issued."""
    if invoice.kind in _AT_ONCE:
        return invoice.created_at
    return invoice.created_at + timedelta(hours=settings.CREDIT_INVOICE_REVIEW_HOURS)


# -- which


def _read(now: Now) -> datetime:
    return now() if callable(now) else now


def _due(at: datetime, limit: int) -> list[int]:
    """Pks of drafts to issue; a step into the index per kind, however many are under review."""
    reviewed = at - timedelta(hours=settings.CREDIT_INVOICE_REVIEW_HOURS)
    found: list[int] = []
    for kind in InvoiceKind:
        drafts = Invoice.objects.filter(issued_at=None, held_back_at=None, kind=kind)
        if kind not in _AT_ONCE:
            drafts = drafts.filter(created_at__lte=reviewed)
        found += drafts.order_by("created_at", "pk").values_list("pk", flat=True)[: limit - len(found)]
        if len(found) == limit:
            break
    return found


def _drafts(pks: Sequence[int]) -> Any:
    drafts = Invoice.objects.filter(pk__in=pks, issued_at=None).order_by("created_at", "pk")
    return drafts.select_related("wallet__organization", "corrects").prefetch_related("lines")


def _draft(invoice: Invoice) -> Invoice:
    """The draft as it stands under the lock of its wallet."""
    draft: Invoice | None = _drafts([invoice.pk]).first()
    if draft is None:
        raise Refused(
            Reason.CHANGED_MEANWHILE, _("The invoice is issued already. A credit note can correct it.")
        )
    return draft


# -- issuing


def _locked_series(at: datetime) -> dict[str, InvoiceSeries]:
    """By prefix; always locked in the order of their names."""
    prefixes = [settings.CREDIT_INVOICE_PREFIX, *_PREFIXES.values()]
    names = {f"{prefix}-{at:%Y}": prefix for prefix in prefixes}
    series = InvoiceSeries.objects.filter(name__in=names).order_by("name").select_for_update()
    missing = names.keys() - {each.name for each in series}
    if missing:
        InvoiceSeries.objects.bulk_create(
            [InvoiceSeries(name=name) for name in sorted(missing)], ignore_conflicts=True
        )
    locked = series.all() if missing else series
    return {names[series.name]: series for series in locked}


def _prepare(drafts: Sequence[Invoice], every: Mapping[str, InvoiceSeries], at: datetime) -> None:
    """On locked series, and before any wallet is locked: numbers, lines, taxes, which nobody else can touch now."""
    _stamp_taxes(drafts)
    sellers = list(Seller.objects.order_by("-valid_from"))
    for invoice in drafts:
        _stamp(invoice, every[_prefix(invoice)], sellers, at)
    update_rows(list(every.values()), ["last_number"])


def _write(drafts: Sequence[Invoice], balances: Mapping[int, int], at: datetime) -> None:
    """On locked wallets. From here on the database refuses every change but of what is paid."""
    update_rows(drafts, _STAMPED)
    allocating.pay_oldest(balances, at=at)
    deliveries.queue(invoices=drafts, now=at)


def _stamp_taxes(drafts: Sequence[Invoice]) -> None:
    rates = taxes.Rates()
    lines = {invoice: list(invoice.lines.all()) for invoice in drafts}
    for invoice, its in lines.items():
        taxes.stamp(invoice, its, rates)
    taxed: list[InvoiceLine] = [line for its in lines.values() for line in its if line.tax_rate is not None]
    update_rows(taxed, ["tax_rate"])
    insert_rows([tax for invoice, its in lines.items() for tax in taxes.taxes_of(invoice, its)])


def _stamp(invoice: Invoice, series: InvoiceSeries, sellers: Iterable[Seller], at: datetime) -> None:
    series.last_number += 1
    invoice.number = f"{series.name}-{series.last_number:06d}"
    invoice.issued_at = max(at, invoice.created_at)
    today = invoice.issued_at.astimezone(ZoneInfo(invoice.wallet.time_zone)).date()
    if invoice.total_micros > 0:
        invoice.due_on = today + timedelta(days=settings.CREDIT_INVOICE_DUE_DAYS)
    invoice.seller = _seller(sellers, today)
    invoice.billed_to = _billed_to(invoice)
    invoice.held_back_at, invoice.held_back_by_name = None, ""


def _prefix(invoice: Invoice) -> str:
    return _PREFIXES.get(InvoiceKind(invoice.kind), settings.CREDIT_INVOICE_PREFIX)


def _seller(newest_first: Iterable[Seller], today: date) -> Seller | None:
    return next((seller for seller in newest_first if seller.valid_from <= today), None)


def _billed_to(invoice: Invoice) -> dict[str, str]:
    customer = invoice.wallet.organization
    return {
        "name": customer.name,
        "address": customer.billing_address,
        "country": customer.country,
        "tax_id": customer.tax_id,
    }


# -- what a person did


def _asked(by: Actor, reason: str, deed: str) -> str:
    require(by, "credit.issue_invoice", deed)
    return inputs.text(reason, field="reason", longest=255, required=True)


def _record(
    books: Books, invoice: Invoice, verb: str, reason: str, before: dict[str, Any], after: dict[str, Any]
) -> None:
    account = books.accounts[invoice.wallet_id]
    books.add(
        Change(
            organization_id=account.wallet.organization_id,
            wallet=account.wallet,
            at=account.at,
            verb=verb,
            reason=reason,
            before={"invoice": str(invoice.pk), **before} if before else {},
            after={"invoice": str(invoice.pk), **after},
            **books.by.signature(),
        )
    )
