"""What the storm comes over: wallets of both modes and all schemes with their limits, and API clients."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from django.contrib.auth.models import Group
from django.db import connection
from django.utils import timezone

from credit.actions import charges, clients, wallets
from credit.actions.payments import PaymentLine
from credit.actors import Actor
from credit.groups import ADMINISTRATOR
from credit.models import Scope, Wallet
from organizations.models import Organization
from organizations.names import normalise

BY = Actor.system("Storm")
ZONES = ["UTC", "Europe/Bratislava", "America/New_York", "Asia/Kolkata"]
# Mode, scheme, limit ("" is not set).
PATTERNS = [
    ("prepaid", "", "150"),
    ("prepaid", "", ""),
    ("postpaid", "individual", "300"),
    ("postpaid", "consolidated", "300"),
    ("postpaid", "none", "200"),
    ("prepaid", "", "20"),
    ("postpaid", "individual", "unlimited"),
    ("postpaid", "consolidated", "40"),
]


@dataclass(frozen=True)
class Account:
    """What a client knows of a wallet."""

    wallet_id: str
    mode: str


@dataclass(frozen=True)
class Scene:
    accounts: list[Account]
    credentials: list[str]


def set_up(*, wallet_count: int, client_count: int, random: Random) -> Scene:
    made = _wallets(wallet_count)
    _pay_in(made, random)
    scopes = [Scope.READ, Scope.CHARGE, Scope.PAY, Scope.LIMITS]
    group = Group.objects.get(name=ADMINISTRATOR)
    credentials = [
        clients.create_client(
            name=f"Storm {number}", scopes=scopes, authority=group, by=BY, now=timezone.now()
        )[1]
        for number in range(client_count)
    ]
    return Scene([Account(wallet.wallet_id, wallet.mode) for wallet in made], credentials)


def _wallets(count: int) -> list[Wallet]:
    organizations = [
        Organization.objects.create(name=f"Storm {n}", search_name=normalise(f"Storm {n}"), time_zone=zone)
        for n, zone in enumerate(ZONES * 5)
    ]
    new = []
    for number in range(count):
        mode, scheme, limit = PATTERNS[number % len(PATTERNS)]
        given = {"unlimited": True} if limit == "unlimited" else {"limit": limit or None}
        organization = organizations[number % len(organizations)]
        new.append(wallets.NewWallet(organization, "EUR", mode, scheme, **given))
    return wallets.create_wallets(new, by=BY, now=timezone.now)


def _pay_in(made: list[Wallet], random: Random) -> None:
    lines = [
        PaymentLine(wallet=wallet, amount=str(random.randint(1, 200)), key="opening")
        for wallet in made
        if wallet.mode == "prepaid" or random.random() < 0.2
    ]
    assert all(outcome.accepted for outcome in charges.post(lines=lines, by=BY, now=timezone.now))


def end_half_of_the_periods(at: datetime) -> int:
    """Moves the end of the running month of every second postpaid wallet into the storm.

    A fixture: no action can do this, and a storm cannot wait for the end of a month. The wallets are new, so their
    running period has begun just now and has nothing in it that another end would misplace.
    """
    postpaid = Wallet.objects.filter(mode="postpaid").order_by("pk").values_list("pk", flat=True)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE credit_wallet SET period_ends_at = %s WHERE id = ANY(%s)", [at, list(postpaid)[::2]]
        )
        return cursor.rowcount


def in_the_middle(seconds: float) -> datetime:
    return timezone.now() + timedelta(seconds=seconds / 2)
