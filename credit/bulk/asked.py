"""What a row asks for, as typed values: from the file, or from what was typed once for all rows."""

import re
from decimal import Decimal
from typing import Any

from credit import display
from credit.actions import inputs
from credit.actions.limit_plans import as_settled
from credit.actions.refusals import BadInput, Refused
from credit.bulk import cells, sheets
from credit.languages import Said as _
from credit.languages import in_both
from credit.models import BulkChange, BulkRow, BulkVerb
from credit.money import InvalidAmount, minor_unit, to_micros
from credit.terms import LimitState, Reason

LARGEST_PERCENT = Decimal(1000)
_PERCENT = re.compile(r"-?\d{1,4}(\.\d{1,2})?")


class NothingAsked(Exception):
    """The row of the file leaves its wallet as it is."""


def fill_in(row: BulkRow, change: BulkChange, wallet: Any) -> None:
    """Puts the amount, days and end on the row; `wallet` carries the rule's numbers. Raises BadInput, Refused or
    NothingAsked."""
    if change.verb == BulkVerb.FILE:
        _from_file(row, wallet)
    elif change.verb == BulkVerb.SET:
        row.unlimited = bool(change.wish.get("unlimited"))
        row.amount_micros = None if row.unlimited else inputs.amount(change.wish["amount"], zero=True)
        _lasts(row, change.wish.get("days"), change.wish.get("until") or "", wallet)
    elif change.verb == BulkVerb.RAISE:
        _lasts(row, change.wish.get("days"), change.wish.get("until") or "", wallet)
        row.amount_micros = _raised(change.wish, wallet, is_temporary=bool(row.days or row.ends_at))


def _lasts(row: BulkRow, days: int | None, until: str, wallet: Any) -> None:
    row.days, row.ends_at = days, cells.until(until, wallet.time_zone)
    if row.days is not None and row.ends_at:
        raise BadInput("until", _("Give days or an exact end, not both."))


# -- raising


def percent(typed: str) -> Decimal:
    """ "10", "-5" or "12.5" as a number; BadInput for anything else, for zero, and for what leaves nothing."""
    text = typed.strip().rstrip("%").strip().replace("\u2212", "-").replace(",", ".")
    if not _PERCENT.fullmatch(text):
        raise BadInput(
            "percent", _("Percent must be a number with at most two decimals, such as 10 or 12.5.")
        )
    value = Decimal(text)
    if value == 0 or not -100 < value <= LARGEST_PERCENT:
        raise BadInput("percent", _("Percent must be above −100, at most 1,000, and not zero."))
    return value


def _raised(wish: dict[str, Any], wallet: Any, *, is_temporary: bool) -> int:
    base = _base(wallet, is_temporary=is_temporary)
    if wish.get("percent"):
        return percent_of(base, percent(wish["percent"]), wallet.currency)
    micros = base + by_amount(wish["amount"])
    if micros < 0:
        stands = in_both(lambda: display.with_code(base, wallet.currency))
        words = _("The limit is %(limit)s: it cannot be lowered by more than that.") % {"limit": stands}
        raise BadInput("amount", words, Reason.INVALID_AMOUNT)
    return micros


def by_amount(typed: str) -> int:
    """Micros to add; a minus lowers."""
    sign = -1 if typed.startswith("-") else 1
    return sign * inputs.amount(typed.removeprefix("-"))


def percent_of(base: int, percent: Decimal, currency: str) -> int:
    """The base and so many percent of it, rounded once, half away from zero, to the currency's decimals."""
    unit = minor_unit(currency)
    hundredths = int((100 + percent) * 100)
    return (2 * base * hundredths + 10_000 * unit) // (2 * 10_000 * unit) * unit


def _base(wallet: Any, *, is_temporary: bool) -> int:
    """A temporary increase stands on the limit in force, a permanent one on the permanent."""
    settled = as_settled(wallet, wallet.read_at)
    micros = wallet.effective_limit_micros if is_temporary else settled.permanent_limit_micros
    if wallet.limit_unlimited:
        raise Refused(
            Reason.INVALID_INPUT, _("The limit is unlimited: there is nothing to raise."), field="amount"
        )
    if wallet.limit_state == LimitState.NOT_SET or micros is None:
        raise Refused(
            Reason.INVALID_INPUT, _("No limit is set that could be raised. Set one instead."), field="amount"
        )
    return int(micros)


# -- a row of a file


def _from_file(row: BulkRow, wallet: Any) -> None:
    line = sheets.Line(row.number, row.cells)
    typed = line[sheets.NEW_LIMIT]
    _refuse_other_currency(line[sheets.CURRENCY], wallet)
    _refuse_what_changed(line, wallet, is_asked=bool(typed))
    if not typed:
        if line[sheets.DAYS] or line[sheets.UNTIL]:
            raise BadInput("new_limit", _("New limit is empty, but the row has an end. Type the new total."))
        raise NothingAsked
    row.words = inputs.text(line[sheets.REASON], field="reason", longest=255)
    row.unlimited = cells.is_unlimited(typed)
    if not row.unlimited:
        amount = cells.amount_text(typed)
        row.amount_micros = inputs.cash(
            inputs.amount(amount, field="new_limit", zero=True), wallet.currency, field="new_limit"
        )
    _lasts(row, cells.days(line[sheets.DAYS]), line[sheets.UNTIL], wallet)


def _refuse_other_currency(typed: str, wallet: Any) -> None:
    if typed and typed.upper() != wallet.currency:
        raise BadInput(
            "currency",
            _("The file says %(typed)s, but the wallet is in %(currency)s. Look whether the row has slipped.")
            % {"typed": typed[:10], "currency": wallet.currency},
            Reason.CURRENCY_MISMATCH,
        )


def _refuse_what_changed(line: sheets.Line, wallet: Any, *, is_asked: bool) -> None:
    """A downloaded list says what stood there then; who decided on that has to see what stands there now."""
    state = sheets.plain(line[sheets.SEEN_STATE])
    if state not in LimitState.values:
        return
    seen = _seen_micros(line[sheets.SEEN_LIMIT])
    has_amount = state in (LimitState.PERMANENT, LimitState.TEMPORARY)
    if state == wallet.limit_state and (not has_amount or seen in (None, wallet.effective_limit_micros)):
        return
    then = _words(state, seen, wallet.currency)
    now = _words(wallet.limit_state, wallet.effective_limit_micros, wallet.currency)
    words = _(
        "The file says the limit was %(then)s; now it is %(now)s. Download the list anew, or mend the row."
    )
    if not is_asked:
        words = _(
            "Credit limit says %(then)s, but %(now)s is in force. A new total belongs into the column New limit."
        )
    raise Refused(Reason.CHANGED_MEANWHILE, words % {"then": then, "now": now}, field="credit_limit")


def _seen_micros(typed: str) -> int | None:
    try:
        return to_micros(cells.amount_text(typed)) if typed else None
    except (BadInput, InvalidAmount):
        return None


def _words(state: str, micros: int | None, currency: str) -> str:
    if state in (LimitState.NOT_SET, LimitState.UNLIMITED) or micros is None:
        return in_both(lambda: str(LimitState(state).label))
    return in_both(lambda: display.with_code(micros, currency))
