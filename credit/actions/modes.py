"""Changing payment mode and invoicing scheme. What is owed is conserved, but for rounding."""

from copy import copy
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from credit import periods
from credit.actions import inputs
from credit.actions.authority import Raise, spend
from credit.actions.books import Account, Now, opened
from credit.actions.changes import record, refuse_if_changed, snapshot
from credit.actions.closes import close_ended
from credit.actions.limit_plans import LIMIT_COLUMNS, parse_permanent, raise_of
from credit.actions.limits import drop_permanent, drop_temporary, write_permanent
from credit.actions.reasons import parse_reason
from credit.actions.refusals import BadInput, ConfirmationNeeded, Refused, require
from credit.actions.settling import end_period, start_period
from credit.actors import Actor
from credit.invoicing import opening_invoice, rounding_left
from credit.languages import Said as _
from credit.models import LimitSlot, Period, Wallet
from credit.money import to_text
from credit.terms import Kind, PaymentMode, Reason, Scheme

_TICK = timedelta(microseconds=1)


@dataclass(frozen=True)
class ModeWish:
    """`limit` / `unlimited`: the limit from then on; `keep_limit=True`: the one that stands; False: none (prepaid)."""

    to: str
    scheme: str = ""
    limit: inputs.Amount | None = None
    unlimited: bool = False
    keep_limit: bool | None = None

    def content(self) -> dict[str, Any]:
        """The limit as the one text of its amount: 100 and 100.00 ask for the same."""
        if self.limit is None or self.limit == "":
            return asdict(self) | {"limit": None}
        return asdict(self) | {"limit": to_text(inputs.amount(self.limit, field="limit", zero=True))}


def change_mode(
    *,
    wallet: Wallet,
    to: str,
    scheme: str = "",
    limit: inputs.Amount | None = None,
    unlimited: bool = False,
    keep_limit: bool | None = None,
    version: int | None = None,
    reason_code: str = "",
    reason: str = "",
    by: Actor,
    now: Now,
) -> Wallet:
    """Prepaid <-> postpaid. BadInput, or Refused(credit_limit_required | changed_meanwhile | wallet_closed | …)."""
    require(by, "credit.change_payment_mode", _("change the payment mode"))
    wish = ModeWish(to, scheme, limit, unlimited, keep_limit)
    code, words = parse_reason(reason_code, reason, by)
    with opened([wallet.pk], by=by, now=now) as books:
        account = books[wallet]
        refuse_if_changed(account, version)
        _refuse(account.wallet, wish, by)
        before, usable, stood = snapshot(account.wallet), account.usable, copy(account.wallet)
        if to == PaymentMode.POSTPAID:
            _to_postpaid(account, wish)
        else:
            _to_prepaid(account, wish)
        record(account, "change_payment_mode", before, reason_code=code, reason=words)
        spend(account, _raise_of(account, stood, usable, wish))
    return account.wallet


def change_scheme(
    *,
    wallet: Wallet,
    scheme: str,
    version: int | None = None,
    reason_code: str = "",
    reason: str = "",
    by: Actor,
    now: Now,
) -> Wallet:
    """From now on; nothing that was posted is reclassified."""
    require(by, "credit.change_payment_mode", _("change the invoicing scheme"))
    code, words = parse_reason(reason_code, reason, by)
    _parse_scheme(scheme)
    with opened([wallet.pk], by=by, now=now) as books:
        account = books[wallet]
        refuse_if_changed(account, version)
        if account.wallet.closed_at:
            raise Refused(Reason.WALLET_CLOSED, _("The wallet is closed. Reopen it first."))
        if account.wallet.mode != PaymentMode.POSTPAID:
            raise Refused(
                Reason.NOT_ALLOWED_FOR_MODE,
                _("Only a postpaid wallet has an invoicing scheme."),
                field="scheme",
            )
        if account.wallet.scheme == scheme:
            raise BadInput("scheme", _("That is the scheme already. Choose another one."))
        before = snapshot(account.wallet)
        account.wallet.scheme = scheme
        record(account, "change_scheme", before, reason_code=code, reason=words)
    return account.wallet


def preview_mode(*, wallet: Wallet, now: datetime, by: Actor, **wish: Any) -> Any:
    """The wallet by the rule as it would stand after the switch (but for rounding); raises what the switch would."""
    asked = ModeWish(**wish)
    current: Any = Wallet.objects.at(now).get(pk=wallet.pk)
    _refuse(current, asked, by)
    columns: dict[str, Any] = {"mode": asked.to, **_limit_columns(current, asked, by)}
    if asked.to == PaymentMode.PREPAID:
        owed = current.live_closing_micros + current.live_unbilled_micros
        columns |= {
            "balance_micros": current.balance_micros - owed,
            "unbilled_micros": 0,
            "closing_micros": 0,
        }
        columns["period_ends_at"] = None
    else:
        columns |= {"temporary_starts_at": None, "temporary_ends_at": None}
        columns |= {"scheduled_starts_at": None, "scheduled_ends_at": None}
    return Wallet.objects.at(now, **columns).get(pk=wallet.pk)


def next_first_instant(wallet: Wallet, t: datetime) -> datetime:
    """A period's first instant is its name, so it comes after the latest one (fine print 1)."""
    latest = (
        Period.objects.filter(wallet=wallet)
        .order_by("-starts_at")
        .values_list("starts_at", flat=True)
        .first()
    )
    return max(t, latest + _TICK) if latest else t


def begin_postpaid(account: Account) -> None:
    start = next_first_instant(account.wallet, account.at)
    start_period(account.wallet, start, periods.month_end_after(start, account.wallet.time_zone))


def finish_postpaid(account: Account) -> None:
    """All ended periods, then the running one up to now, are closed."""
    wallet = account.wallet
    assert wallet.period_starts_at is not None
    end_period(wallet, max(account.at, wallet.period_starts_at + _TICK), account.at).save()
    wallet.period_starts_at = wallet.period_ends_at = None
    close_ended(account.books)


def _raise_of(account: Account, stood: Wallet, usable: int | None, wish: ModeWish) -> Raise:
    """A switch raises by its limit, or by what it makes usable: a debt that is due counts no longer against it."""
    columns = {name: getattr(account.wallet, name) for name in LIMIT_COLUMNS}
    limit = raise_of(stood, columns, "change_payment_mode", account.at, wish=wish.content())
    if usable is None or account.usable is None or limit.amount_micros is None:
        return limit
    more = max(limit.increase_micros, account.usable - usable)
    return replace(limit, increase_micros=more, amount_micros=max(limit.amount_micros, more))


def _to_postpaid(account: Account, wish: ModeWish) -> None:
    wallet = account.wallet
    _write_limit(account, wish)
    for slot in (LimitSlot.TEMPORARY, LimitSlot.SCHEDULED):
        if getattr(wallet, f"{slot}_ends_at"):
            drop_temporary(account, slot)
    wallet.mode, wallet.scheme = PaymentMode.POSTPAID, wish.scheme
    begin_postpaid(account)
    if wallet.balance_micros < 0:
        invoice, lines = opening_invoice(wallet, -wallet.balance_micros, account.at)
        account.books.invoice(invoice, lines)
        for micros in rounding_left(lines):
            account.post(Kind.ROUNDING, micros, invoice=invoice)


def _to_prepaid(account: Account, wish: ModeWish) -> None:
    finish_postpaid(account)
    account.wallet.mode, account.wallet.scheme = PaymentMode.PREPAID, ""
    if wish.keep_limit is False:
        drop_permanent(account)
    else:
        _write_limit(account, wish)


def _write_limit(account: Account, wish: ModeWish) -> None:
    columns = _limit_columns(account.wallet, wish, account.books.by)
    if columns:
        write_permanent(account, columns["permanent_limit_micros"], columns["limit_unlimited"])


def _limit_columns(wallet: Wallet, wish: ModeWish, by: Actor) -> dict[str, Any]:
    """The permanent limit that the wish sets; nothing where the one that stands is kept."""
    if wish.unlimited or wish.limit not in (None, ""):
        amount = parse_permanent(wish.limit, wish.unlimited, wallet.currency, by)
        return {"permanent_limit_micros": amount, "limit_unlimited": wish.unlimited}
    if wish.to == PaymentMode.PREPAID and wish.keep_limit is False:
        return {"permanent_limit_micros": None, "limit_unlimited": False}
    return {}


def _refuse(wallet: Wallet, wish: ModeWish, by: Actor) -> None:
    if wallet.closed_at:
        raise Refused(Reason.WALLET_CLOSED, _("The wallet is closed. Reopen it first."))
    if wish.to not in PaymentMode.values:
        raise BadInput(
            "to", _("Payment mode %(to)r is not known. Choose prepaid or postpaid.") % {"to": wish.to}
        )
    if wish.to == wallet.mode:
        raise BadInput("to", _("The wallet is %(to)s already.") % {"to": wish.to})
    if wish.to == PaymentMode.POSTPAID:
        _parse_scheme(wish.scheme)
        _refuse_without_limit(wallet, wish, by)
    elif wish.keep_limit is None and wish.limit in (None, "") and not wish.unlimited:
        raise ConfirmationNeeded(
            Reason.INVALID_INPUT, _("Say whether the credit limit is kept or removed."), field="keep_limit"
        )


def _refuse_without_limit(wallet: Wallet, wish: ModeWish, by: Actor) -> None:
    stands = wallet.permanent_limit_micros is not None or wallet.limit_unlimited
    if not _limit_columns(wallet, wish, by) and not (wish.keep_limit and stands):
        message = _(
            "A postpaid wallet needs a limit. Set it in this step, or keep the permanent one if there is one."
        )
        raise Refused(Reason.CREDIT_LIMIT_REQUIRED, message, field="limit")


def _parse_scheme(scheme: str) -> None:
    if scheme not in Scheme.values:
        raise BadInput(
            "scheme",
            _("Scheme %(scheme)r is not known. Choose one of %(values)s.")
            % {"scheme": scheme, "values": ", ".join(Scheme.values)},
        )
