"""Suspending, resuming and moving an organization; closing and reopening a wallet."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from credit import display
from credit.actions import statuses, wallets
from credit.actors import Actor
from credit.forms.money import VerbForm
from credit.forms.statuses import CloseForm, StatusForm, TimeZoneForm
from credit.views.above import Above
from credit.views.panels import way_back
from credit.views.verbs import VerbPanel, Words
from organizations.models import Organization


class OrganizationPanel(VerbPanel):
    """A verb on an organization: it concerns every one of its wallets."""

    template_name = "money/organization_form.html"
    form_class = StatusForm

    def load(self, **names: Any) -> None:
        self.organization = get_object_or_404(Organization, uuid=names["uuid"])
        self.open_wallets = self.organization.wallets.filter(closed_at=None).count()

    def show(
        self, form: VerbForm, status: int = 200, question: str = "", above: Above | None = None
    ) -> HttpResponse:
        context = {
            "organization": self.organization,
            "panel_title": self.title,
            "cancel_url": self.back_to(),
            "section": "organizations",
            "form": form,
            "next": self.back_to(),
            "question": question,
            **self.asking(form, above),
            "is_harmful": self.is_harmful,
            "count": self.open_wallets,
            **self.about(form),
        }
        return render(self.request, self.template_name, context, status=status)

    def back_to(self) -> str:
        return way_back(self.request, reverse("organization", args=[self.organization.uuid]))

    def all_wallets(self) -> str:
        return (
            _("its one wallet")
            if self.open_wallets == 1
            else _("all its %(open_wallets)s open wallets") % {"open_wallets": self.open_wallets}
        )


class Suspend(OrganizationPanel):
    permission_required = "credit.suspend_organization"
    title = gettext_lazy("Suspend organization")
    button = gettext_lazy("Suspend")
    is_harmful = True

    def about(self, form: VerbForm) -> dict[str, Any]:
        verbs = _("charges, new and extended reservations, withdrawals and transfers out")
        stops = _("This stops %(verbs)s on %(all_wallets)s.") % {
            "verbs": verbs,
            "all_wallets": self.all_wallets(),
        }
        then = _("Payments, refunds, commits of live reservations and what was delivered already still post.")
        return {"notes": [{"look": "danger", "icon": "pause", "first": stops, "then": then}]}

    def act(self, given: dict[str, Any], by: Actor) -> Words:
        said = {name: given[name] for name in ("reason_code", "reason")}
        statuses.suspend(organization=self.organization, by=by, now=timezone.now, **said)
        return _("%(name)s is suspended: %(all_wallets)s stopped.") % {
            "name": self.organization.name,
            "all_wallets": self.all_wallets(),
        }


class Resume(OrganizationPanel):
    permission_required = "credit.suspend_organization"
    title = gettext_lazy("Resume organization")
    button = gettext_lazy("Resume")

    def about(self, form: VerbForm) -> dict[str, Any]:
        return {
            "facts": [
                _("Charges pass again on %(all_wallets)s, as far as there is usable credit.")
                % {"all_wallets": self.all_wallets()}
            ]
        }

    def act(self, given: dict[str, Any], by: Actor) -> Words:
        said = {name: given[name] for name in ("reason_code", "reason")}
        statuses.resume(organization=self.organization, by=by, now=timezone.now, **said)
        return _("%(name)s is active again: %(all_wallets)s can be charged.") % {
            "name": self.organization.name,
            "all_wallets": self.all_wallets(),
        }


class ChangeTimeZone(OrganizationPanel):
    permission_required = "credit.change_payment_mode"
    form_class = TimeZoneForm
    title = gettext_lazy("Change time zone")

    def initial(self) -> dict[str, Any]:
        return {"time_zone": self.organization.time_zone}

    def act(self, given: dict[str, Any], by: Actor) -> Words:
        said = {name: given[name] for name in ("time_zone", "reason_code", "reason")}
        statuses.change_time_zone(organization=self.organization, by=by, now=timezone.now, **said)
        clock = display.place(given["time_zone"])
        return _("Months of %(name)s end by the clock of %(clock)s from the next one on.") % {
            "name": self.organization.name,
            "clock": clock,
        }


class CloseWallet(VerbPanel):
    permission_required = "credit.close_wallet"
    form_class = CloseForm
    title = gettext_lazy("Close wallet")
    button = gettext_lazy("Close wallet")
    is_harmful = True

    def about(self, form: VerbForm) -> dict[str, Any]:
        wallet = self.wallet
        stands = _("Balance %(balance)s, unbilled %(live_unbilled)s, reserved %(live_reserved)s.") % {
            "balance": self.money(wallet.balance_micros - wallet.live_closing_micros),
            "live_unbilled": self.money(wallet.live_unbilled_micros),
            "live_reserved": self.money(wallet.live_reserved_micros),
        }
        return {"facts": [_("A closed wallet refuses every posting. It must be empty first."), stands]}

    def act(self, given: dict[str, Any], by: Actor) -> Words:
        said = {name: given[name] for name in ("reason_code", "reason")}
        wallets.close_wallet(wallet=self.wallet, by=by, now=timezone.now, **said)
        return _("%(wallet_id)s is closed.") % {"wallet_id": self.wallet.wallet_id}


class ReopenWallet(VerbPanel):
    permission_required = "credit.reopen_wallet"
    form_class = CloseForm
    title = gettext_lazy("Reopen wallet")
    button = gettext_lazy("Reopen wallet")

    def about(self, form: VerbForm) -> dict[str, Any]:
        return {"facts": [_("The wallet takes postings again. A postpaid one starts a new period now.")]}

    def act(self, given: dict[str, Any], by: Actor) -> Words:
        said = {name: given[name] for name in ("reason_code", "reason")}
        wallets.reopen_wallet(wallet=self.wallet, by=by, now=timezone.now, **said)
        return _("%(wallet_id)s is open again. %(usable_now)s") % {
            "wallet_id": self.wallet.wallet_id,
            "usable_now": self.usable_now(),
        }
