from credit.models.alert import (
    AlertEvent,
    AlertFeed,
    AlertKind,
    AlertPace,
    AlertReader,
    AlertRule,
    AlertSend,
    AlertWatch,
    Audience,
)
from credit.models.allocation import Allocation
from credit.models.answer import Answer
from credit.models.archive import ArchivedLines, LedgerArchive
from credit.models.authority import Authority, Increase
from credit.models.bulk import BulkChange, BulkRow, BulkState, BulkVerb, RowState
from credit.models.change import Change
from credit.models.client import ApiClient, ApiKey, Scope
from credit.models.decline import Decline
from credit.models.delivery import Delivery, DeliveryKind, DeliveryState
from credit.models.exposure import Exposure, ExposureLine
from credit.models.invoice import Invoice, InvoiceKind, InvoiceLine, InvoiceSeries, InvoiceState, InvoiceTax
from credit.models.job import Difference, JobRun, Notice
from credit.models.limit import CreditLimit, LimitEnding, LimitSlot
from credit.models.month_end import LockedMonth, MonthEndChunk, MonthEndRun, RunKind
from credit.models.note import Note, Settled
from credit.models.payment import Payment, PaymentMethod
from credit.models.period import Period
from credit.models.request import ChangeRequest, RequestState
from credit.models.reservation import HoldLine, Reservation, ReservationEnding
from credit.models.revenue import RevenueDay, RevenueUpTo
from credit.models.seal import Seal, SealCheck, Sealed, SealHorizon
from credit.models.search_text import SearchText
from credit.models.seller import Seller, TaxRate
from credit.models.sign_in import SignInTries
from credit.models.suspension import OverdueSuspension
from credit.models.transaction import Transaction
from credit.models.upload import RefusedLine, Upload, UploadState
from credit.models.view import Preferences, SavedView
from credit.models.wallet import Wallet
from credit.models.wallet_copy import CopyState, WalletCopy
from credit.models.webhook import Webhook

__all__ = [
    "AlertEvent",
    "AlertFeed",
    "AlertKind",
    "AlertPace",
    "AlertReader",
    "AlertRule",
    "AlertSend",
    "AlertWatch",
    "Allocation",
    "Answer",
    "ApiClient",
    "ApiKey",
    "ArchivedLines",
    "Audience",
    "Authority",
    "BulkChange",
    "BulkRow",
    "BulkState",
    "BulkVerb",
    "Change",
    "ChangeRequest",
    "CopyState",
    "CreditLimit",
    "Decline",
    "Delivery",
    "DeliveryKind",
    "DeliveryState",
    "Difference",
    "Exposure",
    "ExposureLine",
    "HoldLine",
    "Increase",
    "Invoice",
    "InvoiceKind",
    "InvoiceLine",
    "InvoiceSeries",
    "InvoiceState",
    "InvoiceTax",
    "JobRun",
    "LedgerArchive",
    "LimitEnding",
    "LimitSlot",
    "LockedMonth",
    "MonthEndChunk",
    "MonthEndRun",
    "Note",
    "Notice",
    "OverdueSuspension",
    "Payment",
    "PaymentMethod",
    "Period",
    "Preferences",
    "RefusedLine",
    "RequestState",
    "Reservation",
    "ReservationEnding",
    "RevenueDay",
    "RevenueUpTo",
    "RowState",
    "RunKind",
    "SavedView",
    "Scope",
    "Seal",
    "SealCheck",
    "SealHorizon",
    "Sealed",
    "SearchText",
    "Seller",
    "Settled",
    "SignInTries",
    "TaxRate",
    "Transaction",
    "Upload",
    "UploadState",
    "Wallet",
    "WalletCopy",
    "Webhook",
]
