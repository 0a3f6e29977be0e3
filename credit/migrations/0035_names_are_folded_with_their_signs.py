"""Names fold their quotes and dashes too, and no longer stand under a leading sign: what is stored is folded again.

A piece at a time, each its own transaction, so that nobody waits long and a run that broke off may be repeated. The
copies that lists sort by are written here: SQLite's triggers are away during a migration. The search text is mended
after it (credit/search_index.py).
"""

from django.db import migrations, transaction
from django.db.models import OuterRef, Subquery

from organizations.names import normalise

PIECE = 1000


def fold(apps, schema_editor):
    alias = schema_editor.connection.alias
    after = 0
    while after is not None:
        with transaction.atomic(using=alias):
            after = _fold_piece(apps, alias, after)


def _fold_piece(apps, alias, after):
    """The last pk it looked at, None where there was none; a rename meanwhile waits, or was seen."""
    organizations = apps.get_model("organizations", "Organization").objects.using(alias)
    piece = list(
        organizations.select_for_update(no_key=True)
        .filter(pk__gt=after)
        .order_by("pk")
        .only("pk", "name", "search_name")[:PIECE]
    )
    changed = []
    for organization in piece:
        folded = normalise(organization.name)
        if folded != organization.search_name:
            organization.search_name = folded
            changed.append(organization)
    organizations.bulk_update(changed, ["search_name"], batch_size=400)
    _rename_copies(apps, alias, [organization.pk for organization in piece])
    return piece[-1].pk if piece else None


def _rename_copies(apps, alias, organizations):
    """Of all in the piece: a run that broke off between the two has left nothing behind."""
    named = apps.get_model("organizations", "Organization").objects.using(alias)
    name = Subquery(named.filter(pk=OuterRef("organization_id")).values("search_name")[:1])
    wallets = apps.get_model("credit", "Wallet").objects.using(alias).filter(organization__in=organizations)
    copies = apps.get_model("credit", "WalletCopy").objects.using(alias)
    copies.filter(pk__in=wallets.values("pk")).exclude(name=name).update(name=name)


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("credit", "0034_clients_list_their_own_requests"),
        ("organizations", "0002_what_stands_on_a_bill"),
    ]

    operations = [migrations.RunPython(fold, migrations.RunPython.noop)]
