"""dj-wallet: `WalletService.withdraw`, the wallet named by its key, a meta field for the reference.

It has no idempotency keys and no credit limit, so its wallets are filled first.
"""

import os
import random
import sys
from urllib.parse import parse_qs, urlsplit

from benchmarks.charging.worker import serve


def set_up() -> None:
    import django
    from django.conf import settings

    url = urlsplit(os.environ["DATABASE_URL"])
    settings.configure(
        INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "dj_wallet"],
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
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    )
    django.setup()


def fill(count: int) -> None:
    from dj_wallet.models import Wallet
    from django.contrib.contenttypes.models import ContentType
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    holder = ContentType.objects.get_for_model(ContentType)
    Wallet.objects.bulk_create(
        [
            Wallet(pk=number, holder_type=holder, holder_id=number, slug="default", balance=1_000_000)
            for number in range(1, count + 1)
        ],
        batch_size=1000,
    )


def main(count: int) -> None:
    set_up()
    fill(count)
    from dj_wallet.models import Wallet
    from dj_wallet.services.common import WalletService

    def step() -> int:
        WalletService.withdraw(Wallet(pk=random.randint(1, count)), "0.01", meta={"reference": "call-7f3a"})
        return 1

    serve(step)


if __name__ == "__main__":
    main(int(sys.argv[1]))
