"""The words of the field as choices: payment modes, invoicing schemes, kinds of transaction, reasons."""

from django.db.models import TextChoices


class PaymentMode(TextChoices):
    PREPAID = "prepaid", "Prepaid"
    POSTPAID = "postpaid", "Postpaid"


class Scheme(TextChoices):
    INDIVIDUAL = "individual", "individual"
    CONSOLIDATED = "consolidated", "consolidated"
    NONE = "none", "no invoice"


class Kind(TextChoices):
    CALL = "call", "Call"
    SMS = "sms", "SMS"
    FAX = "fax", "Fax"
    NUMBER_ACTIVATION = "number_activation", "Number activation"
    SUBSCRIPTION = "subscription", "Subscription"
    ADDON = "addon", "Add-on"
    SERVICE = "service", "Service"
    HARDWARE = "hardware", "Hardware"
    PAYMENT = "payment", "Payment"
    WITHDRAWAL = "withdrawal", "Withdrawal"
    TRANSFER_IN = "transfer_in", "Transfer in"
    TRANSFER_OUT = "transfer_out", "Transfer out"
    ADJUSTMENT = "adjustment", "Adjustment"
    REFUND = "refund", "Refund"
    CREDIT_NOTE = "credit_note", "Credit note"
    REVERSAL = "reversal", "Reversal"
    WRITE_OFF = "write_off", "Write-off"
    ROUNDING = "rounding", "Rounding"


USAGE = frozenset({Kind.CALL, Kind.SMS, Kind.FAX, Kind.NUMBER_ACTIVATION})
PURCHASES = frozenset({Kind.SUBSCRIPTION, Kind.ADDON, Kind.SERVICE, Kind.HARDWARE})
CHARGES = USAGE | PURCHASES


class LimitState(TextChoices):
    NOT_SET = "not_set", "Not set"
    PERMANENT = "permanent", "Permanent"
    TEMPORARY = "temporary", "Temporary"
    UNLIMITED = "unlimited", "Unlimited"


class Standing(TextChoices):
    """What the customer can do at an instant, worst first."""

    CLOSED = "closed", "Closed"
    SUSPENDED = "suspended", "Suspended"
    BLOCKED = "blocked", "Blocked"
    NEAR = "near", "Near"
    WORKS = "works", "Active"


class Reason(TextChoices):
    """Why something was declined or refused (fine-print.md): stable codes, the same in the API and the portal."""

    CREDIT_LIMIT_EXCEEDED = "credit_limit_exceeded", "More than the usable credit"
    CREDIT_LIMIT_REQUIRED = "credit_limit_required", "A postpaid wallet needs a credit limit"
    ORGANIZATION_SUSPENDED = "organization_suspended", "The organization is suspended"
    WALLET_CLOSED = "wallet_closed", "The wallet is closed"
    OWN_MONEY_EXCEEDED = "own_money_exceeded", "More than the customer’s own money"
    RESERVATION_EXPIRED = "reservation_expired", "The reservation has expired"
    RESERVATION_CLOSED = "reservation_closed", "The reservation is finished"
    RESERVATION_EXCEEDED = "reservation_exceeded", "More than is reserved"
    NOT_FOUND = "not_found", "Not found"
    ALREADY_REFUNDED = "already_refunded", "More than is left of the item"
    NOT_REVERSIBLE = "not_reversible", "Cannot be reversed"
    KEY_REUSED = "key_reused", "The key was used with other content"
    REFERENCE_USED = "reference_used", "The reference was used for another payment"
    NOT_ALLOWED_FOR_MODE = "not_allowed_for_mode", "Not allowed for this payment mode"
    NOT_AUTHORIZED = "not_authorized", "Not authorized"
    CHANGED_MEANWHILE = "changed_meanwhile", "Somebody changed it meanwhile"
    WALLET_NOT_EMPTY = "wallet_not_empty", "The wallet is not empty"
    CURRENCY_MISMATCH = "currency_mismatch", "Another currency than the wallet’s"
    SAME_WALLET = "same_wallet", "The same wallet"
    INVALID_AMOUNT = "invalid_amount", "The amount cannot be used"
    INVALID_INPUT = "invalid_input", "The input cannot be used"


class ChangeReason(TextChoices):
    """Why a person in finance changed something; beside it stands a text in their own words."""

    PAYMENT_PROMISED = "payment_promised", "Payment promised"
    LATE_TRANSFER = "late_transfer", "Late bank transfer"
    SEASONAL = "seasonal", "Seasonal traffic"
    REVIEW = "review", "Regular review"
    RISK = "risk", "Risk"
    CONTRACT = "contract", "Contract"
    CORRECTION = "correction", "Correction"
    GOODWILL = "goodwill", "Goodwill"
    OTHER = "other", "Other"
