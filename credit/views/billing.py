"""Billing details of an organization: address, e-mail for bills, tax id."""

from typing import Any

from django.utils import timezone

from credit.actions import billing
from credit.actors import Actor
from credit.forms.billing import BillingForm
from credit.views.statuses import OrganizationPanel
from credit.views.verbs import Words

_FIELDS = ("billing_address", "billing_email", "tax_id")


class BillingDetails(OrganizationPanel):
    permission_required = "credit.send_invoice"
    form_class = BillingForm
    title = "Billing details"

    def initial(self) -> dict[str, Any]:
        return {name: getattr(self.organization, name) for name in _FIELDS}

    def act(self, given: dict[str, Any], by: Actor) -> Words:
        said = {name: given[name] for name in (*_FIELDS, "reason")}
        kept = billing.set_details(organization=self.organization, by=by, now=timezone.now, **said)
        if not kept.billing_email:
            return f"Billing details of {kept.name} are saved. No e-mail for bills: nothing is sent."
        return f"Billing details of {kept.name} are saved. Bills go to {kept.billing_email}."
