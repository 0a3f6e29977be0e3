from typing import Any

from django.conf import settings
from django.core.checks import Error, register


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
