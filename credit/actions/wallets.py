"""Creating, closing and reopening a wallet."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from credit.actions import inputs, months
from credit.actions.authority import Raise, raised, spend_on_new
from credit.actions.books import Account, Books, Now, opened
from credit.actions.changes import record, snapshot
from credit.actions.limit_plans import LIMIT_COLUMNS, parse_permanent
from credit.actions.limits import first_limit
from credit.actions.modes import begin_postpaid, finish_postpaid
from credit.actions.reasons import parse_reason
from credit.actions.refusals import BadInput, ConfirmationNeeded, Refused, require
from credit.actors import Actor
from credit.languages import Said as _
from credit.models import Wallet
from credit.money import minor_unit
from credit.periods import month_end_after
from credit.terms import Kind, PaymentMode, Reason, Scheme
from organizations.actions import OrganizationRefused, create_organization
from organizations.models import Organization, OrganizationStatus
from organizations.names import normalise

DRAWS = 20


@dataclass(frozen=True)
class NewWallet:
    """What a wallet is created as; `limit` is a decimal. Without a `wallet_id` one is drawn."""

    organization: Organization
    currency: str
    mode: str
    scheme: str = ""
    limit: inputs.Amount | None = None
    unlimited: bool = False
    wallet_id: str = ""

    @property
    def has_limit(self) -> bool:
        return self.unlimited or self.limit not in (None, "")

    def parse(self, by: Actor) -> int | None:
        """Micros of the first permanent limit, or None."""
        inputs.currency(self.currency)
        inputs.text(self.wallet_id, field="wallet_id", longest=20)
        _refuse_mode(self.mode, self.scheme)
        if self.mode == PaymentMode.POSTPAID and not self.has_limit:
            raise Refused(
                Reason.CREDIT_LIMIT_REQUIRED, _("A postpaid wallet needs a limit. Set one."), field="limit"
            )
        return parse_permanent(self.limit, self.unlimited, self.currency, by) if self.has_limit else None


def create_wallet(
    *,
    organization: Organization,
    currency: str,
    mode: str,
    reason_code: str = "",
    reason: str = "",
    another: bool = True,
    by: Actor,
    now: Now,
    **details: Any,
) -> Wallet:
    """A wallet with its first limit (`details`: the fields of a NewWallet).

    BadInput names the field; Refused(credit_limit_required) for a postpaid wallet without a limit. With
    `another=False`, ConfirmationNeeded where the customer has an open wallet in the currency.
    """
    if not another:
        _ask_before_a_second(organization, currency)
    new = NewWallet(organization, currency, mode, **details)
    (wallet,) = create_wallets([new], reason_code=reason_code, reason=reason, by=by, now=now)
    return wallet


def create_customer(
    *, organization: Mapping[str, str], another: bool = True, by: Actor, now: Now, **wallet: Any
) -> Wallet:
    """An organization (what `organizations.actions.build` takes) with its first wallet (what create_wallet takes).

    With `another=False`, ConfirmationNeeded where a customer has this very name.
    """
    require(by, "organizations.add_organization", _("create an organization"))
    if not another:
        _ask_before_a_namesake(organization["name"])
    with transaction.atomic():
        try:
            created = create_organization(**organization)
        except OrganizationRefused as error:
            raise BadInput(error.field, error.message) from None
        return create_wallet(organization=created, by=by, now=now, **wallet)


def _ask_before_a_second(organization: Organization, currency: str) -> None:
    first = organization.wallets.filter(closed_at=None, currency=currency).first()
    if first:
        raise ConfirmationNeeded(
            Reason.INVALID_INPUT,
            _("%(name)s has an open %(currency)s wallet already: %(wallet_id)s. Create one more?")
            % {"name": organization.name, "currency": currency, "wallet_id": first.wallet_id},
        )


def _ask_before_a_namesake(name: str) -> None:
    namesake = Organization.objects.filter(search_name=normalise(name)).first()
    if namesake:
        raise ConfirmationNeeded(
            Reason.INVALID_INPUT,
            _("%(name)s is a customer already (%(country)s, %(uuid)s). Create another one with this name?")
            % {"name": namesake.name, "country": namesake.country or _("no country"), "uuid": namesake.uuid},
        )


def create_wallets(
    new: Sequence[NewWallet], *, reason_code: str = "", reason: str = "", by: Actor, now: Now
) -> list[Wallet]:
    """All or none, in one transaction; raises what the first that cannot be created says."""
    require(by, "credit.add_wallet", _("create a wallet"))
    code, words = parse_reason(reason_code, reason, by)
    limits = [each.parse(by) for each in new]
    with transaction.atomic():
        organizations = _locked([each.organization.pk for each in new])
        at = months.earliest_posting(now() if callable(now) else now)
        wallets = [_build(each, micros, organizations, at) for each, micros in zip(new, limits, strict=True)]
        _insert(wallets)
        books = Books(wallets, at, by)
        spend_on_new(((books[wallet], _raise_of(wallet)) for wallet in wallets), by)
        for each, wallet in zip(new, wallets, strict=True):
            if each.has_limit:
                books.add(first_limit(books[wallet], code, words))
            record(books[wallet], "create_wallet", {}, reason_code=code, reason=words)
        books.write()
        for wallet in wallets:
            _set_organization_status(wallet.organization, wallet.organization_status)
    return wallets


def _raise_of(wallet: Wallet) -> Raise:
    """The first limit is credit from nothing."""
    before = dict.fromkeys(LIMIT_COLUMNS)
    after = {name: getattr(wallet, name) for name in LIMIT_COLUMNS}
    return Raise("create_wallet", *raised(before, after, wallet.created_at))


def _build(new: NewWallet, limit: int | None, organizations: dict[int, Organization], at: datetime) -> Wallet:
    organization = organizations[new.organization.pk]
    wallet = Wallet(
        organization=organization,
        wallet_id=new.wallet_id.strip(),
        currency=new.currency,
        mode=new.mode,
        scheme=new.scheme,
        organization_status=_open_status(organization),
        time_zone=organization.time_zone,
        permanent_limit_micros=limit,
        limit_unlimited=new.unlimited,
        latest_at=at,
        created_at=at,
        version=0,
    )
    if new.mode == PaymentMode.POSTPAID:
        wallet.period_starts_at, wallet.period_ends_at = at, month_end_after(at, wallet.time_zone)
    return wallet


def close_wallet(*, wallet: Wallet, reason_code: str = "", reason: str = "", by: Actor, now: Now) -> Wallet:
    """Refused(wallet_not_empty) unless nothing is reserved and nothing above a minor unit is left."""
    require(by, "credit.close_wallet", _("close a wallet"))
    code, words = parse_reason(reason_code, reason, by)
    with transaction.atomic():
        organization = _locked([wallet.organization_id])[wallet.organization_id]
        closed = _close(wallet, code, words, by, now)
        if not organization.wallets.filter(closed_at=None).exists():
            _set_organization_status(organization, OrganizationStatus.CLOSED)
    return closed


def _close(wallet: Wallet, code: str, words: str, by: Actor, now: Now) -> Wallet:
    with opened([wallet.pk], by=by, now=now) as books:
        account = books[wallet]
        if account.wallet.closed_at:
            raise Refused(Reason.WALLET_CLOSED, _("The wallet is closed already."))
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
    require(by, "credit.reopen_wallet", _("reopen a wallet"))
    code, words = parse_reason(reason_code, reason, by)
    with transaction.atomic():
        organization = _locked([wallet.organization_id])[wallet.organization_id]
        reopened = _reopen(wallet, code, words, by, now)
        _set_organization_status(organization, reopened.organization_status)
    return reopened


def _reopen(wallet: Wallet, code: str, words: str, by: Actor, now: Now) -> Wallet:
    with opened([wallet.pk], by=by, now=now) as books:
        account = books[wallet]
        if not account.wallet.closed_at:
            raise Refused(Reason.INVALID_INPUT, _("The wallet is open already."))
        before = snapshot(account.wallet)
        account.wallet.closed_at = None
        if account.wallet.mode == PaymentMode.POSTPAID:
            begin_postpaid(account)
        record(account, "reopen_wallet", before, reason_code=code, reason=words)
    return account.wallet


def _locked(pks: Sequence[int]) -> dict[int, Organization]:
    """The organizations' rows before their wallets' rows, always in that order. NO KEY: history rows refer to them."""
    rows = Organization.objects.filter(pk__in=set(pks)).order_by("pk").select_for_update(no_key=True)
    return {row.pk: row for row in rows}


def _refuse_mode(mode: str, scheme: str) -> None:
    if mode not in PaymentMode.values:
        raise BadInput(
            "mode", _("Payment mode %(mode)r is not known. Choose prepaid or postpaid.") % {"mode": mode}
        )
    if mode == PaymentMode.POSTPAID and scheme not in Scheme.values:
        raise BadInput(
            "scheme",
            _("A postpaid wallet needs an invoicing scheme: one of %(values)s.")
            % {"values": ", ".join(Scheme.values)},
        )
    if mode == PaymentMode.PREPAID and scheme:
        raise BadInput("scheme", _("A prepaid wallet has no invoicing scheme. Leave it empty."))


def _refuse_unless_empty(account: Account) -> None:
    rule, unit = account.rule, minor_unit(account.wallet.currency)
    settled = account.wallet.balance_micros - rule["live_closing_micros"]
    if rule["live_reserved_micros"] or abs(rule["live_unbilled_micros"]) >= unit or abs(settled) >= unit:
        raise Refused(
            Reason.WALLET_NOT_EMPTY,
            _(
                "The wallet is not empty. Settle the balance, what is unbilled and what is reserved, then close it."
            ),
            settled_micros=settled,
            unbilled_micros=rule["live_unbilled_micros"],
            reserved_micros=rule["live_reserved_micros"],
        )


def _open_status(organization: Organization) -> str:
    """What its wallets say: one that was suspended when its last wallet was closed is suspended still."""
    if organization.status != OrganizationStatus.CLOSED:
        return organization.status
    kept = organization.wallets.values_list("organization_status", flat=True).first()
    return kept or OrganizationStatus.ACTIVE


def _set_organization_status(organization: Organization, status: str) -> None:
    if organization.status != status:
        organization.status = status
        organization.save(update_fields=["status"])


def new_wallet_id() -> str:
    """Eight random digits; a customer may read it over the phone, so it says nothing but itself."""
    digits = f"{secrets.randbelow(10**8):08d}"
    return f"W-{digits[:4]}-{digits[4:]}"


def _insert(wallets: list[Wallet]) -> None:
    """Given Wallet IDs must be free; drawn ones are drawn again until they are."""
    given = [wallet.wallet_id for wallet in wallets if wallet.wallet_id]
    taken = (
        Wallet.objects.filter(wallet_id__in=given).values_list("wallet_id", flat=True).first()
        if given
        else None
    )
    if taken or len(given) != len(set(given)):
        raise BadInput(
            "wallet_id",
            _("Wallet ID %(taken)s is taken. Leave it empty to draw one.") % {"taken": taken or given[0]},
        )
    to_draw = [wallet for wallet in wallets if not wallet.wallet_id]
    for _attempt in range(DRAWS):
        _draw(to_draw)
        try:
            with transaction.atomic():
                Wallet.objects.bulk_create(wallets, batch_size=500)
            return
        except IntegrityError:
            continue
    raise BadInput(
        "wallet_id", _("No free Wallet ID was found in %(DRAWS)s draws. Try again.") % {"DRAWS": DRAWS}
    )


def _draw(wallets: list[Wallet]) -> None:
    for wallet in wallets:
        wallet.pk, wallet.wallet_id = None, new_wallet_id()
    drawn = Wallet.objects.filter(wallet_id__in=[wallet.wallet_id for wallet in wallets])
    taken = set(drawn.values_list("wallet_id", flat=True))
    for wallet in wallets:
        while wallet.wallet_id in taken:
            wallet.wallet_id = new_wallet_id()
        taken.add(wallet.wallet_id)
