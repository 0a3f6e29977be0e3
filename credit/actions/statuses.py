"""Suspending, resuming and moving an organization: it concerns all its wallets, locked in pk order."""

from collections.abc import Callable

from django.core.exceptions import ValidationError
from django.db import transaction

from credit.actions import inputs
from credit.actions.books import Account, Now, opened
from credit.actions.changes import record, snapshot
from credit.actions.reasons import parse_reason
from credit.actions.refusals import BadInput, Refused, require
from credit.actors import Actor
from credit.languages import Label
from credit.languages import Said as _
from credit.terms import Reason
from organizations.models import Organization, OrganizationStatus, validate_time_zone


def suspend(
    *, organization: Organization, reason_code: str = "", reason: str = "", by: Actor, now: Now
) -> None:
    """Stops charges, new and extended holds, withdrawals and transfers out on all wallets; nothing else."""
    require(by, "credit.suspend_organization", _("suspend an organization"))
    _set_status(organization, OrganizationStatus.SUSPENDED, "suspend", reason_code, reason, by, now)


def resume(
    *, organization: Organization, reason_code: str = "", reason: str = "", by: Actor, now: Now
) -> None:
    require(by, "credit.suspend_organization", _("resume an organization"))
    _set_status(organization, OrganizationStatus.ACTIVE, "resume", reason_code, reason, by, now)


def change_time_zone(
    *,
    organization: Organization,
    time_zone: str,
    reason_code: str = "",
    reason: str = "",
    by: Actor,
    now: Now,
) -> None:
    """The running periods keep their end; the next ones follow the new zone (product.md section 5)."""
    require(by, "credit.change_payment_mode", _("change a time zone"))
    told = parse_reason(reason_code, reason, by)
    time_zone = inputs.text(time_zone, field="time_zone", longest=64, required=True)
    try:
        validate_time_zone(time_zone)
    except ValidationError as error:
        raise BadInput("time_zone", error.messages[0]) from None

    def move(account: Account) -> None:
        account.wallet.time_zone = time_zone

    with transaction.atomic():
        locked = Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
        locked.time_zone = organization.time_zone = time_zone
        locked.save(update_fields=["time_zone"])
        _on_all_wallets(locked, "change_time_zone", move, told, by, now)


def _set_status(
    organization: Organization, status: str, verb: str, reason_code: str, reason: str, by: Actor, now: Now
) -> None:
    def mark(account: Account) -> None:
        account.wallet.organization_status = status

    told = parse_reason(reason_code, reason, by)
    with transaction.atomic():
        locked = Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
        if locked.status == OrganizationStatus.CLOSED:
            raise Refused(Reason.WALLET_CLOSED, _("The organization is closed. Reopen a wallet first."))
        if locked.status == status:
            raise Refused(
                Reason.CHANGED_MEANWHILE,
                _("The organization is %(status)s already.") % {"status": Label(locked.get_status_display())},
            )
        locked.status = organization.status = status
        locked.save(update_fields=["status"])
        _on_all_wallets(locked, verb, mark, told, by, now)


def _on_all_wallets(
    organization: Organization,
    verb: str,
    change: Callable[[Account], None],
    told: tuple[str, str],
    by: Actor,
    now: Now,
) -> None:
    with opened(organization.wallets.values_list("pk", flat=True), by=by, now=now) as books:
        for account in books.accounts.values():
            before = snapshot(account.wallet)
            change(account)
            record(account, verb, before, reason_code=told[0], reason=told[1])
