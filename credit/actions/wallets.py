"""Creating, closing and reopening a wallet."""

import secrets

from django.db import IntegrityError, transaction

from credit.actions import inputs
from credit.actions.books import Account, Books, Now, opened
from credit.actions.changes import record, snapshot
from credit.actions.limits import parse_permanent, parse_reason, write_permanent
from credit.actions.modes import begin_postpaid, finish_postpaid
from credit.actions.refusals import BadInput, Refused, require
from credit.actors import Actor
from credit.models import Wallet
from credit.money import minor_unit
from credit.periods import month_end_after
from credit.terms import Kind, PaymentMode, Reason, Scheme
from organizations.models import Organization, OrganizationStatus


def create_wallet(
    *,
    organization: Organization,
    currency: str,
    mode: str,
    scheme: str = "",
    limit: inputs.Amount | None = None,
    unlimited: bool = False,
    wallet_id: str | None = None,
    reason_code: str = "",
    reason: str = "",
    by: Actor,
    now: Now,
) -> Wallet:
    """A wallet with its first limit. BadInput names the field; Refused(credit_limit_required) for postpaid without."""
    inputs.currency(currency)
    code, words = parse_reason(reason_code, reason)
    _refuse_mode(mode, scheme)
    has_limit = unlimited or limit not in (None, "")
    if mode == PaymentMode.POSTPAID and not has_limit:
        raise Refused(
            Reason.CREDIT_LIMIT_REQUIRED, "A postpaid wallet needs a limit. Set one.", field="limit"
        )
    micros = parse_permanent(limit, unlimited, currency, by) if has_limit else None
    with transaction.atomic():
        at = now() if callable(now) else now
        locked = _locked(organization)
        wallet = Wallet(
            organization=locked,
            wallet_id=wallet_id or "",
            currency=currency,
            mode=mode,
            scheme=scheme,
            organization_status=_open_status(locked),
            time_zone=locked.time_zone,
            permanent_limit_micros=micros,
            limit_unlimited=unlimited,
            latest_at=at,
            created_at=at,
            version=0,
        )
        if mode == PaymentMode.POSTPAID:
            wallet.period_starts_at, wallet.period_ends_at = at, month_end_after(at, wallet.time_zone)
        _insert(wallet)
        books = Books([wallet], at, by)
        if has_limit:
            write_permanent(books[wallet], micros, unlimited, code, words)
        record(books[wallet], "create_wallet", {}, reason_code=code, reason=words)
        books.write()
        _set_organization_status(locked, wallet.organization_status)
    return wallet


def close_wallet(*, wallet: Wallet, reason_code: str = "", reason: str = "", by: Actor, now: Now) -> Wallet:
    """Refused(wallet_not_empty) unless nothing is reserved and nothing above a minor unit is left."""
    code, words = parse_reason(reason_code, reason)
    with transaction.atomic():
        organization = _locked(wallet.organization)
        closed = _close(wallet, code, words, by, now)
        if not organization.wallets.filter(closed_at=None).exists():
            _set_organization_status(organization, OrganizationStatus.CLOSED)
    return closed


def _close(wallet: Wallet, code: str, words: str, by: Actor, now: Now) -> Wallet:
    with opened([wallet.pk], by=by, now=now) as books:
        account = books[wallet]
        if account.wallet.closed_at:
            raise Refused(Reason.WALLET_CLOSED, "The wallet is closed already.")
        _refuse_unless_empty(account)
        before = snapshot(account.wallet)
        if account.wallet.mode == PaymentMode.POSTPAID:
            finish_postpaid(account)
        if account.wallet.balance_micros:
            account.post(Kind.ROUNDING, -account.wallet.balance_micros, reason="Closing the wallet")
        account.wallet.closed_at = account.at
        record(account, "close_wallet", before, reason_code=code, reason=words)
    return account.wallet


def reopen_wallet(*, wallet: Wallet, reason_code: str = "", reason: str = "", by: Actor, now: Now) -> Wallet:
    """By right; a postpaid wallet starts a new period."""
    require(by, "credit.reopen_wallet", "reopen a wallet")
    code, words = parse_reason(reason_code, reason)
    with transaction.atomic():
        organization = _locked(wallet.organization)
        reopened = _reopen(wallet, code, words, by, now)
        _set_organization_status(organization, reopened.organization_status)
    return reopened


def _reopen(wallet: Wallet, code: str, words: str, by: Actor, now: Now) -> Wallet:
    with opened([wallet.pk], by=by, now=now) as books:
        account = books[wallet]
        if not account.wallet.closed_at:
            raise Refused(Reason.INVALID_INPUT, "The wallet is open already.")
        before = snapshot(account.wallet)
        account.wallet.closed_at = None
        if account.wallet.mode == PaymentMode.POSTPAID:
            begin_postpaid(account)
        record(account, "reopen_wallet", before, reason_code=code, reason=words)
    return account.wallet


def _locked(organization: Organization) -> Organization:
    """The organization's row before its wallets' rows, always in that order. NO KEY, since history rows refer to it."""
    return Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)


def _refuse_mode(mode: str, scheme: str) -> None:
    if mode not in PaymentMode.values:
        raise BadInput("mode", f"Payment mode {mode!r} is not known. Choose prepaid or postpaid.")
    if mode == PaymentMode.POSTPAID and scheme not in Scheme.values:
        raise BadInput(
            "scheme", f"A postpaid wallet needs an invoicing scheme: one of {', '.join(Scheme.values)}."
        )
    if mode == PaymentMode.PREPAID and scheme:
        raise BadInput("scheme", "A prepaid wallet has no invoicing scheme. Leave it empty.")


def _refuse_unless_empty(account: Account) -> None:
    rule, unit = account.rule, minor_unit(account.wallet.currency)
    settled = account.wallet.balance_micros - rule["live_closing_micros"]
    if rule["live_reserved_micros"] or abs(rule["live_unbilled_micros"]) >= unit or abs(settled) >= unit:
        raise Refused(
            Reason.WALLET_NOT_EMPTY,
            "The wallet is not empty. Settle the balance, what is unbilled and what is reserved, then close it.",
            settled_micros=settled,
            unbilled_micros=rule["live_unbilled_micros"],
            reserved_micros=rule["live_reserved_micros"],
        )


def _open_status(organization: Organization) -> str:
    closed = organization.status == OrganizationStatus.CLOSED
    return OrganizationStatus.ACTIVE if closed else organization.status


def _set_organization_status(organization: Organization, status: str) -> None:
    if organization.status != status:
        organization.status = status
        organization.save(update_fields=["status"])


def new_wallet_id() -> str:
    """Eight random digits; a customer may read it over the phone, so it says nothing but itself."""
    digits = f"{secrets.randbelow(10**8):08d}"
    return f"W-{digits[:4]}-{digits[4:]}"


def _insert(wallet: Wallet) -> None:
    if wallet.wallet_id:
        if Wallet.objects.filter(wallet_id=wallet.wallet_id).exists():
            raise BadInput("wallet_id", f"Wallet ID {wallet.wallet_id} is taken. Leave it empty to draw one.")
        wallet.save(force_insert=True)
        return None
    for _ in range(50):
        wallet.wallet_id = new_wallet_id()
        try:
            with transaction.atomic():
                return wallet.save(force_insert=True)
        except IntegrityError:
            wallet.pk = None
    raise RuntimeError("No free Wallet ID was found in 50 draws.")
