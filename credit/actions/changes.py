"""What every change that is no money line shares: the version a person saw, and the audit trail."""

from typing import Any

from credit.actions.books import Account
from credit.actions.refusals import Refused
from credit.languages import Said as _
from credit.models import Change, Wallet
from credit.terms import Reason

_SHOWN = (
    "mode",
    "scheme",
    "time_zone",
    "organization_status",
    "permanent_limit_micros",
    "limit_unlimited",
    "temporary_limit_micros",
    "temporary_starts_at",
    "temporary_ends_at",
    "scheduled_limit_micros",
    "scheduled_starts_at",
    "scheduled_ends_at",
    "closed_at",
)


def snapshot(wallet: Wallet) -> dict[str, Any]:
    """The decided columns of a wallet as they go into the audit trail: amounts in micros, instants in ISO 8601."""
    values = {name: getattr(wallet, name) for name in _SHOWN}
    return {
        name: value.isoformat() if name.endswith("_at") and value else value for name, value in values.items()
    }


def refuse_if_changed(account: Account, version: int | None) -> None:
    """A person decided on what they saw; settling has already counted what the clock changed since."""
    wallet = account.wallet
    if version is None or version == wallet.version:
        return
    latest = Change.objects.decisions().filter(wallet=wallet).newest_first().first()
    who = _("It changed")
    if latest:
        who = _("%(name)s changed it at %(time)s UTC") % {
            "name": latest.by_name,
            "time": f"{latest.at:%H:%M:%S}",
        }
    raise Refused(
        Reason.CHANGED_MEANWHILE,
        _("%(who)s after you opened the form. Look at what stands there now, then decide again.")
        % {"who": who},
        version=wallet.version,
        change_id=latest.pk if latest else None,
    )


def record(
    account: Account, verb: str, before: dict[str, Any], *, reason_code: str = "", reason: str = ""
) -> None:
    """One row of the audit trail with what differs; the change counts for everybody who has a form open."""
    wallet = account.wallet
    wallet.version += 1
    account.touch()
    after = snapshot(wallet)
    changed = [name for name in after if after[name] != before.get(name)]
    account.books.add(
        Change(
            organization_id=wallet.organization_id,
            wallet=wallet,
            at=account.at,
            verb=verb,
            reason_code=reason_code,
            reason=reason,
            before={name: before.get(name) for name in changed},
            after={name: after[name] for name in changed},
            **account.books.by.signature(),
        )
    )
