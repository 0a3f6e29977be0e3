"""What stands on a customer's bills and where they are sent: written by the organization's record, kept as a change."""

from typing import Any

from django.db import transaction

from credit.actions import inputs
from credit.actions.books import Now
from credit.actions.reasons import parse_reason
from credit.actions.refusals import BadInput, require
from credit.actors import Actor
from credit.languages import Said as _
from credit.models import Change
from organizations import actions as records
from organizations.models import Organization

_FIELDS = ("billing_address", "billing_email", "tax_id")


def set_details(
    *,
    organization: Organization,
    billing_address: str = "",
    billing_email: str = "",
    tax_id: str = "",
    reason_code: str = "",
    reason: str = "",
    by: Actor,
    now: Now,
) -> Organization:
    """Holds for invoices that are issued from now on; what is issued keeps what was stamped on it.

    Refused(not_authorized); BadInput names the field.
    """
    require(by, "credit.send_invoice", _("set billing details"))
    code, words = parse_reason(reason_code, reason)
    given = {
        "billing_address": inputs.text(billing_address, field="billing_address", longest=1000),
        "billing_email": inputs.text(billing_email, field="billing_email", longest=254),
        "tax_id": inputs.text(tax_id, field="tax_id", longest=40),
    }
    with transaction.atomic():
        locked = Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
        before = _told(locked)
        _write(locked, given)
        _record(locked, before, code, words, by, now() if callable(now) else now)
    return locked


def _told(organization: Organization) -> dict[str, Any]:
    return {name: getattr(organization, name) for name in _FIELDS}


def _write(organization: Organization, given: dict[str, str]) -> None:
    try:
        records.update_billing(organization=organization, **given)
    except records.OrganizationRefused as refusal:
        raise BadInput(refusal.field, refusal.message) from None


def _record(
    organization: Organization, before: dict[str, Any], code: str, words: str, by: Actor, at: Any
) -> None:
    after = _told(organization)
    changed = [name for name in _FIELDS if before[name] != after[name]]
    if not changed:
        return
    Change.objects.create(
        organization=organization,
        at=at,
        verb="set_billing_details",
        reason_code=code,
        reason=words,
        before={name: before[name] for name in changed},
        after={name: after[name] for name in changed},
        **by.signature(),
    )
