"""Every `reason` a problem document may carry: its title, its status, and what the caller can do.

The first part is the product's own codes (docs/reason-codes.md); the second is about the request itself.
"""

from dataclasses import dataclass

from credit.terms import Reason


@dataclass(frozen=True)
class Explained:
    title: str
    status: str
    what_helps: str


_DECLINED, _BAD, _REFUSED = "402", "422", "409"

PRODUCT = {
    Reason.CREDIT_LIMIT_EXCEEDED: (_DECLINED, "A payment, a higher limit or a smaller amount. Equal to usable passes."),
    Reason.CREDIT_LIMIT_REQUIRED: ("402 or 409", "Give a limit in the same request."),
    Reason.ORGANIZATION_SUSPENDED: (_DECLINED, "Finance resumes the organization. Payments, refunds, commits of live "
                                    "reservations and charges with `overrun` still post."),
    Reason.WALLET_CLOSED: ("402 or 409", "Finance reopens the wallet. 402 for money, 409 for limits and payment mode."),
    Reason.OWN_MONEY_EXCEEDED: (_DECLINED, "Ask for at most the customer’s own money."),
    Reason.RESERVATION_EXPIRED: (_DECLINED, "Post a charge instead; with `overrun` if the service was delivered."),
    Reason.RESERVATION_CLOSED: (_DECLINED, "Reserve again."),
    Reason.RESERVATION_EXCEEDED: (_DECLINED, "Commit at most what is held, or send `overrun` with that scope."),
    Reason.NOT_FOUND: ("404", "Check the Wallet ID, the reference or the transaction."),
    Reason.ALREADY_REFUNDED: (_DECLINED, "Ask for at most what is left of the item: `left`."),
    Reason.NOT_REVERSIBLE: (_DECLINED, "Post what should stand instead."),
    Reason.KEY_REUSED: (_BAD, "Send a new key for a new request. The same key is for the same content only."),
    Reason.REFERENCE_USED: (_REFUSED, "If it really is another payment, send it again with `another`: true."),
    Reason.NOT_ALLOWED_FOR_MODE: (_REFUSED, "Set a permanent limit, or change the payment mode first."),
    Reason.NOT_AUTHORIZED: ("403", "An administrator gives the client the scope, or the authority of a group. Above it "
                            "send at most `allowed`, or ask: the same again with `if_beyond_authority`: “request”."),
    Reason.CHANGED_MEANWHILE: (_REFUSED, "Read the wallet again, decide on what stands there, send its `version`."),
    Reason.WALLET_NOT_EMPTY: (_REFUSED, "Settle the wallet first."),
    Reason.CURRENCY_MISMATCH: (_BAD, "Send the amount in the wallet’s currency. Nothing is ever converted."),
    Reason.SAME_WALLET: (_BAD, "Name another wallet."),
    Reason.INVALID_AMOUNT: (_BAD, "Send a decimal string such as \"12.50\". `detail` says what is wrong with it."),
    Reason.INVALID_INPUT: ("422 or 409", "`errors` names each field. 409: `confirm` names the field that says yes."),
}  # fmt: skip

REQUEST = {
    "invalid_json": ("The body is not JSON", "400", "Send UTF-8 JSON. NaN and Infinity are no JSON numbers."),
    "key_missing": (
        "The Idempotency-Key is missing",
        "400",
        "Send a header `Idempotency-Key` of 1 to 255 printable ASCII characters, new for each new request.",
    ),
    "not_signed_in": (
        "The credential is missing or not valid",
        "401",
        "Send `Authorization: Bearer` and the client’s credential. A revoked or replaced one works no more.",
    ),
    "page_not_found": ("There is no such address", "404", "See /api/v1/docs for the addresses."),
    "method_not_allowed": ("Not with this method", "405", "The header `Allow` names the methods."),
    "busy": (
        "Another request holds the wallet",
        "409",
        "Nothing was stored. Send the same request with the same key after `Retry-After` seconds.",
    ),
    "length_required": ("The length of the body is missing", "411", "Send a `Content-Length`."),
    "body_too_large": ("The body is too large", "413", "Send a batch in parts."),
    "wrong_content_type": ("The content type is not JSON", "415", "Send `Content-Type: application/json`."),
    "undone": ("Undone with the rest of its batch", "424", "Another line of the atomic batch was refused."),
    "too_many_requests": ("Too many requests", "429", "Wait `Retry-After` seconds."),
    "internal_error": (
        "The portal failed",
        "500",
        "Send the same request with the same key again: what was done is answered, what was not is done.",
    ),
    "unavailable": (
        "The database cannot be reached",
        "503",
        "Whether it was done is not known. Send the same request with the same key again.",
    ),
}  # fmt: skip

EXPLAINED: dict[str, Explained] = {
    **{str(reason): Explained(reason.label, *PRODUCT[reason]) for reason in Reason},
    **{name: Explained(*texts) for name, texts in REQUEST.items()},
}
