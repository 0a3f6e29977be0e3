"""Re-allocation: a person says which invoices a payment pays. It moves no money, only what is paid by it."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from credit.actions import allocating, inputs
from credit.actions.books import Account, Now, opened
from credit.actions.refusals import BadInput, Refused, require
from credit.actions.writing import insert_rows, update_rows
from credit.actors import Actor
from credit.languages import Label
from credit.languages import Said as _
from credit.models import Allocation, Change, Invoice, Transaction, Wallet
from credit.money import to_words
from credit.terms import Kind, Reason

# On one form or request; a payment of more invoices is left to the oldest-first rule.
MOST_INVOICES = 100


@dataclass(frozen=True)
class Wish:
    """What of a line pays which invoice: pk -> micros, zero left out."""

    line: Transaction
    amounts: Mapping[int, int]


def reallocate(
    *,
    line: Transaction,
    amounts: Mapping[int, inputs.Amount],
    reason: str,
    seen: Iterable[int] | None = None,
    by: Actor,
    now: Now,
) -> list[Allocation]:
    """From now on the line pays these invoices (pk -> amount; zero, or left out: nothing), and its rest is free.

    The rest pays the oldest open invoice when money next comes in, an invoice is issued, or before the customer is
    asked for it. `seen`: pks of the line's live allocations when the person looked. BadInput("amount_<pk>" | "line"),
    Refused(not_authorized | changed_meanwhile). Gives the line's live allocations, invoice by invoice.
    """
    require(by, "credit.allocate_payment", _("allocate payments"))
    words = inputs.text(reason, field="reason", longest=255, required=True)
    wish = _parse(line, amounts)
    with opened([line.wallet_id], by=by, now=now) as books:
        account = books.accounts[line.wallet_id]
        live = list(Allocation.objects.live().filter(line=line).select_related("invoice").order_by("pk"))
        _refuse_if_changed(live, seen)
        _refuse_money_that_is_gone(line)
        _replace(account, wish, live, words)
    return list(
        Allocation.objects.live().filter(line=line).select_related("invoice").order_by("invoice", "pk")
    )


def pay_what_is_free(*, wallets: Collection[int], at: datetime) -> int:
    """Before a customer is asked for money, what is there pays the oldest; how many allocations were made."""
    balances = dict(Wallet.objects.filter(pk__in=wallets).values_list("pk", "balance_micros"))
    some = [pk for pk, (free, payable) in allocating.free_of(balances).items() if free > 0 < payable]
    if not some:
        return 0
    with transaction.atomic():
        locked = Wallet.objects.filter(pk__in=some).locked()
        return allocating.pay_oldest(dict(locked.values_list("pk", "balance_micros")), at=at)


def can_pay(line: Transaction) -> bool:
    """Whether a line is money in, which can pay invoices."""
    return line.amount_micros > 0 and allocating.concerns(line)


def field_of(pk: int) -> str:
    """The name under which an invoice's amount is refused."""
    return f"amount_{pk}"


def _parse(line: Transaction, amounts: Mapping[int, inputs.Amount]) -> Wish:
    if not can_pay(line):
        raise BadInput(
            "line", _("Only money that came in pays invoices. Choose a payment."), Reason.NOT_FOUND
        )
    if len(amounts) > MOST_INVOICES:
        raise BadInput(
            "line",
            _("At most %(MOST_INVOICES)s invoices at once. Leave the rest to the next step.")
            % {"MOST_INVOICES": MOST_INVOICES},
        )
    parsed = {pk: inputs.amount(sent, field=field_of(pk), zero=True) for pk, sent in amounts.items()}
    wish = Wish(line, {pk: micros for pk, micros in parsed.items() if micros})
    total = sum(wish.amounts.values())
    if total > line.amount_micros:
        raise _too_much(
            wish,
            _("The %(line)s is %(amount)s; %(total)s is typed.")
            % {"line": _what(line), "amount": to_words(line.amount_micros), "total": to_words(total)},
        )
    return wish


def _replace(account: Account, wish: Wish, live: Sequence[Allocation], reason: str) -> None:
    """Ends what differs from the wish and makes what is missing; what stays as it was is not touched."""
    before = _by_invoice(live)
    kept = {pk for pk, micros in before.items() if wish.amounts.get(pk) == micros}
    by, at = account.books.by, account.at
    gone = [row.pk for row in live if row.invoice_id not in kept]
    allocating.end(Allocation.objects.filter(pk__in=gone), at=at, by_name=by.name)
    added = {pk: micros for pk, micros in wish.amounts.items() if pk not in kept}
    invoices = _invoices(account, added)
    _refuse_more_than_there_is(account, wish, added)
    for pk, micros in added.items():
        invoices[pk].paid_micros += micros
    rows = [_row(account, wish.line, pk, micros) for pk, micros in added.items()]
    insert_rows(rows)
    update_rows(list(invoices.values()), ["paid_micros"])
    _record(account, wish, live, invoices, reason)


def _invoices(account: Account, added: Mapping[int, int]) -> dict[int, Invoice]:
    """The invoices that are to be paid, each issued, of this wallet, and open by at least what is typed."""
    found = {row.pk: row for row in Invoice.objects.filter(pk__in=added, wallet=account.wallet)}
    for pk, micros in added.items():
        invoice = found.get(pk)
        if invoice is None or invoice.issued_at is None:
            message = _("Only an issued invoice of this wallet can be paid. Look at the list again.")
            raise BadInput(field_of(pk), message, Reason.NOT_FOUND)
        if micros > (left := invoice.total_micros - invoice.paid_micros):
            message = _("%(value)s is open on %(number)s. Type at most that.") % {
                "value": to_words(max(0, left)),
                "number": invoice.number,
            }
            raise BadInput(field_of(pk), message, Reason.INVALID_AMOUNT)
    return found


def _refuse_more_than_there_is(account: Account, wish: Wish, added: Mapping[int, int]) -> None:
    """Of the payment itself a part may have left the wallet again: by a withdrawal, or charges while it was prepaid."""
    balances = {account.wallet.pk: account.wallet.balance_micros}
    free, _payable = allocating.free_of(balances).get(account.wallet.pk, (0, 0))
    if (total := sum(added.values())) > max(0, free):
        raise _too_much(
            wish,
            _("%(value)s is there for invoices; %(total)s is typed.")
            % {"value": to_words(max(0, free)), "total": to_words(total)},
        )


def _refuse_money_that_is_gone(line: Transaction) -> None:
    if line.corrections.filter(kind=Kind.REVERSAL).exists():
        raise Refused(
            Reason.CHANGED_MEANWHILE,
            _("The %(line)s was reversed, so it pays nothing.") % {"line": _what(line)},
        )


def _refuse_if_changed(live: Sequence[Allocation], seen: Iterable[int] | None) -> None:
    if seen is not None and {row.pk for row in live} != set(seen):
        message = _("What it pays changed after you opened the form. Look at it again, then decide.")
        raise Refused(Reason.CHANGED_MEANWHILE, message)


def _too_much(wish: Wish, words: str) -> BadInput:
    field = field_of(max(wish.amounts, key=lambda pk: wish.amounts[pk]))
    return BadInput(field, _("%(words)s Type less.") % {"words": words}, Reason.INVALID_AMOUNT)


def _what(line: Transaction) -> str:
    return Label(Kind(line.kind).label)


def _by_invoice(rows: Iterable[Allocation]) -> dict[int, int]:
    amounts: dict[int, int] = {}
    for row in rows:
        amounts[row.invoice_id] = amounts.get(row.invoice_id, 0) + row.amount_micros
    return amounts


def _row(account: Account, line: Transaction, invoice: int, micros: int) -> Allocation:
    by = account.books.by
    return Allocation(
        wallet=account.wallet,
        invoice_id=invoice,
        line=line,
        amount_micros=micros,
        allocated_at=account.at,
        by_user=by.user,
        by_name=by.name,
    )


def _record(
    account: Account,
    wish: Wish,
    live: Sequence[Allocation],
    invoices: Mapping[int, Invoice],
    reason: str,
) -> None:
    """Before and after by invoice number: what this line paid of it."""
    numbers = {row.invoice_id: row.invoice.number for row in live} | {
        pk: invoice.number for pk, invoice in invoices.items()
    }

    def told(amounts: Mapping[int, int]) -> dict[str, Any]:
        return {f"{numbers[pk]}_micros": micros for pk, micros in amounts.items()}

    account.books.add(
        Change(
            organization_id=account.wallet.organization_id,
            wallet=account.wallet,
            at=account.at,
            verb="reallocate_payment",
            reason=reason,
            before=told(_by_invoice(live)),
            after=told(wish.amounts),
            **account.books.by.signature(),
        )
    )
