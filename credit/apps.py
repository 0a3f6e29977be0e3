from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate


class CreditConfig(AppConfig):
    name = "credit"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from credit import (
            checks,  # noqa: F401  registers the system checks
            search_index,
        )
        from credit.groups import create_groups

        post_migrate.connect(create_groups, sender=self, dispatch_uid="credit.groups")
        pre_migrate.connect(search_index.withdraw, sender=self, dispatch_uid="credit.search_index.withdraw")
        post_migrate.connect(search_index.install, sender=self, dispatch_uid="credit.search_index.install")
