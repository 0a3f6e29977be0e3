"""A new customer, and one more wallet of a customer."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from credit.actions import wallets
from credit.actors import Actor
from credit.forms.money import VerbForm
from credit.forms.wallets import NewCustomerForm, NewWalletForm
from credit.views.panels import way_back
from credit.views.statuses import OrganizationPanel
from credit.views.verbs import VerbPanel, Words


class NewWallet(OrganizationPanel):
    permission_required = "credit.add_wallet"
    form_class = NewWalletForm
    title = gettext_lazy("New wallet")
    button = gettext_lazy("Create wallet")

    def about(self, form: VerbForm) -> dict[str, Any]:
        return {"facts": [_("A wallet holds one currency. Its Wallet ID is drawn and shown afterwards.")]}

    def act(self, given: dict[str, Any], by: Actor) -> Words:
        wallet = wallets.create_wallet(
            organization=self.organization, by=by, now=timezone.now, **_wallet(given)
        )
        return _("Wallet %(wallet_id)s is open: %(currency)s, %(mode)s.") % {
            "wallet_id": wallet.wallet_id,
            "currency": wallet.currency,
            "mode": wallet.mode,
        }


def _wallet(given: dict[str, Any]) -> dict[str, Any]:
    same = ("currency", "mode", "scheme", "unlimited", "reason_code", "reason")
    another, limit = given["confirmed"], given["limit"] or None
    return {**{name: given[name] for name in same}, "another": another, "limit": limit}


class NewCustomer(VerbPanel):
    """A page of its own: afterwards the new organization is shown."""

    permission_required = ("credit.add_wallet", "organizations.add_organization")
    form_class = NewCustomerForm
    title = gettext_lazy("New organization")
    button = gettext_lazy("Create organization")
    template_name = "organizations/new.html"

    def load(self, **names: Any) -> None:
        pass

    def initial(self) -> dict[str, Any]:
        return {"time_zone": settings.PORTAL_TIME_ZONE}

    def act(self, given: dict[str, Any], by: Actor) -> Words:
        organization = {name: given[name] for name in ("name", "country", "time_zone", "reference")}
        self.wallet = wallets.create_customer(
            organization=organization, by=by, now=timezone.now, **_wallet(given)
        )
        return _("%(name)s has wallet %(wallet_id)s.") % {
            "name": self.wallet.organization.name,
            "wallet_id": self.wallet.wallet_id,
        }

    def done(self, request: HttpRequest, words: str, look: str) -> HttpResponse:
        super().done(request, words, look)
        organization = reverse("organization", args=[self.wallet.organization.uuid])
        return HttpResponseRedirect(f"{organization}?wallet={self.wallet.wallet_id}")

    def show(self, form: VerbForm, status: int = 200, question: str = "") -> HttpResponse:
        context = {
            "form": form,
            "question": question,
            "next": self.back_to(),
            "panel_title": self.title,
            "cancel_url": self.back_to(),
            "section": "organizations",
            "button": self.button,
            "facts": [_("The organization and its first wallet are created in one step.")],
        }
        return render(self.request, self.template_name, context, status=status)

    def back_to(self) -> str:
        return way_back(self.request, reverse("organizations"))
