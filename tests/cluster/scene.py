"""What the month end comes over: thousands of wallets with something to invoice; their months end group after group."""

from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

from django.contrib.auth.models import Group
from django.db import connection
from django.utils import timezone

from credit.actions import charges, clients
from credit.actions.payments import PaymentLine
from credit.groups import ADMINISTRATOR
from credit.models import Scope, Wallet
from credit.terms import PaymentMode
from tests.storm import scene as storm_scene
from tests.storm.scene import BY, Account, Scene

BATCH = 500
ENDINGS = 12  # moments at which months end


def set_up(*, wallet_count: int, client_count: int, random: Random) -> Scene:
    made = storm_scene._wallets(wallet_count)
    _post([_payment(wallet, random) for wallet in made if wallet.mode == PaymentMode.PREPAID])
    _post([line for wallet in made if wallet.mode == PaymentMode.POSTPAID for line in _usage(wallet, random)])
    scopes = [Scope.READ, Scope.CHARGE, Scope.PAY, Scope.LIMITS]
    group = Group.objects.get(name=ADMINISTRATOR)
    credentials = [
        clients.create_client(
            name=f"Cluster {number}", scopes=scopes, authority=group, by=BY, now=timezone.now()
        )[1]
        for number in range(client_count)
    ]
    return Scene([Account(wallet.wallet_id, wallet.mode) for wallet in made], credentials)


def _payment(wallet: Wallet, random: Random) -> PaymentLine:
    return PaymentLine(wallet=wallet, amount=str(random.randint(1, 200)), key="opening")


def _usage(wallet: Wallet, random: Random) -> list[charges.Line]:
    """So that every month has something to invoice, and something to round."""
    kinds = random.choices(["call", "sms", "fax"], k=2)
    return [
        charges.Line(
            wallet=wallet,
            amount=str(Decimal(random.randint(1, 4_000_000)).scaleb(-6)),
            kind=kind,
            key=f"before-{number}",
            reference=f"before-{number}",
        )
        for number, kind in enumerate(kinds)
    ]


def _post(lines: list) -> None:
    for start in range(0, len(lines), BATCH):
        outcomes = charges.post(lines=lines[start : start + BATCH], by=BY, now=timezone.now)
        assert all(outcome.accepted for outcome in outcomes)


def end_the_months(begin: datetime, seconds: float) -> int:
    """Moves the end of every running month into the run; how many wallets that are.

    A fixture: no action can do this. The wallets are new, so nothing lies in the month that another end would misplace.
    """
    step = timedelta(seconds=seconds / ENDINGS)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE credit_wallet SET period_ends_at = %s + (id %% %s) * %s WHERE mode = 'postpaid'",
            [begin, ENDINGS, step],
        )
        return cursor.rowcount
