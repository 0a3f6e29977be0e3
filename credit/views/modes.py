"""Changing payment mode and invoicing scheme, with a preview by the same rule before anything is saved."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from credit import display
from credit.actions import modes
from credit.actions.refusals import NotDone
from credit.actors import Actor
from credit.forms.modes import SchemeForm, ToPostpaidForm, ToPrepaidForm
from credit.forms.money import VerbForm
from credit.models import Wallet
from credit.terms import PaymentMode, Scheme
from credit.views.verbs import VerbPanel, Words


class ChangeMode(VerbPanel):
    permission_required = "credit.change_payment_mode"
    title = gettext_lazy("Change payment mode")
    button = gettext_lazy("Change payment mode")
    is_harmful = True
    template_name = "money/mode.html"

    def load(self, **names: Any) -> None:
        super().load(**names)
        self.to = PaymentMode.POSTPAID if self.wallet.mode == PaymentMode.PREPAID else PaymentMode.PREPAID
        self.form_class = ToPostpaidForm if self.to == PaymentMode.POSTPAID else ToPrepaidForm

    def post(self, request: HttpRequest, **names: Any) -> HttpResponse:
        if "preview" not in request.POST:
            return super().post(request, **names)
        # What is looked at needs no reason yet, so only the wish is read.
        form = self.form_class(request.POST)
        form.is_valid()
        form.errors.clear()
        if request.htmx:
            return render(request, "money/mode_preview.html", {"wallet": self.wallet, **self.about(form)})
        return self.show(form)

    def initial(self) -> dict[str, Any]:
        wallet = self.wallet
        limit = wallet.permanent_limit_micros
        return {
            "version": wallet.live_version,
            "scheme": Scheme.CONSOLIDATED,
            "limit": "" if limit is None else display.typed(limit, wallet.currency),
            "unlimited": wallet.limit_unlimited,
        }

    def about(self, form: VerbForm) -> dict[str, Any]:
        return {"facts": self._facts(), "to": self._to_words(), "can_preview": True, **self._preview(form)}

    def act(self, given: dict[str, Any], by: Actor) -> Words:
        said = {name: given[name] for name in ("version", "reason_code", "reason")}
        wish = self._wish(given)
        modes.change_mode(wallet=self.wallet, by=by, now=timezone.now, **wish, **said)
        return _("%(wallet_id)s is %(to)s now. %(usable_now)s") % {
            "wallet_id": self.wallet.wallet_id,
            "to": self._to_words(),
            "usable_now": self.usable_now(),
        }

    def _to_words(self) -> str:
        return display.inside(PaymentMode(self.to).label)

    def _wish(self, given: dict[str, Any]) -> dict[str, Any]:
        if self.to == PaymentMode.PREPAID:
            keep = given.get("keep_limit")
            return {"to": self.to, "keep_limit": keep == "keep" if keep else None}
        return {
            "to": self.to,
            "scheme": given.get("scheme") or "",
            "limit": given.get("limit") or None,
            "unlimited": bool(given.get("unlimited")),
        }

    def _facts(self) -> list[str]:
        if self.to == PaymentMode.PREPAID:
            return [
                _("The ended months and the running one up to now are closed and invoiced in this step."),
                _("What is owed stays owed; only rounding on the invoices can change it."),
                _("Switching back within the month starts a new period with a full limit."),
            ]
        facts = [
            _("A debt becomes an opening invoice. From now on the limit holds for what a month is charged.")
        ]
        if self.wallet.temporary_ends_at or self.wallet.scheduled_ends_at:
            facts.append(_("The temporary limit that runs or is scheduled ends in this step."))
        return facts

    def _preview(self, form: VerbForm) -> dict[str, Any]:
        given = getattr(form, "cleaned_data", None) or form.initial
        try:
            by = Actor.person(self.request.user)
            after = modes.preview_mode(wallet=self.wallet, now=timezone.now(), by=by, **self._wish(given))
        except NotDone as error:
            return {"preview_says": error.shown}
        return {"before": _shown(self.wallet), "after": _shown(after)}


def _shown(wallet: Wallet) -> dict[str, Any]:
    """The numbers of one column of the preview."""
    names = (
        "balance_micros",
        "live_unbilled_micros",
        "live_reserved_micros",
        "due_micros",
        "effective_limit_micros",
    )
    numbers = {name.removesuffix("_micros"): getattr(wallet, name) for name in names}
    return {**numbers, "usable": wallet.usable_micros, "standing": wallet.standing}


class ChangeScheme(VerbPanel):
    permission_required = "credit.change_payment_mode"
    form_class = SchemeForm
    title = gettext_lazy("Change invoicing scheme")

    def initial(self) -> dict[str, Any]:
        return {"version": self.wallet.live_version, "scheme": self.wallet.scheme}

    def about(self, form: VerbForm) -> dict[str, Any]:
        return {
            "facts": [
                _("It holds for what is posted from now on; nothing that was posted is reclassified."),
                _("The monthly document follows the scheme in force at the month’s last instant."),
            ]
        }

    def act(self, given: dict[str, Any], by: Actor) -> Words:
        said = {name: given[name] for name in ("scheme", "version", "reason_code", "reason")}
        modes.change_scheme(wallet=self.wallet, by=by, now=timezone.now, **said)
        scheme = display.SCHEMES[given["scheme"]]
        return _("%(wallet_id)s is invoiced by scheme %(scheme)s now. %(usable_now)s") % {
            "wallet_id": self.wallet.wallet_id,
            "scheme": scheme,
            "usable_now": self.usable_now(),
        }
