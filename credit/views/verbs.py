"""What every panel of a verb does: permission, load, one action call, and the action's no at the field it is about."""

from typing import Any

from django.contrib.auth.mixins import PermissionRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import View

from credit import display
from credit.actions import requests
from credit.actions.authority import BeyondAuthority
from credit.actions.refusals import ConfirmationNeeded, NotDone
from credit.actors import Actor
from credit.forms.money import VerbForm
from credit.models import ChangeRequest, Wallet
from credit.terms import Reason
from credit.views import live_wallets
from credit.views.above import Above, above, asked_words, can_be_asked_for, typed
from credit.views.panels import saved, subject, way_back

Words = str | tuple[str, str]


class VerbPanel(PermissionRequiredMixin, View):
    """One verb as a form: a side panel over the page, or a page of its own.

    A subclass names its form and says in `act` which one action is called and what is told about it.
    """

    raise_exception = True
    form_class: type[VerbForm] = VerbForm
    wallet: Wallet
    title = ""
    button = gettext_lazy("Save changes")
    # What the button says once a yes is asked for: it names the deed.
    button_after_question = ""
    is_harmful = False
    template_name = "money/form.html"

    def load(self, **names: Any) -> None:
        """The wallet (or more) that the address names."""
        self.wallet = live_wallets.get_or_404(names["wallet_id"], timezone.now())

    def initial(self) -> dict[str, Any]:
        return {}

    def form_arguments(self) -> dict[str, Any]:
        return {}

    def act(self, given: dict[str, Any], by: Actor) -> Words:
        """Calls the action; gives the words for the toast, or (words, look)."""
        raise NotImplementedError

    def about(self, form: VerbForm) -> dict[str, Any]:
        """What the template shows besides the form: `facts`, `notes`."""
        return {}

    # -- the flow, the same for all

    def dispatch(self, request: HttpRequest, *args: Any, **names: Any) -> HttpResponse:
        if not self.has_permission():
            return self.handle_no_permission()
        self.load(**names)
        return super().dispatch(request, *args, **names)

    def get(self, request: HttpRequest, **names: Any) -> HttpResponse:
        return self.show(self.form_class(initial=self.initial(), **self.form_arguments()))

    def post(self, request: HttpRequest, **names: Any) -> HttpResponse:
        form = self.form_class(request.POST, **self.form_arguments())
        if not form.is_valid():
            return self.show(form, status=422)
        if "request" in request.POST and request.POST["request"] != self.asked_value(form):
            return self.show(form, status=409)  # the button named other values
        try:
            words = self.act(form.cleaned_data, Actor.person(request.user))
        except ConfirmationNeeded as question:
            return self.show(form, status=409, question=question.shown)
        except BeyondAuthority as beyond:
            return self.beyond(form, beyond)
        except NotDone as error:
            return self.refused(form, error)
        words, look = words if isinstance(words, tuple) else (words, "ok")
        return self.done(request, words, look)

    def done(self, request: HttpRequest, words: str, look: str) -> HttpResponse:
        return saved(request, self.back_to(), words, look)

    def beyond(self, form: VerbForm, beyond: BeyondAuthority) -> HttpResponse:
        """Above the person's authority: said with a button that asks for it, and kept once that was pressed."""
        note = self.above(beyond)
        if note is None:
            return self.refused(form, beyond)
        if "request" not in self.request.POST:
            return self.show(form, status=409, above=note)
        try:
            asked = self.ask(beyond, form.cleaned_data, Actor.person(self.request.user))
        except NotDone as error:
            return self.refused(form, error)
        return self.done(self.request, asked_words(asked), "warn")

    def above(self, beyond: BeyondAuthority) -> Above | None:
        """What the page says and offers; None for what cannot be asked for."""
        return above(beyond) if can_be_asked_for(beyond) else None

    def ask(self, beyond: BeyondAuthority, given: dict[str, Any], by: Actor) -> ChangeRequest:
        said = {name: given.get(name) or "" for name in ("reason_code", "reason")}
        return requests.ask(beyond=beyond, **said, by=by, now=timezone.now)

    def asked_value(self, form: VerbForm) -> str:
        return typed(form.data, frozenset({"key", "confirmed", "request", "csrfmiddlewaretoken", "next"}))

    def refused(self, form: VerbForm, error: NotDone) -> HttpResponse:
        if error.reason == Reason.KEY_REUSED:
            form.add_error(
                None,
                _(
                    "This form was saved before with other content. Look at the page first; to save it too, "
                    "send it again."
                ),
            )
        else:
            form.refuse(error)
        form.renew_key()
        return self.show(form, status=409 if error.reason == Reason.CHANGED_MEANWHILE else 422)

    def show(
        self, form: VerbForm, status: int = 200, question: str = "", above: Above | None = None
    ) -> HttpResponse:
        context = {
            **subject(self.wallet, self.title, self.back_to()),
            "form": form,
            "next": self.back_to(),
            "question": question,
            **self.asking(form, above),
            "button": (above and above.button) or (question and self.button_after_question) or self.button,
            "is_harmful": self.is_harmful or bool(question),
            **self.about(form),
        }
        return render(self.request, self.template_name, context, status=status)

    def asking(self, form: VerbForm, above: Above | None) -> dict[str, Any]:
        """The note above authority, and the button that names these values."""
        value = self.asked_value(form) if above else ""
        return {"above": above, "asked_value": value, "button": above.button if above else self.button}

    def back_to(self) -> str:
        organization = reverse("organization", args=[self.wallet.organization.uuid])
        return way_back(self.request, f"{organization}?wallet={self.wallet.wallet_id}")

    # -- words that several verbs share

    def usable_now(self) -> str:
        """What the customer can spend after what was done, or why not: asked anew, by the rule."""
        wallet = live_wallets.later(self.wallet, timezone.now())
        if wallet.standing == "suspended":
            return _("Still stopped: the organization is suspended.")
        if wallet.usable_micros is None:
            return _("Usable now: unlimited.")
        usable = display.with_code(wallet.usable_micros, wallet.currency)
        if wallet.standing == "blocked":
            return _("Still blocked: usable is %(usable)s.") % {"usable": usable}
        return _("Usable now %(usable)s.") % {"usable": usable}

    def money(self, micros: int) -> str:
        return display.with_code(micros, self.wallet.currency)
