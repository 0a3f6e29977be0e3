"""How much the people of a group may decide alone, what adds up under it, and requests for more."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

OFFICER = "Finance officer"


def clients_go_on_as_officers(apps, schema_editor):
    """Clients made before there was authority set limits already; they keep what an officer has."""
    using = schema_editor.connection.alias
    officer = apps.get_model("auth", "Group").objects.using(using).filter(name=OFFICER).first()
    if officer:
        apps.get_model("credit", "ApiClient").objects.using(using).update(authority=officer)


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("credit", "0020_limits_are_changed_in_bulk"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Authority",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "currency",
                    models.CharField(
                        blank=True,
                        help_text="Empty: every currency that has no row of its own.",
                        max_length=3,
                    ),
                ),
                (
                    "largest_amount_micros",
                    models.BigIntegerField(
                        help_text="Of a limit in total, or of money given or let out at once.",
                        verbose_name="largest amount",
                    ),
                ),
                (
                    "largest_increase_micros",
                    models.BigIntegerField(
                        help_text="Of one wallet; increases add up over 30 days.",
                        verbose_name="largest increase",
                    ),
                ),
                (
                    "longest_days",
                    models.PositiveSmallIntegerField(
                        help_text="Of a temporary limit.", verbose_name="longest temporary days"
                    ),
                ),
                ("unlimited", models.BooleanField(default=False, verbose_name="may make a limit unlimited")),
            ],
            options={
                "verbose_name": "authority",
                "verbose_name_plural": "authorities",
                "ordering": ["group__name", "currency"],
            },
        ),
        migrations.CreateModel(
            name="ChangeRequest",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("by_name", models.CharField(max_length=150)),
                ("verb", models.CharField(max_length=32)),
                (
                    "wish",
                    models.JSONField(
                        help_text="All that was typed; amounts in micros, instants in ISO 8601."
                    ),
                ),
                ("fingerprint", models.CharField(help_text="Of the verb and the wish.", max_length=64)),
                (
                    "reason_code",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("payment_promised", "Payment promised"),
                            ("late_transfer", "Late bank transfer"),
                            ("seasonal", "Seasonal traffic"),
                            ("review", "Regular review"),
                            ("risk", "Risk"),
                            ("contract", "Contract"),
                            ("correction", "Correction"),
                            ("goodwill", "Goodwill"),
                            ("other", "Other"),
                        ],
                        max_length=20,
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=255)),
                ("asked_at", models.DateTimeField()),
                ("seen_version", models.IntegerField(help_text="Of the wallet, when it was asked for.")),
                ("seen", models.JSONField(default=dict, help_text="What stood there then.")),
                ("amount_micros", models.BigIntegerField(blank=True, null=True)),
                ("increase_micros", models.BigIntegerField(default=0)),
                ("days", models.PositiveIntegerField(default=0)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "Waiting"),
                            ("approved", "Approved"),
                            ("rejected", "Rejected"),
                            ("withdrawn", "Withdrawn"),
                        ],
                        default="open",
                        max_length=9,
                    ),
                ),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                ("decided_by_name", models.CharField(blank=True, max_length=150)),
                (
                    "decision",
                    models.CharField(blank=True, help_text="In the words of who decided.", max_length=255),
                ),
            ],
            options={
                "verbose_name": "request",
                "ordering": ["-pk"],
            },
        ),
        migrations.CreateModel(
            name="Increase",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("by_name", models.CharField(max_length=150)),
                ("at", models.DateTimeField()),
                ("verb", models.CharField(max_length=32)),
                ("increase_micros", models.BigIntegerField()),
            ],
            options={
                "ordering": ["wallet", "at"],
            },
        ),
        migrations.AddField(
            model_name="apiclient",
            name="authority",
            field=models.ForeignKey(
                blank=True,
                help_text="The group whose authority it has. Empty: it raises nothing.",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="auth.group",
            ),
        ),
        migrations.AddField(
            model_name="authority",
            name="group",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="authorities", to="auth.group"
            ),
        ),
        migrations.AddField(
            model_name="changerequest",
            name="by_user",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="changerequest",
            name="decided_by_user",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="changerequest",
            name="wallet",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="requests", to="credit.wallet"
            ),
        ),
        migrations.AddField(
            model_name="increase",
            name="by_user",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="increase",
            name="wallet",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="increases",
                to="credit.wallet",
            ),
        ),
        migrations.AddConstraint(
            model_name="authority",
            constraint=models.UniqueConstraint(
                fields=("group", "currency"), name="one_authority_per_group_and_currency"
            ),
        ),
        migrations.AddConstraint(
            model_name="authority",
            constraint=models.CheckConstraint(
                condition=models.Q(("largest_amount_micros__gte", 0), ("largest_increase_micros__gte", 0)),
                name="an_authority_is_not_negative",
            ),
        ),
        migrations.AddIndex(
            model_name="changerequest",
            index=models.Index(fields=["state", "id"], name="requests_by_state"),
        ),
        migrations.AddConstraint(
            model_name="changerequest",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "open")),
                fields=("wallet", "fingerprint"),
                name="one_open_request_per_wallet_and_wish",
            ),
        ),
        migrations.AddConstraint(
            model_name="changerequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("decided_at__isnull", True), ("decided_by_name", ""), ("state", "open")),
                    models.Q(
                        models.Q(("state", "open"), _negated=True),
                        ("decided_at__isnull", False),
                        models.Q(("decided_by_name", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="a_decided_request_says_who_decided_it_and_when",
            ),
        ),
        migrations.AddConstraint(
            model_name="changerequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "approved"), _negated=True),
                    ("by_user__isnull", True),
                    ("decided_by_user__isnull", True),
                    models.Q(("by_user", models.F("decided_by_user")), _negated=True),
                    _connector="OR",
                ),
                name="nobody_approves_their_own_request",
            ),
        ),
        migrations.AddIndex(
            model_name="increase",
            index=models.Index(fields=["wallet", "at"], name="increases_of_a_wallet"),
        ),
        migrations.AddConstraint(
            model_name="increase",
            constraint=models.CheckConstraint(
                condition=models.Q(("increase_micros__gt", 0)), name="an_increase_is_above_zero"
            ),
        ),
        migrations.RunPython(clients_go_on_as_officers, migrations.RunPython.noop),
    ]
