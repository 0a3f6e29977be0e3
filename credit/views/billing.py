"""Billing details of an organization: address, e-mail for bills, tax id."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from credit.actions import billing
from credit.actors import Actor
from credit.forms.billing import BillingForm
from credit.views.statuses import OrganizationPanel
from credit.views.verbs import Words

_FIELDS = ("billing_address", "billing_email", "tax_id")


class BillingDetails(OrganizationPanel):
    permission_required = "credit.send_invoice"
    form_class = BillingForm
    title = gettext_lazy("Billing details")

    def initial(self) -> dict[str, Any]:
        return {name: getattr(self.organization, name) for name in _FIELDS}

    def act(self, given: dict[str, Any], by: Actor) -> Words:
        said = {name: given[name] for name in (*_FIELDS, "reason")}
        kept = billing.set_details(organization=self.organization, by=by, now=timezone.now, **said)
        if not kept.billing_email:
            return _("Billing details of %(name)s are saved. No e-mail for bills: nothing is sent.") % {
                "name": kept.name
            }
        return _("Billing details of %(name)s are saved. Bills go to %(billing_email)s.") % {
            "name": kept.name,
            "billing_email": kept.billing_email,
        }
