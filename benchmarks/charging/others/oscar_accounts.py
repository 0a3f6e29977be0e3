"""django-oscar-accounts: `facade.transfer` from the customer's account, which has a credit limit.

It checks the limit before it takes a lock, so two charges at once overspend; with one client it does not matter. A
transfer sums up both accounts' ledgers: the account that collects is renewed every hundred charges, so that its growing
ledger does not slow the others down.
"""

import os
import random
import sys
from urllib.parse import parse_qs, urlsplit

from benchmarks.charging.worker import serve

RENEWED_AFTER = 100


def set_up() -> None:
    import django
    from django.conf import settings
    from oscar import defaults

    url = urlsplit(os.environ["DATABASE_URL"])
    settings.configure(
        **{name: value for name, value in vars(defaults).items() if name.startswith("OSCAR_")},
        INSTALLED_APPS=[
            "django.contrib.contenttypes",
            "django.contrib.auth",
            "django.contrib.sites",
            "django.contrib.sessions",
            "django.contrib.messages",
            "oscar.config.Shop",
            "django.contrib.flatpages",
            *oscar_apps(),
            "widget_tweaks",
            "haystack",
            "treebeard",
            "django_tables2",
            "oscar_accounts.apps.AccountsConfig",
        ],
        HAYSTACK_CONNECTIONS={"default": {"ENGINE": "haystack.backends.simple_backend.SimpleEngine"}},
        SITE_ID=1,
        SECRET_KEY="only-for-a-benchmark",
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.postgresql",
                "NAME": url.path[1:],
                "USER": url.username,
                "HOST": parse_qs(url.query)["host"][0],
                "CONN_MAX_AGE": None,
            }
        },
        USE_TZ=True,
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        LOGGING_CONFIG=None,
    )
    django.setup()


OSCAR = [
    *(
        (
            "analytics",
            "address",
            "shipping",
            "catalogue",
            "communication",
            "partner",
            "basket",
            "payment",
            "offer",
        )
    ),
    *(("order", "customer", "search", "voucher", "wishlists", "checkout", "dashboard", "catalogue.reviews")),
]
BACK_OFFICE = [
    *(
        (
            "reports",
            "users",
            "orders",
            "catalogue",
            "offers",
            "partners",
            "pages",
            "ranges",
            "reviews",
            "vouchers",
        )
    ),
    *(("communications", "shipping")),
]


def oscar_apps() -> list[str]:
    """Its applications by their configurations, as its documents list them."""
    front = [f"oscar.apps.{name}.apps.{_title(name)}Config" for name in OSCAR]
    back = [f"oscar.apps.dashboard.{name}.apps.{_title(name)}DashboardConfig" for name in BACK_OFFICE]
    return front + back


def _title(name: str) -> str:
    return "".join(part.title() for part in name.split("."))


def fill(count: int) -> None:
    from django.core.management import call_command
    from oscar_accounts.models import Account

    call_command("migrate", verbosity=0)
    Account.objects.bulk_create(
        [Account(name=f"Customer {number}", credit_limit=1_000_000) for number in range(1, count + 1)],
        batch_size=1000,
    )


class Charges:
    def __init__(self) -> None:
        from oscar_accounts.models import Account

        self.accounts = Account.objects
        self.pks = list(self.accounts.values_list("pk", flat=True))
        self.made = 0
        self.renew()

    def renew(self) -> None:
        # Not create(): the package's save() asks for the ledger of a row that is not there yet; Django 5.2 refuses.
        (self.collecting,) = self.accounts.bulk_create([self.accounts.model(credit_limit=0)])

    def prepare(self) -> None:
        self.made += 1
        if self.made % RENEWED_AFTER == 0:
            self.renew()

    def step(self) -> int:
        from oscar_accounts import facade

        source = self.accounts.get(pk=random.choice(self.pks))
        facade.transfer(source, self.collecting, 1, merchant_reference="call-7f3a")
        return 1


if __name__ == "__main__":
    set_up()
    fill(int(sys.argv[1]))
    charges = Charges()
    serve(charges.step, charges.prepare)
