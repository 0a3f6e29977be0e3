"""Which rule holds for a wallet: its own, else its currency's default, else the default for all."""

from collections.abc import Iterable
from datetime import timedelta

from django.utils import timezone

from credit.alerts.deciding import Rule
from credit.models import AlertRule, Wallet


class Rules:
    """Those of a chunk of wallets, in two queries."""

    def __init__(self, wallet_pks: Iterable[int]):
        self._own = {row.wallet_id: row for row in AlertRule.objects.filter(wallet__in=wallet_pks)}
        self._defaults = defaults()

    def of(self, wallet_pk: int, currency: str) -> AlertRule:
        own = self._own.get(wallet_pk)
        return own or self._defaults.get(currency) or self._defaults.get("") or built_in()


def defaults() -> dict[str, AlertRule]:
    """By currency; "" is the one for all. There are at most as many as currencies."""
    return {row.currency: row for row in AlertRule.objects.filter(wallet=None)}


def built_in() -> AlertRule:
    """The rule where nobody has set one: the defaults of the fields, unsaved."""
    return AlertRule(changed_at=timezone.now(), by_name="The portal")


def of_wallet(wallet: Wallet) -> AlertRule:
    return Rules([wallet.pk]).of(wallet.pk, wallet.currency)


def as_decided(row: AlertRule) -> Rule:
    return Rule(
        is_on=row.is_on,
        percents=tuple(row.percents),
        amounts=tuple(row.usable_micros),
        days=tuple(row.days_ahead),
        tells_blocked=row.tells_blocked,
        tells_recovered=row.tells_recovered,
        hysteresis_percent=row.hysteresis_percent,
        cooldown=timedelta(minutes=row.cooldown_minutes),
    )
