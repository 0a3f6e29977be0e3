"""Alert rules: the default for all, one per currency, and those that single wallets have for themselves."""

from typing import Any

from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from credit import money, viewer
from credit.actions import alerts
from credit.actors import Actor
from credit.alerts import rules
from credit.forms.alerts import RuleForm, as_typed, wish_of
from credit.forms.money import VerbForm
from credit.models import AlertRule, AlertSend, DeliveryState
from credit.views.alerts import WALLETS, told
from credit.views.panels import way_back
from credit.views.verbs import VerbPanel, Words

PAGE = 50
FOR_ALL = "all"


@require_GET
@permission_required("credit.view_alertevent", raise_exception=True)
def rule_list(request: HttpRequest) -> HttpResponse:
    before, currency = request.GET.get("before", ""), request.GET.get("currency", "").strip().upper()
    if currency.isalpha() and currency.isascii():
        return redirect("default_alert_rule", currency=currency)
    own = AlertRule.objects.exclude(wallet=None).prefetch_related(WALLETS).order_by("-pk")
    own = own.filter(pk__lt=int(before)) if before.isdecimal() and len(before) < 19 else own
    found = list(own[: PAGE + 1])
    defaults = rules.defaults()
    context = {
        "for_all": defaults.get("") or rules.built_in(),
        "for_currencies": [rule for currency, rule in sorted(defaults.items()) if currency],
        "own": found[:PAGE],
        "earlier": found[PAGE - 1].pk if len(found) > PAGE else None,
        "before": before,
        "zone": viewer.zone(),
        "section": "alerts",
    }
    return render(request, "alerts/rules.html", context)


class PortalPanel(VerbPanel):
    """A verb that concerns no single wallet; it leads back to a list of its own."""

    template_name = "alerts/form.html"

    def show(self, form: VerbForm, status: int = 200, question: str = "") -> HttpResponse:
        context = {
            "panel_title": self.title,
            "subject_words": self.subject_words(),
            "cancel_url": self.back_to(),
            "section": "alerts",
            "form": form,
            "next": self.back_to(),
            "question": question,
            "button": self.button,
            "is_harmful": self.is_harmful,
            **self.about(form),
        }
        return render(self.request, self.template_name, context, status=status)

    def subject_words(self) -> str:
        return ""

    def back_to(self) -> str:
        return way_back(self.request, reverse("alert_rules"))


class SetDefaultRule(PortalPanel):
    """The default of a currency, or the one for all."""

    permission_required = "credit.manage_alerts"
    form_class = RuleForm
    title = gettext_lazy("Default alert rule")

    def load(self, **names: Any) -> None:
        self.currency = "" if names["currency"] == FOR_ALL else names["currency"]
        try:
            money.decimals(self.currency or "EUR")
        except money.InvalidAmount:
            raise Http404("There is no such currency.") from None

    def initial(self) -> dict[str, Any]:
        defaults = rules.defaults()
        return as_typed(defaults.get(self.currency) or defaults.get("") or rules.built_in(), self.currency)

    def form_arguments(self) -> dict[str, Any]:
        return {"currency": self.currency}

    def subject_words(self) -> str:
        if not self.currency:
            return _("Every wallet without a rule of its own or of its currency")
        return _("Every wallet in %(currency)s without a rule of its own") % {"currency": self.currency}

    def about(self, form: VerbForm) -> dict[str, Any]:
        return {"facts": [_("What is crossed already counts as told: nobody hears about the past.")]}

    def act(self, given: dict[str, Any], by: Actor) -> Words:
        wish, words = wish_of(given), given["reason"]
        alerts.set_rule(wish=wish, currency=self.currency, reason=words, by=by, now=timezone.now)
        return _("The default alert rule is saved. It holds for alerts from now on.")


class SetWalletRule(VerbPanel):
    """A wallet's own rule, in place of the default."""

    permission_required = "credit.manage_alerts"
    form_class = RuleForm
    title = gettext_lazy("Alerts of this wallet")

    def load(self, **names: Any) -> None:
        super().load(**names)
        self.rule = rules.of_wallet(self.wallet)

    def initial(self) -> dict[str, Any]:
        return as_typed(self.rule, self.wallet.currency)

    def form_arguments(self) -> dict[str, Any]:
        return {"currency": self.wallet.currency}

    def about(self, form: VerbForm) -> dict[str, Any]:
        if self.rule.wallet_id:
            link = {
                "url": reverse("drop_alert_rule", args=[self.rule.pk]),
                "words": _("Follow the default instead"),
            }
            return {"facts": [_("This wallet has a rule of its own.")], "instead": link}
        fact = _("So far the default holds. Saving gives this wallet a rule of its own.")
        return {"facts": [fact, _("What is crossed already is told within a minute.")]}

    def act(self, given: dict[str, Any], by: Actor) -> Words:
        wish, words = wish_of(given), given["reason"]
        alerts.set_rule(wish=wish, wallet=self.wallet, reason=words, by=by, now=timezone.now)
        return _("The alerts of %(wallet)s are saved.") % {"wallet": self.wallet.wallet_id}


class DropRule(PortalPanel):
    permission_required = "credit.manage_alerts"
    title = gettext_lazy("Follow the default")
    button = gettext_lazy("Follow the default")

    def load(self, **names: Any) -> None:
        self.rule = get_object_or_404(AlertRule.objects.select_related("wallet"), pk=names["pk"])

    def subject_words(self) -> str:
        return str(self.rule.wallet or self.rule.currency or _("Every wallet"))

    def about(self, form: VerbForm) -> dict[str, Any]:
        return {
            "facts": [
                _("The rule goes away, and the default holds in its place. Nothing is told about the past.")
            ]
        }

    def act(self, given: dict[str, Any], by: Actor) -> Words:
        alerts.drop_rule(rule=self.rule, by=by, now=timezone.now)
        return _("The default holds again.")


class SendAgain(PortalPanel):
    permission_required = "credit.manage_alerts"
    title = gettext_lazy("Send the alert again")
    button = gettext_lazy("Send again")

    def load(self, **names: Any) -> None:
        rows = AlertSend.objects.at(timezone.now()).select_related("event__wallet__organization", "webhook")
        self.send = told(get_object_or_404(rows, pk=names["pk"]))

    def subject_words(self) -> str:
        return self.send.event.wallet.organization.name

    def about(self, form: VerbForm) -> dict[str, Any]:
        facts = [_("It goes to %(to)s once more, under the same id.") % {"to": self.send.to}]
        if self.send.state != DeliveryState.UNKNOWN:
            return {"facts": facts}
        first, then = (
            _("Nobody knows whether it has left."),
            _("A receiver that has it already can tell by its id."),
        )
        return {"facts": facts, "notes": [{"look": "warn", "icon": "alert", "first": first, "then": then}]}

    def act(self, given: dict[str, Any], by: Actor) -> Words:
        alerts.send_again(send=self.send, by=by, now=timezone.now)
        return _("The alert is on its way to %(to)s.") % {"to": self.send.to}

    def back_to(self) -> str:
        return way_back(self.request, reverse("alert_sends"))
