"""Setting how much a group may decide alone; recorded like every other change."""

from typing import Any

from django.contrib.auth.models import Group
from django.db import transaction

from credit.actions import inputs
from credit.actions.books import Now
from credit.actions.refusals import BadInput, require
from credit.actors import Actor
from credit.languages import Said as _
from credit.models import Authority, Change

LONGEST_DAYS = 3660
_FIGURES = ("largest_amount_micros", "largest_increase_micros", "longest_days", "unlimited")


def set_authority(
    *,
    group: Group,
    currency: str = "",
    amount: inputs.Amount,
    increase: inputs.Amount,
    days: int,
    unlimited: bool = False,
    by: Actor,
    now: Now,
) -> Authority:
    """A group's figures in a currency, or (empty) in every one without a row of its own. BadInput names the field."""
    require(by, "credit.change_authority", _("set the authority of a group"))
    if currency:
        inputs.currency(currency)
    if not 0 <= days <= LONGEST_DAYS:
        raise BadInput("days", _("Days are a whole number from 0 to %(most)s.") % {"most": LONGEST_DAYS})
    figures = {
        "largest_amount_micros": inputs.amount(amount, field="amount", zero=True),
        "largest_increase_micros": inputs.amount(increase, field="increase", zero=True),
        "longest_days": days,
        "unlimited": unlimited,
    }
    with transaction.atomic():
        stands = Authority.objects.select_for_update().filter(group=group, currency=currency).first()
        before = _figures(stands) if stands else {}
        row, _made = Authority.objects.update_or_create(group=group, currency=currency, defaults=figures)
        _record("set_authority", row, before, figures, by, now)
    return row


def remove_authority(*, authority: Authority, by: Actor, now: Now) -> None:
    """From then on the row for any currency holds, or nothing at all."""
    require(by, "credit.delete_authority", _("remove the authority of a group"))
    with transaction.atomic():
        _record("remove_authority", authority, _figures(authority), {}, by, now)
        authority.delete()


def _figures(row: Authority) -> dict[str, Any]:
    return {name: getattr(row, name) for name in _FIGURES}


def _record(
    verb: str, row: Authority, before: dict[str, Any], after: dict[str, Any], by: Actor, now: Now
) -> None:
    of = {"group": row.group.name, "currency": row.currency}
    at = now() if callable(now) else now
    Change.objects.create(at=at, verb=verb, before=of | before, after=of | after, **by.signature())
