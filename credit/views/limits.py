"""Set credit limit: the panel, its live preview, the conflict, and ending or removing a limit."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from credit import display, viewer
from credit.actions import limits, requests
from credit.actions.authority import BeyondAuthority, bounds_of
from credit.actions.refusals import ConfirmationNeeded, NotDone
from credit.actors import Actor
from credit.forms.limits import WISHED, LimitForm, ReasonForm, seal, seen_now
from credit.models import Change, LimitSlot, Wallet
from credit.money import to_micros
from credit.terms import LimitState, PaymentMode, Reason
from credit.views import limit_undo
from credit.views.above import above, asked_words, authority_of, left_words
from credit.views.guideline import guideline
from credit.views.limit_preview import shown, standing_only, without_it
from credit.views.limit_words import limit_words
from credit.views.outlook import overdue_words
from credit.views.panels import saved, subject, way_back
from credit.views.quick_amounts import quick_amounts, quick_days

RIGHT = "credit.set_credit_limit"
TICK_MISSING = gettext_lazy("Tick the box at the end: it names what this does to the customer.")


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(RIGHT, raise_exception=True)
def set_limit(request: HttpRequest, wallet_id: str) -> HttpResponse:
    wallet = _wallet(wallet_id)
    if request.method != "POST":
        return _panel(request, wallet, _opened(request, wallet))
    form = LimitForm(request.POST, wallet=wallet)
    if "again" in request.POST or "preview" in request.POST:
        return _panel(request, wallet, _reopened(request, wallet))
    if not form.is_valid():
        return _panel(request, wallet, form, status=422)
    if _is_for_other_values(request, form):
        return _panel(request, wallet, form, status=409)
    return _save(request, wallet, form)


@require_POST
@permission_required(RIGHT, raise_exception=True)
def preview_limit(request: HttpRequest, wallet_id: str) -> HttpResponse:
    wallet = _wallet(wallet_id)
    form = LimitForm(request.POST, wallet=wallet)
    return render(request, "limits/preview.html", _preview(request, wallet, form) | {"is_answer": True})


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(RIGHT, raise_exception=True)
def end_limit(request: HttpRequest, wallet_id: str, slot: str) -> HttpResponse:
    """Ends the running temporary limit early, or takes back the scheduled one."""
    wallet = _wallet(wallet_id)
    if slot not in (LimitSlot.TEMPORARY, LimitSlot.SCHEDULED):
        raise Http404(_("No such limit."))
    title = (
        _("End the temporary limit") if slot == LimitSlot.TEMPORARY else _("Take back the scheduled limit")
    )
    without = {f"{slot}_limit_micros": None, f"{slot}_starts_at": None, f"{slot}_ends_at": None}
    return _take_away(
        request, wallet, title, partial(limits.end_temporary, wallet=wallet, slot=slot), without
    )


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(RIGHT, raise_exception=True)
def remove_limit(request: HttpRequest, wallet_id: str) -> HttpResponse:
    wallet = _wallet(wallet_id)
    without = {"permanent_limit_micros": None, "limit_unlimited": False}
    deed = partial(limits.remove_permanent, wallet=wallet)
    return _take_away(request, wallet, _("Remove the permanent limit"), deed, without)


# -- opening and saving


def _wallet(wallet_id: str) -> Any:
    """The wallet with the rule's numbers at this instant."""
    wallets = Wallet.objects.at(timezone.now()).select_related("organization")
    try:
        return wallets.get(wallet_id=wallet_id)
    except Wallet.DoesNotExist:
        raise Http404(_("No wallet has the Wallet ID %(wallet_id)s.") % {"wallet_id": wallet_id}) from None


def _home(request: HttpRequest, wallet: Any) -> str:
    return way_back(request, f"{reverse('organizations')}?q={wallet.wallet_id}")


def _fresh(wallet: Any) -> dict[str, Any]:
    """What the person decides on: the version that is compared, and the limit in words for a conflict."""
    return {"version": wallet.live_version, "seen": seal(seen_now(_limit_in_words(wallet)))}


def _opened(request: HttpRequest, wallet: Any) -> LimitForm:
    asked = _asked(request, "amount", "days", "ends_at", "starts_at", "limit_is", "reason_code")
    # Who changes a running temporary limit means its end too: an amount alone would be a permanent one.
    if asked.keys() <= {"reason_code"} and (running := limit_undo.running(wallet)):
        asked["ends_at"] = running["ends_at"]
    return LimitForm(initial={"limit_is": "amount", **asked, **_fresh(wallet)}, wallet=wallet)


def _asked(request: HttpRequest, *names: str) -> dict[str, str]:
    return {name: request.GET[name] for name in names if name in request.GET}


def _reopened(request: HttpRequest, wallet: Any) -> LimitForm:
    """What was typed, on the state of now: after a conflict, or to see the preview without script."""
    typed = request.POST.dict() | _fresh(wallet) if "again" in request.POST else request.POST.dict()
    return LimitForm(initial=typed, wallet=wallet)


def _save(request: HttpRequest, wallet: Any, form: LimitForm) -> HttpResponse:
    try:
        limit = limits.set_limit(
            wallet=wallet,
            **form.wish(),
            **form.why(),
            version=form.cleaned_data["version"],
            confirmed=form.is_confirmed(),
            by=Actor.person(request.user),
            now=timezone.now,
        )
    except BeyondAuthority as beyond:
        return _ask(request, wallet, form, beyond)
    except NotDone as refusal:
        return _refused(request, wallet, form, refusal)
    return saved(
        request,
        _home(request, wallet),
        limit_undo.toast(_wallet(wallet.wallet_id), limit, wallet),
    )


def _ask(request: HttpRequest, wallet: Any, form: LimitForm, beyond: BeyondAuthority) -> HttpResponse:
    """Only a click on a button that named these values makes a request; the preview shows those buttons."""
    grant = request.POST.get("grant") == form.consent()
    if not grant and request.POST.get("request") != form.consent():
        form.add_error(None, beyond.shown)
        return _panel(request, wallet, form, status=422)
    said = {**form.why(), "grant": grant, "version": form.cleaned_data["version"]}
    try:
        asked = requests.ask(beyond=beyond, **said, by=Actor.person(request.user), now=timezone.now)
    except NotDone as refusal:
        return _refused(request, wallet, form, refusal)
    return saved(request, _home(request, wallet), asked_words(asked, beyond if grant else None), "warn")


def _refused(request: HttpRequest, wallet: Any, form: LimitForm, refusal: NotDone) -> HttpResponse:
    if isinstance(refusal, ConfirmationNeeded):
        form.add_error(None, TICK_MISSING)
    elif refusal.reason == Reason.CHANGED_MEANWHILE:
        return _conflict(request, _wallet(wallet.wallet_id), form)
    else:
        form.add_error(refusal.field if refusal.field in form.fields else None, refusal.shown)
    return _panel(request, wallet, form, status=422)


def _is_for_other_values(request: HttpRequest, form: LimitForm) -> bool:
    """The button named an amount that has been typed over since."""
    clicked = request.POST.get("request") or request.POST.get("grant")
    return clicked is not None and clicked != form.consent()


# -- pages


def _panel(request: HttpRequest, wallet: Any, form: LimitForm, status: int = 200) -> HttpResponse:
    context = {
        **subject(wallet, _("Set credit limit"), _home(request, wallet)),
        **_preview(request, wallet, form),
        "form": form,
        "may_be_temporary": wallet.mode == PaymentMode.PREPAID
        or settings.CREDIT_TEMPORARY_LIMIT_FOR_POSTPAID,
        "may_be_removed": wallet.mode == PaymentMode.PREPAID and _has_permanent(wallet),
        "is_running": wallet.limit_state == LimitState.TEMPORARY,
        "is_scheduled": bool(wallet.scheduled_starts_at and wallet.scheduled_starts_at > timezone.now()),
        "limit_words": _limit_in_words(wallet),
        "overdue_words": overdue_words(wallet, timezone.now()),
        "quick_amounts": quick_amounts(wallet),
        "quick_days": quick_days(),
        "review_months": settings.CREDIT_LIMIT_REVIEW_MONTHS,
    }
    return render(request, "limits/panel.html", context, status=status)


def _preview(request: HttpRequest, wallet: Any, form: LimitForm) -> dict[str, Any]:
    """The preview of what is typed; of nothing yet, or of something that cannot be, it shows what holds now."""
    now, by = timezone.now(), Actor.person(request.user)
    typed = LimitForm(form.data if form.is_bound else form.initial, wallet=wallet)
    context = {
        "wallet": wallet,
        "preview": standing_only(wallet, now),
        "consent": typed.consent(),
        "refusal": "",
        "guideline": guideline(wallet, typed, now),
    }
    if not _is_begun(typed):
        return context | {"authority_left": left_words(bounds_of(wallet, by, now), wallet.currency)}
    refusal = _typing_errors(typed)
    if not refusal:
        try:
            preview = limits.preview_limit(wallet=wallet, now=now, by=by, **typed.wish())
            context |= authority_of(preview, wallet.currency)
            return context | {"preview": shown(preview, now), "is_confirmed": typed.is_confirmed()}
        except NotDone as error:
            refusal = error.shown
    return context | {"refusal": refusal}


def _is_begun(form: LimitForm) -> bool:
    return bool(str(form.data.get("amount", "")).strip()) or form.data.get("limit_is") == "unlimited"


def _typing_errors(form: LimitForm) -> str:
    return " ".join(error for name in WISHED for error in form.errors.get(name, []))


def _has_permanent(wallet: Any) -> bool:
    return wallet.limit_unlimited or wallet.permanent_limit_micros is not None


def _limit_in_words(wallet: Any) -> str:
    """“150.00 EUR, temporary until Mon 30 Nov, 15:32”."""
    words = limit_words(wallet)
    if wallet.limit_state in (LimitState.NOT_SET, LimitState.UNLIMITED):
        return words
    amount = f"{words} {wallet.currency}"
    if wallet.limit_ends_at is None:
        return _("%(amount)s, permanent") % {"amount": amount}
    return _("%(amount)s, temporary until %(weekday_and_time)s") % {
        "amount": amount,
        "weekday_and_time": display.for_both(wallet.limit_ends_at, wallet.time_zone, viewer.zone()),
    }


def _conflict(request: HttpRequest, wallet: Any, form: LimitForm) -> HttpResponse:
    """The first one's change stands; the second one compares and chooses."""
    latest = Change.objects.decisions().filter(wallet=wallet).newest_first().first()
    seen = form.what_was_seen()
    context = {
        **subject(wallet, _("Set credit limit"), _home(request, wallet)),
        **_preview(request, wallet, form),
        "form": form,
        "latest": latest,
        "seen_words": seen.get("words", ""),
        "seen_at": parse_datetime(seen.get("at", "")),
        "limit_words": _limit_in_words(wallet),
        "keep_words": limit_words(wallet),
        "yours": _yours(wallet, form),
        "viewer_zone": viewer.zone(),
    }
    return render(request, "limits/conflict.html", context, status=409)


def _yours(wallet: Any, form: LimitForm) -> str:
    wish = form.wish()
    if wish["unlimited"]:
        return _("Unlimited")
    days = _(", for %(days)s days") % {"days": wish["days"]} if wish["days"] else ""
    until = (
        _(", until %(weekday_and_time)s")
        % {"weekday_and_time": display.for_both(wish["ends_at"], wallet.time_zone, viewer.zone())}
        if wish["ends_at"]
        else ""
    )
    amount = display.with_code(to_micros(wish["amount"]), wallet.currency)
    return amount + (days or until or _(", permanent"))


# -- ending and removing


def _take_away(
    request: HttpRequest, wallet: Any, title: str, deed: Callable[..., None], without: dict[str, Any]
) -> HttpResponse:
    """The same panel for each limit that can go: what holds without it, a reason, one button that says the deed."""
    initial = _asked(request, "reason_code") | _fresh(wallet)
    form, note = ReasonForm(request.POST or None, initial=initial), None
    if request.method == "POST" and form.is_valid():
        try:
            deed(
                **form.why(),
                version=form.cleaned_data["version"],
                confirmed=request.POST.get("confirmed") == "yes",
                by=Actor.person(request.user),
                now=timezone.now,
            )
        except ConfirmationNeeded:
            form.add_error(None, TICK_MISSING)
        except BeyondAuthority as beyond:
            note = above(beyond)
            if "request" in request.POST and (answer := _taken_to_others(request, wallet, form, beyond)):
                return answer
        except NotDone as refusal:
            form.add_error(None, refusal.shown)
        else:
            words = _("Limit of %(name)s is now: %(limit_in_words)s.") % {
                "name": wallet.organization.name,
                "limit_in_words": _limit_in_words(_wallet(wallet.wallet_id)),
            }
            return saved(request, _home(request, wallet), words)
    now = timezone.now()
    after = Wallet.objects.at(now, **without).get(pk=wallet.pk)
    context = {
        **subject(wallet, title, _home(request, wallet)),
        "form": form,
        "preview": without_it(wallet, after, now),
        "limit_words": _limit_in_words(wallet),
        "above": note,
    }
    return render(request, "limits/take_away.html", context, status=422 if form.errors or note else 200)


def _taken_to_others(
    request: HttpRequest, wallet: Any, form: ReasonForm, beyond: BeyondAuthority
) -> HttpResponse | None:
    """Taking away a limit that lowered raises again; above one's authority it is asked for too."""
    try:
        by = Actor.person(request.user)
        asked = requests.ask(beyond=beyond, **form.why(), by=by, now=timezone.now)
    except NotDone as refusal:
        form.add_error(None, refusal.shown)
        return None
    return saved(request, _home(request, wallet), asked_words(asked), "warn")
