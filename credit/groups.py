"""The groups of people and what each may do; made after every migration, so a fresh database has them."""

from typing import Any

from django.apps import AppConfig, apps

VIEWER = "Viewer"
OFFICER = "Finance officer"
MANAGER = "Finance manager"
ADMINISTRATOR = "Administrator"

_VIEW = [
    "view_wallet",
    "view_transaction",
    "view_creditlimit",
    "view_reservation",
    "view_invoice",
    "view_change",
    "view_note",
    "view_monthendrun",
    "view_alertevent",
    "view_exposure",
    "view_changerequest",
]
_OFFICER = [
    *_VIEW,
    "write_notes",
    "set_credit_limit",
    "record_payment",
    "adjust_credit",
    "correct_transactions",
    "export_wallets",
    "view_jobs",
    "suspend_organization",
    "allocate_payment",
    "send_invoice",
    "export_books",
    "manage_alerts",
]
_MANAGER = [
    *_OFFICER,
    "view_audit_trail",
    "add_wallet",
    "add_organization",
    "set_unlimited_limit",
    "withdraw_money",
    "write_off_debt",
    "change_payment_mode",
    "close_wallet",
    "reopen_wallet",
    "post_charges",
    "overrun",
    "issue_invoice",
    "run_month_end",
    "lock_month",
    "manage_webhooks",
    "share_views",
]
MEMBERS = {VIEWER: _VIEW, OFFICER: _OFFICER, MANAGER: _MANAGER}
# What each may decide alone, to begin with: largest amount, largest increase in 30 days, longest days, unlimited.
# For any currency; where money is lighter than euros, rows of its own are set in the Django admin.
AUTHORITY = {
    VIEWER: (0, 0, 0, False),
    OFFICER: (10_000, 5_000, 60, False),
    MANAGER: (1_000_000, 250_000, 366, True),
    ADMINISTRATOR: (10**12, 10**12, 366, True),
}


def create_groups(sender: AppConfig, using: str, **kwargs: Any) -> None:
    from django.contrib.auth.management import create_permissions
    from django.contrib.auth.models import Group, Permission

    # Those of other apps too, such as changing users: on a fresh database theirs would come after this.
    for app in apps.get_app_configs():
        create_permissions(app, using=using, verbosity=0)
    ours = Permission.objects.using(using).filter(content_type__app_label__in=["credit", "organizations"])
    for name, codenames in MEMBERS.items():
        group, _ = Group.objects.using(using).get_or_create(name=name)
        group.permissions.set(ours.filter(codename__in=codenames))
    administrators, _ = Group.objects.using(using).get_or_create(name=ADMINISTRATOR)
    administrators.permissions.set(Permission.objects.using(using).all())
    _give_authority(using)


def _give_authority(using: str) -> None:
    """Once: to a group that has no row at all. Whoever should decide nothing keeps a row of zeros."""
    from django.contrib.auth.models import Group

    from credit.models import Authority
    from credit.money import to_micros

    without = Group.objects.using(using).filter(name__in=AUTHORITY, authorities=None)
    for group in without:
        amount, increase, days, unlimited = AUTHORITY[group.name]
        Authority.objects.using(using).create(
            group=group,
            largest_amount_micros=to_micros(amount),
            largest_increase_micros=to_micros(increase),
            longest_days=days,
            unlimited=unlimited,
        )
