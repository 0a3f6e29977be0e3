from credit.models.answer import Answer
from credit.models.change import Change
from credit.models.client import ApiClient, ApiKey, Scope
from credit.models.decline import Decline
from credit.models.invoice import Invoice, InvoiceKind, InvoiceLine, InvoiceSeries
from credit.models.job import Difference, JobRun, Notice
from credit.models.limit import CreditLimit, LimitEnding, LimitSlot
from credit.models.payment import Payment, PaymentMethod
from credit.models.period import Period
from credit.models.reservation import HoldLine, Reservation, ReservationEnding
from credit.models.transaction import Transaction
from credit.models.upload import RefusedLine, Upload, UploadState
from credit.models.wallet import Wallet

__all__ = [
    "Answer",
    "ApiClient",
    "ApiKey",
    "Change",
    "CreditLimit",
    "Decline",
    "Difference",
    "HoldLine",
    "Invoice",
    "InvoiceKind",
    "InvoiceLine",
    "InvoiceSeries",
    "JobRun",
    "LimitEnding",
    "LimitSlot",
    "Notice",
    "Payment",
    "PaymentMethod",
    "Period",
    "RefusedLine",
    "Reservation",
    "ReservationEnding",
    "Scope",
    "Transaction",
    "Upload",
    "UploadState",
    "Wallet",
]
