"""The preview of a bulk change: every row by the same plan and the same rule as one limit, in bounded chunks."""

from collections import defaultdict
from datetime import datetime
from typing import Any

from credit import display
from credit.actions.limit_plans import as_settled
from credit.actions.refusals import NotDone, Refused
from credit.actions.writing import update_rows
from credit.actors import Actor
from credit.bulk import asked, steps
from credit.languages import Said as _
from credit.languages import in_both
from credit.models import BulkChange, BulkRow, BulkState, BulkVerb, Change, RowState, Wallet
from credit.terms import LimitState, Reason

CHUNK = 100
_WRITTEN = [
    "currency", "amount_micros", "unlimited", "days", "ends_at", "words", "state", "version", "before", "after",
    "harms", "reason_code", "field", "message",
]  # fmt: skip


def plan_chunk(change: BulkChange, by: Actor, now: datetime) -> int:
    """Previews the next rows; 0 when none is left. The caller holds the bulk change."""
    rows = list(change.rows.filter(state=RowState.READ).select_related("reverses")[:CHUNK])
    wallets = {
        wallet.pk: wallet
        for wallet in Wallet.objects.at(now).filter(pk__in=[row.wallet_id for row in rows if row.wallet_id])
    }
    for row in rows:
        _plan(row, change, wallets.get(row.wallet_id or 0), by, now)
    update_rows(rows, _WRITTEN)
    return len(rows)


def finish(change: BulkChange, now: datetime) -> None:
    change.totals = totals_of(change)
    change.state, change.planned_at = BulkState.PLANNED, now
    change.save(update_fields=["totals", "state", "planned_at"])


def totals_of(change: BulkChange) -> list[dict[str, Any]]:
    """Per currency: how many rows change a limit, and their limits before and after.

    Which become unlimited, or were so, are only counted: their other side would make the sum say what is not so.

    Added up in Python: ten thousand amounts of 10¹² are more than a sum of SQLite holds.
    """
    found: dict[str, dict[str, Any]] = defaultdict(
        lambda: dict.fromkeys(
            ("rows", "before", "after", "unlimited", "bounded", "blocked", "freed", "harms"), 0
        )
    )
    rows = change.rows.filter(state__in=[RowState.PLANNED, RowState.DONE])
    for currency, before, after, harms in rows.values_list("currency", "before", "after", "harms").iterator():
        total = found[currency]
        total["rows"] += 1
        total["harms"] += bool(harms)
        becomes, was = (side["state"] == LimitState.UNLIMITED for side in (after, before))
        total["unlimited"] += becomes
        total["bounded"] += was and not becomes
        if not (becomes or was):
            total["before"] += before["limit"] or 0
            total["after"] += after["limit"] or 0
        was_blocked, will_be = before["standing"] == "blocked", after["standing"] == "blocked"
        total["blocked"] += will_be and not was_blocked
        total["freed"] += was_blocked and not will_be
    return [{"currency": currency, **found[currency]} for currency in sorted(found)]


def _plan(row: BulkRow, change: BulkChange, wallet: Any, by: Actor, now: datetime) -> None:
    try:
        if wallet is None:
            raise Refused(Reason.NOT_FOUND, _("There is no such wallet any more."), field="wallet_id")
        _preview(row, change, wallet, by, now)
    except asked.NothingAsked:
        row.state, row.message = RowState.UNCHANGED, _("New limit is empty.")
    except NotDone as refusal:
        refuse(row, RowState.PROBLEM, refusal)


def _preview(row: BulkRow, change: BulkChange, wallet: Any, by: Actor, now: datetime) -> None:
    wallet.read_at = now
    row.currency = wallet.currency
    row.before = row.after = numbers(wallet)
    if change.verb == BulkVerb.REVERSE:
        _refuse_changed_since(row, wallet)
    else:
        row.version = wallet.live_version
    asked.fill_in(row, change, wallet)
    to_do = steps.steps_of(change.verb, row, as_settled(wallet, now), now)
    if not to_do:
        row.state, row.message = RowState.UNCHANGED, _("It stands so already.")
        return
    found = steps.preview(change.verb, row, to_do, wallet, by, now)
    row.state, row.harms = RowState.PLANNED, found.harms
    row.before, row.after = numbers(found.now), numbers(found.after)
    row.ends_at = found.ends_at or row.ends_at
    if found.beyond:
        refuse(row, RowState.ABOVE, found.beyond)


def refuse(row: BulkRow, state: RowState, refusal: NotDone) -> None:
    row.state, row.reason_code = state, refusal.reason
    row.field, row.message = refusal.field[:40], refusal.message


def numbers(wallet: Any) -> dict[str, Any]:
    """What a row shows of its wallet: amounts in micros, None where there is none."""
    return {
        "limit": wallet.effective_limit_micros if wallet.limit_state != LimitState.NOT_SET else None,
        "state": wallet.limit_state,
        "ends_at": wallet.limit_ends_at.isoformat() if wallet.limit_ends_at else None,
        "permanent": wallet.permanent_limit_micros,
        "usable": wallet.usable_micros,
        "used": wallet.used_micros,
        "standing": wallet.standing,
    }


def _refuse_changed_since(row: BulkRow, wallet: Any) -> None:
    """A reversal leaves and names what was decided after the act: that decision knew what it did."""
    if wallet.live_version == row.version:
        return
    done = row.reverses
    assert done is not None and done.done_at is not None
    latest = Change.objects.filter(wallet=wallet).order_by("-at", "-pk").first()
    if latest and latest.at > done.done_at:
        at = latest.at
        when = in_both(lambda: display.day_and_time(at, wallet.time_zone))
        words = _("%(who)s changed it after the bulk change, on %(when)s. It is left as it is.") % {
            "who": latest.by_name,
            "when": when,
        }
    else:
        words = _("Its temporary limit has ended or begun by itself since. It is left as it is.")
    raise Refused(Reason.CHANGED_MEANWHILE, words)
