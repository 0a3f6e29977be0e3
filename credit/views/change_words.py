"""An entry of the audit trail in words: what was done, by whom, from where, and what stood there before and after."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from credit import display
from credit.models import Change, DeliveryState, RequestState, Settled
from credit.money import to_text
from credit.origins import Door
from credit.retold import retold
from credit.terms import Kind, PaymentMode, Scheme

# Verbs and columns that are not here are written as their name says it.
VERBS: Mapping[str, Any] = {
    "set_limit": gettext_lazy("Set credit limit"),
    "end_temporary_limit": gettext_lazy("End temporary limit"),
    "remove_permanent_limit": gettext_lazy("Remove permanent limit"),
    "change_payment_mode": gettext_lazy("Change payment mode"),
    "change_scheme": gettext_lazy("Change invoicing scheme"),
    "change_time_zone": gettext_lazy("Change time zone"),
    "create_organization": gettext_lazy("Create organization"),
    "change_record": gettext_lazy("Change the record"),
    "create_wallet": gettext_lazy("Create wallet"),
    "close_wallet": gettext_lazy("Close wallet"),
    "reopen_wallet": gettext_lazy("Reopen wallet"),
    "suspend": gettext_lazy("Suspend organization"),
    "resume": gettext_lazy("Resume organization"),
    "set_billing_details": gettext_lazy("Set billing details"),
    "reallocate_payment": gettext_lazy("Reallocate payment"),
    "hold_back_invoice": gettext_lazy("Hold invoice back"),
    "let_go_invoice": gettext_lazy("Let invoice go"),
    "issue_invoice": gettext_lazy("Issue invoice"),
    "send_invoice": gettext_lazy("Send invoice"),
    "send_again": gettext_lazy("Send again"),
    "remind": gettext_lazy("Send reminder"),
    "create_api_client": gettext_lazy("Create API client"),
    "rotate_api_credential": gettext_lazy("New credential of an API client"),
    "revoke_api_client": gettext_lazy("Revoke API client"),
    "lock_month": gettext_lazy("Lock month"),
    "sign_up_person": gettext_lazy("Sign a person up"),
    "change_rights": gettext_lazy("Change a person’s rights"),
    "remove_person": gettext_lazy("Remove a person"),
    "change_group": gettext_lazy("Change a group’s rights"),
    "remove_group": gettext_lazy("Remove a group"),
    "write_note": gettext_lazy("Write note"),
    "strike_note_out": gettext_lazy("Strike note out"),
    "settle_note": gettext_lazy("Settle promise or follow-up"),
    "ask_for_approval": gettext_lazy("Ask for approval"),
    "approve_request": gettext_lazy("Approve request"),
    "reject_request": gettext_lazy("Reject request"),
    "withdraw_request": gettext_lazy("Withdraw request"),
    "review_limit": gettext_lazy("Review limit"),
    "set_authority": gettext_lazy("Set the authority of a group"),
    "remove_authority": gettext_lazy("Remove the authority of a group"),
    "set_alert_rule": gettext_lazy("Set alert rule"),
    "drop_alert_rule": gettext_lazy("Drop alert rule"),
    "send_alert_again": gettext_lazy("Send alert again"),
    "create_webhook": gettext_lazy("Create webhook"),
    "rotate_webhook_secret": gettext_lazy("New secret of a webhook"),
    "remove_webhook": gettext_lazy("Remove webhook"),
    "pause_webhook": gettext_lazy("Pause webhook"),
    "resume_webhook": gettext_lazy("Resume webhook"),
    **{kind.value: kind.label for kind in Kind},
}
_STATUSES = {
    "active": gettext_lazy("active"),
    "suspended": gettext_lazy("suspended"),
    "closed": gettext_lazy("closed"),
}
# Values that are words of the product, by column.
WORDS: Mapping[str, Mapping[str, Any]] = {
    "mode": {mode.value: mode.label for mode in PaymentMode},
    "scheme": {scheme.value: scheme.label for scheme in Scheme},
    "status": _STATUSES,
    "organization_status": _STATUSES,
    "asked_for": VERBS,
    "request_state": {state.value: state.label for state in RequestState},
    "outcome": {outcome.value: outcome.label for outcome in Settled},
    "state": {state.value: state.label for state in DeliveryState},
}
COLUMNS: Mapping[str, Any] = {
    "percents": gettext_lazy("Percents"),
    "usable": gettext_lazy("Usable"),
    "days_ahead": gettext_lazy("Days ahead"),
    "cooldown_minutes": gettext_lazy("Cooldown minutes"),
    "hysteresis_percent": gettext_lazy("Hysteresis percent"),
    "is_on": gettext_lazy("Is on"),
    "tells_blocked": gettext_lazy("Tells blocked"),
    "tells_recovered": gettext_lazy("Tells recovered"),
    "to_customer": gettext_lazy("To customer"),
    "to_staff": gettext_lazy("To staff"),
    "name": gettext_lazy("Name"),
    "country": gettext_lazy("Country"),
    "near_percent": gettext_lazy("Near from, percent of the limit"),
    "currency": gettext_lazy("Currency"),
    "mode": gettext_lazy("Payment mode"),
    "scheme": gettext_lazy("Invoicing scheme"),
    "time_zone": gettext_lazy("Time zone"),
    "organization_status": gettext_lazy("Status"),
    "permanent_limit_micros": gettext_lazy("Permanent limit"),
    "limit_unlimited": gettext_lazy("Unlimited"),
    "temporary_limit_micros": gettext_lazy("Temporary limit"),
    "temporary_starts_at": gettext_lazy("Temporary limit starts"),
    "temporary_ends_at": gettext_lazy("Temporary limit ends"),
    "scheduled_limit_micros": gettext_lazy("Scheduled limit"),
    "scheduled_starts_at": gettext_lazy("Scheduled limit starts"),
    "scheduled_ends_at": gettext_lazy("Scheduled limit ends"),
    "closed_at": gettext_lazy("Closed"),
    "current_balance_micros": gettext_lazy("Current balance"),
    "amount_micros": gettext_lazy("Amount"),
    "line": gettext_lazy("Ledger line"),
    "reference": gettext_lazy("Reference"),
    "client": gettext_lazy("API client"),
    "scopes": pgettext_lazy("right", "May"),
    "old_credential_ends_at": gettext_lazy("Old credential works until"),
    "month": gettext_lazy("Month"),
    "person": gettext_lazy("Person"),
    "groups": gettext_lazy("Groups"),
    "group": gettext_lazy("Group"),
    "largest_amount_micros": gettext_lazy("Largest amount"),
    "largest_increase_micros": gettext_lazy("Largest increase in 30 days"),
    "longest_days": gettext_lazy("Longest temporary days"),
    "unlimited": gettext_lazy("Unlimited"),
    "webhook": gettext_lazy("Webhook"),
    "is_active": gettext_lazy("May sign in"),
    "is_staff": gettext_lazy("May open the Django admin"),
    "is_superuser": gettext_lazy("May do everything"),
    "new_password": gettext_lazy("New password"),
    "invoice": gettext_lazy("Invoice"),
    "recipient": gettext_lazy("Recipient"),
    "state": gettext_lazy("State"),
    "text": gettext_lazy("Text"),
    "promised_on": gettext_lazy("Promised by"),
    "promised_micros": gettext_lazy("Promised"),
    "comes_back_on": gettext_lazy("Comes back on"),
    "outcome": gettext_lazy("Outcome"),
    "request": gettext_lazy("Request"),
    "request_state": gettext_lazy("State of the request"),
    "asked_for": gettext_lazy("Asked for"),
    "asked_by": gettext_lazy("Asked by"),
    "review_on": gettext_lazy("Review on"),
    "held_back": gettext_lazy("Held back"),
    "billing_address": gettext_lazy("Address"),
    "billing_email": gettext_lazy("E-mail for bills"),
    "tax_id": gettext_lazy("Tax id"),
    "url": gettext_lazy("Address"),
    "kinds": gettext_lazy("Alerts"),
    "alert": gettext_lazy("Alert"),
    "to": gettext_lazy("To"),
    "error": gettext_lazy("Error"),
}
NOTHING = "–"


class Difference(NamedTuple):
    """`before` is empty where nothing could stand there: what was said at once, not changed."""

    what: str
    before: str
    after: str


def done(verb: str) -> str:
    return str(VERBS.get(verb) or _spoken(verb))


def differences(change: Change, zone: str, currency: str = "") -> list[Difference]:
    """Of everything that is told; instants on the clock of the zone. What stayed the same says what it is about."""
    currency = currency or currency_of(change)
    told = [
        Difference(
            str(
                COLUMNS.get(name)
                or COLUMNS.get(name.removesuffix("_micros"))
                or _spoken(name.removesuffix("_micros"))
            ),
            _before(name, change, currency, zone),
            value(name, change.after.get(name), currency, zone),
        )
        for name in dict.fromkeys([*change.before, *change.after])
        if name != "invoice" or change.before.get(name) != change.after.get(name)
    ]
    quiet = {("", NOTHING), ("", _("no")), (NOTHING, _("no")), ("", _("not set"))}
    return [one for one in told if one.before != one.after and (one.before, one.after) not in quiet]


def _before(name: str, change: Change, currency: str, zone: str) -> str:
    stayed = name in change.after and change.after[name] == change.before.get(name)
    if name not in change.before or stayed:
        return ""
    return value(name, change.before[name], currency, zone)


def currency_of(change: Change) -> str:
    told = {**change.before, **change.after}.get("currency")
    return change.wallet.currency if change.wallet else str(told or "")


def value(name: str, given: object, currency: str, zone: str) -> str:
    if given is None or given == "":
        return _("not set") if name.endswith("_limit_micros") else NOTHING
    if isinstance(given, bool):
        return _("yes") if given else _("no")
    if name.endswith("_micros") and isinstance(given, int):
        return f"{display.exact(given, currency)} {currency}" if currency else to_text(given)
    if name.endswith("_at") and isinstance(given, str):
        return display.day_and_time(datetime.fromisoformat(given), zone)
    if name.endswith("_on") and isinstance(given, str):
        return display.day(date.fromisoformat(given))
    if isinstance(given, list | tuple):
        one_name = name if name.endswith("_micros") else ""
        return ", ".join(value(one_name, one, currency, zone) for one in given) or NOTHING
    return display.inside(WORDS[name].get(str(given), given)) if name in WORDS else str(given)


def actor_kind(change: Change) -> str:
    """Person, API client or system, as the entry itself says it."""
    if change.by_user_id:
        return _("person")
    if change.by_client_id:
        return _("API client")
    return _("system") if change.door in ("", Door.JOB) else str(Door(change.door).label)


def where(change: Change) -> str:
    """ "the portal, 203.0.113.9, Bulk change 12"; "" where it was not kept."""
    if not change.door:
        return ""
    door = str(Door(change.door).label)
    return ", ".join(part for part in (door, change.address, retold(change.task)) if part)


def why(change: Change) -> str:
    return "; ".join(part for part in (str(change.get_reason_code_display()), retold(change.reason)) if part)


def _spoken(name: str) -> str:
    words = name.replace("_", " ")
    return words[:1].upper() + words[1:]
