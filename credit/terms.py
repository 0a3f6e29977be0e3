"""The words of the field as choices: payment modes, invoicing schemes, kinds of transaction, reasons."""

from collections.abc import Callable
from typing import Any

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy, gettext_noop


def words_of(column: str, choices: type[TextChoices]) -> Callable[[Any], str]:
    """A model's `get_kind_display`: the word of that column's value, in the reader's language.

    Django's own translates and hashes every choice to find one: 0.4 ms for a kind, which a page of 50 lines pays 50
    times.
    """
    words = dict(choices.choices)

    def shown(row: Any) -> str:
        value = getattr(row, column)
        return str(words.get(value, value))

    return shown


class PaymentMode(TextChoices):
    PREPAID = "prepaid", gettext_lazy("Prepaid")
    POSTPAID = "postpaid", gettext_lazy("Postpaid")


class Scheme(TextChoices):
    INDIVIDUAL = "individual", gettext_lazy("individual")
    CONSOLIDATED = "consolidated", gettext_lazy("consolidated")
    NONE = "none", gettext_lazy("no invoice")


class Kind(TextChoices):
    CALL = "call", gettext_lazy("Call")
    SMS = "sms", gettext_lazy("SMS")
    FAX = "fax", gettext_lazy("Fax")
    NUMBER_ACTIVATION = "number_activation", gettext_lazy("Number activation")
    SUBSCRIPTION = "subscription", gettext_lazy("Subscription")
    ADDON = "addon", gettext_lazy("Add-on")
    SERVICE = "service", gettext_lazy("Service")
    HARDWARE = "hardware", gettext_lazy("Hardware")
    PAYMENT = "payment", gettext_lazy("Payment")
    WITHDRAWAL = "withdrawal", gettext_lazy("Withdrawal")
    TRANSFER_IN = "transfer_in", gettext_lazy("Transfer in")
    TRANSFER_OUT = "transfer_out", gettext_lazy("Transfer out")
    ADJUSTMENT = "adjustment", gettext_lazy("Adjustment")
    REFUND = "refund", gettext_lazy("Refund")
    CREDIT_NOTE = "credit_note", gettext_lazy("Credit note")
    REVERSAL = "reversal", gettext_lazy("Reversal")
    WRITE_OFF = "write_off", gettext_lazy("Write-off")
    ROUNDING = "rounding", gettext_lazy("Rounding")


USAGE = frozenset({Kind.CALL, Kind.SMS, Kind.FAX, Kind.NUMBER_ACTIVATION})
PURCHASES = frozenset({Kind.SUBSCRIPTION, Kind.ADDON, Kind.SERVICE, Kind.HARDWARE})
CHARGES = USAGE | PURCHASES


class LimitState(TextChoices):
    NOT_SET = "not_set", gettext_lazy("Not set")
    PERMANENT = "permanent", gettext_lazy("Permanent")
    TEMPORARY = "temporary", gettext_lazy("Temporary")
    UNLIMITED = "unlimited", gettext_lazy("Unlimited")


class Standing(TextChoices):
    """What the customer can do at an instant, worst first."""

    CLOSED = "closed", gettext_lazy("Closed")
    SUSPENDED = "suspended", gettext_lazy("Suspended")
    BLOCKED = "blocked", gettext_lazy("Blocked")
    NEAR = "near", gettext_lazy("Near")
    WORKS = "works", gettext_lazy("Active")


class Reason(TextChoices):
    """Why something was declined or refused (fine-print.md): stable codes, the same in the API and the portal."""

    CREDIT_LIMIT_EXCEEDED = "credit_limit_exceeded", gettext_noop("More than the usable credit")
    CREDIT_LIMIT_REQUIRED = "credit_limit_required", gettext_noop("A postpaid wallet needs a credit limit")
    ORGANIZATION_SUSPENDED = "organization_suspended", gettext_noop("The organization is suspended")
    WALLET_CLOSED = "wallet_closed", gettext_noop("The wallet is closed")
    OWN_MONEY_EXCEEDED = "own_money_exceeded", gettext_noop("More than the customer’s own money")
    RESERVATION_EXPIRED = "reservation_expired", gettext_noop("The reservation has expired")
    RESERVATION_CLOSED = "reservation_closed", gettext_noop("The reservation is finished")
    RESERVATION_EXCEEDED = "reservation_exceeded", gettext_noop("More than is reserved")
    NOT_FOUND = "not_found", gettext_noop("Not found")
    ALREADY_REFUNDED = "already_refunded", gettext_noop("More than is left of the item")
    NOT_REVERSIBLE = "not_reversible", gettext_noop("Cannot be reversed")
    KEY_REUSED = "key_reused", gettext_noop("The key was used with other content")
    REFERENCE_USED = "reference_used", gettext_noop("The reference was used for another payment")
    NOT_ALLOWED_FOR_MODE = "not_allowed_for_mode", gettext_noop("Not allowed for this payment mode")
    NOT_AUTHORIZED = "not_authorized", gettext_noop("Not authorized")
    CHANGED_MEANWHILE = "changed_meanwhile", gettext_noop("Somebody changed it meanwhile")
    WALLET_NOT_EMPTY = "wallet_not_empty", gettext_noop("The wallet is not empty")
    CURRENCY_MISMATCH = "currency_mismatch", gettext_noop("Another currency than the wallet’s")
    SAME_WALLET = "same_wallet", gettext_noop("The same wallet")
    INVALID_AMOUNT = "invalid_amount", gettext_noop("The amount cannot be used")
    INVALID_INPUT = "invalid_input", gettext_noop("The input cannot be used")


class ChangeReason(TextChoices):
    """Why a person in finance changed something; beside it stands a text in their own words."""

    PAYMENT_PROMISED = "payment_promised", gettext_lazy("Payment promised")
    LATE_TRANSFER = "late_transfer", gettext_lazy("Late bank transfer")
    SEASONAL = "seasonal", gettext_lazy("Seasonal traffic")
    REVIEW = "review", gettext_lazy("Regular review")
    RISK = "risk", gettext_lazy("Risk")
    CONTRACT = "contract", gettext_lazy("Contract")
    CORRECTION = "correction", gettext_lazy("Correction")
    GOODWILL = "goodwill", gettext_lazy("Goodwill")
    OTHER = "other", gettext_lazy("Other")
