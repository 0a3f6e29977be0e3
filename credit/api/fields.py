"""The types of what a caller sends. Strict: a number is no text, an instant carries its zone, nothing is guessed.

Whether an amount, a kind or a wallet can be used is judged by the actions, so that a batch can say it line by line.
"""

from datetime import UTC, date, datetime
from typing import Annotated, Any

from ninja import Header
from pydantic import AfterValidator as After
from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, StrictInt

LARGEST_ID = 2**63 - 1


def _only_text(sent: Any) -> Any:
    """A number would be taken for seconds since 1970."""
    if sent is not None and not isinstance(sent, str):
        raise ValueError("must be text")
    return sent


def _in_utc(instant: datetime) -> datetime:
    try:
        return instant.astimezone(UTC)
    except OverflowError:
        raise ValueError("lies outside the calendar") from None


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("has a character that cannot be stored")
    return text


Money = Annotated[
    str,
    Field(
        max_length=40,
        description="A decimal string of the wallet’s currency with at most six decimals.",
        examples=["12.50"],
    ),
]
WalletId = Annotated[
    str,
    Field(min_length=1, max_length=20, description="The public Wallet ID.", examples=["W-4071-0018"]),
    After(_printable),
]
Currency = Annotated[
    str,
    Field(min_length=3, max_length=3, description="Checked against the wallet’s, if sent.", examples=["EUR"]),
    After(_printable),
]
Reference = Annotated[str, Field(max_length=128, examples=["call-7f3a"])]
Text = Annotated[str, Field(max_length=255)]
Instant = Annotated[AwareDatetime, BeforeValidator(_only_text), After(_in_utc)]
Day = Annotated[date, BeforeValidator(_only_text)]
Flag = StrictBool
Count = StrictInt
Id = Annotated[StrictInt, Field(ge=1, le=LARGEST_ID)]
Key = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        pattern=r"^[ -~]+$",
        description="Names this request for this wallet: sent again with the same content, it is answered as before "
        "and done once. Kept for good.",
        examples=["8e03978e-40d5-43e8-bc93-6894a57f9324"],
    ),
]

OptionalKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        pattern=r"^[ -~]+$",
        description="Not required here. With it the change, or the request for approval, is made once however often "
        "it is sent.",
        examples=["8e03978e-40d5-43e8-bc93-6894a57f9324"],
    ),
]


def key_of(sent: str | None) -> str:
    """The IETF draft writes the key as a quoted string; bare it is the same key."""
    sent = sent or ""
    quoted = len(sent) > 2 and sent.startswith('"') and sent.endswith('"')
    return sent[1:-1] if quoted else sent


class Body(BaseModel):
    """A field that we do not know is refused: a misspelt `currency` must not be ignored."""

    model_config = ConfigDict(extra="forbid")
