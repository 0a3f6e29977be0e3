"""A bulk change is a row first: what was chosen and typed, then one row for each wallet, then its preview."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import islice
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import ngettext

from credit.actions import inputs
from credit.actions.limit_plans import parse_review
from credit.actions.reasons import parse_reason
from credit.actions.refusals import BadInput, require
from credit.actors import Actor
from credit.bulk import asked, cells, driving
from credit.bulk.sheets import MOST_ROWS
from credit.languages import Both, Number, as_written, in_both
from credit.languages import Said as _
from credit.models import BulkChange, BulkRow, BulkVerb, RowState, Wallet
from credit.terms import Reason

RIGHT = "credit.set_credit_limit"
BATCH = 500
AT_ONCE = 30  # rows that are previewed in the request itself: what a page of the list holds


@dataclass(frozen=True)
class Form:
    """What a person sent: its key makes sending it twice one bulk change."""

    key: UUID
    verb: str
    chosen: str
    reason_code: str
    reason: str = ""
    wish: dict[str, Any] = field(default_factory=dict)


def ticked(count: int) -> Both:
    """Which wallets, in words: “3 wallets ticked in the list”."""

    def words() -> str:
        many = ngettext("%(count)s wallet ticked in the list", "%(count)s wallets ticked in the list", count)
        return many % {"count": as_written(f"{count:,}")}

    return in_both(words)


def from_wallets(*, form: Form, wallet_pks: list[int], by: Actor, now: datetime) -> BulkChange:
    """For these wallets, in their order. BadInput names the field; the same key gives the first one's answer."""
    require(by, RIGHT, "set credit limits")
    if not wallet_pks:
        raise BadInput("wallet", _("No wallet is selected. Tick some in the list."))
    if len(wallet_pks) > MOST_ROWS:
        words = _("More than %(most)s wallets match. Narrow the filter, or upload files.")
        raise BadInput("wallet", words % {"most": Number(f"{MOST_ROWS:,}")})
    refuse_wish(form, wallet_pks, now)
    rows = [BulkRow(number=number, wallet_id=pk) for number, pk in enumerate(wallet_pks, 1)]
    return made(form, rows, by=by, now=now)


def made(form: Form, rows: Iterable[BulkRow], *, by: Actor, now: datetime, **columns: Any) -> BulkChange:
    """Stores it with its rows, in batches; small ones are previewed at once, large ones by a worker."""
    if not form.reason_code:
        raise BadInput("reason_code", _("Choose why. It is kept with every change."))
    code, words = parse_reason(form.reason_code, form.reason, by)
    with transaction.atomic():
        change, is_new = BulkChange.objects.get_or_create(
            key=form.key,
            defaults={
                "verb": form.verb, "wish": form.wish, "chosen": form.chosen, "reason_code": code, "reason": words,
                "made_at": now, "by_user": by.user, "by_name": by.name, **columns,
            },
        )  # fmt: skip
        if is_new:
            _store(change, rows)
            large = change.rows_count > AT_ONCE
            transaction.on_commit(lambda: driving.ask_a_worker(change.pk) if large else None)
    return change


def _store(change: BulkChange, rows: Iterable[BulkRow]) -> None:
    waiting = iter(rows)
    while batch := list(islice(waiting, BATCH)):
        for row in batch:
            row.bulk_change = change
        BulkRow.objects.bulk_create(batch)
        change.rows_count += len(batch)
    change.save(update_fields=["rows_count"])


def refuse_wish(form: Form, wallet_pks: list[int], now: datetime) -> None:
    """What can be said before any row is looked at; an amount means something else in each currency."""
    wish, amount = form.wish, form.wish.get("amount")
    if wish.get("review_on"):
        parse_review(date.fromisoformat(wish["review_on"]), "UTC", now)
    cells.until(wish.get("until") or "", "UTC")
    if form.verb == BulkVerb.RAISE and bool(amount) == bool(wish.get("percent")):
        raise BadInput("percent", _("Type a percentage or an amount, one of the two."))
    if wish.get("percent"):
        asked.percent(wish["percent"])
    if form.verb == BulkVerb.RAISE and amount:
        asked.by_amount(amount)
    if form.verb == BulkVerb.SET and not wish.get("unlimited"):
        _refuse_amount(amount)
    if amount:
        _refuse_mixed(wallet_pks)


def _refuse_amount(amount: str | None) -> None:
    if not amount:
        words = _("Credit limit is missing. Type the total; 0 is a real zero.")
        raise BadInput("amount", words, Reason.INVALID_AMOUNT)
    inputs.amount(amount, zero=True)


def _refuse_mixed(wallet_pks: list[int]) -> None:
    found = Wallet.objects.filter(pk__in=wallet_pks).order_by("currency")
    currencies = list(found.values_list("currency", flat=True).distinct())
    if len(currencies) > 1:
        raise BadInput(
            "amount",
            _(
                "The wallets are in %(currencies)s, and one amount means something else in each. "
                "Filter by one currency, or raise by percent."
            )
            % {"currencies": ", ".join(currencies)},
            Reason.CURRENCY_MISMATCH,
        )


def reversal_of(change: BulkChange, *, form: Form, by: Actor, now: datetime) -> BulkChange:
    """The way back, as a bulk change of its own: previewed, confirmed and recorded like any other."""
    require(by, RIGHT, "set credit limits")
    if change.verb == BulkVerb.REVIEW:
        raise BadInput("", _("A review changed no limit, so there is nothing to put back."))
    done = change.rows.filter(state=RowState.DONE).order_by("number")
    if not done.exists():
        raise BadInput("", _("Nothing of this bulk change was done, so there is nothing to reverse."))
    rows = (
        BulkRow(number=row.number, wallet_id=row.wallet_id, version=row.version_after, reverses=row)
        for row in done.iterator(chunk_size=BATCH)
    )
    return made(form, rows, by=by, now=now, reverses=change)
