"""What one row does to its wallet: one step, or for a reversal up to two, each a verb of `actions.limits`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from credit.actions import authority, limits, reviews
from credit.actions.authority import BeyondAuthority
from credit.actions.books import Now
from credit.actions.limit_plans import LIMIT_COLUMNS, as_settled, below_use, raise_of, slot_columns
from credit.actions.refusals import Refused
from credit.actors import Actor
from credit.languages import Said as _
from credit.models import BulkRow, BulkVerb, CreditLimit, LimitSlot, Wallet
from credit.money import to_decimal
from credit.terms import Reason

SET, END, REMOVE, REVIEW = "set_limit", "end_temporary", "remove_permanent", "review"
_VERBS: dict[str, Callable[..., Any]] = {
    SET: limits.set_limit,
    END: limits.end_temporary,
    REMOVE: limits.remove_permanent,
    REVIEW: reviews.keep,
}


@dataclass(frozen=True)
class Step:
    verb: str
    wish: dict[str, Any] = field(default_factory=dict)

    def beyond(self, wallet: Wallet, by: Actor, now: datetime) -> BeyondAuthority | None:
        """Why it would have to become a request, or None. Raises what else saving would."""
        if self.verb == SET:
            return limits.preview_limit(wallet=wallet, by=by, now=now, **self.wish).beyond
        if self.verb != END:
            return None  # to review raises nothing, and to remove a limit neither
        settled = as_settled(Wallet.objects.get(pk=wallet.pk), now)
        wish = {"slot": LimitSlot.TEMPORARY}
        ends = raise_of(settled, slot_columns("temporary"), "end_temporary_limit", now, wish=wish)
        return authority.beyond(settled, ends, by, now)


@dataclass
class Previewed:
    """A row by the rule at an instant: wallets with the rule's numbers, what needs a yes, and why somebody else's."""

    now: Any
    after: Any
    harms: list[str]
    ends_at: datetime | None = None
    beyond: BeyondAuthority | None = None


def steps_of(verb: str, row: BulkRow, settled: Wallet, at: datetime) -> list[Step]:
    """None at all where the wallet stands as it should already."""
    if verb == BulkVerb.END:
        return [Step(END)]
    if verb == BulkVerb.REVIEW:
        day = row.bulk_change.wish.get("review_on")
        return [Step(REVIEW, {"review_on": date.fromisoformat(day) if day else None})]
    if verb == BulkVerb.REVERSE:
        return _way_back(as_stood(row), settled, at)
    return [] if _stands_already(row, settled) else [Step(SET, _wish_of(row))]


def do(
    steps: Sequence[Step],
    wallet: Wallet,
    *,
    version: int | None,
    confirmed: bool,
    told: dict[str, str],
    by: Actor,
    now: Now,
) -> CreditLimit | None:
    """In the running transaction, on the locked wallet. Only the last step can hurt: before it nobody charges."""
    limit = None
    for number, step in enumerate(steps):
        is_last = number == len(steps) - 1
        yes = {} if step.verb == REVIEW else {"confirmed": confirmed or not is_last}
        seen = None if number else version
        limit = _VERBS[step.verb](wallet=wallet, version=seen, by=by, now=now, **yes, **told, **step.wish)
    return limit


def preview(
    verb: str, row: BulkRow, steps: Sequence[Step], wallet: Wallet, by: Actor, now: datetime
) -> Previewed:
    """By the same plan and rule as one limit. Raises what saving would, but for the yes that a person may give."""
    if len(steps) == 1 and steps[0].verb == SET and verb != BulkVerb.REVERSE:
        found = limits.preview_limit(wallet=wallet, by=by, now=now, **steps[0].wish)
        return Previewed(found.now, found.after_saving, found.plan.harms, found.plan.ends_at, found.beyond)
    current = Wallet.objects.at(now).get(pk=wallet.pk)
    if verb == BulkVerb.REVIEW:
        _refuse_without_permanent(current)
        return Previewed(current, current, [])
    settled = as_settled(current, now)
    columns = _columns_after(verb, row, settled, now)
    after: Any = Wallet.objects.at(now, **columns).get(pk=wallet.pk)
    harms = below_use(settled, after.effective_limit_micros, after.used_micros)
    return Previewed(current, after, harms, beyond=_beyond(steps, wallet, by, now))


def wanted_beyond(row: BulkRow, steps: Sequence[Step], wallet: Wallet, by: Actor, now: datetime) -> Any:
    """The refusal that a request is made of, with what was asked for as it was typed: days count from the approval."""
    if row.bulk_change.verb != BulkVerb.REVERSE and steps[0].verb == SET and row.days:
        steps = [Step(SET, steps[0].wish | {"ends_at": None, "days": row.days})]
    return _beyond(steps, wallet, by, now)


def _beyond(steps: Sequence[Step], wallet: Wallet, by: Actor, now: datetime) -> BeyondAuthority | None:
    """Of one step. Two at once cannot be asked for: there such a row is a problem."""
    found = [step.beyond(wallet, by, now) for step in steps]
    above = next((one for one in found if one), None)
    if above and len(steps) > 1:
        raise above
    return above


def _refuse_without_permanent(wallet: Wallet) -> None:
    if wallet.permanent_limit_micros is None and not wallet.limit_unlimited:
        raise Refused(Reason.NOT_FOUND, _("There is no permanent limit to review."))


def _columns_after(verb: str, row: BulkRow, settled: Wallet, now: datetime) -> dict[str, Any]:
    if verb == BulkVerb.END:
        if not settled.temporary_ends_at:
            raise Refused(Reason.NOT_FOUND, _("No temporary limit is running."))
        return slot_columns("temporary")
    stood = as_stood(row)
    permanent = {name: stood[name] for name in ("permanent_limit_micros", "limit_unlimited")}
    if _runs_still(stood, now):
        return permanent | slot_columns(
            "temporary", stood["temporary_limit_micros"], now, stood["temporary_ends_at"]
        )
    return permanent | slot_columns("temporary")


# -- what is asked for


def _wish_of(row: BulkRow) -> dict[str, Any]:
    amount = None if row.amount_micros is None else to_decimal(row.amount_micros)
    wish: dict[str, Any] = {"amount": amount, "unlimited": row.unlimited}
    # Once it was previewed the end is an instant: what was shown is what is saved.
    if row.ends_at:
        return wish | {"ends_at": row.ends_at}
    return wish | {"days": row.days} if row.days else wish


def _stands_already(row: BulkRow, settled: Wallet) -> bool:
    if row.days or row.ends_at:
        return (settled.temporary_limit_micros, settled.temporary_ends_at) == (row.amount_micros, row.ends_at)
    permanent = (settled.permanent_limit_micros, settled.limit_unlimited)
    return permanent == (row.amount_micros, row.unlimited) and not settled.temporary_ends_at


# -- the way back


def standing_limits(settled: Wallet) -> dict[str, Any]:
    """The limits of a wallet as a reversal needs them: amounts in micros, instants in ISO 8601."""
    values = {name: getattr(settled, name) for name in LIMIT_COLUMNS}
    return {
        name: value.isoformat() if isinstance(value, datetime) else value for name, value in values.items()
    }


def as_stood(row: BulkRow) -> dict[str, Any]:
    """The limits that stood before the row that is reversed."""
    assert row.reverses is not None
    stood = dict(row.reverses.stood)
    return {
        name: datetime.fromisoformat(value) if name.endswith("_at") and value else value
        for name, value in stood.items()
    }


def _runs_still(stood: dict[str, Any], at: datetime) -> bool:
    return stood["temporary_ends_at"] is not None and stood["temporary_ends_at"] > at


def _way_back(stood: dict[str, Any], settled: Wallet, at: datetime) -> list[Step]:
    """New, recorded changes that put the permanent limit back and, if it would still run, the temporary one."""
    steps, running = [], (settled.temporary_limit_micros, settled.temporary_ends_at)
    permanent = (stood["permanent_limit_micros"], stood["limit_unlimited"])
    if permanent != (settled.permanent_limit_micros, settled.limit_unlimited):
        steps.append(_permanent_step(*permanent))
        running = running if steps[0].verb == REMOVE else (None, None)
    wanted = (None, None)
    if _runs_still(stood, at):
        wanted = (stood["temporary_limit_micros"], stood["temporary_ends_at"])
    if wanted == running:
        return steps
    if wanted[0] is None:
        return [*steps, Step(END)]
    return [*steps, Step(SET, {"amount": to_decimal(wanted[0]), "ends_at": wanted[1]})]


def _permanent_step(amount: int | None, unlimited: bool) -> Step:
    if unlimited:
        return Step(SET, {"unlimited": True})
    return Step(REMOVE) if amount is None else Step(SET, {"amount": to_decimal(amount)})
