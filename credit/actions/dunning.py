"""Suspending organizations whose invoices stay open for too long, where a setting says after how many days."""

from datetime import datetime

from django.conf import settings
from django.db import transaction

from credit.actions import allocating, statuses
from credit.actions.books import Now
from credit.actors import Actor
from credit.models import Invoice, Notice, OverdueSuspension
from credit.money import to_words
from credit.reports import overdue
from organizations.models import Organization, OrganizationStatus


def due(now: datetime, limit: int) -> list[int]:
    """Organizations with an invoice that is open for too long and has suspended nobody yet, the oldest due first."""
    rows = _causes(now).exclude(wallet__organization__status=OrganizationStatus.CLOSED)
    found = rows.order_by("due_on", "pk").values_list("wallet__organization_id", flat=True)[:limit]
    return list(dict.fromkeys(found))


def suspend_overdue(*, organization_pk: int, by: Actor, now: Now) -> dict[str, int]:
    """Through the one suspend action. Each invoice does this once: a person who resumes is not overruled by it.

    Where the organization is suspended already, its invoices are noted all the same, so that resuming holds there too.
    """
    with transaction.atomic():
        organization = Organization.objects.select_for_update(no_key=True).get(pk=organization_pk)
        # A payment in flight holds these rows; whether it has paid is known once they are ours.
        balances = dict(organization.wallets.locked().values_list("pk", "balance_micros"))
        at = now() if callable(now) else now
        # Who has paid owes nothing, whichever invoice a person has taken the money from.
        allocating.pay_oldest(balances, at=at)
        causes = list(_causes(at).filter(wallet__organization=organization).order_by("due_on", "pk"))
        if not causes:
            return {"suspended": 0}
        is_active = organization.status == OrganizationStatus.ACTIVE
        if is_active:
            _suspend(organization, causes[0], by, at)
        _note(organization, causes, was_suspended_already=not is_active, at=at)
    return {"suspended": int(is_active)}


def _causes(now: datetime):
    days = settings.CREDIT_SUSPEND_AFTER_OVERDUE_DAYS
    found = overdue.not_yet_suspended_for(overdue.late(now, days)) if days else Invoice.objects.none()
    return found.select_related("wallet")


def _suspend(organization: Organization, cause: Invoice, by: Actor, at: datetime) -> None:
    late = _days_late(cause, at)
    left = to_words(cause.total_micros - cause.paid_micros)
    reason = f"{left} {cause.currency} of invoice {cause.number} are {late} days late."
    statuses.suspend(organization=organization, reason=reason, by=by, now=at)
    text = f"Suspended: {reason}"
    Notice.objects.create(wallet=cause.wallet, at=at, kind="suspended_when_overdue", text=text)


def _note(
    organization: Organization, causes: list[Invoice], *, was_suspended_already: bool, at: datetime
) -> None:
    OverdueSuspension.objects.bulk_create(
        OverdueSuspension(
            organization=organization,
            invoice=cause,
            at=at,
            days_late=_days_late(cause, at),
            was_suspended_already=was_suspended_already,
        )
        for cause in causes
    )


def _days_late(invoice: Invoice, at: datetime) -> int:
    assert invoice.due_on is not None
    return (overdue.today(at).of(invoice.wallet.time_zone) - invoice.due_on).days
