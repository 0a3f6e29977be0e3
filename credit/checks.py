from typing import Any

from django.conf import settings
from django.core.checks import Error, Warning, register
from django.db import DatabaseError


@register("database")
def sqlite_locks_before_it_reads(app_configs: Any, **kwargs: Any) -> list[Error]:
    """Without IMMEDIATE two writers read the same usable credit before either writes (house.md section 4)."""
    database = settings.DATABASES["default"]
    if (
        "sqlite" not in database["ENGINE"]
        or database.get("OPTIONS", {}).get("transaction_mode") == "IMMEDIATE"
    ):
        return []
    return [
        Error(
            "SQLite must open its transactions with BEGIN IMMEDIATE.",
            hint="Set DATABASES['default']['OPTIONS']['transaction_mode'] to 'IMMEDIATE'.",
            id="credit.E001",
        )
    ]


@register("database")
def invoices_have_a_seller(app_configs: Any, databases: Any = None, **kwargs: Any) -> list[Warning]:
    """Asked only where the database may be: `manage.py check --database default`, and after migrations."""
    from credit.models import Seller

    try:
        if not databases or Seller.objects.exists():
            return []
    except DatabaseError:  # not migrated yet
        return []
    return [
        Warning(
            "No seller is known: invoices are issued without the name, tax id and bank of who bills.",
            hint="Add one in the admin under Sellers; it stands on invoices from its first day on.",
            id="credit.W001",
        )
    ]
