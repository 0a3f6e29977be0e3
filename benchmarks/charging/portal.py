"""What has to run inside Django: the portal's database with its wallets, made as the portal makes them.

`python -m benchmarks.charging.portal` migrates the database that DATABASE_URL names and creates the two wallets from
which the others are copied, one prepaid and one postpaid. It prints the credential of an API client that may charge.
"""

import os
from typing import Any

import django


def set_up() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "finance_portal.settings")
    django.setup()


def caller() -> Any:
    """An API client that may charge."""
    from credit.actors import Actor

    return Actor.client("Switch", frozenset({"credit.post_charges"}))


def create_patterns() -> str:
    """The credential."""
    from django.core.management import call_command
    from django.utils import timezone

    from credit.actions import clients, wallets
    from credit.actors import Actor
    from organizations.models import Organization
    from organizations.names import normalise

    call_command("migrate", verbosity=0)
    organization = Organization.objects.create(
        name="Tatra Telekom", search_name=normalise("Tatra Telekom"), time_zone="Europe/Bratislava"
    )
    new = [
        wallets.NewWallet(organization, "EUR", "prepaid", limit="1000000"),
        wallets.NewWallet(organization, "EUR", "postpaid", "individual", limit="1000000"),
    ]
    who = {"by": Actor.system("Benchmark"), "now": timezone.now()}
    wallets.create_wallets(new, **who)
    return clients.create_client(name="Switch", scopes=["charge"], **who)[1]


if __name__ == "__main__":
    set_up()
    print(create_patterns())
