"""What the answers look like, for the OpenAPI document. Built by `answers.py` and `reading.py`, held by the tests."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from credit.api.fields import Money


class Shape(BaseModel):
    model_config = ConfigDict(extra="allow")


class Accepted(Shape):
    """Done. `transaction` and `sequence` name the ledger line; a reservation alone has none."""

    accepted: bool
    wallet: str
    amount: Money | None
    usable: Money | None = Field(description="What can be spent now; null where the limit is unlimited.")
    unlimited: bool
    current_balance: Money | None
    transaction: int | None
    sequence: int | None


class Paid(Accepted):
    cleared: Money | None = Field(None, description="How much debt the payment cleared.")
    message: str | None = Field(None, description="“Already recorded by …” where the payment was known.")


class Refunded(Accepted):
    left: Money = Field(description="What is left of the item.")


class Held(Accepted):
    """A reservation as it stands after the verb."""

    reference: str
    rest: Money = Field(description="What is still held.")
    committed: Money
    expires_at: datetime
    ending: str = Field(description="Empty while it is live, else finished, released, expired or replaced.")


class Granted(Held):
    granted: Money = Field(
        description="What is held; with `up_to` it may be less than the amount, also zero."
    )


class FieldError(Shape):
    field: str
    detail: str
    reason: str


class Problem(Shape):
    """RFC 9457. A decline also carries `requested`, `usable`, `unlimited` and `breakdown`."""

    type: str = Field(description="The address of the page that explains the reason.")
    title: str
    status: int
    detail: str
    reason: str = Field(description="Stable: act on this, show `detail` to people.")
    field: str | None = None
    errors: list[FieldError] | None = None


class LineResult(Shape):
    """One line’s answer: as the single request would have got it, with its status and key."""

    status: int
    key: str
    replayed: bool
    accepted: bool


class BatchAnswer(Shape):
    accepted: int
    declined: int
    refused: int = Field(description="Lines that were bad input; nothing is stored under their key.")
    results: list[LineResult]


class Reservation(Shape):
    wallet: str
    reference: str
    kind: str
    amount: Money
    committed: Money
    rest: Money
    placed_at: datetime
    expires_at: datetime
    is_live: bool
    ended_at: datetime | None
    ending: str
    description: str
    by: str


class Organization(Shape):
    name: str
    uuid: str
    status: str
    time_zone: str


class WalletFound(Shape):
    wallet: str
    organization: Organization
    currency: str
    payment_mode: str
    invoicing_scheme: str | None
    is_closed: bool


class WalletsFound(Shape):
    wallets: list[WalletFound]
    next: str | None = Field(description="The address of the next page.")


class Limits(Shape):
    state: str = Field(description="not_set, permanent, temporary or unlimited.")
    effective: Money | None = Field(description="In force at `at`; null where unlimited.")
    ends_at: datetime | None
    falls_back_to: Money | None
    permanent: dict[str, Any] | None
    temporary: dict[str, Any] | None
    scheduled: dict[str, Any] | None


class Formula(Shape):
    text: str
    terms: list[dict[str, Any]]


class Wallet(WalletFound):
    """Every number by the one rule at the instant `at`."""

    at: datetime
    balance: Money
    unbilled: Money
    closing: Money
    reserved: Money
    due: Money
    overpayment: Money
    current_balance: Money
    own_money: Money
    used: Money
    used_percent: int | None
    usable: Money | None
    unlimited: bool
    standing: str
    version: int | None = Field(
        description="Send it with a change of limit or mode; null as of a past instant."
    )
    limits: Limits
    formula: Formula


class LedgerLine(Shape):
    transaction: int
    sequence: int
    posted_at: datetime
    occurred_at: datetime | None
    kind: str
    amount: Money = Field(description="Signed: what the line did to the current balance.")
    current_balance_after: Money
    counted: bool = Field(description="It went to unbilled, else to the balance.")
    overrun: bool
    reference: str
    description: str
    reason: str
    corrects: int | None
    by: str


class Ledger(Shape):
    wallet: str
    lines: list[LedgerLine]
    archived: str | None = Field(description="Says so where charges before a month are in the archive.")
    next: str | None = Field(description="The address of the next page.")


class LimitSet(Shape):
    slot: str
    amount: Money | None
    unlimited: bool
    starts_at: datetime
    ends_at: datetime | None
    wallet: Wallet


class Requested(Shape):
    """What was asked for because it is above the client’s authority; somebody in finance decides."""

    request: int
    address: str = Field(description="Where the request is read; also in the header `Location`.")
    wallet: str
    verb: str = Field(description="set_limit, end_temporary_limit or change_payment_mode.")
    wish: dict[str, Any] = Field(description="All that was asked for.")
    reason_code: str
    reason: str
    asked_at: datetime
    granted: Money | None = Field(None, description="The limit that was set in the same step.")
    state: str = Field(description="open, approved, rejected or withdrawn.")
    decided_at: datetime | None
    decided_by: str | None
    decision: str | None = Field(description="In the words of who decided.")


class RequestsListed(Shape):
    requests: list[Requested]
    next: str | None = Field(description="The address of the next page.")
