"""A new customer, and one more wallet of a customer."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from credit.actions import openings, wallets
from credit.actions.authority import BeyondAuthority
from credit.actors import Actor
from credit.forms.money import VerbForm
from credit.forms.wallets import NewCustomerForm, NewWalletForm
from credit.models import ChangeRequest, Wallet
from credit.views.above import Above, above_new
from credit.views.panels import way_back
from credit.views.statuses import OrganizationPanel
from credit.views.verbs import VerbPanel, Words


class AsksForTheRest(VerbPanel):
    """A limit above the person's authority: the wallet is opened with what is theirs, and the limit is asked for."""

    def above(self, beyond: BeyondAuthority) -> Above:
        return above_new(beyond, beyond.wallet.mode)

    def ask(self, beyond: BeyondAuthority, given: dict[str, Any], by: Actor) -> ChangeRequest:
        said: dict[str, Any] = {**self.new(given), "by": by, "now": timezone.now}
        asked = openings.open_and_ask(create=self.create, beyond=beyond, **said)
        self.wallet = asked.wallet
        return asked

    def create(self, **new: Any) -> Wallet:
        return wallets.create_wallet(**new)

    def new(self, given: dict[str, Any]) -> dict[str, Any]:
        """What is created, from what was typed."""
        raise NotImplementedError


class NewWallet(AsksForTheRest, OrganizationPanel):
    permission_required = "credit.add_wallet"
    form_class = NewWalletForm
    title = gettext_lazy("New wallet")
    button = gettext_lazy("Create wallet")

    def about(self, form: VerbForm) -> dict[str, Any]:
        return {"facts": [_("A wallet holds one currency. Its Wallet ID is drawn and shown afterwards.")]}

    def act(self, given: dict[str, Any], by: Actor) -> Words:
        wallet = self.create(by=by, now=timezone.now, **self.new(given))
        return _("Wallet %(wallet_id)s is open: %(currency)s, %(mode)s.") % {
            "wallet_id": wallet.wallet_id,
            "currency": wallet.currency,
            "mode": wallet.mode,
        }

    def new(self, given: dict[str, Any]) -> dict[str, Any]:
        return {"organization": self.organization, **_wallet(given)}


def _wallet(given: dict[str, Any]) -> dict[str, Any]:
    same = ("currency", "mode", "scheme", "unlimited", "reason_code", "reason")
    another, limit = given["confirmed"], given["limit"] or None
    return {**{name: given[name] for name in same}, "another": another, "limit": limit}


class NewCustomer(AsksForTheRest):
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
        self.wallet = self.create(by=by, now=timezone.now, **self.new(given))
        return _("%(name)s has wallet %(wallet_id)s.") % {
            "name": self.wallet.organization.name,
            "wallet_id": self.wallet.wallet_id,
        }

    def create(self, **new: Any) -> Wallet:
        return wallets.create_customer(**new)

    def new(self, given: dict[str, Any]) -> dict[str, Any]:
        organization = {name: given[name] for name in ("name", "country", "time_zone", "reference")}
        return {"organization": organization, **_wallet(given)}

    def done(self, request: HttpRequest, words: str, look: str) -> HttpResponse:
        super().done(request, words, look)
        organization = reverse("organization", args=[self.wallet.organization.uuid])
        return HttpResponseRedirect(f"{organization}?wallet={self.wallet.wallet_id}")

    def show(
        self, form: VerbForm, status: int = 200, question: str = "", above: Above | None = None
    ) -> HttpResponse:
        context = {
            "form": form,
            "question": question,
            "next": self.back_to(),
            "panel_title": self.title,
            "cancel_url": self.back_to(),
            "section": "organizations",
            **self.asking(form, above),
            "facts": [_("The organization and its first wallet are created in one step.")],
        }
        return render(self.request, self.template_name, context, status=status)

    def back_to(self) -> str:
        return way_back(self.request, reverse("organizations"))
